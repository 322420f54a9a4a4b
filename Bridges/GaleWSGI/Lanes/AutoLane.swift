// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import Logging
import Synchronization

/// Where the requests of a container in the lane `auto` go: inline first, to threads once that was found to be slow.
final class AutoChoice: Sendable {
  let threads: Int
  private let slowCall: Int64
  private let moved = Atomic<Bool>(false)

  /// Of so many calls.
  static let window = 100
  /// So many have to be slow: the 95th percentile.
  static let slowCount = 5

  init(threads: Int, slowCall: Duration) {
    self.threads = threads
    self.slowCall = slowCall.clampedNanoseconds
  }

  /// Whether requests go to threads.
  var isThreaded: Bool { moved.load(ordering: .relaxed) }

  /// A loop's calls, counted.
  struct Window {
    private var calls = 0
    /// The numbers of the slow calls among the last ``window``.
    private var slow: [Int] = []

    init() {}

    /// Counts a call.
    ///
    /// - Returns: Whether enough of the last were slow.
    mutating func add(isSlow: Bool) -> Bool {
      calls += 1
      guard isSlow else { return false }
      slow.append(calls)
      slow.removeAll { $0 <= calls - AutoChoice.window }
      return slow.count >= AutoChoice.slowCount
    }
  }

  /// Counts a call that held a loop for so many nanoseconds, and moves when that is one slow call too many.
  func note(_ nanoseconds: Int64, in window: inout Window) {
    guard window.add(isSlow: nanoseconds >= slowCall),
      moved.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
    else { return }
    let limit = Double(slowCall) / 1_000_000
    WSGILog.logger.notice(
      """
      The application is slow: \(Self.slowCount) of the last \(Self.window) calls held the loop for \(limit) ms or \
      more. It runs on \(threads) thread\(threads == 1 ? "" : "s") from now on
      """)
  }
}

/// A loop's two ways to an application in the lane `auto`.
final class AutoLane {
  private let choice: AutoChoice
  private let inline: InlineLane
  private let threads: ThreadsLane

  init(_ choice: AutoChoice, _ inline: InlineLane, _ threads: ThreadsLane) {
    self.choice = choice
    self.inline = inline
    self.threads = threads
  }

  func delegate(for request: HTTPServerRequest) -> any HTTPMessageDelegate {
    choice.isThreaded ? threads.delegate(for: request) : inline.delegate(for: request)
  }
}

#endif
