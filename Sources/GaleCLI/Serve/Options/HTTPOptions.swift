// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// What clients may do.
struct HTTPOptions: SettingOptions {
  private static let standard = HTTPSettings()

  @Option(
    help: ArgumentHelp(
      "How long a request's body may be. (default: \(standard.maxBodySize))", valueName: "bytes"))
  var maxBodySize: Int?

  @Option(
    help: ArgumentHelp(
      "How long a client may take to send a request's head. (default: \(standard.headerTimeout))",
      valueName: "seconds"))
  var headerTimeout: Int?

  @Option(
    help: ArgumentHelp(
      "How long a connection is kept for its next request; 0 for one request only. (default: \(standard.keepAlive))",
      valueName: "seconds"))
  var keepAlive: Int?

  @Option(
    help: ArgumentHelp(
      "How long a request line may be. (default: \(standard.limitRequestLine))", valueName: "bytes"))
  var limitRequestLine: Int?

  @Option(
    help: ArgumentHelp(
      "How many fields a request's header may have. (default: \(standard.limitRequestFields))",
      valueName: "count"))
  var limitRequestFields: Int?

  @Option(
    help: ArgumentHelp(
      "How long a field may be. (default: \(standard.limitRequestFieldSize))", valueName: "bytes"))
  var limitRequestFieldSize: Int?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Speak HTTP/2: over TLS with clients that offer it, without TLS with those that begin with it. (default: --http2)
      """)
  var http2: Bool?

  @Option(
    help: ArgumentHelp(
      "How many requests a connection of HTTP/2 may have at a time. (default: \(standard.http2MaxStreams))",
      valueName: "count"))
  var http2MaxConcurrentStreams: Int?

  func collect(in layer: inout SettingLayer) {
    layer.set("max-body-size", maxBodySize)
    layer.set("header-timeout", headerTimeout)
    layer.set("keep-alive", keepAlive)
    layer.set("limit-request-line", limitRequestLine)
    layer.set("limit-request-fields", limitRequestFields)
    layer.set("limit-request-field-size", limitRequestFieldSize)
    layer.set("http2", http2)
    layer.set("http2-max-concurrent-streams", http2MaxConcurrentStreams)
  }
}
