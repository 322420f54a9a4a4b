// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import Synchronization

/// Counts what a container's lanes do; on a page of shared memory, too, where there is one.
final class LaneCounters: Sendable {
  private let counts = Mutex(WSGILaneStatistics())
  private let page: ScorePage?

  init(_ page: ScorePage? = nil) { self.page = page }

  /// What was counted; how the threads stand is not known here.
  var value: WSGILaneStatistics { counts.withLock { $0 } }

  // MARK: - Calls

  /// A request was given to the application after waiting for a thread and for the lock, both in nanoseconds; `nil`
  /// where there was no such wait.
  func noteStart(queued: Int64?, lock: Int64?) {
    counts.withLock { counts in
      counts.requests += 1
      if let queued { counts.queueTimes.add(queued) }
      if let lock { counts.lockTimes.add(lock) }
    }
    guard let page else { return }
    page.count(1, at: LaneLayout.requests)
    if let queued { LaneLayout.queueTimes.add(queued, to: page) }
    if let lock { LaneLayout.lockTimes.add(lock, to: page) }
  }

  /// The application is called, or goes on.
  func beginCall() {
    counts.withLock { $0.running += 1 }
    page?.count(1, at: LaneLayout.running)
  }

  /// It came back after so many nanoseconds.
  func endCall(_ nanoseconds: Int64) {
    counts.withLock { counts in
      counts.running -= 1
      counts.callTimes.add(nanoseconds)
    }
    guard let page else { return }
    page.discount(1, at: LaneLayout.running)
    LaneLayout.callTimes.add(nanoseconds, to: page)
  }

  /// A thread begins, or ceases, to wait for the interpreter's lock.
  func noteLockWaiter(_ isWaiting: Bool) {
    counts.withLock { $0.lockWaiters += isWaiting ? 1 : -1 }
    change(LaneLayout.lockWaiters, by: isWaiting ? 1 : -1)
  }

  // MARK: - What goes wrong

  /// There was no room in the queue for so many requests.
  func noteRefused(_ number: Int) {
    counts.withLock { $0.refused += number }
    page?.count(UInt64(number), at: LaneLayout.refused)
  }

  /// A request waited for a thread too long.
  func noteExpired() {
    counts.withLock { $0.expired += 1 }
    page?.count(1, at: LaneLayout.expired)
  }

  /// A request's time was over while the application had it.
  func noteTimedOut() {
    counts.withLock { $0.timedOut += 1 }
    page?.count(1, at: LaneLayout.timedOut)
  }

  /// A thread did not come back.
  func noteStuck() {
    counts.withLock { $0.stuck += 1 }
    page?.count(1, at: LaneLayout.stuck)
  }

  // MARK: - What a pool knows of itself, for the page

  func threads(changeBy number: Int) { change(LaneLayout.threads, by: number) }
  func lostThreads(changeBy number: Int) { change(LaneLayout.lostThreads, by: number) }
  func queued(changeBy number: Int) { change(LaneLayout.queued, by: number) }
  func queueLimit(changeBy number: Int) { change(LaneLayout.queueLimit, by: number) }

  private func change(_ index: Int, by number: Int) {
    guard let page, number != 0 else { return }
    if number > 0 { page.count(UInt64(number), at: index) } else { page.discount(UInt64(-number), at: index) }
  }
}

#endif
