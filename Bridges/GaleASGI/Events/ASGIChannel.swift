// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
import GaleLoop
import GalePython

/// What is behind an application's `receive` and `send`.
///
/// Belongs to the loop's thread.
class ASGIChannel {
  let asyncio: AsyncIOLoop
  let names: ASGINames

  init(_ asyncio: AsyncIOLoop, _ names: ASGINames) {
    self.asyncio = asyncio
    self.names = names
  }

  /// Those whose `receive` waits, as futures that are done when it shall look again.
  private var receivers: [PythonReference] = []

  /// The next event, which is taken by this; `nil` when it has to be waited for.
  func nextEvent(_ python: borrowing Attached) throws(PythonError) -> PythonObject? { nil }

  /// The application will wait for an event.
  func willWait() {}

  /// What a `receive` waits for that has found nothing.
  func wait(_ python: borrowing Attached) throws(PythonError) -> PythonReference {
    willWait()
    let future = PythonReference(try asyncio.future(python))
    receivers.append(future)
    return future
  }

  /// Nobody waits for this any more.
  func forget(_ future: PythonReference) { receivers.removeAll { $0 === future } }

  /// Has those who wait look for an event again.
  ///
  /// Each takes it when it goes on: one that is cancelled before leaves it to others.
  func wakeReceiver() {
    guard !receivers.isEmpty else { return }
    let waiting = receivers
    receivers = []
    asyncio.withPython { python in
      for future in waiting {
        do throws(PythonError) { try asyncio.resolveNow(python, future, python.none) } catch {
          ASGILog.error("An application's receive() failed: \(error.traceback)")
        }
      }
    }
  }

  /// Forgets who waits, when the loop ends.
  func dropReceivers() { receivers = [] }

  /// - Throws: `RuntimeError` on another thread than the loop's.
  func checkThread(_ name: StaticString) throws(PythonException) {
    guard !asyncio.loop.isCurrent else { return }
    throw PythonException(.runtimeError, "\(name)() belongs to the thread of its event loop")
  }

  /// Takes an event.
  /// - Returns: A coroutine that is done when the next one may come.
  func send(_ python: borrowing Attached, _ kind: EventKind, _ event: borrowing PythonObject) throws
    -> PythonObject
  {
    names.nothing.object(python)
  }

  /// What `send` returns whose event waits for the client, until `future` is done.
  func delivery(_ python: borrowing Attached, _ future: PythonReference) throws(PythonError) -> PythonObject {
    try names.coroutine.instance(python, Delivery(self, future))
  }

  /// An event that is nothing but its type.
  func event(_ python: borrowing Attached, _ type: PythonReference) throws(PythonError) -> PythonObject {
    let event = try python.dictionary()
    try event.set(python, names.type.object(python), to: type.object(python))
    return event
  }

  /// Calls the application, whose coroutine runs as a task.
  /// - Returns: The task; `nil` when it is done already, and `whenDone` was called.
  func start(
    _ python: borrowing Attached, _ application: PythonReference, _ scope: borrowing PythonObject,
    whenDone: @escaping (borrowing Attached, PythonError?) -> Void
  ) throws(PythonError) -> PythonReference? {
    let coroutine = try application.object(python).call(
      python, scope, try names.receive.instance(python, self), try names.send.instance(python, self))
    return try asyncio.startNow(python, coroutine, name: names.taskName, whenDone: whenDone)
  }

  // MARK: - What Python calls

  static let receive: PythonVectorcall = { instance, _, _, _ in
    unsafe Callback.object { (python) throws in
      try unsafe PythonType<ASGIChannel>.withPayload(of: instance) { channel in
        try channel.checkThread("receive")
        return try channel.names.coroutine.instance(python, Reception(channel))
      }
    }
  }

  static let send: PythonVectorcall = { instance, arguments, flags, _ in
    unsafe Callback.object { (python) throws in
      guard Callback.argumentCount(flags) == 1, let argument = unsafe arguments?[0] else {
        throw PythonException(.typeError, "send() takes one event")
      }
      let event = unsafe PythonObject(borrowing: argument)
      return try unsafe PythonType<ASGIChannel>.withPayload(of: instance) { channel in
        try channel.checkThread("send")
        guard event.isDictionary, let type = try event.value(python, for: channel.names.type.object(python))
        else {
          throw PythonException(.typeError, "an event is a dict with a \"type\"")
        }
        return try channel.send(python, try EventKind(python, type), event)
      }
    }
  }
}

#endif
