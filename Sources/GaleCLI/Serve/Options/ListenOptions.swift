// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// Where to listen.
struct ListenOptions: SettingOptions {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Where to listen: HOST:PORT, [IPv6]:PORT, :PORT or unix:PATH. May be repeated. (default: 127.0.0.1:8000)",
      valueName: "address"))
  var bind: [String] = []

  @Option(
    help: ArgumentHelp(
      "How many connections the kernel holds until they are accepted. (default: \(ListenSettings().backlog))",
      valueName: "count"))
  var backlog: Int?

  func collect(in layer: inout SettingLayer) {
    layer.set("bind", bind)
    layer.set("backlog", backlog)
  }
}
