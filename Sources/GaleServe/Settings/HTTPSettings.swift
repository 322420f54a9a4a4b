// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire

/// What clients may do.
package struct HTTPSettings: Sendable {
  /// How many bytes a request's body may have.
  package var maxBodySize = HTTPLimits().body
  /// How many seconds a client may take to send a request's head.
  package var headerTimeout = 15
  /// How many seconds a connection is kept for its next request; 0 for one request only.
  package var keepAlive = 75
  /// Whether HTTP/2 is spoken.
  package var http2 = true

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    maxBodySize = try reader.integer("max-body-size", 0...Int.max, default: maxBodySize)
    headerTimeout = try reader.integer("header-timeout", 1...Int.max, default: headerTimeout)
    keepAlive = try reader.integer("keep-alive", 0...Int.max, default: keepAlive)
    http2 = try reader.flag("http2", default: http2)
  }

  /// For the server.
  var configuration: HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = maxBodySize
    configuration.headerTimeout = .seconds(headerTimeout)
    configuration.idleTimeout = .seconds(keepAlive)
    configuration.noKeepAlive = keepAlive == 0
    configuration.http2.isEnabled = http2
    return configuration
  }
}
