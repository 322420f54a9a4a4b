// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleLoop
import GaleWire
import Synchronization

/// Counts what a server does: for ``HTTPServerConfiguration/statistics``.
///
/// ```swift
/// let statistics = HTTPServerStatistics()
/// configuration.statistics = statistics
/// …
/// statistics.snapshot.requestCount
/// ```
///
/// Counting costs a few stores for each request, and nobody waits for whoever reads.
public final class HTTPServerStatistics: Sendable {
  private let pages: Mutex<[ScorePage]>
  private let isFirstTaken = Atomic<Bool>(false)

  /// Counts in this process.
  public convenience init() { self.init(page: ScorePage()) }

  /// Counts in `page`, which another process may read: what the first loop does there.
  package init(page: ScorePage) { pages = Mutex([page]) }

  /// The page of a loop: only its thread writes there.
  func takePage() -> ScorePage {
    pages.withLock { pages in
      if isFirstTaken.exchange(true, ordering: .relaxed) { pages.append(ScorePage()) }
      return pages[pages.count - 1]
    }
  }

  /// What was counted so far, on all loops.
  public var snapshot: HTTPStatisticsSnapshot {
    var sum = HTTPStatisticsSnapshot()
    for page in pages.withLock({ $0 }) { sum.add(page.values) }
    return sum
  }
}

/// Where the numbers stand in a ``/GaleLoop/ScorePage``.
package enum StatisticsLayout {
  package static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"]
  /// Of an answer's status; the first is for requests whose client left before there was one.
  package static let classes = ["aborted", "1xx", "2xx", "3xx", "4xx", "5xx"]
  /// The upper ends of the histogram's buckets in microseconds; the last bucket has none.
  package static let bounds: [UInt64] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000,
    5_000_000, 10_000_000, 30_000_000,
  ]

  static let requests = 0  // methods × classes
  static let buckets = 64
  static let durationSum = 96  // nanoseconds
  static let received = 97
  static let sent = 98
  static let accepted = 99
  static let refused = 100
  static let lagSum = 101  // nanoseconds
  static let lagCount = 102
  static let slow = 103
  static let dropped = 104
  /// How late the loops came, in the buckets of ``bounds``.
  static let lagBuckets = 110
  /// For what the gateway counts.
  package static let gatewayCounters = 128..<192

  // Gauges.
  static let connections = ScorePage.counterCount
  static let inFlight = connections + 1
  static let lag = connections + 2  // nanoseconds
  package static let gatewayGauges = connections + 16..<connections + 48
}

/// What a loop counts.
struct LoopStatistics {
  let page: ScorePage

  func connectionOpened() {
    page.add(1, at: StatisticsLayout.accepted)
    page.add(1, at: StatisticsLayout.connections)
  }

  func connectionClosed() { page.subtract(1, at: StatisticsLayout.connections) }

  func requestBegan() { page.add(1, at: StatisticsLayout.inFlight) }

  /// A message that could not be understood, so that there was no request.
  func refused() { page.add(1, at: StatisticsLayout.refused) }

  func received(_ count: Int) { page.add(UInt64(count), at: StatisticsLayout.received) }

  func sent(_ count: Int) { page.add(UInt64(count), at: StatisticsLayout.sent) }

  func requestEnded(_ request: HTTPServerRequest) {
    let nanoseconds = UInt64(max(0, request.requestTime.clampedNanoseconds))
    let classIndex = min(request.responseStatus / 100, StatisticsLayout.classes.count - 1)
    let index = Int(request.head.methodKind.rawValue) * StatisticsLayout.classes.count + classIndex
    page.add(1, at: StatisticsLayout.requests + index)
    page.subtract(1, at: StatisticsLayout.inFlight)
    page.add(1, at: StatisticsLayout.buckets + LoopStatistics.bucket(of: nanoseconds / 1000))
    page.add(nanoseconds, at: StatisticsLayout.durationSum)
  }

  /// The bucket that a time falls in: its end counts as within, as in Prometheus.
  static func bucket(of microseconds: UInt64) -> Int {
    var index = 0
    for bound in StatisticsLayout.bounds {
      if microseconds <= bound { return index }
      index += 1
    }
    return index
  }

  /// How late the loop came to what was due.
  func lagged(_ nanoseconds: Int64) {
    let lag = UInt64(max(0, nanoseconds))
    page.add(lag, at: StatisticsLayout.lagSum)
    page.add(1, at: StatisticsLayout.lagCount)
    page.add(1, at: StatisticsLayout.lagBuckets + LoopStatistics.bucket(of: lag / 1000))
    page[StatisticsLayout.lag] = lag
  }
}

extension HTTPServerContext {
  /// Measures from now on how late the loop comes to what is due: the time for which something held its thread.
  package func measureLag(every interval: Duration = .seconds(1)) {
    guard let statistics else { return }
    let due = loop.time + interval
    loop.callLater(interval) { [weak self] in
      guard let self else { return }
      statistics.lagged((loop.time - due).clampedNanoseconds)
      measureLag(every: interval)
    }
  }
}
