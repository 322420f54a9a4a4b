// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

extension IOStream {
  // MARK: - Closing

  /// Closes the stream, like Tornado's `IOStream.close`.
  ///
  /// A waiting read gets what is in the buffer if that is enough for it; other waiting reads and
  /// writes fail with ``StreamError`` `.closed`.
  public func close() { close(nil) }

  /// Closes the stream because of `error`.
  package func close(_ error: StreamError?) {
    guard descriptor >= 0 else { return }
    transportWillClose(error, isReset: false)
    finishClosing(error, isReset: false)
  }

  /// Drops what was queued and resets the connection: the peer sees that the answer was cut off.
  package func abort() {
    guard descriptor >= 0 else { return }
    transportWillClose(nil, isReset: true)
    finishClosing(StreamError.closed(), isReset: true)
  }

  func fail(_ number: Int32) {
    close(transportError(number))
  }

  /// Gives the descriptor, with its registration, to another stream; this one is closed then.
  func handOver(to stream: IOStream) {
    let moved = descriptor
    descriptor = -1
    if isRegistered { loop.replaceHandler(moved, stream) }
    stream.isRegistered = isRegistered
    stream.sawHangUp = sawHangUp
    isRegistered = false
    stream.closeCallback = closeCallback
    closeCallback = nil
  }

  private func finishClosing(_ error: StreamError?, isReset: Bool) {
    self.error = error
    let closing = descriptor
    if isRegistered { loop.forget(closing) }
    descriptor = -1
    closeDescriptor(closing, isReset: isReset)
    let failure = error ?? .closed()
    file = nil
    if let buffer = writeBuffer, !isDelivering {
      writeBuffer = nil
      loop.buffers.giveBack(buffer)
    }
    finishReads(failure)
    let waiters = writeWaiters
    writeWaiters = []
    for waiter in waiters { waiter.resume(throwing: failure) }
    let consumer = consumer
    self.consumer = nil
    consumer?.streamClosed(self, failure)
    if let callback = closeCallback {
      closeCallback = nil
      loop.addLocalCallback(callback)
    }
  }

  /// Calls `callback` once, on the loop, after the stream is closed, like Tornado's `set_close_callback`.
  ///
  /// A stream that has one notices the peer's close while it is idle.
  public func setCloseCallback(_ callback: (() -> Void)?) {
    guard let callback, descriptor < 0 else {
      closeCallback = callback
      if callback != nil { listenForClose() }
      return
    }
    loop.addLocalCallback(callback)
  }

  private func listenForClose() {
    watch()
    readReady()
  }
}
