// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore
public import GaleLoop
public import GaleWire

extension WebSocketConnection: EndOfTurnFlush {
  /// How many bytes may wait for the peer before a writer that can wait does.
  static var highWater: Int { 64 * 1024 }

  // MARK: - Whole messages

  /// Sends text: Tornado's `write_message`.
  ///
  /// Returns when the message is queued and the peer keeps up: a writer that waits for it is held back to the
  /// peer's speed. What a turn of the loop queues is sent at its end, all at once.
  /// - Throws: ``WebSocketError`` `.closed`, `.messageInProgress`; `CancellationError` while it waits for the peer,
  ///   when the message is queued already.
  public func writeMessage(_ text: String) async throws {
    try await waitForQueue()
    try enqueue(text.utf8.span, isText: true)
    try await waitForPeer()
  }

  /// Sends bytes: Tornado's `write_message` with `binary=True`.
  ///
  /// As for text.
  public func writeMessage(_ bytes: [UInt8]) async throws {
    try await waitForQueue()
    try enqueue(bytes.span, isText: false)
    try await waitForPeer()
  }

  /// Sends a JSON value as text: Tornado's `write_message` with a dictionary.
  ///
  /// As for text.
  public func writeMessage(_ json: JSONValue) async throws { try await writeMessage(jsonEncode(json)) }

  /// Sends a message of either kind.
  ///
  /// As for text.
  public func writeMessage(_ message: WebSocketMessage) async throws {
    switch message {
    case .text(let text): try await writeMessage(text)
    case .binary(let bytes): try await writeMessage(bytes)
    }
  }

  /// Queues text and returns: for broadcasts, which wait for nobody.
  ///
  /// When ``WebSocketConfiguration/maxQueuedByteCount`` wait already, the policy says what happens.
  /// - Returns: Whether the message is queued: `false` only when it was dropped.
  /// - Throws: ``WebSocketError`` `.closed`, `.messageInProgress`, `.queueFull`, `.slowConsumer`.
  @discardableResult
  public func writeMessageNoWait(_ text: String) throws(WebSocketError) -> Bool {
    let bytes = text.utf8.span
    guard try hasRoom(for: bytes.count) else { return false }
    try enqueue(bytes, isText: true)
    return true
  }

  /// Queues bytes and returns.
  ///
  /// As for text.
  @discardableResult
  public func writeMessageNoWait(_ bytes: [UInt8]) throws(WebSocketError) -> Bool {
    guard try hasRoom(for: bytes.count) else { return false }
    try enqueue(bytes.span, isText: false)
    return true
  }

  /// Queues a JSON value as text and returns.
  ///
  /// As for text.
  @discardableResult
  public func writeMessageNoWait(_ json: JSONValue) throws(WebSocketError) -> Bool {
    try writeMessageNoWait(jsonEncode(json))
  }

  private func enqueue(_ payload: Span<UInt8>, isText: Bool) throws(WebSocketError) {
    try checkOpen()
    guard !writer.isInMessage else { throw WebSocketConnection.inProgress }
    writer.write(payload, isText: isText, to: stream.output, tools)
    scheduleFlush()
  }

  private func checkOpen() throws(WebSocketError) {
    loop.checkThread()
    guard phase == .open else { throw .closed }
  }

  private static var inProgress: WebSocketError {
    WebSocketError(.messageInProgress, "Another message is being sent in fragments")
  }

  // MARK: - Fragments

  /// Sends a piece of a text: a message of unknown length, as it comes into being.
  ///
  /// Between two pieces pings and pongs may be sent, other messages may not.
  /// - Parameter isLast: Whether the message ends with this piece, which may be empty.
  /// - Throws: As ``writeMessage(_:)-(String)``.
  public func writeFragment(_ text: String, isLast: Bool) async throws {
    try await waitForQueue()
    try enqueueFragment(text.utf8.span, isText: true, isLast: isLast)
    try await waitForPeer()
  }

  /// Sends a piece of a message of bytes.
  ///
  /// As for text.
  public func writeFragment(_ bytes: [UInt8], isLast: Bool) async throws {
    try await waitForQueue()
    try enqueueFragment(bytes.span, isText: false, isLast: isLast)
    try await waitForPeer()
  }

  private func enqueueFragment(
    _ payload: Span<UInt8>, isText: Bool, isLast: Bool
  ) throws(WebSocketError) {
    try checkOpen()
    guard !writer.isInMessage || sendsText == isText else { throw WebSocketConnection.inProgress }
    sendsText = isText
    writer.writeFragment(payload, isText: isText, isLast: isLast, to: stream.output, tools)
    scheduleFlush()
  }

  // MARK: - Pings

  /// Sends a ping, which the peer answers with the same data: Tornado's `ping`.
  /// - Parameter data: Up to 125 bytes.
  /// - Throws: ``WebSocketError`` `.closed`, `.invalidRequest` for more data.
  public func ping(_ data: [UInt8] = []) throws(WebSocketError) {
    guard data.count <= 125 else {
      throw WebSocketError(.invalidRequest, "A ping carries at most 125 bytes")
    }
    try checkOpen()
    writer.writeControl(.ping, data, to: stream.output, tools)
    scheduleFlush()
  }

  // MARK: - The queue

  /// Whether a message that nobody waits for may be queued; does what the policy says when not.
  private func hasRoom(for count: Int) throws(WebSocketError) -> Bool {
    try checkOpen()
    let maxQueuedByteCount = settings.configuration.maxQueuedByteCount
    guard stream.unsentCount > 0, stream.unsentCount + count > maxQueuedByteCount else { return true }
    stream.flush()
    try checkOpen()  // The flush may have found the connection lost.
    guard stream.unsentCount > 0, stream.unsentCount + count > maxQueuedByteCount else { return true }
    let text = "More than \(maxQueuedByteCount) bytes wait for the peer"
    switch settings.configuration.slowConsumerPolicy {
    case .error: throw WebSocketError(.queueFull, text)
    case .drop:
      droppedMessageCount += 1
      return false
    case .close:
      let error = WebSocketError(.slowConsumer, text, closeCode: .policyViolation)
      fail(error, waits: true)
      throw error
    }
  }

  /// Waits until there is room for a message at all: when many tasks write to a slow peer.
  @inline(__always)
  private func waitForQueue() async throws {
    while stream.unsentCount > settings.configuration.maxQueuedByteCount, phase == .open {
      try await waitForDrain()
    }
  }

  /// Queues a message for a writer that is no task; ``mustWait`` says whether it is to be held back then.
  package func enqueueMessage(_ payload: Span<UInt8>, isText: Bool) throws(WebSocketError) {
    try enqueue(payload, isText: isText)
  }

  /// Whether so much waits for the peer that the writer should, until ``WebSocketDelegate/drained(_:)``.
  package var mustWait: Bool {
    guard stream.unsentCount > WebSocketConnection.highWater else { return false }
    stream.flush()
    afterFlush()
    return stream.unsentCount > WebSocketConnection.highWater
  }

  /// Holds the writer back while too much waits for the peer.
  @inline(__always)
  private func waitForPeer() async throws {
    guard stream.unsentCount > WebSocketConnection.highWater else { return }
    stream.flush()
    afterFlush()
    if stream.unsentCount > WebSocketConnection.highWater { try await waitForDrain() }
  }

  /// Waits until everything that is queued is with the kernel.
  /// - Throws: ``WebSocketError`` `.closed`; `CancellationError`.
  public func waitForDrain() async throws {
    loop.checkThread()
    guard !stream.isClosed else { throw WebSocketError.closed }
    guard stream.hasUnsent else { return }
    stream.flush()
    afterFlush()
    guard stream.hasUnsent else { return }
    let completion = Completion<Void>(on: loop)
    drainWaiters.append(completion)
    defer { drainWaiters.removeAll { $0 === completion } }
    try await completion.value()
  }

  // MARK: - Sending

  /// Sends at the end of the loop's turn, together with what else is queued in it.
  func scheduleFlush() {
    guard !stream.isFlushPending else { return }
    stream.isFlushPending = true
    loop.flushAtEndOfTurn(self)
  }

  /// Sends what was queued in this turn.
  package func flushAtEndOfTurn() {
    stream.isFlushPending = false
    stream.flush()
    afterFlush()
  }

  /// Gives the peer time to take what the kernel did not.
  func afterFlush() {
    guard stream.hasUnsent, writeDue == .max, phase != .closed else { return }
    sentBefore = stream.sentCount
    writeDue = loop.turnTime + settings.writeTimeout
    updateDeadline()
  }

  package func streamDrained(_ stream: IOStream) {
    if writeDue < .max { writeDue = .max }  // The wheel notices.
    if let data = pendingPong {
      pendingPong = nil
      if phase == .open {
        writer.writeControl(.pong, data, to: stream.output, tools)
        scheduleFlush()
      }
    }
    if !drainWaiters.isEmpty {
      let waiters = drainWaiters
      drainWaiters = []
      for waiter in waiters { waiter.finish(.success(())) }
    }
    delegate?.drained(self)
    if phase == .lingering { sentEverything() }
  }
}
