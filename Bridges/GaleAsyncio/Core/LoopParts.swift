// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

/// What the cores of all loops share: where asyncio's classes keep things, types, and the names of methods.
final class LoopParts: Sendable {
  let handles: HandleLayout
  let socket: PythonType<StreamSocket>
  let names: Names
  /// `asyncio.Future`, and the name of what it gets.
  let future, futureKeywords: PythonReference

  init(_ python: borrowing Attached) throws(PythonError) {
    handles = try HandleLayout(python)
    socket = try StreamSocket.makeType(python)
    names = try Names(python)
    future = PythonReference(try python.importModule("asyncio").attribute(python, "Future"))
    futureKeywords = PythonReference(
      try python.tuple(count: 1) { _ throws(PythonError) in try python.interned("loop") })
  }

  /// Interned names of what is called often.
  final class Names: Sendable {
    let ready, append, popLeft, run, failed, socketFailed, callSoon: PythonReference
    let context, scheduled, stopping, cancelledCount, dropCancelled, takeEvents, takeTimers: PythonReference
    let dataReceived, getBuffer, bufferUpdated: PythonReference
    let protocolPaused, protocolResumed, fatalError, ended, refused, drained, writeFailed: PythonReference

    init(_ python: borrowing Attached) throws(PythonError) {
      func name(_ text: String, _ python: borrowing Attached) throws(PythonError) -> PythonReference {
        PythonReference(try python.interned(text))
      }
      ready = try name("_ready", python)
      append = try name("append", python)
      popLeft = try name("popleft", python)
      run = try name("_run", python)
      failed = try name("_callback_failed", python)
      socketFailed = try name("_socket_failed", python)
      callSoon = try name("call_soon", python)
      context = try name("context", python)
      scheduled = try name("_scheduled", python)
      stopping = try name("_stopping", python)
      cancelledCount = try name("_timer_cancelled_count", python)
      dropCancelled = try name("_drop_cancelled", python)
      takeEvents = try name("_take_events", python)
      takeTimers = try name("_take_timers", python)
      dataReceived = try name("data_received", python)
      getBuffer = try name("get_buffer", python)
      bufferUpdated = try name("buffer_updated", python)
      protocolPaused = try name("_maybe_pause_protocol", python)
      protocolResumed = try name("_maybe_resume_protocol", python)
      fatalError = try name("_fatal_error", python)
      ended = try name("_read_end", python)
      refused = try name("_write_refused", python)
      drained = try name("_write_drained", python)
      writeFailed = try name("_write_failed", python)
    }
  }
}

/// Where `asyncio.Handle` keeps what it was made of: handles are filled in, and run, without Python code.
///
/// They are asyncio's own all the same, with everything that asyncio's debugging and other people look for.
@safe
final class HandleLayout: Sendable {
  private let type: PythonReference
  private let timerType: PythonReference
  private let callback, arguments, context, cancelled, loop, traceback, text, when: PythonSlot

  init(_ python: borrowing Attached) throws(PythonError) {
    let events = try python.importModule("asyncio.events")
    let type = try events.attribute(python, "Handle")
    func slot(_ name: String, _ python: borrowing Attached, _ type: borrowing PythonObject)
      throws(PythonError)
      -> PythonSlot
    {
      try PythonSlot(python, of: type, name)
    }
    callback = try slot("_callback", python, type)
    arguments = try slot("_args", python, type)
    context = try slot("_context", python, type)
    cancelled = try slot("_cancelled", python, type)
    loop = try slot("_loop", python, type)
    traceback = try slot("_source_traceback", python, type)
    text = try slot("_repr", python, type)
    let timerType = try events.attribute(python, "TimerHandle")
    when = try slot("_when", python, timerType)
    self.timerType = PythonReference(timerType)
    self.type = PythonReference(type)
  }

  /// A handle as `Handle(callback, args, loop, context)` makes it outside of the debug mode.
  func make(
    _ python: borrowing Attached, loop: borrowing PythonObject, callback: borrowing PythonObject,
    arguments: consuming PythonObject, context: consuming PythonObject
  ) throws(PythonError) -> PythonObject {
    let handle = try python.allocate(type.object(python))
    // SAFETY: the object is an instance of the slots' class, and new.
    unsafe handle.fill(self.callback, callback.copy(python))
    unsafe handle.fill(self.arguments, arguments)
    unsafe handle.fill(self.context, context)
    unsafe handle.fill(self.cancelled, python.bool(false))
    unsafe handle.fill(self.loop, loop.copy(python))
    unsafe handle.fill(self.traceback, python.none)
    unsafe handle.fill(self.text, python.none)
    return handle
  }

  /// When a timer is due, in the loop's seconds; `nil` when it was cancelled.
  func deadline(_ python: borrowing Attached, of timer: borrowing PythonObject) throws -> Double? {
    guard timer.isExactly(timerType.object(python)) else {
      if try timer.callMethod(python, try python.interned("cancelled")).isTrue(python) { return nil }
      return try timer.callMethod(python, try python.interned("when")).double(python)
    }
    // SAFETY: just looked at.
    guard let isCancelled = unsafe timer.slot(cancelled), let when = unsafe timer.slot(when) else {
      return nil
    }
    return try isCancelled.isTrue(python) ? nil : try when.double(python)
  }

  /// What is to be called for a handle; `nil` when it is not one of asyncio's own classes.
  func content(
    _ python: borrowing Attached, of handle: borrowing PythonObject
  ) throws(PythonError) -> HandleContent? {
    guard handle.isExactly(type.object(python)) || handle.isExactly(timerType.object(python)) else {
      return nil
    }
    // SAFETY: just looked at; a timer's layout begins as a handle's.
    guard let isCancelled = unsafe handle.slot(cancelled) else { return nil }
    if try isCancelled.isTrue(python) { return .cancelled }
    guard let callback = unsafe handle.slot(callback), let arguments = unsafe handle.slot(arguments),
      let context = unsafe handle.slot(context), arguments.isTuple
    else { return nil }
    return .call(callback, arguments: arguments, context: context)
  }
}

/// What a handle holds.
enum HandleContent: ~Copyable {
  case cancelled
  case call(PythonObject, arguments: PythonObject, context: PythonObject)
}

#endif
