// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Waits for all of `children` and gives their results in the same order: Tornado's `gen.multi`.
///
/// It always waits for all. The first error in order is thrown; further ones are logged. A child may stand
/// in it more than once. To cancel the task that waits does not cancel the children.
/// - Parameters:
///   - children: What is waited for.
///   - loop: The loop of the futures.
///   - isQuiet: Errors that are not worth a line in the log: Tornado's `quiet_exceptions`.
public func multi<Child: Awaitable>(
  _ children: [Child], on loop: IOLoop = .current, isQuiet: (any Error) -> Bool = { _ in false }
) async throws -> [Child.Value] {
  let futures = children.map { $0.asFuture(on: loop) }
  var results: [Child.Value] = []
  results.reserveCapacity(futures.count)
  var failure: (any Error)?
  for future in futures {
    do {
      results.append(try await future.get())
    } catch  where failure == nil {
      // The caller's own cancellation ends the waiting, a child's does not.
      if !future.isDone { throw error }
      failure = error
    } catch {
      if !future.isDone { throw error }
      guard !(error is CancellationError), !isQuiet(error) else { continue }
      LoopLog.error("Multiple exceptions in multi: \(error)")
    }
  }
  if let failure { throw failure }
  return results
}

/// Waits for all of `children` and gives their results by the same keys: Tornado's `gen.multi` of a dict.
///
/// As the function for an array, except that a dictionary has no order: which of several errors
/// is thrown is not defined.
public func multi<Key: Hashable, Child: Awaitable>(
  _ children: [Key: Child], on loop: IOLoop = .current, isQuiet: (any Error) -> Bool = { _ in false }
) async throws -> [Key: Child.Value] {
  let entries = Array(children)
  let values = try await multi(entries.map(\.value), on: loop, isQuiet: isQuiet)
  return Dictionary(uniqueKeysWithValues: zip(entries.map(\.key), values))
}

/// Runs `operation` on all of `inputs` at the same time and gives the results in the same order.
///
/// It always waits for all. The first error in order is thrown; further ones are logged. To cancel the task
/// that waits cancels all of them.
///
/// ```swift
/// let pages = try await multi(urls) { url in try await fetch(url) }
/// ```
/// - Parameters:
///   - inputs: What the operation is run on.
///   - loop: Where it runs.
///   - isQuiet: Errors that are not worth a line in the log.
///   - operation: Stays on the loop's thread.
public func multi<Input, Value>(
  _ inputs: some Sequence<Input>, on loop: IOLoop = .current, isQuiet: (any Error) -> Bool = { _ in false },
  _ operation: @escaping (Input) async throws -> Value
) async throws -> [Value] {
  let futures = inputs.map { input in Future(on: loop) { try await operation(input) } }
  return try await cancelling(futures) { try await multi(futures, on: loop, isQuiet: isQuiet) }
}

/// Has the cancellation of the calling task cancel `futures`, and waits for their end even so.
func cancelling<Value, Result>(
  _ futures: [Future<Value>], _ body: () async throws -> Result
) async throws -> Result {
  guard let loop = futures.first?.loop else { return try await body() }
  let confined = LoopConfined(futures)
  do {
    return try await withTaskCancellationHandler(operation: body) {
      loop.addCallback {
        for future in confined.value { future.cancel() }
      }
    }
  } catch {
    for future in futures { await future.waitUntilDone() }
    throw error
  }
}
