// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GalePython
import Glibc
import Logging
import Synchronization

/// Watches a loop that runs Python itself, from a thread: nobody on the loop could look at the time.
///
/// The thread sleeps while the loop is idle. While there are calls it wakes once per time limit; only while one does not
/// come back does it look again and again.
final class InlineWatch: Sendable {
  /// What the loop's thread is at; read by others while it is.
  private struct Running: @unchecked Sendable {
    // @unchecked Sendable: others only read what never changes in a request, under the lock that ends the call.
    let request: HTTPServerRequest
  }

  private struct Thread {
    /// Whether the thread looks at the time, or will without being woken.
    var isAwake = false
    var isStarted = false
    var isOver = false
  }

  private let limit: Int64
  private let grace: Int64
  private let counters: LaneCounters
  /// Odd while a call runs.
  private let number = Atomic<Int>(0)
  private let start = Atomic<Int64>(0)
  private let isAwake = Atomic<Bool>(false)
  private let running = Mutex<Running?>(nil)
  private let call = InterruptibleCall()
  private let thread = Monitor(Thread())

  init(_ limits: LaneLimits, _ counters: LaneCounters) {
    limit = limits.response
    grace = limits.grace
    self.counters = counters
  }

  // MARK: - The loop's side

  /// Python begins.
  func begin(_ python: borrowing Attached, _ request: HTTPServerRequest, at time: Int64) {
    guard limit > 0 else { return }
    call.begin(python)
    running.withLock { $0 = Running(request: request) }
    start.store(time, ordering: .relaxed)
    number.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if !isAwake.load(ordering: .sequentiallyConsistent) { wake() }
  }

  /// Python is back.
  func end(_ python: borrowing Attached) {
    guard limit > 0 else { return }
    number.wrappingAdd(1, ordering: .sequentiallyConsistent)
    running.withLock { $0 = nil }
    call.end(python)
  }

  /// Lets the thread end.
  func stop() {
    thread.withLock { $0.isOver = true }
    thread.signal()
  }

  private func wake() {
    let mustStart = thread.withLock { thread in
      thread.isAwake = true
      isAwake.store(true, ordering: .sequentiallyConsistent)
      defer { thread.isStarted = true }
      return !thread.isStarted
    }
    thread.signal()
    if mustStart, !startThreadIfPossible(stackSize: 1 << 18, { [self] in watch() }) {
      WSGILog.logger.critical("The system has no thread to watch Python")
    }
  }

  // MARK: - The thread

  private func watch() {
    while thread.waitUntil({ $0.isOver ? false : $0.isAwake ? true : nil }) {
      let number = number.load(ordering: .sequentiallyConsistent)
      guard isRunning(number) else {
        rest()
        continue
      }
      let due = start.load(ordering: .relaxed) &+ limit
      System.pause(.nanoseconds(max(0, due &- System.monotonicNanoseconds)))
      if isAt(number), start.load(ordering: .relaxed) &+ limit <= System.monotonicNanoseconds {
        interrupt(number)
      }
    }
  }

  private func isRunning(_ number: Int) -> Bool { number & 1 == 1 }

  /// Whether the loop is still at the call with this number.
  private func isAt(_ number: Int) -> Bool { self.number.load(ordering: .sequentiallyConsistent) == number }

  /// Goes to sleep until the next call, unless that has come.
  private func rest() {
    thread.withLock { thread in
      isAwake.store(false, ordering: .sequentiallyConsistent)
      // Whoever began before that store was seen is seen here; whoever begins after it wakes this thread.
      thread.isAwake = isRunning(number.load(ordering: .sequentiallyConsistent))
      isAwake.store(thread.isAwake, ordering: .sequentiallyConsistent)
    }
  }

  private func interrupt(_ number: Int) {
    let since = start.load(ordering: .relaxed)
    guard
      let text = running.withLock({ running in running.map { "\($0.request.summary) [\($0.request.id)]" } })
    else { return }
    counters.noteTimedOut()
    WSGILog.logger.error(
      "Python holds the loop too long (\(LaneTime.seconds(System.monotonicNanoseconds &- since)) s): \(text)")
    Interrupter.shared.run { [self] python, timeout in
      guard let stack = call.interrupt(python, by: timeout, if: { isAt(number) }) else { return }
      WSGILog.logger.error(
        "Interrupted \(text), whose thread was here:\n\(WSGILog.escape(stack, limit: 64 * 1024))")
    }
    let end = System.monotonicNanoseconds &+ grace
    while isAt(number), System.monotonicNanoseconds < end { System.pause(.milliseconds(10)) }
    if isAt(number) { giveUp(number, text, since) }
  }

  /// Nothing on the loop can go on.
  ///
  /// With a supervisor the process ends, for another to take its place; without one nobody would.
  private func giveUp(_ number: Int, _ text: String, _ since: Int64) {
    counters.noteStuck()
    func seconds() -> String { LaneTime.seconds(System.monotonicNanoseconds &- since) }
    guard !WorkerProcess.isSupervised else {
      WSGILog.logger.critical(
        "This worker ends: the loop does not come back from Python (\(seconds()) s): \(text)")
      _exit(InlineWatch.exitStatus)
    }
    WSGILog.logger.critical("The loop does not come back from Python (\(seconds()) s): \(text)")
    while isAt(number) { System.pause(.milliseconds(100)) }
    WSGILog.logger.notice("The loop is back from Python (\(seconds()) s): \(text)")
  }

  /// With what status a worker ends whose loop does not come back: that of an internal error in sysexits.h.
  private static let exitStatus: Int32 = 70
}

#endif
