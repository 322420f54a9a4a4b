// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
public import GaleWire

/// Connects to a WebSocket server, like Tornado's `websocket_connect`.
///
/// ```swift
/// let connection = try await webSocketConnect("ws://localhost:8888/chat")
/// try await connection.writeMessage("Hello")
/// while let message = try await connection.readMessage() { print(message) }
/// ```
///
/// Redirects are not followed. The connection lives until one side closes it, whether or not somebody keeps it.
/// - Parameters:
///   - url: `ws://` or `wss://`.
///   - configuration: Compression, pings, limits.
///   - onMessage: Takes the messages as they come, and `nil` at the end, instead of
///     ``WebSocketConnection/readMessage()``; nothing holds the server back then.
///   - loop: The loop on which the connection lives.
/// - Throws: ``WebSocketError`` when the server does not agree; what ``/GaleLoop/TCPClient`` throws when it cannot be
///   reached; `CancellationError`.
public func webSocketConnect(
  _ url: String, configuration: WebSocketConfiguration = WebSocketConfiguration(),
  onMessage: ((WebSocketMessage?) -> Void)? = nil, on loop: IOLoop = .current
) async throws -> WebSocketClientConnection {
  try await webSocketConnect(
    WebSocketRequest(url), configuration: configuration, onMessage: onMessage, on: loop)
}

/// Connects to a WebSocket server with a request of one's own: headers, subprotocols, credentials, a proxy.
///
/// - Parameters:
///   - request: What to ask for.
///   - configuration: Compression, pings, limits.
///   - onMessage: Takes the messages as they come, and `nil` at the end.
///   - onPing: Called for pings, which are answered.
///   - onPong: Called for pongs.
///   - loop: The loop on which the connection lives.
/// - Throws: ``WebSocketError`` when the server does not agree; what ``/GaleLoop/TCPClient`` throws when it cannot be
///   reached; `CancellationError`.
public func webSocketConnect(
  _ request: WebSocketRequest, configuration: WebSocketConfiguration = WebSocketConfiguration(),
  onMessage: ((WebSocketMessage?) -> Void)? = nil, onPing: (([UInt8]) -> Void)? = nil,
  onPong: (([UInt8]) -> Void)? = nil, on loop: IOLoop = .current
) async throws -> WebSocketClientConnection {
  loop.checkThread()
  let handshake = try WebSocketClientHandshake(request, configuration, loop)
  let connection = try await handshake.run()
  if onMessage != nil || onPing != nil || onPong != nil {
    connection.delegate = ClientCallbacks(onMessage: onMessage, onPing: onPing, onPong: onPong)
  }
  connection.start()
  return connection
}

/// Gives what happens on a client's connection to closures.
private final class ClientCallbacks: WebSocketDelegate {
  private let onMessage: ((WebSocketMessage?) -> Void)?
  private let onPing: (([UInt8]) -> Void)?
  private let onPong: (([UInt8]) -> Void)?

  init(
    onMessage: ((WebSocketMessage?) -> Void)?, onPing: (([UInt8]) -> Void)?, onPong: (([UInt8]) -> Void)?
  ) {
    self.onMessage = onMessage
    self.onPing = onPing
    self.onPong = onPong
  }

  func messageArrived(_ connection: WebSocketConnection) {
    guard let onMessage else { return }
    while let message = connection.takeMessage() { onMessage(message) }
  }

  func pinged(_ connection: WebSocketConnection, _ data: [UInt8]) { onPing?(data) }
  func ponged(_ connection: WebSocketConnection, _ data: [UInt8]) { onPong?(data) }
  func closed(_ connection: WebSocketConnection) { onMessage?(nil) }
}

/// One handshake of a client.
private final class WebSocketClientHandshake {
  private let request: WebSocketRequest
  private let configuration: WebSocketConfiguration
  private let loop: IOLoop
  private let url: HTTPClientURL
  private let key = WebSocketHandshake.makeKey()
  private let head: [UInt8]
  /// The stream that is being shaken hands on.
  private var stream: IOStream?
  private var ending: (any Error)?

  init(
    _ request: WebSocketRequest, _ configuration: WebSocketConfiguration, _ loop: IOLoop
  ) throws {
    self.request = request
    self.configuration = configuration
    self.loop = loop
    url = try HTTPClientURL(webSocket: request.url)
    head = try request.head(url, key: key, compression: configuration.compression)
  }

  func run() async throws -> WebSocketConnection {
    let timer = request.connectTimeout.map { limit in
      loop.callLater(limit) { [self] in
        end(WebSocketError(.timedOut, "No WebSocket with \(url.hostAndPort) within \(limit)"))
      }
    }
    defer { if let timer { loop.removeTimeout(timer) } }
    let confined = LoopConfined(self)
    return try await withTaskCancellationHandler {
      try await confined.value.connect()
    } onCancel: { [loop] in
      loop.addCallback { confined.value.end(CancellationError()) }
    }
  }

  private func end(_ error: any Error) {
    guard ending == nil else { return }
    ending = error
    stream?.close()
  }

  private func connect() async throws -> WebSocketConnection {
    do {
      let stream = try await open()
      try stream.enqueue(head)
      return try agree(try await responseHead(stream), stream)
    } catch {
      stream?.close()
      if let ending { throw ending }
      if let error = error as? TCPClientError, error.code == .timedOut {
        throw WebSocketError(.timedOut, error.description)
      }
      throw error
    }
  }

  // MARK: - The way there

  private func open() async throws -> IOStream {
    let client = TCPClient(resolver: request.resolver, on: loop)
    let timeout = request.connectTimeout
    if let proxy = request.proxy {
      let stream = try await client.connect(proxy.host, port: proxy.port, timeout: timeout)
      try note(stream)
      try await goThrough(proxy, stream)
      return url.isSecure ? try await secure(stream) : stream
    }
    #if TLS
    if url.isSecure {
      let stream = try await client.connect(
        url.host, port: url.port, tls: try tlsContext(), applicationProtocols: ["http/1.1"], timeout: timeout)
      try note(stream)
      return stream
    }
    #endif
    guard !url.isSecure else { return try await secure(nil) }
    let stream = try await client.connect(url.host, port: url.port, timeout: timeout)
    try note(stream)
    return stream
  }

  private func goThrough(_ proxy: HTTPProxy, _ stream: IOStream) async throws {
    do {
      switch proxy.kind {
      case .socks5: try await ProxyTunnel.socks(stream, proxy, to: url)
      case .http:
        let tunnel = ProxyTunnel(stream, to: url, limits: HTTPLimits())
        let answer = try await tunnel.ask(proxy.credentials.map { BasicAuthentication.value($0) })
        guard (200...299).contains(answer.status) else {
          throw WebSocketError(
            .unexpectedStatus, "The proxy answered \(answer.status) \(answer.reasonText)",
            status: answer.status)
        }
      }
    } catch let error as HTTPClientError {
      throw WebSocketError(.proxyFailed, error.message)
    }
  }

  private func note(_ stream: IOStream) throws {
    self.stream = stream
    if let ending { throw ending }
  }

  private func secure(_ stream: IOStream?) async throws -> IOStream {
    #if TLS
    if let stream {
      let secured = try await stream.startTLS(
        try tlsContext(), serverName: url.host, applicationProtocols: ["http/1.1"])
      try note(secured)
      return secured
    }
    #endif
    throw WebSocketError(.invalidRequest, "wss needs the package trait TLS")
  }

  #if TLS
  private func tlsContext() throws -> TLSContext { try request.tls ?? TLSContext(.client) }
  #endif

  // MARK: - The answer

  private func responseHead(_ stream: IOStream) async throws -> ResponseHead {
    let limits = HTTPLimits()
    while true {
      let bytes: [UInt8]
      do {
        bytes = try await stream.read(until: [13, 10, 13, 10], limit: limits.head)
      } catch let error as StreamError where error.code == .limitExceeded {
        throw WebSocketError(.notWebSocket, "The server's answer has no end")
      }
      var reader = ResponseHeadReader(limits: limits)
      do throws(HTTPInputError) {
        guard try reader.read(bytes.span) == bytes.count else {
          throw HTTPInputError(.invalidHeader, "Invalid end of the header")
        }
        let head = try reader.take(bytes.span)
        if !head.isInterim { return head }
      } catch {
        throw WebSocketError(.notWebSocket, "The server's answer is no HTTP: \(error.message)")
      }
    }
  }

  private func agree(_ answer: ResponseHead, _ stream: IOStream) throws(WebSocketError) -> WebSocketConnection
  {
    guard answer.status == 101 else {
      throw WebSocketError(
        .unexpectedStatus, "The server answered \(answer.status) \(answer.reasonText)", status: answer.status)
    }
    let fields = answer.headers
    let upgrade = HTTPGrammar.listElements(fields["Upgrade"] ?? "").map { $0.lowercased() }
    guard upgrade == ["websocket"] else {
      throw WebSocketError(.notWebSocket, "The server's answer has no Upgrade: websocket", status: 101)
    }
    let options = HTTPGrammar.listElements(fields["Connection"] ?? "").map { $0.lowercased() }
    guard options.contains("upgrade") else {
      throw WebSocketError(.notWebSocket, "The server's answer has no Connection: Upgrade", status: 101)
    }
    guard fields["Sec-WebSocket-Accept"] == webSocketAcceptValue(for: key) else {
      throw WebSocketError(.badAccept, "Sec-WebSocket-Accept is not that of our key", status: 101)
    }
    let agreed: PerMessageDeflate?
    do throws(PerMessageDeflate.Refusal) {
      agreed = try PerMessageDeflate.confirm(
        fields["Sec-WebSocket-Extensions"] ?? "", configuration.compression)
    } catch {
      throw WebSocketError(.unofferedExtension, error.description, status: 101)
    }
    let subprotocol = fields["Sec-WebSocket-Protocol"]
    if let subprotocol, !request.subprotocols.contains(subprotocol) {
      throw WebSocketError(
        .unofferedSubprotocol, "The server chose \(subprotocol.debugDescription), which was not offered",
        status: 101)
    }
    return WebSocketConnection(
      stream, isServer: false, configuration, agreed: agreed, subprotocol: subprotocol)
  }
}
