// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// Which Python, where it finds modules, and what it finds in its environment.
struct PythonOptions: SettingOptions {
  @Option(
    help: ArgumentHelp("The virtual environment. (default: $VIRTUAL_ENV, if set)", valueName: "directory"))
  var venv: String?

  @Option(help: ArgumentHelp("Change to this directory first.", valueName: "directory"))
  var chdir: String?

  @Option(
    help: ArgumentHelp(
      "Look for modules here, too, right behind the working directory. May be repeated.",
      valueName: "directory"))
  var pythonpath: [String] = []

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Set a variable of the environment. May be repeated.", valueName: "name=value"))
  var env: [String] = []

  @Option(
    help: ArgumentHelp(
      "Set the variables of the environment that are in a file, a line each. May be repeated.",
      valueName: "file"))
  var envFile: [String] = []

  @Option(
    help: ArgumentHelp(
      "Call functions of this module, or file, along the way: gunicorn's hooks, such as post_fork and when_ready.",
      valueName: "module"))
  var hooks: String?

  func collect(in layer: inout SettingLayer) {
    layer.set("venv", venv)
    layer.set("chdir", chdir)
    layer.set("pythonpath", pythonpath)
    layer.set("hooks", hooks)
    layer.set("env", env)
    layer.set("env-file", envFile)
  }
}
