// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire

/// A `ws` or `wss` URL, taken apart (RFC 6455, section 3).
struct WebSocketURL: Hashable {
  let isSecure: Bool
  /// The name, or the numeric address without brackets.
  let host: String
  let port: UInt16
  /// The path and the query, as they stand in a request line.
  let target: String
  /// What stands before `@`, unescaped.
  let credentials: String?

  init(_ url: String) throws(WebSocketError) {
    func invalid(_ reason: String) -> WebSocketError {
      WebSocketError(.invalidRequest, "\(reason): \(String(url.prefix(200)).debugDescription)")
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw invalid("Only visible ASCII characters may stand in a URL")
    }
    let parts = url.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let scheme = parts[0].lowercased()
    guard scheme == "ws" || scheme == "wss", parts.count == 2, parts[1].hasPrefix("//") else {
      throw invalid("A WebSocket's URL begins with ws:// or wss://")
    }
    guard !url.contains("#") else { throw invalid("A WebSocket's URL has no fragment") }
    isSecure = scheme == "wss"
    let rest = parts[1].dropFirst(2)
    let end = rest.firstIndex { "/?\\".contains($0) } ?? rest.endIndex
    var authority = rest[..<end]
    if let at = authority.lastIndex(of: "@") {
      credentials = String(
        decoding: urlUnescapeBytes(String(authority[..<at]).utf8.span, plus: false), as: UTF8.self)
      authority = authority[authority.index(after: at)...]
    } else {
      credentials = nil
    }
    guard !authority.isEmpty, let field = HostHeader(parsing: String(authority).utf8.span) else {
      throw invalid("No valid host in the URL")
    }
    host = field.host.hasPrefix("[") ? String(field.host.dropFirst().dropLast()) : field.host
    port = field.port.map { UInt16($0) } ?? (scheme == "wss" ? 443 : 80)
    guard port != 0 else { throw invalid("Port 0 in the URL") }
    let path = rest[end...]
    target = path.hasPrefix("/") ? String(path) : "/" + path
  }

  /// The host, in brackets if it is an IPv6 address.
  private var name: String { host.utf8.contains(ASCII.colon) ? "[\(host)]" : host }
  /// The Host field: with the port if it is not the scheme's.
  var authority: String { port == (isSecure ? 443 : 80) ? name : hostAndPort }
  /// What CONNECT asks for.
  var hostAndPort: String { "\(name):\(port)" }
}
