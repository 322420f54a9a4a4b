// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// What servers have counted, at one moment.
public struct HTTPStatisticsSnapshot: Sendable, Hashable {
  package private(set) var values = [UInt64](repeating: 0, count: ScorePage.count)

  /// Nothing counted.
  public init() {}

  /// What stands on a page.
  package init(_ values: [UInt64]) { add(values) }

  /// Adds what somebody else has counted.
  package mutating func add(_ other: [UInt64]) {
    for (index, value) in other.enumerated() where index < values.count { values[index] &+= value }
  }

  private func number(_ index: Int) -> Int { Int(clamping: values[index]) }

  /// Requests that were answered, or whose clients left.
  public var requestCount: Int {
    (0..<StatisticsLayout.methods.count * StatisticsLayout.classes.count).reduce(0) {
      $0 + number(StatisticsLayout.requests + $1)
    }
  }

  /// Requests of a method whose answer has a status of that class.
  /// - Parameters:
  ///   - method: In upper case; `other` for those that handlers have no function for.
  ///   - statusClass: 1 to 5; 0 for requests whose clients left before there was an answer.
  public func requestCount(method: String, statusClass: Int) -> Int {
    guard let index = StatisticsLayout.methods.firstIndex(of: method),
      StatisticsLayout.classes.indices.contains(statusClass)
    else { return 0 }
    return number(StatisticsLayout.requests + index * StatisticsLayout.classes.count + statusClass)
  }

  /// Requests whose answer has a status of that class, 1 to 5; 0 for those without an answer.
  public func requestCount(statusClass: Int) -> Int {
    StatisticsLayout.methods.reduce(0) { $0 + requestCount(method: $1, statusClass: statusClass) }
  }

  /// How long requests took: buckets with their upper ends, the last without one.
  public var durations: [(upperBound: Duration?, count: Int)] { buckets(from: StatisticsLayout.buckets) }

  private func buckets(from start: Int) -> [(upperBound: Duration?, count: Int)] {
    (0...StatisticsLayout.bounds.count).map { index in
      let bound: Duration? =
        index < StatisticsLayout.bounds.count ? .microseconds(Int64(StatisticsLayout.bounds[index])) : nil
      return (bound, number(start + index))
    }
  }

  /// How long all requests took together.
  public var durationSum: Duration { .nanoseconds(number(StatisticsLayout.durationSum)) }
  /// Bytes that came over the connections.
  public var receivedByteCount: Int { number(StatisticsLayout.received) }
  /// Bytes that were handed to the kernel.
  public var sentByteCount: Int { number(StatisticsLayout.sent) }
  /// Connections that were accepted.
  public var acceptedCount: Int { number(StatisticsLayout.accepted) }
  /// Messages that could not be understood.
  public var refusedCount: Int { number(StatisticsLayout.refused) }
  /// Connections that are open.
  public var connectionCount: Int { number(StatisticsLayout.connections) }
  /// Requests that are being answered.
  public var inFlightCount: Int { number(StatisticsLayout.inFlight) }
  /// How late the loops came to what was due, all together.
  public var lagSum: Duration { .nanoseconds(number(StatisticsLayout.lagSum)) }
  /// How many times that was measured.
  public var lagCount: Int { number(StatisticsLayout.lagCount) }
  /// How late the loops came to what was due: buckets with their upper ends, the last without one.
  public var lags: [(upperBound: Duration?, count: Int)] { buckets(from: StatisticsLayout.lagBuckets) }
  /// How late the loop came last; of several loops, the sum.
  public var lag: Duration { .nanoseconds(number(StatisticsLayout.lag)) }

  /// The time that a share of the requests did not take longer than, such as 0.99: interpolated within a bucket.
  /// - Parameter past: What was counted before the requests that are meant.
  /// - Returns: `nil` when there was no request.
  public func duration(share: Double, since past: HTTPStatisticsSnapshot = HTTPStatisticsSnapshot())
    -> Duration?
  {
    let counts = zip(durations, past.durations).map { max(0, $0.count - $1.count) }
    return Percentile.value(share: share, of: counts, below: StatisticsLayout.bounds.map { Double($0) }).map {
      .microseconds($0)
    }
  }
}

/// Reads shares off a histogram.
package enum Percentile {
  /// The value that a share of what was counted does not exceed, interpolated within a bucket; the last bound for what
  /// is beyond all of them.
  /// - Parameters:
  ///   - counts: Of each bucket, the last of which has no upper end.
  ///   - bounds: The upper ends of the others.
  /// - Returns: `nil` when nothing was counted.
  package static func value(share: Double, of counts: [Int], below bounds: [Double]) -> Double? {
    let total = counts.reduce(0, +)
    guard total > 0 else { return nil }
    let wanted = share * Double(total)
    var passed = 0.0
    var lower = 0.0
    for (count, upper) in zip(counts, bounds) {
      if count > 0, passed + Double(count) >= wanted {
        return lower + (upper - lower) * max(0, wanted - passed) / Double(count)
      }
      passed += Double(count)
      lower = upper
    }
    return lower
  }
}
