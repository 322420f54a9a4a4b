// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
package import GalePython

/// Futures and tasks for other bridges, which have no task of Swift's that could wait.
extension AsyncIOLoop {
  /// A future that ``resolve(_:_:_:)`` gives its result.
  package func future(_ python: borrowing Attached) throws(PythonError) -> PythonObject {
    try module.future.object(python).call(
      python, names: module.futureKeywords.object(python), asyncioLoop.object(python))
  }

  /// Gives a future its result, unless it is done.
  package func resolve(
    _ python: borrowing Attached, _ future: PythonReference, _ value: borrowing PythonObject
  ) throws(PythonError) {
    let object = future.object(python)
    guard try !object.callMethod(python, module.names.done.object(python)).isTrue(python) else { return }
    _ = try object.callMethod(python, module.names.setResult.object(python), value)
  }

  /// Gives a future an exception, unless it is done.
  package func reject(
    _ python: borrowing Attached, _ future: PythonReference, _ exception: PythonException
  ) throws(PythonError) {
    let object = future.object(python)
    guard try !object.callMethod(python, module.names.done.object(python)).isTrue(python) else { return }
    let error = try self.exception(python, for: exception)
    _ = try object.callMethod(python, module.names.setException.object(python), error)
  }

  /// Runs a coroutine as a task of asyncio, and calls `body` on the loop when it is done.
  ///
  /// `nil` for a result, which nobody is interested in.
  package func start(
    _ python: borrowing Attached, _ coroutine: borrowing PythonObject,
    whenDone body: @escaping (borrowing Attached, PythonError?) -> Void
  ) throws(PythonError) -> PythonReference {
    let task = try module.future(python, asyncioLoop.object(python), of: coroutine)
    try whenDone(python, task, body)
    return PythonReference(task)
  }

  func whenDone(
    _ python: borrowing Attached, _ task: borrowing PythonObject,
    _ body: @escaping (borrowing Attached, PythonError?) -> Void
  ) throws(PythonError) {
    let callback = try module.callback.instance(
      python,
      FutureCallback { [module] python, future in
        switch try module.outcome(python, of: future) {
        case .failure(let error): body(python, error)
        case .result, .cancelled: body(python, nil)
        }
      })
    _ = try task.callMethod(python, module.names.addDoneCallback.object(python), callback)
  }

  /// Has a task that lasts as long as the loop, as the one of `asyncio.run` does elsewhere, for libraries that look for it.
  package func beginRoot(_ python: borrowing Attached) throws(PythonError) {
    guard core != nil else { return }  // A host has its own.
    _ = try asyncioLoop.object(python).callMethod(python, try python.interned("_begin_root"))
  }
}

#endif
