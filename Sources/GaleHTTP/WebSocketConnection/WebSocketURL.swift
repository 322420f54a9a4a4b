// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

extension HTTPClientURL {
  /// A `ws` or `wss` URL (RFC 6455, section 3), as the `http` or `https` URL of its handshake.
  init(webSocket url: String) throws(WebSocketError) {
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
    do throws(HTTPClientError) {
      try self.init("\(scheme == "wss" ? "https" : "http"):\(parts[1])")
    } catch {
      throw WebSocketError(.invalidRequest, error.message)
    }
  }
}
