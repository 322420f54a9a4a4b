// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
import GaleLoop
import GalePython

/// What `receive()` and `send()` return: a coroutine, which can be awaited, or made a task of.
///
/// This one is done already, any number of times: what a `send` returns that need not wait.
class ChannelCoroutine {
  /// What to wait for; `nil` at the end, with the result set as an iterator's.
  func advance(_ python: borrowing Attached) throws -> PythonObject? { nil }

  /// Nobody goes on with it.
  func abandon() {}

  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<ChannelCoroutine> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.ChannelCoroutine",
      methods: [
        PythonMethod("send", unary: send), PythonMethod("throw", fast: raise),
        PythonMethod("close", noArguments: close),
      ],
      iterator: Callback.receiver, next: next, awaiter: Callback.receiver)
  }

  private static let next: PythonReceiverFunction = { instance in
    unsafe Callback.next { python in
      try unsafe PythonType<ChannelCoroutine>.withPayload(of: instance) { try $0.advance(python) }
    }
  }

  private static let send: PythonUnaryFunction = { instance, _ in unsafe Callback.send(next, instance) }

  private static let raise: PythonFastFunction = { instance, arguments, count in
    unsafe PythonType<ChannelCoroutine>.withPayload(of: instance) { $0.abandon() }
    return unsafe Callback.raise(arguments, count)
  }

  private static let close: PythonUnaryFunction = { instance, _ in
    unsafe Callback.none { (_) in
      unsafe PythonType<ChannelCoroutine>.withPayload(of: instance) { $0.abandon() }
    }
  }
}

/// What `receive()` returns; ends with the next event.
///
/// It takes the event when it ends and not before, so that none is lost when it is cancelled.
final class Reception: ChannelCoroutine {
  private let channel: ASGIChannel
  private var waiting: PythonReference?
  private var isOver = false

  init(_ channel: ASGIChannel) { self.channel = channel }

  override func advance(_ python: borrowing Attached) throws -> PythonObject? {
    try channel.checkThread("receive")
    guard !isOver else { throw PythonException(.runtimeError, "receive() was awaited already") }
    abandonWait()
    if let event = try channel.nextEvent(python) {
      isOver = true
      _ = unsafe Callback.stop(event)
      return nil
    }
    let future = try channel.wait(python)
    waiting = future
    return try future.awaited(python)
  }

  override func abandon() {
    isOver = true
    abandonWait()
  }

  private func abandonWait() {
    guard let future = waiting else { return }
    waiting = nil
    channel.forget(future)
  }
}

/// What `send()` returns when the application has to wait for its client.
final class Delivery: ChannelCoroutine {
  private let channel: ASGIChannel
  private var future: PythonReference?
  private var isAwaited = false

  init(_ channel: ASGIChannel, _ future: PythonReference) {
    self.channel = channel
    self.future = future
  }

  override func advance(_ python: borrowing Attached) throws -> PythonObject? {
    try channel.checkThread("send")
    guard let future else { throw PythonException(.runtimeError, "send() was awaited already") }
    guard isAwaited else {
      isAwaited = true
      return try future.awaited(python)
    }
    self.future = nil
    _ = try future.object(python).callMethod(python, try python.interned("result"))
    return nil
  }

  override func abandon() { future = nil }
}

extension PythonReference {
  /// A future, to be waited for as its own `__await__` says it.
  fileprivate func awaited(_ python: borrowing Attached) throws(PythonError) -> PythonObject {
    let future = object(python)
    try future.setAttribute(python, "_asyncio_future_blocking", to: python.bool(true))
    return future
  }
}

#endif
