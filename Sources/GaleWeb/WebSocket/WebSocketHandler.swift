// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore
public import GaleHTTP
public import GaleWire

/// Speaks WebSocket with one client, like Tornado's `WebSocketHandler`.
///
/// ```swift
/// final class EchoHandler: WebSocketHandler {
///   override func onMessage(_ message: WebSocketMessage) async throws {
///     try await writeMessage(message)
///   }
/// }
/// ```
///
/// The order of calls is ``RequestHandler/initialize(_:)``, ``RequestHandler/prepare()``, ``get()``, ``open()``, then
/// ``onMessage(_:)`` for one message after the other, and ``onClose()`` once. Who likes a loop better writes it in
/// ``open()``, over ``messages``. The next message is not taken before ``onMessage(_:)`` has returned; the client is
/// held back meanwhile.
///
/// What ``open()`` or ``onMessage(_:)`` throws is logged, and the connection is closed with 1011. ``open()`` is
/// cancelled when the connection is closed; ``onMessage(_:)`` is not, so that a message that came is worked through.
/// Between messages the connection has no task.
open class WebSocketHandler: RequestHandler {
  /// The connection; `nil` before the handshake.
  public private(set) var connection: WebSocketConnection?

  // MARK: - To override

  /// Runs once the connection is open; no message is taken before it returns.
  ///
  /// Path arguments are where they are in other handlers, ``RequestHandler/pathArgument(_:)-(Int)``.
  open func open() async throws {}

  /// Takes a message; to be overridden, unless ``open()`` takes the ``messages``.
  open func onMessage(_ message: WebSocketMessage) async throws {
    throw HTTPError(500, "\(type(of: self)) takes no messages: override onMessage(_:)")
  }

  /// Runs once, after the connection is closed, from whichever side; a message may still be being worked on.
  ///
  /// ``closeCode`` and ``closeReason`` are what the client said, ``closeCause`` what went wrong.
  open func onClose() {}

  /// Runs after a ping was answered.
  open func onPing(_ data: [UInt8]) {}

  /// Runs when a pong came, asked for or not.
  open func onPong(_ data: [UInt8]) {}

  /// Whether a page from `origin` may connect: Tornado's `check_origin`.
  ///
  /// By default those of the same host and port may. Not asked for clients that are no browsers and send none.
  open func checkOrigin(_ origin: String) -> Bool {
    HTTPServerRequest.isSameOrigin(origin, host: request.host)
  }

  /// Chooses one of the subprotocols that the client offers, in its order of preference; `nil` for none.
  ///
  /// Always asked, also when nothing is offered.
  open func selectSubprotocol(_ offered: [String]) -> String? { nil }

  /// How messages may be compressed, `nil` for not at all: Tornado's `get_compression_options`.
  open var compressionOptions: WebSocketCompression? { nil }

  /// How often a ping is sent; the application's setting unless overridden.
  open var pingInterval: Duration? { settings.webSocketPingInterval }

  /// How long the client may be silent after a ping; the application's setting unless overridden.
  open var pingTimeout: Duration? { settings.webSocketPingTimeout }

  /// The most bytes of a message; the application's setting unless overridden.
  open var maxMessageByteCount: Int { settings.webSocketMaxMessageByteCount }

  /// What else the connection keeps to: limits of its queue, time-outs.
  ///
  /// The properties above are put into it.
  open var webSocketConfiguration: WebSocketConfiguration { WebSocketConfiguration() }

  /// The versions of the protocol that are spoken: Tornado's `get_websocket_protocol`, which answers for one.
  ///
  /// 7 and 8 are drafts whose frames are those of 13. Others are answered 426.
  open var webSocketVersions: [Int] { [7, 8, 13] }

  // MARK: - The connection

  /// Whether messages can be sent.
  public var isOpen: Bool { connection?.isOpen ?? false }

  /// The subprotocol that was agreed on.
  public var selectedSubprotocol: String? { connection?.selectedSubprotocol }

  /// The code of the client's Close frame; `nil` when none came, or one without a code.
  public var closeCode: WebSocketCloseCode? { connection?.closeCode }

  /// The reason in the client's Close frame.
  public var closeReason: String? { connection?.closeReason }

  /// Why the connection ended, when it was not simply closed.
  public var closeCause: WebSocketError? { connection?.closeCause }

  /// The messages until the connection is closed, for a loop in ``open()``.
  public var messages: WebSocketMessages { live.messages }

  private var live: WebSocketConnection {
    guard let connection else { preconditionFailure("the WebSocket is not open before open()") }
    return connection
  }

  /// Sends text, and waits while the client does not keep up: Tornado's `write_message`.
  /// - Throws: ``/GaleHTTP/WebSocketError`` `.closed`; see ``/GaleHTTP/WebSocketConnection/writeMessage(_:)-(String)``.
  public func writeMessage(_ text: String) async throws { try await live.writeMessage(text) }

  /// Sends bytes, and waits while the client does not keep up.
  public func writeMessage(_ bytes: [UInt8]) async throws { try await live.writeMessage(bytes) }

  /// Sends a JSON value as text, and waits while the client does not keep up.
  public func writeMessage(_ json: JSONValue) async throws { try await live.writeMessage(json) }

  /// Sends a message of either kind, and waits while the client does not keep up.
  public func writeMessage(_ message: WebSocketMessage) async throws { try await live.writeMessage(message) }

  /// Queues text without waiting, for broadcasts; for slow clients see
  /// ``/GaleHTTP/WebSocketConfiguration/slowConsumerPolicy``.
  @discardableResult
  public func writeMessageNoWait(_ text: String) throws(WebSocketError) -> Bool {
    try live.writeMessageNoWait(text)
  }

  /// Queues bytes without waiting.
  @discardableResult
  public func writeMessageNoWait(_ bytes: [UInt8]) throws(WebSocketError) -> Bool {
    try live.writeMessageNoWait(bytes)
  }

  /// Queues a JSON value as text without waiting.
  @discardableResult
  public func writeMessageNoWait(_ json: JSONValue) throws(WebSocketError) -> Bool {
    try live.writeMessageNoWait(json)
  }

  /// Sends a ping with up to 125 bytes.
  public func ping(_ data: [UInt8] = []) throws(WebSocketError) { try live.ping(data) }

  /// Closes the connection: Tornado's `close`.
  ///
  /// See ``/GaleHTTP/WebSocketConnection/close(code:reason:)``.
  public func close(code: WebSocketCloseCode? = nil, reason: String = "") {
    live.close(code: code, reason: reason)
  }

  /// Sends small messages at once (TCP_NODELAY), as is the default: Tornado's `set_nodelay`.
  public func setNoDelay(_ on: Bool) { live.setNoDelay(on) }

  // MARK: - The handshake

  /// A WebSocket handshake is a GET.
  open override class var allowedMethods: [String] { ["GET"] }

  /// Shakes hands.
  ///
  /// Override it to look at the request first, and call it then.
  open override func get() async throws {
    guard try checkHandshake() else { return }
    guard let key = request.headers["Sec-WebSocket-Key"] else { return }
    if request.context.isDraining { throw HTTPError(503) }
    let offered = request.offeredSubprotocols
    let subprotocol = selectSubprotocol(offered)
    if let subprotocol, !offered.contains(subprotocol) {
      throw HTTPError(500, "selectSubprotocol(_:) returned \(subprotocol), which the client did not offer")
    }
    clearHeader("Content-Type")
    setStatus(101)
    try addCookies()
    let upgraded = try request.upgradeToWebSocket(
      headers, key: key, subprotocol: subprotocol, completeConfiguration)
    becomeWebSocket()
    guard let upgraded else { return }
    connection = upgraded
    WebSocketSession(self, upgraded).start()
  }

  private var completeConfiguration: WebSocketConfiguration {
    var configuration = webSocketConfiguration
    configuration.pingInterval = pingInterval
    configuration.pingTimeout = pingTimeout
    configuration.maxMessageByteCount = maxMessageByteCount
    configuration.compression = compressionOptions
    return configuration
  }

  /// - Returns: Whether to go on; otherwise the request is answered.
  private func checkHandshake() throws -> Bool {
    let versions = webSocketVersions
    guard let refusal = request.webSocketRefusal(versions: versions, allowsOrigin: checkOrigin) else {
      return true
    }
    if refusal.status == 426 {
      try setHeader("Sec-WebSocket-Version", versions.map(String.init).joined(separator: ", "))
      try setHeader("Upgrade", "websocket")
    }
    setStatus(refusal.status)
    try setHeader("Content-Type", "text/plain; charset=UTF-8")
    try finish(refusal.text)
    return false
  }
}
