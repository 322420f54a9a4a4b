// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import HeapModule

/// Names a timer, so that it can be removed.
public final class TimeoutHandle {
  var callback: (() -> Void)?
  init(_ callback: @escaping () -> Void) { self.callback = callback }
}

struct TimerEntry: Comparable {
  let deadline: Int64
  let sequence: UInt64
  let handle: TimeoutHandle

  static func == (left: TimerEntry, right: TimerEntry) -> Bool { left.sequence == right.sequence }
  static func < (left: TimerEntry, right: TimerEntry) -> Bool {
    (left.deadline, left.sequence) < (right.deadline, right.sequence)
  }
}

extension IOLoop {
  /// Runs `callback` once `delay` has passed, like Tornado's `IOLoop.call_later`.
  /// - Complexity: O(log *n*) for *n* timers.
  @discardableResult
  public func callLater(_ delay: Duration, _ callback: @escaping () -> Void) -> TimeoutHandle {
    callAt(time + delay, callback)
  }

  /// Runs `callback` at `deadline`, or in the next turn when that has passed: Tornado's `IOLoop.call_at`
  /// and `add_timeout`.
  ///
  /// Equal deadlines run in the order in which they were set.
  @discardableResult
  public func callAt(_ deadline: LoopTime, _ callback: @escaping () -> Void) -> TimeoutHandle {
    checkThread()
    let handle = TimeoutHandle(LoopContext.capture(callback))
    timerSequence += 1
    timers.insert(TimerEntry(deadline: deadline.nanoseconds, sequence: timerSequence, handle: handle))
    noteWork()
    return handle
  }

  /// Forgets a timer, like Tornado's `IOLoop.remove_timeout`; harmless after it ran.
  public func removeTimeout(_ handle: TimeoutHandle) {
    checkThread()
    guard handle.callback != nil else { return }
    handle.callback = nil
    cancelledTimers += 1
    // As in Tornado: a heap that is mostly dead is rebuilt, so that cancelled timers cost no memory.
    if cancelledTimers > 512, cancelledTimers > timers.count / 2 {
      timers = Heap(timers.unordered.filter { $0.handle.callback != nil })
      cancelledTimers = 0
    }
  }

  /// Suspends the calling task for `duration`, like Tornado's `gen.sleep`.
  ///
  /// The loop goes on.
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func sleep(for duration: Duration) async throws {
    checkThread()
    let sleeper = LoopConfined(Sleeper(loop: self))
    try await withTaskCancellationHandler {
      try await sleeper.value.sleep(duration)
    } onCancel: { [self] in
      // On the loop's thread already when somebody there cancels, but never inside the sleeper.
      addCallback { sleeper.value.finish(throwing: CancellationError()) }
    }
  }

  func runTimers() {
    guard !timers.isEmpty || !wheel.isEmpty else { return }
    let now = self.now
    turnTime = now
    let last = timerSequence  // What a timer sets is not due before the next turn, whatever its deadline.
    while let timer = timers.min, timer.deadline <= now, timer.sequence <= last {
      timers.removeMin()
      guard let callback = timer.handle.callback else {
        cancelledTimers -= 1
        continue
      }
      timer.handle.callback = nil
      timerDelays?.add(now - timer.deadline)
      callback()
    }
    wheel.advance(to: now)
  }
}

/// One task's sleep: resumed by the timer or by cancellation, whichever comes first.
@safe
private final class Sleeper {
  private let loop: IOLoop
  private var continuation: UnsafeContinuation<Void, any Error>?
  private var timer: TimeoutHandle?

  init(loop: IOLoop) { self.loop = loop }

  func sleep(_ duration: Duration) async throws {
    try Task.checkCancellation()
    // SAFETY: finish() takes the continuation out before it resumes it.
    try await unsafe withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
      unsafe self.continuation = continuation
      timer = loop.callLater(duration) { [self] in finish(throwing: nil) }
    }
  }

  func finish(throwing error: (any Error)?) {
    guard let continuation = unsafe continuation else { return }
    unsafe self.continuation = nil
    if let timer { loop.removeTimeout(timer) }
    if let error {
      unsafe continuation.resume(throwing: error)
    } else {
      unsafe continuation.resume()
    }
  }
}
