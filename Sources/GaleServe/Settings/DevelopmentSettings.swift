// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What is only for the time while an application is written.
package struct DevelopmentSettings: Sendable {
  /// Whether the applications are loaded again when their code changes.
  package var reloads = false
  /// More files whose changes count.
  package var extraFiles: [String] = []
  /// Whether answers show tracebacks, and everything is logged.
  package var debug = false
  /// Whether that may be where others can reach it.
  package var debugInPublic = false

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    debug = try reader.flag("debug", default: debug)
    debugInPublic = try reader.flag("debug-in-public", default: debugInPublic)
    reloads = try reader.flag("reload", default: debug)
    extraFiles = try reader.texts("reload-extra-file")
  }
}
