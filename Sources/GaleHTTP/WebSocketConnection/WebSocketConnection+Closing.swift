// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleLoop
public import GaleWire
import Logging

extension WebSocketConnection {
  /// Closes the connection: Tornado's `close`.
  ///
  /// What is queued is still sent, then a Close frame; the peer has ``WebSocketConfiguration/closeTimeout`` to answer
  /// with its own. Messages that come meanwhile are dropped. Does nothing when the connection is being closed
  /// already.
  /// - Parameters:
  ///   - code: What the frame says; 1000 when there is only a reason. One that ``WebSocketCloseCode/isSendable``.
  ///   - reason: For the peer's log; cut at 123 bytes of UTF-8.
  public func close(code: WebSocketCloseCode? = nil, reason: String = "") {
    loop.checkThread()
    precondition(code?.isSendable ?? true, "the close code \(code?.description ?? "") cannot be sent")
    applyPendingEnd()
    guard phase == .open else { return }
    sendClose(code ?? (reason.isEmpty ? nil : .normal), reason)
    waitForClose()
  }

  /// Waits until the connection is closed.
  ///
  /// - Throws: `CancellationError`.
  public func waitUntilClosed() async throws {
    loop.checkThread()
    applyPendingEnd()
    guard phase != .closed else { return }
    let completion = Completion<Void>(on: loop)
    closeWaiters.append(completion)
    defer { closeWaiters.removeAll { $0 === completion } }
    try await completion.value()
  }

  /// Cuts the connection: the peer gets no Close frame.
  public func abort() {
    loop.checkThread()
    if closeCause == nil, !hasReceivedClose { closeCause = .closed }
    stream.abort()
  }

  private func sendClose(_ code: WebSocketCloseCode?, _ reason: String) {
    guard !hasSentClose, !stream.isClosed else { return }
    hasSentClose = true
    writer.writeClose(code, reason, to: stream.output, tools)
    scheduleFlush()
  }

  /// Our Close frame is sent: what matters now is the peer's.
  private func waitForClose() {
    phase = .closing
    message = nil
    pingDue = .max
    closeDue = loop.turnTime + settings.closeTimeout
    updateDeadline()
    loop.addLocalCallback { [self] in
      guard phase == .closing else { return }
      stream.resumeReading()
      stream.deliverBuffered()
      endIfDrained()
    }
  }

  // MARK: - The peer closes

  func receivedClose(_ code: WebSocketCloseCode?, _ reason: String) {
    hasReceivedClose = true
    if closeCode == nil { closeCode = code }
    if code != nil { closeReason = reason }
    sendClose(code, "")  // An answer echoes the code (RFC 6455, section 5.5.1).
    linger()
  }

  // MARK: - Failures

  /// The peer broke the protocol: it is told so, and nothing more of it is read.
  func violated(_ violation: WebSocketViolation) {
    guard phase < .lingering else { return }
    HTTPLog.general.info("Closing a WebSocket with \(violation.code): \(violation)")
    fail(
      WebSocketError(.violation, violation.description, closeCode: violation.code), waits: false)
  }

  /// Closes because of `error`.
  /// - Parameter waits: Whether the peer's Close frame is waited for.
  func fail(_ error: WebSocketError, waits: Bool) {
    guard phase == .open || !waits && phase == .closing else { return }
    closeCause = error
    sendClose(error.closeCode, error.description)
    if waits { waitForClose() } else { linger() }
  }

  /// A handler failed; the peer is told 1011.
  package func failInternally() {
    close(code: .internalError, reason: "internal error")
  }

  // MARK: - The end

  /// Sends what is queued, then ends the connection; nothing that comes counts any more.
  private func linger() {
    phase = .lingering
    message = nil
    pingDue = .max
    closeDue = loop.turnTime + settings.closeTimeout
    updateDeadline()
    stream.resumeReading()
    if !stream.hasUnsent { sentEverything() } else { scheduleFlush() }
  }

  /// Everything is sent, the Close frame as the last of it.
  func sentEverything() {
    guard phase == .lingering, !hasShutDown else { return }
    hasShutDown = true
    // The server closes first (RFC 6455, section 7.1.1). When bytes may still be on the way to it, closing would
    // reset the connection, and the peer could lose our Close frame: it is given time to close its side.
    if peerEnded || isServer && hasReceivedClose { return stream.close() }
    if isServer { stream.shutdownWriting() }
  }

  package func streamClosed(_ stream: IOStream, _ error: StreamError) {
    guard phase != .closed else { return }
    phase = .closed
    message = nil
    pendingPong = nil
    if closeCause == nil, !hasReceivedClose {
      closeCause = WebSocketError(.connectionLost, "The connection was lost: \(error)")
    }
    loop.wheel.remove(self)
    reader.end(tools)
    writer.end(tools)
    wakeEverybody()
    let (context, delegate) = (context, delegate)
    self.context = nil
    self.delegate = nil
    context?.closed(self)
    delegate?.closed(self)
  }

  private func wakeEverybody() {
    reading?.finish(.success(()))
    let (drain, close) = (drainWaiters, closeWaiters)
    drainWaiters = []
    closeWaiters = []
    for waiter in drain { waiter.finish(.failure(WebSocketError.closed)) }
    for waiter in close { waiter.finish(.success(())) }
  }

  // MARK: - The server's part

  /// The server stops: the peer is told 1001.
  func closeIfIdle() {
    close(code: .goingAway, reason: "the server stops")
  }

  func abortNow() { stream.abort() }
}
