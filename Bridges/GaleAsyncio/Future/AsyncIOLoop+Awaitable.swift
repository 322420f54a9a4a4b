// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
public import GalePython

extension AsyncIOLoop {
  /// Starts asynchronous work of Swift's on this loop, as a future that Python can await.
  ///
  /// When Python cancels the future, the Swift task is cancelled. An error becomes an exception: a ``PythonError`` the one that
  /// it came from, a ``PythonException`` the one that it describes, `CancellationError` asyncio's `CancelledError`, and
  /// any other error a `gale.SwiftError` with its description.
  /// - Parameter operation: Stays on the loop's thread. `nil` is `None` for Python.
  public func awaitable(
    _ python: borrowing Attached, _ operation: @escaping () async throws -> PythonReference?
  ) throws -> PythonObject {
    loop.checkThread()
    guard !isClosed else { throw AsyncFunction.closed }
    let future = try asyncioLoop.object(python).callMethod(
      python, module.names.createFuture.object(python))
    let reference = PythonReference(future.copy(python))
    let values = try ContextBridge.values { name throws(PythonError) in try module.value(python, of: name) }
    let task = loop.spawn { [self] in
      do {
        let value = try await ContextBridge.with(values, operation)
        complete(reference) { python in value?.object(python) ?? python.none }
      } catch {
        fail(reference, error)
      }
    }
    let callback = try module.callback.instance(
      python,
      FutureCallback { [module] python, future in
        if try future.callMethod(python, module.names.cancelled.object(python)).isTrue(python) {
          task.cancel()
        }
      })
    _ = try future.callMethod(python, module.names.addDoneCallback.object(python), callback)
    return future
  }

  /// An asynchronous function of Swift's as a callable of Python's, which returns an awaitable.
  ///
  /// ```swift
  /// try module.setAttribute(python, "fetch", to: asyncio.function(python) { arguments in … })
  /// ```
  /// Positional arguments only. Errors and cancellation as in ``awaitable(_:_:)``.
  public func function(
    _ python: borrowing Attached,
    _ body: @escaping (_ arguments: [PythonReference]) async throws -> PythonReference?
  ) throws -> PythonObject {
    try module.function.instance(python, AsyncFunction(self, body))
  }

  /// Gives the future its result, unless it is done: cancelled, that is.
  private func complete(
    _ future: PythonReference, _ value: (borrowing Attached) -> PythonObject
  ) {
    settle(future) { (python, object) throws(PythonError) in
      _ = try object.callMethod(python, module.names.setResult.object(python), value(python))
    }
  }

  private func fail(_ future: PythonReference, _ error: any Error) {
    settle(future) { (python, object) throws(PythonError) in
      if error is CancellationError {
        _ = try object.callMethod(python, module.names.cancel.object(python))
        return
      }
      let exception = try exception(python, for: error)
      _ = try object.callMethod(python, module.names.setException.object(python), exception)
    }
  }

  private func settle(
    _ future: PythonReference,
    _ body: (borrowing Attached, borrowing PythonObject) throws(PythonError) -> Void
  ) {
    withPython { python in
      do throws(PythonError) {
        let object = future.object(python)
        guard try !object.callMethod(python, module.names.done.object(python)).isTrue(python) else { return }
        try body(python, object)
      } catch {
        AsyncioLog.error("A future of asyncio could not be settled: \(error.traceback)")
      }
    }
  }

  func exception(_ python: borrowing Attached, for error: any Error) throws(PythonError)
    -> PythonObject
  {
    switch error {
    case let error as PythonError:
      if let exception = error.exception { return exception.object(python) }
    case let error as PythonException:
      let type = try python.importModule("builtins").attribute(python, error.kind.className)
      return try type.call(python, try python.string(error.message))
    default: break
    }
    return try module.swiftError.object(python).call(python, try python.string("\(error)"))
  }
}

/// A Swift function that Python calls and awaits.
final class AsyncFunction {
  /// Python may keep the function for longer.
  private weak let asyncio: AsyncIOLoop?
  private let body: ([PythonReference]) async throws -> PythonReference?

  init(_ asyncio: AsyncIOLoop, _ body: @escaping ([PythonReference]) async throws -> PythonReference?) {
    self.asyncio = asyncio
    self.body = body
  }

  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<AsyncFunction> {
    // SAFETY: the function takes the payload that the type is declared with.
    try unsafe PythonType(python, name: "gale.AsyncFunction", call: call)
  }

  /// As asyncio says it.
  static let closed = PythonException(.runtimeError, "Event loop is closed")

  private func start(_ python: borrowing Attached, _ arguments: [PythonReference]) throws -> PythonObject {
    guard let asyncio else { throw Self.closed }
    guard asyncio.loop.isCurrent else {
      throw PythonException(
        .runtimeError, "this function belongs to another thread's loop: call it by call_soon_threadsafe")
    }
    let body = body
    return try asyncio.awaitable(python) { try await body(arguments) }
  }

  private static let call: PythonVectorcall = { instance, arguments, flags, names in
    unsafe Callback.object { (python) throws in
      guard unsafe names == nil else {
        throw PythonException(.typeError, "only positional arguments are taken")
      }
      let given = (0..<Callback.argumentCount(flags)).compactMap { index in
        unsafe arguments?[index].map { unsafe PythonReference(PythonObject(borrowing: $0)) }
      }
      return try unsafe PythonType<AsyncFunction>.withPayload(of: instance) { try $0.start(python, given) }
    }
  }
}

#endif
