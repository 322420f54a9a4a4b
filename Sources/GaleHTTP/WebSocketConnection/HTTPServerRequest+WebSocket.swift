// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import GaleLoop
package import GaleWire

extension HTTPServerRequest {
  /// Turns the connection into a WebSocket: answers 101 and takes the stream over.
  ///
  /// The server counts the connection as before, and closes it with 1001 when it stops. ``WebSocketConnection/start()``
  /// begins to read.
  /// - Parameters:
  ///   - headers: What the answer says besides.
  ///   - key: The client's key.
  /// - Returns: `nil` when the connection is gone.
  /// - Throws: ``/GaleWire/HTTPOutputError`` when the request is answered already.
  package func upgradeToWebSocket(
    _ headers: HTTPHeaders, key: String, subprotocol: String?, _ configuration: WebSocketConfiguration
  ) throws -> WebSocketConnection? {
    var headers = headers
    try headers.set("Upgrade", "websocket")
    try headers.set("Connection", "Upgrade")
    try headers.set("Sec-WebSocket-Accept", webSocketAcceptValue(for: key))
    if let subprotocol { try headers.set("Sec-WebSocket-Protocol", subprotocol) }
    var agreed: PerMessageDeflate?
    if let compression = configuration.compression, let offers = self.headers["Sec-WebSocket-Extensions"],
      let answer = PerMessageDeflate.accept(offers, compression)
    {
      agreed = answer.agreed
      try headers.set("Sec-WebSocket-Extensions", answer.answer)
    }
    response.closesConnection = false  // The connection goes on, if not with HTTP.
    try writeHeaders(101, headers)
    let context = context
    let http = connection
    guard let stream = http.detach(self) else { return nil }
    head.compact()
    let upgraded = WebSocketConnection(
      stream, isServer: true, configuration, agreed: agreed, subprotocol: subprotocol)
    upgraded.context = context
    context.opened(upgraded)
    upgraded.scheduleFlush()
    if context.isDraining { upgraded.closeIfIdle() }
    return upgraded
  }
}

/// The answer to a client's key: Tornado's `compute_accept_value`.
package func webSocketAcceptValue(for key: String) -> String {
  WebSocketHandshake.acceptValue(for: key) { Array(Insecure.SHA1.hash(data: $0)) }
}
