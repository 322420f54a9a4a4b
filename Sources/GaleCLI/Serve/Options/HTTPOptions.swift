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

  @Flag(
    inversion: .prefixedNo,
    help: """
      Speak HTTP/2: over TLS with clients that offer it, without TLS with those that begin with it. (default: --http2)
      """)
  var http2: Bool?

  func collect(in layer: inout SettingLayer) {
    layer.set("max-body-size", maxBodySize)
    layer.set("header-timeout", headerTimeout)
    layer.set("keep-alive", keepAlive)
    layer.set("http2", http2)
  }
}
