// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
package import Logging

/// Where the loop reports what nobody else will: Tornado's `app_log` and `gen_log`.
package enum LoopLog {
  package static var application: Logger { LogTap.tap(ownApplication) }
  package static var general: Logger { LogTap.tap(ownGeneral) }
  private static let ownApplication = Logger(label: "gale.application")
  private static let ownGeneral = Logger(label: "gale.general")

  package static func error(_ message: @autoclosure () -> String) {
    application.error("\(message())")
  }
}
