// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire

/// Why a handshake is refused.
package struct WebSocketRefusal {
  /// 400, 403 or 426.
  package let status: Int
  /// What to say about it.
  package let text: String

  package init(status: Int, text: String) {
    self.status = status
    self.text = text
  }
}

/// What a client's handshake says (RFC 6455, section 4.2.1).
extension HTTPServerRequest {
  /// Whether the client asks for a WebSocket, rightly or not.
  package var asksForWebSocket: Bool {
    // Cheap for all others, which hardly ever say "Connection: upgrade".
    head.traits.contains(.upgrade) && Self.lists("websocket", headers["Upgrade"])
  }

  /// The subprotocols that the client offers, in its order of preference.
  package var offeredSubprotocols: [String] {
    HTTPGrammar.listElements(headers["Sec-WebSocket-Protocol"] ?? "")
  }

  /// Whether a page of this request's own host and port makes it, or no page at all.
  package var isFromOwnOrigin: Bool {
    let fields = headers
    guard let origin = fields["Origin"] ?? fields["Sec-WebSocket-Origin"] else { return true }
    return Self.isSameOrigin(origin, host: host)
  }

  /// Whether `origin` has this host and port.
  package static func isSameOrigin(_ origin: String, host: String) -> Bool {
    // `host` or `host:port`; there is none in `null`.
    let parts = origin.lowercased().split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].hasSuffix(":"), parts[1].isEmpty, !parts[2].isEmpty else { return false }
    return parts[2] == host.lowercased()
  }

  /// What is wrong with a handshake, by Tornado's checks in Tornado's order; `nil` when nothing is.
  /// - Parameters:
  ///   - versions: The versions of the protocol that are spoken.
  ///   - allowsOrigin: Whether a page from there may connect.
  package func webSocketRefusal(versions: [Int], allowsOrigin: (String) -> Bool) -> WebSocketRefusal? {
    let fields = headers
    guard Self.lists("websocket", fields["Upgrade"]) else {
      return WebSocketRefusal(status: 400, text: #"Can "Upgrade" only to "WebSocket"."#)
    }
    guard Self.lists("upgrade", fields["Connection"]) else {
      return WebSocketRefusal(status: 400, text: #""Connection" must be "Upgrade"."#)
    }
    if let origin = fields["Origin"] ?? fields["Sec-WebSocket-Origin"], !allowsOrigin(origin) {
      return WebSocketRefusal(status: 403, text: "Cross origin websockets not allowed")
    }
    let invalid = WebSocketRefusal(status: 400, text: "Missing/Invalid WebSocket headers")
    guard let version = fields["Sec-WebSocket-Version"] else { return invalid }
    guard versions.contains(where: { String($0) == version }) else {
      return WebSocketRefusal(status: 426, text: "Upgrade Required")
    }
    guard self.version == "HTTP/1.1", !head.hasBody, let key = fields["Sec-WebSocket-Key"],
      WebSocketHandshake.isKey(key)
    else { return invalid }
    return nil
  }

  private static func lists(_ option: String, _ field: String?) -> Bool {
    HTTPGrammar.listElements(field ?? "").contains { $0.lowercased() == option }
  }
}
