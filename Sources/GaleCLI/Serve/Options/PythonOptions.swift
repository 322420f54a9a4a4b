// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// Which Python, and where it finds modules.
struct PythonOptions: SettingOptions {
  @Option(
    help: ArgumentHelp("The virtual environment. (default: $VIRTUAL_ENV, if set)", valueName: "directory"))
  var venv: String?

  @Option(help: ArgumentHelp("Change to this directory first.", valueName: "directory"))
  var chdir: String?

  func collect(in layer: inout SettingLayer) {
    layer.set("venv", venv)
    layer.set("chdir", chdir)
  }
}
