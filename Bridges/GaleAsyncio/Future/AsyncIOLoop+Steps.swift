// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
package import GalePython

/// Steps that are taken at once, where asyncio would schedule them for a turn of its loop.
///
/// In debug mode, with a task factory, and inside of one of asyncio's own callbacks everything waits for its turn; so it
/// does where asyncio is the host.
extension AsyncIOLoop {
  /// Runs a coroutine as a task of asyncio, whose first step is taken before this returns.
  ///
  /// What never waits is done then, without a turn of asyncio's loop. It is a `Task` like any other, in a context of
  /// its own: the current one for `asyncio.current_task()` while it runs, and cancellable.
  /// - Parameters:
  ///   - name: The task's name.
  ///   - body: Called when it is done, with what it raised; if it is done at once, before this returns.
  /// - Returns: The task; `nil` when it is done.
  package func startNow(
    _ python: borrowing Attached, _ coroutine: borrowing PythonObject, name: PythonReference,
    whenDone body: @escaping (borrowing Attached, PythonError?) -> Void
  ) throws(PythonError) -> PythonReference? {
    let loop = asyncioLoop.object(python)
    guard let core, coroutine.isCoroutine, ContextBridge.isEmpty, try takesSteps(python, loop) else {
      return try start(python, coroutine, whenDone: body)
    }
    let task = try begin(python, core, loop, coroutine, name.object(python))
    guard try task.callMethod(python, module.names.done.object(python)).isTrue(python) else {
      try whenDone(python, task, body)
      return PythonReference(task)
    }
    body(python, try failure(python, task))
    return nil
  }

  /// A future for `awaitable`, with the task-local values that are carried over; the first step of a coroutine's task is
  /// taken before this returns, where steps are.
  func futureNow(_ python: borrowing Attached, of awaitable: borrowing PythonObject) throws(PythonError)
    -> PythonObject
  {
    let loop = asyncioLoop.object(python)
    guard let core, awaitable.isCoroutine, ContextBridge.isEmpty, try takesSteps(python, loop) else {
      return try module.future(python, loop, of: awaitable)
    }
    return try begin(python, core, loop, awaitable, python.none)
  }

  private func begin(
    _ python: borrowing Attached, _ core: LoopCore, _ loop: borrowing PythonObject,
    _ coroutine: borrowing PythonObject, _ name: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    core.wantsStep = true
    let task: PythonObject
    do throws(PythonError) {
      task = try module.task.object(python).call(
        python, coroutine, names: module.taskKeywords.object(python), loop, name)
    } catch {
      core.wantsStep = false
      throw error
    }
    try take(core.takeStep(), python, loop)
    return task
  }

  /// Gives a future its result, unless it is done, and goes on at once with who waits for it.
  package func resolveNow(
    _ python: borrowing Attached, _ future: PythonReference, _ value: borrowing PythonObject
  ) throws(PythonError) {
    let loop = asyncioLoop.object(python)
    guard let core, try takesSteps(python, loop) else { return try resolve(python, future, value) }
    core.wantsStep = true
    do throws(PythonError) {
      try resolve(python, future, value)
    } catch {
      _ = core.takeStep()
      throw error
    }
    try take(core.takeStep(), python, loop)
  }

  private func takesSteps(_ python: borrowing Attached, _ loop: borrowing PythonObject) throws(PythonError)
    -> Bool
  {
    guard !isRunningPython, try !loop.attribute(python, module.names.debug.object(python)).isTrue(python)
    else {
      return false
    }
    return try loop.attribute(python, module.names.taskFactory.object(python)).isNone
  }

  /// What a task that is done raised; nobody is interested in its result.
  private func failure(
    _ python: borrowing Attached, _ task: borrowing PythonObject
  ) throws(PythonError) -> PythonError? {
    if try task.callMethod(python, module.names.cancelled.object(python)).isTrue(python) { return nil }
    let exception = try task.callMethod(python, module.names.exception.object(python))
    return exception.isNone ? nil : PythonError(exception: exception, python)
  }

  /// Takes the step that was kept, as asyncio's `Handle` runs a callback.
  private func take(
    _ kept: consuming LoopStep?, _ python: borrowing Attached, _ loop: borrowing PythonObject
  ) throws(PythonError) {
    guard let step = kept else { return }  // It waits for its turn.
    let setRunningLoop = module.setRunningLoop.object(python)
    _ = try setRunningLoop.call(python, loop)
    isRunningPython = true
    defer { isRunningPython = false }
    try python.enter(step.context)
    var raised: PythonError?
    do throws(PythonError) { try step.run(python) } catch { raised = error }
    try python.leave(step.context)
    if let raised { try report(python, loop, raised) }
    _ = try setRunningLoop.call(python, python.none)
  }

  private func report(
    _ python: borrowing Attached, _ loop: borrowing PythonObject, _ error: PythonError
  ) throws(PythonError) {
    guard !error.isSystemExit, !error.isKeyboardInterrupt, let exception = error.exception else {
      return fail(error)
    }
    let context = try python.dictionary()
    try context.set(
      python, try python.interned("message"), to: try python.string("Exception in callback of a future"))
    try context.set(python, try python.interned("exception"), to: exception.object(python))
    _ = try loop.callMethod(python, try python.interned("call_exception_handler"), context)
  }
}

extension LoopStep {
  borrowing func run(_ python: borrowing Attached) throws(PythonError) {
    if hasArgument {
      _ = try callback.call(python, argument)
    } else {
      _ = try callback.call(python)
    }
  }
}

#endif
