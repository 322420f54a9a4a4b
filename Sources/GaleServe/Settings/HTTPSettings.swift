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
  /// How many bytes a request line may have.
  package var limitRequestLine = HTTPLimits().requestLine
  /// How many fields a request's header may have.
  package var limitRequestFields = HTTPLimits().fieldCount
  /// How many bytes a field may have.
  package var limitRequestFieldSize = HTTPLimits().fieldLine
  /// Whether HTTP/2 is spoken.
  package var http2 = true
  /// How many requests a connection of HTTP/2 may have at a time.
  package var http2MaxStreams = HTTP2Configuration().maxConcurrentStreams

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    maxBodySize = try reader.integer("max-body-size", 0...Int.max, default: maxBodySize)
    headerTimeout = try reader.integer("header-timeout", 1...Int.max, default: headerTimeout)
    keepAlive = try reader.integer("keep-alive", 0...Int.max, default: keepAlive)
    limitRequestLine = try reader.integer("limit-request-line", 64...1 << 24, default: limitRequestLine)
    limitRequestFields = try reader.integer("limit-request-fields", 1...32768, default: limitRequestFields)
    limitRequestFieldSize = try reader.integer(
      "limit-request-field-size", 64...1 << 24, default: limitRequestFieldSize)
    http2 = try reader.flag("http2", default: http2)
    http2MaxStreams = try reader.integer(
      "http2-max-concurrent-streams", 1...1_000_000, default: http2MaxStreams)
  }

  /// For the server.
  var configuration: HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = maxBodySize
    configuration.limits.requestLine = limitRequestLine
    configuration.limits.fieldCount = limitRequestFields
    configuration.limits.fieldLine = limitRequestFieldSize
    // All fields together: what was allowed before, or as much as one of the largest needs.
    configuration.limits.head = max(configuration.limits.head, limitRequestLine + limitRequestFieldSize)
    configuration.http2.maxConcurrentStreams = http2MaxStreams
    configuration.headerTimeout = .seconds(headerTimeout)
    configuration.idleTimeout = .seconds(keepAlive)
    configuration.noKeepAlive = keepAlive == 0
    configuration.http2.isEnabled = http2
    return configuration
  }
}
