// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
public import GaleWire
import GaleCore

/// Learns what happens on a connection, on its loop's thread.
package protocol WebSocketDelegate: AnyObject {
  /// A message can be taken with ``WebSocketConnection/takeMessage()``.
  func messageArrived(_ connection: WebSocketConnection)
  /// A ping came, and is answered.
  func pinged(_ connection: WebSocketConnection, _ data: [UInt8])
  /// A pong came.
  func ponged(_ connection: WebSocketConnection, _ data: [UInt8])
  /// The connection is closed. Called once.
  func closed(_ connection: WebSocketConnection)
  /// The peer's frames have ended while the message before was being worked on: ``WebSocketConnection/applyPendingEnd()``
  /// acts on it, and so does asking for the next message.
  func endWaits(_ connection: WebSocketConnection)
  /// What was queued is with the kernel, after some of it had to wait.
  func drained(_ connection: WebSocketConnection)
}

extension WebSocketDelegate {
  /// Does nothing: the next message will be asked for.
  package func endWaits(_ connection: WebSocketConnection) {}
  /// Does nothing.
  package func drained(_ connection: WebSocketConnection) {}
}

/// The client's end of a connection, which ``webSocketConnect(_:configuration:onMessage:on:)`` returns: Tornado's
/// name for it.
public typealias WebSocketClientConnection = WebSocketConnection

/// One end of a WebSocket connection (RFC 6455), the server's or the client's.
///
/// It belongs to its loop's thread. While nothing happens it has no task, no buffer and, unless
/// ``WebSocketCompression/contextTakeover`` was agreed on, no compressor.
///
/// One message waits at the most: what is behind it stays in the kernel, and the peer is held back. Control frames
/// before it are answered at once.
public final class WebSocketConnection: StreamConsumer, WheelEntry, ServerConnection {
  enum Phase: UInt8, Comparable {
    case open
    /// Our Close frame is sent; the peer's is waited for.
    case closing
    /// Nothing that comes counts any more; what is queued is still sent.
    case lingering
    case closed

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// The loop that the connection lives on.
  public let loop: IOLoop
  /// The subprotocol that both sides agreed on.
  public let selectedSubprotocol: String?
  /// Whether messages may be compressed.
  public let isCompressed: Bool
  /// The code of the peer's Close frame; `nil` when none came, or one without a code.
  public internal(set) var closeCode: WebSocketCloseCode? {
    get { ending?.code }
    set { makeEnding().code = newValue }
  }
  /// The reason that the peer gave; `nil` when no Close frame with a code came.
  public internal(set) var closeReason: String? {
    get { ending?.reason }
    set { makeEnding().reason = newValue }
  }
  /// Why the connection ended, when it did not end with a Close frame of each side that was no answer to a mistake.
  public internal(set) var closeCause: WebSocketError? {
    get { ending?.cause }
    set { makeEnding().cause = newValue }
  }
  /// How many messages were not sent because the peer is slow; see ``WebSocketConfiguration/SlowConsumerPolicy``.
  public internal(set) var droppedMessageCount = 0

  let stream: IOStream
  let tools: WebSocketTools
  let settings: WebSocketSettings
  /// What is known of the connection's end; `nil` until it begins.
  private var ending: Ending?

  /// How a connection ends: apart from it, because most connections are not at their end.
  private final class Ending {
    var code: WebSocketCloseCode?
    var reason: String?
    var cause: WebSocketError?
  }

  private func makeEnding() -> Ending {
    if let ending { return ending }
    let made = Ending()
    ending = made
    return made
  }

  let isServer: Bool
  var phase = Phase.open
  var reader: WebSocketReader
  var writer: WebSocketWriter
  /// The message that came and nobody has taken.
  var message: WebSocketMessage?
  package var delegate: (any WebSocketDelegate)?
  /// What the server keeps, when this is its end.
  var context: HTTPServerContext?

  /// Whether the message that was taken last is still being worked on, as far as can be told.
  var isMessageInWork = false
  /// How the peer's frames ended while a message was being worked on: what is sent in answer to it comes first.
  var pendingEnd: PeerEnd?

  /// What ends the peer's frames.
  enum PeerEnd {
    case close(WebSocketCloseCode?, String)
    case violation(WebSocketViolation)
  }

  // Who waits.
  var reading: Completion<Void>?
  var drainWaiters: [Completion<Void>] = []
  var closeWaiters: [Completion<Void>] = []

  // Reading.
  var peerEnded = false
  var servedTurn: Int64 = 0
  var servedInTurn: Int32 = 0
  var isYielding = false
  /// The newest ping that could not be answered yet.
  var pendingPong: [UInt8]?

  // Writing.
  /// Whether a fragmented message that is being sent is text.
  var sendsText = false
  /// How many bytes the stream had sent when the write time-out began.
  var sentBefore = 0

  // Closing.
  var hasSentClose = false
  var hasReceivedClose = false
  var hasShutDown = false
  /// Bytes that came and do not count any more.
  var lingeredByteCount = 0

  // Time-outs, in the loop's nanoseconds; `Int64.max` for none.
  var lastHeard: Int64 = 0
  var pingDue = Int64.max
  private var nextPing = Int64.max
  /// When the ping was sent that is not answered yet.
  var pingSent = Int64.max
  var writeDue = Int64.max
  var closeDue = Int64.max
  package var wheelPosition = TimeoutWheel.Position()
  package var deadline = Int64.max {
    didSet { if deadline < oldValue { loop.wheel.deadlineMovedForward(self) } }
  }

  init(
    _ stream: IOStream, isServer: Bool, _ configuration: WebSocketConfiguration, agreed: PerMessageDeflate?,
    subprotocol: String?
  ) {
    self.stream = stream
    self.isServer = isServer
    loop = stream.loop
    tools = stream.loop.attachment { WebSocketTools() }
    settings = WebSocketSettings.shared(configuration, on: stream.loop)
    selectedSubprotocol = subprotocol
    isCompressed = agreed != nil
    let (incoming, outgoing) = isServer ? (agreed?.client, agreed?.server) : (agreed?.server, agreed?.client)
    reader = WebSocketReader(expectsMask: isServer, limits: configuration.limits, compression: incoming)
    let compression: (PerMessageDeflate.Direction, WebSocketCompression)? =
      if let outgoing, let options = configuration.compression { (outgoing, options) } else { nil }
    writer = WebSocketWriter(masks: !isServer, compression: compression)
  }

  /// Begins to read.
  package func start() {
    lastHeard = loop.turnTime
    if settings.pingInterval > 0, settings.pingInterval < .max {
      nextPing = loop.turnTime + settings.pingInterval
      pingDue = nextPing
      updateDeadline()
    }
    guard !stream.isClosed else {
      return loop.addLocalCallback { [self] in streamClosed(stream, stream.error ?? .closed()) }
    }
    stream.consume(with: self)
    guard stream.hasEnded else { return }
    loop.addLocalCallback { [self] in streamEnded(stream) }
  }

  /// The other end.
  public var remoteAddress: SocketAddress? { stream.remoteAddress }

  /// Whether messages can be sent: neither side has begun to close the connection.
  public var isOpen: Bool { phase == .open }

  /// Whether the connection is closed: nothing more will happen.
  public var isClosed: Bool { phase == .closed }

  /// How many bytes wait for the peer.
  public var queuedByteCount: Int { stream.unsentCount }

  /// Sends small messages at once instead of collecting them (TCP_NODELAY): Tornado's `set_nodelay`.
  ///
  /// On when the connection begins.
  public func setNoDelay(_ on: Bool) { stream.setNoDelay(on) }

  #if TLS
  /// What the connection's ends have agreed on; `nil` when it is not encrypted.
  public var tls: TLSStream? { stream as? TLSStream }
  #endif

  // MARK: - Time-outs

  /// Tells the wheel when to look next.
  func updateDeadline() {
    let soonest = min(pingDue, writeDue, closeDue)
    if soonest != deadline { deadline = soonest }
    if soonest < .max { loop.wheel.insert(self) }
  }

  package func timedOut() {
    guard phase != .closed else { return }
    let now = loop.turnTime
    if closeDue <= now {
      if closeCause == nil, !hasReceivedClose {
        closeCause = WebSocketError(.closeTimedOut, "The peer did not close in time")
      }
      return hasShutDown ? stream.close() : stream.abort()
    }
    if writeDue <= now, !checkProgress(now) { return }
    if pingDue <= now { pingIsDue(now) }
    guard phase != .closed else { return }
    updateDeadline()
  }

  /// A peer that takes what is sent, if slowly, has as long again to take more.
  private func checkProgress(_ now: Int64) -> Bool {
    guard stream.hasUnsent else {
      writeDue = .max
      return true
    }
    if stream.sentCount > sentBefore {
      sentBefore = stream.sentCount
      writeDue = now + settings.writeTimeout
      return true
    }
    closeCause = WebSocketError(.writeTimedOut, "The peer takes nothing of what is sent")
    stream.abort()
    return false
  }

  private func pingIsDue(_ now: Int64) {
    guard phase == .open else {
      pingDue = .max
      return
    }
    // While a message waits nothing is read, and so no pong is seen.
    if message != nil || pendingEnd != nil { lastHeard = now }
    if pingSent < .max {
      if lastHeard >= pingSent {
        pingSent = .max
      } else if now - pingSent >= settings.pingTimeout {
        return fail(WebSocketError(.pingTimedOut, "ping timed out", closeCode: .internalError), waits: true)
      }
    }
    if nextPing <= now {
      nextPing = now + settings.pingInterval
      // A peer that takes nothing is found by the write time-out; pings need not pile up for it.
      if pingSent == .max, !stream.hasUnsent {
        pingSent = now
        writer.writeControl(.ping, [], to: stream.output, tools)
        scheduleFlush()
      }
    }
    pingDue =
      pingSent < .max && settings.pingTimeout < .max
      ? min(pingSent + settings.pingTimeout, nextPing) : nextPing
  }
}
