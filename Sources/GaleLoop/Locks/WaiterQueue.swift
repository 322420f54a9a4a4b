// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Tasks that wait in line for what locks and queues hand out, on one loop's thread.
///
/// A waiter leaves the line in one of three ways, whichever comes first: it is woken with a value, its time
/// is over, or its task is cancelled. Who wakes takes the first one that still waits, so a wake-up is never
/// lost to a waiter that has given up; and a task that was woken before it was cancelled gets its value.
final class WaiterQueue<Request, Value> {
  let loop: IOLoop
  private var waiters: Deque<Waiter<Request, Value>> = []
  /// Waiters in the line that have given up.
  private(set) var abandonedCount = 0

  init(loop: IOLoop) {
    loop.checkThread()
    self.loop = loop
  }

  /// How many still wait.
  var count: Int { waiters.count - abandonedCount }

  var isEmpty: Bool { count == 0 }

  /// Waits until somebody wakes this task.
  /// - Parameters:
  ///   - request: What the one who wakes must know.
  ///   - timeout: How long at most; zero or less gives up at once.
  /// - Throws: `CancellationError`; ``LoopError`` `.timedOut`; what the waiter is woken with.
  func wait(_ request: Request, timeout: Duration?) async throws -> Value {
    loop.checkThread()
    try Task.checkCancellation()
    if let timeout, timeout <= .zero { throw LoopError.timedOut(after: timeout) }
    let waiter = Waiter<Request, Value>(request)
    let confined = LoopConfined((self, waiter))
    return try await withTaskCancellationHandler {
      let (queue, waiter) = confined.value
      return try await queue.suspend(waiter, timeout).value
    } onCancel: { [loop] in
      let giveUp: @Sendable () -> Void = {
        let (queue, waiter) = confined.value
        queue.giveUp(waiter, CancellationError())
      }
      // On the loop's own thread at once: what is handed out next is not for this task.
      if loop.isCurrent { giveUp() } else { loop.addCallback(giveUp) }
    }
  }

  private func suspend(
    _ waiter: Waiter<Request, Value>, _ timeout: Duration?
  ) async throws -> LoopConfined<Value> {
    // SAFETY: finish() takes the continuation out before it resumes it.
    try await unsafe withUnsafeThrowingContinuation { (continuation: Waiter<Request, Value>.Continuation) in
      if let failure = waiter.failure { return unsafe continuation.resume(throwing: failure) }
      unsafe waiter.continuation = continuation
      waiters.append(waiter)
      guard let timeout else { return }
      waiter.timer = loop.callLater(timeout) { [self] in
        giveUp(waiter, LoopError.timedOut(after: timeout))
      }
    }
  }

  private func giveUp(_ waiter: Waiter<Request, Value>, _ error: any Error) {
    guard waiter.isWaiting else {
      waiter.failure = error  // Cancelled just before it begins to wait; or woken already.
      return
    }
    waiter.finish(.failure(error), loop)
    abandonedCount += 1
    // As in Tornado: a line of mostly those that have left is closed up, so they cost no memory.
    guard abandonedCount > 100, abandonedCount > waiters.count / 2 else { return }
    waiters.removeAll { !$0.isWaiting }
    abandonedCount = 0
  }

  /// Wakes the one that waits longest.
  /// - Parameter outcome: Makes what it gets of what it asked for.
  /// - Returns: Whether anybody waited.
  @discardableResult
  func wakeFirst(_ outcome: (Request) -> Result<Value, any Error>) -> Bool {
    while let waiter = waiters.popFirst() {
      guard waiter.isWaiting else {
        abandonedCount -= 1
        continue
      }
      waiter.finish(outcome(waiter.request), loop)
      return true
    }
    return false
  }

  /// Wakes everyone who waits now, in the order of arrival.
  func wakeAll(_ outcome: (Request) -> Result<Value, any Error>) {
    for _ in 0..<count { wakeFirst(outcome) }
  }
}

/// One task in the line.
@safe
private final class Waiter<Request, Value> {
  typealias Continuation = UnsafeContinuation<LoopConfined<Value>, any Error>

  let request: Request
  var continuation: Continuation?
  var timer: TimeoutHandle?
  /// Why it must not begin to wait.
  var failure: (any Error)?

  init(_ request: Request) { self.request = request }

  var isWaiting: Bool { unsafe continuation != nil }

  func finish(_ outcome: Result<Value, any Error>, _ loop: IOLoop) {
    guard let continuation = unsafe continuation else { return }
    unsafe self.continuation = nil
    if let timer { loop.removeTimeout(timer) }
    timer = nil
    unsafe continuation.resume(with: outcome.map { LoopConfined($0) })
  }
}

extension LoopError {
  /// What everything that waits with a time limit throws: Tornado's `TimeoutError`.
  package static func timedOut(after limit: Duration) -> LoopError {
    LoopError(.timedOut, "Timeout after \(limit)")
  }
}
