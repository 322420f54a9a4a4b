// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Which Python, where it finds modules, and what it finds in its environment.
package struct PythonSettings: Sendable {
  /// The virtual environment; `nil` for that of `VIRTUAL_ENV`.
  package var virtualEnvironment: String?
  /// The directory to change to before anything else.
  package var directory: String?
  /// Where modules are looked for, before everything else but the working directory.
  package var paths: [String] = []
  /// The module whose functions are hooks, or its file.
  package var hooks: String?
  /// Files with variables for the environment.
  package var environmentFiles: [String] = []
  /// Variables for the environment; of equal names the last counts.
  package var environment: [(name: String, value: String)] = []

  package init() {}

  init(_ reader: SettingReader, _ ofFile: [(name: String, value: String)]) throws(ServeError) {
    directory = try reader.text("chdir")
    virtualEnvironment = try reader.text("venv")
    paths = try reader.texts("pythonpath").flatMap { $0.split(separator: ",").map(String.init) }
    hooks = try reader.text("hooks")
    environmentFiles = try reader.texts("env-file")
    environment = ofFile
    for text in try reader.texts("env") {
      guard let variable = EnvironmentFile.variable(text[...]) else {
        throw reader.complaint("env", "takes NAME=VALUE, not \"\(text)\"")
      }
      environment.append(variable)
    }
  }

  /// Sets the variables, before anything looks at them.
  func applyEnvironment() throws(ServeError) {
    for path in environmentFiles {
      for (name, value) in try EnvironmentFile.read(path) { unsafe setenv(name, value, 1) }
    }
    for (name, value) in environment { unsafe setenv(name, value, 1) }
  }
}
