// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import Synchronization

/// Counts what a container's lanes do, from any thread, without a lock; on a page of shared memory where there is one.
final class LaneCounters: Sendable {
  private let page: ScorePage
  // Longest times, which are not on the page: there they could not be added up.
  private let longestQueue = Atomic<Int64>(0)
  private let longestLock = Atomic<Int64>(0)
  private let longestCall = Atomic<Int64>(0)

  init(_ page: ScorePage? = nil) { self.page = page ?? ScorePage() }

  /// What was counted, by all who count on the page; how the threads stand is not known here.
  var value: WSGILaneStatistics {
    var value = WSGILaneStatistics(pages: page.values)
    value.queueTimes.longestNanoseconds = longestQueue.load(ordering: .relaxed)
    value.lockTimes.longestNanoseconds = longestLock.load(ordering: .relaxed)
    value.callTimes.longestNanoseconds = longestCall.load(ordering: .relaxed)
    return value
  }

  // MARK: - Calls

  /// A request is given to the application after waiting for a thread and for the lock, both in nanoseconds; `nil`
  /// where there was no such wait.
  func beginCall(queued: Int64?, lock: Int64?) {
    page.count(1, at: LaneLayout.requests)
    if let queued { add(queued, LaneLayout.queueTimes, longestQueue) }
    if let lock { add(lock, LaneLayout.lockTimes, longestLock) }
    continueCall()
  }

  /// The application goes on with a request that it has had.
  func continueCall() { page.count(1, at: LaneLayout.running) }

  /// It came back after so many nanoseconds.
  func endCall(_ nanoseconds: Int64) {
    // In this order: who sees that a call is over sees how long it took, too.
    add(nanoseconds, LaneLayout.callTimes, longestCall)
    page.discount(1, at: LaneLayout.running)
  }

  private func add(_ nanoseconds: Int64, _ times: LaneLayout.Times, _ longest: borrowing Atomic<Int64>) {
    times.add(nanoseconds, to: page)
    if nanoseconds > longest.load(ordering: .relaxed) { longest.max(nanoseconds, ordering: .relaxed) }
  }

  /// A thread begins, or ceases, to wait for the interpreter's lock.
  func noteLockWaiter(_ isWaiting: Bool) { change(LaneLayout.lockWaiters, by: isWaiting ? 1 : -1) }

  // MARK: - What goes wrong

  /// There was no room in the queue for so many requests.
  func noteRefused(_ number: Int) { page.count(UInt64(number), at: LaneLayout.refused) }

  /// A request waited for a thread too long.
  func noteExpired() { page.count(1, at: LaneLayout.expired) }

  /// A request's time was over while the application had it.
  func noteTimedOut() { page.count(1, at: LaneLayout.timedOut) }

  /// A thread did not come back.
  func noteStuck() { page.count(1, at: LaneLayout.stuck) }

  // MARK: - What a pool knows of itself

  func threads(changeBy number: Int) { change(LaneLayout.threads, by: number) }
  func lostThreads(changeBy number: Int) { change(LaneLayout.lostThreads, by: number) }
  func queued(changeBy number: Int) { change(LaneLayout.queued, by: number) }
  func queueLimit(changeBy number: Int) { change(LaneLayout.queueLimit, by: number) }

  private func change(_ index: Int, by number: Int) {
    guard number != 0 else { return }
    if number > 0 { page.count(UInt64(number), at: index) } else { page.discount(UInt64(-number), at: index) }
  }
}

#endif
