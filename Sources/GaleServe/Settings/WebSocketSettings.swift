// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire

/// How the WebSockets of ASGI applications behave.
package struct WebSocketSettings: Sendable {
  /// How many bytes a message may have.
  package var maxSize = WebSocketConfiguration().maxMessageByteCount
  /// How many seconds pass between pings; 0 for none.
  package var pingInterval = 20.0
  /// How many seconds a client may be silent after a ping; 0 for ever.
  package var pingTimeout = 20.0
  /// Whether messages may be compressed.
  package var compression = false

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    maxSize = try reader.integer("websocket-max-size", 1...Int.max, default: maxSize)
    pingInterval =
      try reader.number("websocket-ping-interval", 0...86_400, default: pingInterval) ?? pingInterval
    pingTimeout = try reader.number("websocket-ping-timeout", 0...86_400, default: pingTimeout) ?? pingTimeout
    compression = try reader.flag("websocket-compression", default: compression)
  }

  /// For the applications.
  var configuration: WebSocketConfiguration {
    var configuration = WebSocketConfiguration()
    configuration.maxMessageByteCount = maxSize
    configuration.pingInterval = pingInterval > 0 ? .seconds(pingInterval) : nil
    configuration.pingTimeout = .seconds(pingTimeout)
    configuration.compression = compression ? WebSocketCompression() : nil
    return configuration
  }
}
