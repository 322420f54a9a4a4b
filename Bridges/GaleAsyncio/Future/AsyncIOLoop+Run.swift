// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
public import GalePython

extension AsyncIOLoop {
  /// Awaits a coroutine, a future or any other awaitable of Python's, and converts its result while the lock is held.
  ///
  /// A coroutine becomes a task of asyncio, whose first step is taken at once where that can be: one that does not wait is
  /// done then, without a turn of the loop. When the calling task is cancelled, so is Python's; this returns when that
  /// has ended, with whatever it made of it. Task-local values that ``ContextBridge`` carries are context variables there.
  /// - Parameters:
  ///   - awaitable: Makes what is awaited; called at once.
  ///   - convert: Makes a Swift value of the result.
  /// - Throws: `CancellationError` when Python's task was cancelled, by whomever; ``PythonError`` for what it raised, and
  ///   what the closures throw. `CancellationError`, too, when the loop is closed, or asyncio on it.
  public func run<Result: Sendable>(
    _ awaitable: (borrowing Attached) throws -> PythonObject,
    _ convert: @escaping (borrowing Attached, borrowing PythonObject) throws -> Result
  ) async throws -> Result {
    loop.checkThread()
    try Task.checkCancellation()
    let wait = FutureWait()
    let isDone = try withPython { python in
      let future = try futureNow(python, of: try awaitable(python))
      if try future.callMethod(python, module.names.done.object(python)).isTrue(python) {
        wait.finish(.success(try module.outcome(python, of: future)))
        return true
      }
      wait.future = PythonReference(future.copy(python))
      let callback = try module.callback.instance(
        python,
        FutureCallback { [module] python, future in
          wait.finish(Swift.Result { try module.outcome(python, of: future) })
        })
      _ = try future.callMethod(python, module.names.addDoneCallback.object(python), callback)
      return false
    }
    switch try await isDone ? wait.outcome() : outcome(of: wait) {
    case .result(let object): return try withPython { python in try convert(python, object.object(python)) }
    case .failure(let error): throw error
    case .cancelled: throw CancellationError()
    }
  }

  /// Awaits an awaitable of Python's and returns the object that it results in.
  ///
  /// As ``run(_:_:)``.
  @discardableResult
  public func run(_ awaitable: (borrowing Attached) throws -> PythonObject) async throws -> PythonReference {
    try await run(awaitable) { python, result in PythonReference(result.copy(python)) }
  }

  /// How the future ends that `wait` is for, which is cancelled with the calling task.
  private func outcome(of wait: FutureWait) async throws -> FutureOutcome {
    waits[ObjectIdentifier(wait)] = wait
    defer { waits[ObjectIdentifier(wait)] = nil }
    let confined = LoopConfined((wait: wait, asyncio: self))
    return try await withTaskCancellationHandler {
      try await wait.outcome()
    } onCancel: { [loop] in
      loop.addCallback { confined.value.asyncio.cancel(confined.value.wait) }
    }
  }

  private func cancel(_ wait: FutureWait) {
    guard let future = wait.future else { return }
    withPython { python in
      do throws(PythonError) {
        _ = try future.object(python).callMethod(python, module.names.cancel.object(python))
      } catch {
        AsyncioLog.error("A task of asyncio could not be cancelled: \(error.traceback)")
      }
    }
  }
}

/// A task's wait for Python, which the end of the loop ends.
protocol AbandonedWait: AnyObject {
  func abandon()
}

/// One Swift task's wait for a future of Python's, on the loop's thread.
@safe
final class FutureWait: AbandonedWait {
  var future: PythonReference?
  private var ended: Result<FutureOutcome, any Error>?
  private var continuation: UnsafeContinuation<FutureOutcome, any Error>?

  /// How the future ended; waits for that.
  func outcome() async throws -> FutureOutcome {
    if let ended { return try ended.get() }
    // SAFETY: `finish` resumes it, once, and asyncio calls the future's callbacks once.
    return try await unsafe withUnsafeThrowingContinuation { unsafe continuation = $0 }
  }

  func abandon() { finish(.success(.cancelled)) }

  /// Only the first result counts.
  func finish(_ result: Result<FutureOutcome, any Error>) {
    guard ended == nil else { return }
    future = nil
    ended = result
    guard let waiting = unsafe continuation else { return }
    unsafe continuation = nil
    unsafe waiting.resume(with: result)
  }
}

#endif
