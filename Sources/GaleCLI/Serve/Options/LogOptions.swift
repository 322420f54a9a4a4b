// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// What is logged.
struct LogOptions: SettingOptions {
  @Option(help: "Least severe records to log. (default: \(LogSettings().level.rawValue))")
  var logLevel: LogSettings.Level?

  @Flag(inversion: .prefixedNo, help: "Log each request. (default: --access-log)")
  var accessLog: Bool?

  func collect(in layer: inout SettingLayer) {
    layer.set("log-level", logLevel?.rawValue)
    layer.set("access-log", accessLog)
  }
}
