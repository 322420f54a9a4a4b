// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython

/// `call_soon`, and running what it scheduled: asyncio's handles in asyncio's queue, without its Python code.
extension LoopCore {
  /// Schedules a call of the first argument with the others, as `loop.call_soon` outside of the debug mode.
  ///
  /// The caller vouches for the arguments, which are those of a ``PythonVectorcall``.
  @unsafe
  func schedule(
    _ python: borrowing Attached, _ arguments: UnsafePointer<PythonPointer?>?, _ count: Int,
    _ names: PythonPointer?
  ) throws -> PythonObject {
    guard let parts, let loop = currentLoop(python) else {
      throw PythonException(.runtimeError, "Event loop is closed")
    }
    if isDebugging {  // The loop's own method does it then; this one was asked for before.
      let own = try loop.attribute(python, parts.names.callSoon.object(python))
      return try unsafe own.call(python, arguments, count: count, names: names)
    }
    guard count > 0, let first = unsafe arguments?[0] else {
      throw PythonException(.typeError, "call_soon() takes a callback")
    }
    let values = try python.tuple(count: count - 1) { index throws(PythonError) in
      guard let value = unsafe arguments?[index + 1] else { return python.none }
      return unsafe PythonObject(borrowing: value)
    }
    let handle = try unsafe parts.handles.make(
      python, loop: loop, callback: PythonObject(borrowing: first), arguments: values,
      context: try context(python, arguments, count, names))
    let queue = try loop.attribute(python, parts.names.ready.object(python))
    _ = try queue.callMethod(python, parts.names.append.object(python), handle)
    wake()
    return handle
  }

  /// What was given as `context`, or a copy of the present one.
  @unsafe
  private func context(
    _ python: borrowing Attached, _ arguments: UnsafePointer<PythonPointer?>?, _ count: Int,
    _ names: PythonPointer?
  ) throws -> PythonObject {
    guard let parts, let names = unsafe names else { return try python.copyContext() }
    let given = unsafe PythonObject(borrowing: names)
    guard unsafe given.uncheckedTupleCount == 1, let value = unsafe arguments?[count],
      try isContext(python, given.tupleItem(python, at: 0), parts)
    else { throw PythonException(.typeError, "call_soon() takes no keyword argument but context") }
    let context = unsafe PythonObject(borrowing: value)
    return context.isNone ? try python.copyContext() : context
  }

  /// Has a transport's socket do its work; what the transport lets through is reported, as what any callback raises.
  ///
  /// - Throws: What ends the loop.
  func serve(_ python: borrowing Attached, _ socket: StreamSocket, _ events: IOEvents) throws(PythonError) {
    do throws(PythonError) {
      try socket.perform(python, events)
    } catch {
      guard !error.isSystemExit, !error.isKeyboardInterrupt, let exception = error.exception,
        let parts, let loop = currentLoop(python)
      else { throw error }
      _ = try loop.callMethod(python, parts.names.socketFailed.object(python), exception.object(python))
    }
  }

  /// Whether a keyword is `context`: nearly always the same object.
  private func isContext(
    _ python: borrowing Attached, _ name: borrowing PythonObject, _ parts: LoopParts
  ) throws(PythonError) -> Bool {
    let known = parts.names.context.object(python)
    if name.isIdentical(to: known) { return true }
    return try name.string(python) == "context"
  }

  /// Has the work of a transport's socket wait for its turn in asyncio's queue, where the debug mode measures how long it
  /// takes.
  func queue(_ python: borrowing Attached, _ socket: StreamSocket, _ events: IOEvents) throws {
    guard let parts, let loop = currentLoop(python) else { return }
    let perform = try parts.socket.instance(python, socket).attribute(python, "perform")
    let handle = try parts.handles.make(
      python, loop: loop, callback: perform,
      arguments: try python.tuple(count: 1) { _ throws(PythonError) in try python.int(Int(events.rawValue)) },
      context: try python.copyContext())
    let queue = try loop.attribute(python, parts.names.ready.object(python))
    _ = try queue.callMethod(python, parts.names.append.object(python), handle)
  }

  /// One iteration of the loop, as asyncio's `_run_once` outside of the debug mode.
  ///
  /// - Throws: What ends the loop.
  func runOnce(_ python: borrowing Attached) throws {
    guard let parts, let loop = currentLoop(python) else {
      throw PythonException(.runtimeError, "Event loop is closed")
    }
    let isGuest = mode == .guest
    if !isGuest { setAwake(false) }  // Until the wait is over somebody has to wake it.
    let ready = try loop.attribute(python, parts.names.ready.object(python))
    let scheduled = try loop.attribute(python, parts.names.scheduled.object(python))
    var deadline: Double?
    if try scheduled.count(python) > 0 { deadline = try nextDeadline(python, loop, scheduled, parts) }
    var timeout = -1.0
    if try ready.count(python) > 0
      || loop.attribute(python, parts.names.stopping.object(python)).isTrue(python)
    {
      timeout = 0
    } else if let deadline {
      timeout = min(max(0, deadline - Double(host.time.nanoseconds) / 1e9), 24 * 3600)
    }
    try wait(python, timeout)
    if hasReady {
      _ = try loop.callMethod(python, parts.names.takeEvents.object(python), try takeReady(python))
    }
    if try scheduled.count(python) > 0 { try takeTimers(python, loop, scheduled, parts) }
    // A guest runs the oldest part of what is ready, when there is so much of it that others would wait for long.
    let count = try ready.count(python)
    try runReady(python, ready, count: isGuest ? min(count, Self.batch) : count)
  }

  /// How many callbacks a guest runs in one turn at the most.
  private static var batch: Int { 1000 }

  /// When the first timer is due that was not cancelled.
  private func nextDeadline(
    _ python: borrowing Attached, _ loop: borrowing PythonObject, _ scheduled: borrowing PythonObject,
    _ parts: LoopParts
  ) throws -> Double? {
    let first = try parts.handles.deadline(python, of: try scheduled.listItem(python, at: 0))
    let cancelled = try loop.attribute(python, parts.names.cancelledCount.object(python)).int(python)
    if let first, try cancelled <= max(50, scheduled.count(python) / 2) { return first }
    _ = try loop.callMethod(python, parts.names.dropCancelled.object(python))
    guard try scheduled.count(python) > 0 else { return nil }
    return try parts.handles.deadline(python, of: try scheduled.listItem(python, at: 0))
  }

  /// Makes the timers ready that are due.
  private func takeTimers(
    _ python: borrowing Attached, _ loop: borrowing PythonObject, _ scheduled: borrowing PythonObject,
    _ parts: LoopParts
  ) throws {
    let first = try parts.handles.deadline(python, of: try scheduled.listItem(python, at: 0))
    if let first, first > Double(host.time.nanoseconds) / 1e9 + 1e-6 { return }
    _ = try loop.callMethod(python, parts.names.takeTimers.object(python))
  }

  /// Runs the oldest `count` handles of `queue`, asyncio's `_ready`.
  ///
  /// - Throws: `SystemExit` and `KeyboardInterrupt`, which end the loop; the rest is reported as asyncio does it.
  func runReady(
    _ python: borrowing Attached, _ queue: borrowing PythonObject, count: Int
  ) throws(PythonError) {
    guard let parts else { return }
    let popLeft = parts.names.popLeft.object(python)
    for _ in 0..<count {
      let handle = try queue.callMethod(python, popLeft)
      switch try parts.handles.content(python, of: handle) {
      case .cancelled?: continue
      case nil: _ = try handle.callMethod(python, parts.names.run.object(python))
      case .call(let callback, let arguments, let context)?:
        do throws(PythonError) {
          try python.within(context) { (python) throws(PythonError) in
            _ = try callback.call(python, tuple: arguments)
          }
        } catch {
          guard !error.isSystemExit, !error.isKeyboardInterrupt, let exception = error.exception,
            let loop = currentLoop(python)
          else { throw error }
          _ = try loop.callMethod(
            python, parts.names.failed.object(python), handle, exception.object(python))
        }
      }
    }
  }
}

extension Attached {
  /// Runs `body` in a context of Python's.
  borrowing func within(
    _ context: borrowing PythonObject, _ body: (borrowing Attached) throws(PythonError) -> Void
  ) throws(PythonError) {
    try enter(context)
    do throws(PythonError) {
      try body(self)
    } catch {
      try leave(context)
      throw error
    }
    try leave(context)
  }
}

#endif
