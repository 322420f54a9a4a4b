// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
public import GaleWire

/// What ``webSocketConnect(_:configuration:onMessage:on:)`` asks a server for: the `HTTPRequest` that Tornado's
/// `websocket_connect` takes.
public struct WebSocketRequest {
  /// The server's URL, `ws://` or `wss://`; user and password in it become basic authentication.
  public var url: String
  /// What the request says besides; the fields of the handshake are not the caller's.
  public var headers = HTTPHeaders()
  /// The subprotocols to offer, the best first.
  public var subprotocols: [String] = []
  /// The page that connects, as browsers say it.
  public var origin: String?
  /// For basic authentication (RFC 7617); goes before what the URL says.
  public var credentials: (user: String, password: String)?
  /// The longest that all of it may take, until the server has answered; `nil` for as long as the system tries.
  public var connectTimeout: Duration? = .seconds(20)
  /// Finds the server's addresses; `nil` for the loop's.
  public var resolver: (any Resolver)?
  /// The proxy through which to connect (CONNECT, or SOCKS 5); `nil` for none.
  public var proxy: HTTPProxy?
  #if TLS
  /// How to speak TLS with a `wss` server; `nil` for the defaults of a client.
  public var tls: TLSContext?
  #endif

  /// A request for `url`.
  public init(_ url: String) { self.url = url }

  /// Fields that the handshake writes itself.
  private static let ownFields: Set<String> = [
    "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
    "sec-websocket-protocol", "sec-websocket-accept", "content-length", "transfer-encoding",
  ]

  /// The request's head.
  func head(
    _ url: HTTPClientURL, key: String, compression: WebSocketCompression?
  ) throws -> [UInt8] {
    for (name, _) in headers where WebSocketRequest.ownFields.contains(name.lowercased()) {
      throw WebSocketError(.invalidRequest, "The field \(name) is the handshake's own")
    }
    var fields = HTTPHeaders()
    do throws(HTTPInputError) {
      try fields.add("Host", url.authority)
      try fields.add("Upgrade", "websocket")
      try fields.add("Connection", "Upgrade")
      try fields.add("Sec-WebSocket-Key", key)
      try fields.add("Sec-WebSocket-Version", "13")
      if !subprotocols.isEmpty {
        for name in subprotocols where !HTTPGrammar.isToken(name.utf8) {
          throw HTTPInputError(.invalidHeader, "The subprotocol \(name.debugDescription) is no token")
        }
        try fields.add("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))
      }
      if let compression { try fields.add("Sec-WebSocket-Extensions", PerMessageDeflate.offer(compression)) }
      if let origin { try fields.add("Origin", origin) }
      if let authorization = authorization(url), !headers.contains("Authorization") {
        try fields.add("Authorization", authorization)
      }
      for (name, value) in headers { try fields.add(name, value) }
    } catch {
      throw WebSocketError(.invalidRequest, error.message)
    }
    return WebSocketRequest.bytes("GET \(url.target) HTTP/1.1", fields)
  }

  private func authorization(_ url: HTTPClientURL) -> String? {
    if let credentials {
      return BasicAuthentication.value(
        HTTPCredentials(username: credentials.user, password: credentials.password))
    }
    return url.credentials.map { BasicAuthentication.value($0) }
  }

  private static func bytes(_ line: String, _ fields: HTTPHeaders) -> [UInt8] {
    var text = line + "\r\n"
    for (name, value) in fields { text += "\(name): \(value)\r\n" }
    return Array((text + "\r\n").utf8)
  }
}
