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

  func collect(in layer: inout SettingLayer) { layer.set("bind", bind) }
}
