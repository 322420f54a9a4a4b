// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import Logging

/// Where the loop reports what nobody else will: Tornado's `app_log` and `gen_log`.
package enum LoopLog {
  package static let application = Logger(label: "gale.application")
  package static let general = Logger(label: "gale.general")

  package static func error(_ message: @autoclosure () -> String) {
    application.error("\(message())")
  }
}
