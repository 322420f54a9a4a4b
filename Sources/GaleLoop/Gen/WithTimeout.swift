// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Runs `operation` for `limit` at most.
///
/// When the time is over, the operation is cancelled, and this throws once it has ended: nothing of it is
/// left running. So an operation that takes no notice of cancellation is waited for. To leave it behind
/// instead, give its future to ``withTimeout(_:_:on:isQuiet:)``.
/// - Throws: ``LoopError`` `.timedOut`, also when the operation ended otherwise after its time; what
///   `operation` throws.
/// - Note: Tornado's `gen.with_timeout` leaves the operation running.
public func withTimeout<Value>(
  _ limit: Duration, on loop: IOLoop = .current, _ operation: @escaping () async throws -> Value
) async throws -> Value {
  let future = Future(on: loop, operation)
  var isOver = false
  let timer = loop.callLater(limit) {
    isOver = !future.isDone
    future.cancel()
  }
  defer { loop.removeTimeout(timer) }
  do {
    let value = try await cancelling([future]) { try await future.get() }
    guard isOver else { return value }
  } catch {
    guard isOver else { throw error }
  }
  throw LoopError.timedOut(after: limit)
}

/// Waits for `child`, but no longer than `limit`, and leaves it running: Tornado's `gen.with_timeout`.
///
/// If it fails later, the error is logged.
/// - Parameters:
///   - limit: How long to wait at most.
///   - child: What is waited for.
///   - loop: The loop of the future.
///   - isQuiet: Errors that are not worth a line in the log: Tornado's `quiet_exceptions`.
/// - Throws: ``LoopError`` `.timedOut`; what `child` throws.
public func withTimeout<Child: Awaitable>(
  _ limit: Duration, _ child: Child, on loop: IOLoop = .current,
  isQuiet: @escaping (any Error) -> Bool = { _ in false }
) async throws -> Child.Value {
  let future = child.asFuture(on: loop)
  let first = Future<Child.Value>(on: loop)
  let timer = loop.callLater(limit) {
    guard first.fail(LoopError.timedOut(after: limit)) else { return }
    future.addDoneCallback { late in
      guard case .failure(let error) = late.result, !(error is CancellationError), !isQuiet(error) else {
        return
      }
      LoopLog.error("Exception in a Future after its timeout: \(error)")
    }
  }
  defer { loop.removeTimeout(timer) }
  future.addDoneCallback { done in
    guard !first.isDone, let result = done.result else { return }
    switch result {
    case .success(let value): first.fulfil(value)
    case .failure(let error): first.fail(error)
    }
  }
  return try await first.get()
}
