// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
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

  /// An awaitable for the next event.
  func receive(_ python: borrowing Attached) throws -> PythonObject { python.none }

  /// Takes an event; an awaitable that is done when the next one may come.
  func send(_ python: borrowing Attached, _ kind: EventKind, _ event: borrowing PythonObject) throws
    -> PythonObject
  {
    names.nothing.object(python)
  }

  /// An awaitable that is done.
  func ready(_ python: borrowing Attached, _ event: consuming PythonObject) throws(PythonError)
    -> PythonObject
  {
    try names.ready.instance(python, ReadyAwaitable(PythonReference(event)))
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
      try unsafe PythonType<ASGIChannel>.withPayload(of: instance) { try $0.receive(python) }
    }
  }

  static let send: PythonVectorcall = { instance, arguments, flags, _ in
    unsafe Callback.object { (python) throws in
      guard Callback.argumentCount(flags) == 1, let argument = unsafe arguments?[0] else {
        throw PythonException(.typeError, "send() takes one event")
      }
      let event = unsafe PythonObject(borrowing: argument)
      return try unsafe PythonType<ASGIChannel>.withPayload(of: instance) { channel in
        guard event.isDictionary, let type = try event.value(python, for: channel.names.type.object(python))
        else {
          throw PythonException(.typeError, "an event is a dict with a \"type\"")
        }
        return try channel.send(python, try EventKind(python, type), event)
      }
    }
  }
}

/// An awaitable whose result is there already, so that awaiting it does not suspend.
final class ReadyAwaitable {
  private let value: PythonReference

  init(_ value: PythonReference) { self.value = value }

  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<ReadyAwaitable> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.Ready", iterator: Callback.receiver, next: next, awaiter: Callback.receiver)
  }

  private static let next: PythonReceiverFunction = { instance in
    // SAFETY: CPython calls with the lock held.
    let python = unsafe Attached(assumingLockHeld: ())
    let value = unsafe PythonType<ReadyAwaitable>.withPayload(of: instance) { $0.value.object(python) }
    return unsafe Callback.stop(value)
  }
}

#endif
