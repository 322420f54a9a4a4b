// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// What is only for the time while an application is written.
struct DevelopmentOptions: SettingOptions {
  @Flag(
    inversion: .prefixedNo,
    help: "Load the applications again when their code changes; connections stay. (default: --no-reload)")
  var reload: Bool?

  @Option(
    help: ArgumentHelp("Another file whose changes count. May be repeated.", valueName: "file"))
  var reloadExtraFile: [String] = []

  @Flag(
    inversion: .prefixedNo,
    help: """
      Load new code, log everything and show tracebacks in answers; only on addresses that no other machine can reach. \
      (default: --no-debug)
      """)
  var debug: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: "Let everybody see what --debug shows. (default: --no-debug-in-public)")
  var debugInPublic: Bool?

  func collect(in layer: inout SettingLayer) {
    layer.set("reload", reload)
    layer.set("reload-extra-file", reloadExtraFile)
    layer.set("debug", debug)
    layer.set("debug-in-public", debugInPublic)
  }
}
