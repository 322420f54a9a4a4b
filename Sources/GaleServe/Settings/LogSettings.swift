// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Logging

/// What is logged.
package struct LogSettings: Sendable {
  package enum Level: String, CaseIterable, Sendable { case debug, info, warning, error, critical }

  /// The least severe records.
  package var level = Level.info
  /// Whether each request is logged.
  package var access = true

  package init() {}

  init(_ reader: SettingReader, standardLevel: Level) throws(ServeError) {
    level = try reader.choice("log-level", default: standardLevel)
    access = try reader.flag("access-log", default: access)
  }

  /// Has everything logged in this process as the settings say.
  package func start() {
    let level = Logger.Level(rawValue: self.level.rawValue) ?? .info
    let accessLevel = access ? level : .critical
    LoggingSystem.bootstrap { label in
      PrettyLogHandler(label: label, level: label == "gale.access" ? accessLevel : level)
    }
  }
}
