// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// How the WebSockets of ASGI applications behave.
struct WebSocketOptions: SettingOptions {
  private static let standard = WebSocketSettings()

  @Option(
    help: ArgumentHelp(
      "How long a message may be. (default: \(standard.maxSize))", valueName: "bytes"))
  var websocketMaxSize: Int?

  @Option(
    help: ArgumentHelp(
      "How often a ping is sent; 0 for never. (default: \(Int(standard.pingInterval)))", valueName: "seconds")
  )
  var websocketPingInterval: Double?

  @Option(
    help: ArgumentHelp(
      "How long a client may be silent after a ping; 0 for ever. (default: \(Int(standard.pingTimeout)))",
      valueName: "seconds"))
  var websocketPingTimeout: Double?

  @Flag(
    inversion: .prefixedNo,
    help: "Compress messages for clients that offer it. (default: --no-websocket-compression)")
  var websocketCompression: Bool?

  func collect(in layer: inout SettingLayer) {
    layer.set("websocket-max-size", websocketMaxSize)
    layer.set("websocket-ping-interval", websocketPingInterval)
    layer.set("websocket-ping-timeout", websocketPingTimeout)
    layer.set("websocket-compression", websocketCompression)
  }
}
