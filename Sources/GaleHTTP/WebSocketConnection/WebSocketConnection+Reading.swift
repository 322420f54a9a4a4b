// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire
import GaleCore
package import GaleLoop

extension WebSocketConnection {
  /// How many frames a connection gets to have worked through in a turn of the loop.
  private static var framesPerTurn: Int32 { 256 }
  /// How many bytes behind the waiting message may wait in memory; then reading pauses.
  private static var waitingByteCount: Int { 64 * 1024 }
  /// How many bytes a peer may still send after the end.
  private static var lingeringLimit: Int { 32 * 1024 * 1024 }

  // MARK: - Messages

  /// The next message, `nil` when the connection is closed: Tornado's `read_message`.
  ///
  /// ``closeCode`` and ``closeCause`` say why it is.
  /// - Throws: ``WebSocketError`` `.alreadyReading`; `CancellationError` when the task is cancelled, which leaves
  ///   the connection as it is.
  public func readMessage() async throws -> WebSocketMessage? {
    loop.checkThread()
    while true {
      if let message = takeMessage() { return message }
      guard phase != .closed else { return nil }
      guard reading == nil else { throw WebSocketError(.alreadyReading, "Another task waits for a message") }
      let completion = Completion<Void>(on: loop)
      reading = completion
      defer { reading = nil }
      try await completion.value()
    }
  }

  /// The messages until the connection is closed.
  public var messages: WebSocketMessages { WebSocketMessages(connection: self) }

  /// Takes the message that waits, and looks for the next one.
  package func takeMessage() -> WebSocketMessage? {
    isMessageInWork = false
    guard let taken = message else {
      applyPendingEnd()
      return nil
    }
    message = nil
    isMessageInWork = true
    if phase < .lingering {
      stream.resumeReading()
      stream.deliverBuffered()
      endIfDrained()
    }
    return taken
  }

  /// The peer's frames have ended: acts on it now, or once the message before is worked through.
  private func end(_ end: PeerEnd) {
    guard isMessageInWork, phase == .open else { return apply(end) }
    pendingEnd = end
    // A delegate comes back for the next message; of others nobody knows.
    guard let delegate else { return loop.addLocalCallback { [self] in applyPendingEnd() } }
    delegate.endWaits(self)
  }

  /// Acts on the end of the peer's frames, if that waits for a message to be worked through.
  package func applyPendingEnd() {
    guard let end = pendingEnd else { return }
    pendingEnd = nil
    isMessageInWork = false
    apply(end)
  }

  private func apply(_ end: PeerEnd) {
    switch end {
    case .close(let code, let reason): receivedClose(code, reason)
    case .violation(let violation): violated(violation)
    }
  }

  private func messageArrived() {
    if let reading {
      reading.finish(.success(()))
    } else {
      delegate?.messageArrived(self)
    }
  }

  // MARK: - Bytes in

  package func streamReceived(_ stream: IOStream, _ bytes: Span<UInt8>) -> Int {
    lastHeard = loop.turnTime
    var used = 0
    do throws(WebSocketViolation) {
      while used < bytes.count, message == nil, pendingEnd == nil, phase < .lingering, !mustYield() {
        let event = try reader.next(bytes, &used, tools)
        if case .needMore = event { break }
        handle(event)
      }
    } catch {
      used = bytes.count
      end(.violation(error))
    }
    if pendingEnd != nil { return bytes.count }  // Nothing may follow.
    if phase >= .lingering {
      lingeredByteCount += bytes.count - used
      if lingeredByteCount > WebSocketConnection.lingeringLimit { stream.abort() }
      return bytes.count
    }
    if message != nil, bytes.count - used >= WebSocketConnection.waitingByteCount { stream.pauseReading() }
    return used
  }

  private func handle(_ event: WebSocketEvent) {
    switch event {
    case .needMore: break
    case .message(let message):
      guard phase == .open else { return }  // We are closing: nobody waits for it any more.
      self.message = message
      messageArrived()
    case .ping(let data):
      guard phase == .open else { return }
      answerPing(data)
      delegate?.pinged(self, data)
    case .pong(let data):
      delegate?.ponged(self, data)
    case .close(let code, let reason):
      end(.close(code, reason))
    }
  }

  /// Whether the connection has had its share of this turn of the loop; the rest is for the next one.
  ///
  /// A peer that sends thousands of small frames at once must not keep the others waiting.
  private func mustYield() -> Bool {
    if servedTurn != loop.turnTime {
      servedTurn = loop.turnTime
      servedInTurn = 0
    }
    servedInTurn += 1
    guard servedInTurn > WebSocketConnection.framesPerTurn else { return false }
    guard !isYielding else { return true }
    isYielding = true
    loop.addLocalCallback { [self] in
      isYielding = false
      servedInTurn = 0
      guard phase < .lingering else { return }
      stream.deliverBuffered()
      endIfDrained()
    }
    return true
  }

  /// Answers a ping; of those that a peer sends without reading the answers, only the newest (RFC 6455, section
  /// 5.5.3).
  private func answerPing(_ data: [UInt8]) {
    guard stream.unsentCount <= WebSocketConnection.highWater else {
      pendingPong = data
      return
    }
    writer.writeControl(.pong, data, to: stream.output, tools)
    scheduleFlush()
  }

  package func streamEnded(_ stream: IOStream) {
    peerEnded = true
    endIfDrained()
  }

  /// The peer has ended, and all that it sent is worked through.
  func endIfDrained() {
    guard peerEnded, phase != .closed else { return }
    guard phase == .lingering || message == nil && pendingEnd == nil && !isYielding else { return }
    if closeCause == nil, !hasReceivedClose {
      closeCause = WebSocketError(.connectionLost, "The connection ended without a Close frame")
    }
    if phase == .lingering, stream.hasUnsent { return }  // The peer may only have closed its side.
    stream.close()
  }
}

/// The messages of a connection, in order, until it is closed.
public struct WebSocketMessages: AsyncSequence {
  let connection: WebSocketConnection

  /// Takes one message after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let connection: WebSocketConnection

    /// The next message; `nil` when the connection is closed.
    public mutating func next() async throws -> WebSocketMessage? { try await connection.readMessage() }

    /// The next message; `nil` when the connection is closed.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(any Error) -> WebSocketMessage? {
      try await connection.readMessage()
    }
  }

  /// Begins with the message that comes next; several iterators share them.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection: connection) }
}
