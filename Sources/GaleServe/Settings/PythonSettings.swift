// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Which Python, and where it finds modules.
package struct PythonSettings: Sendable {
  /// The virtual environment; `nil` for that of `VIRTUAL_ENV`.
  package var virtualEnvironment: String?
  /// The directory to change to before anything else.
  package var directory: String?

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    directory = try reader.text("chdir")
    virtualEnvironment = try reader.text("venv")
  }
}
