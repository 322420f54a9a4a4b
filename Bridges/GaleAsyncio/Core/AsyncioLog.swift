// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import Logging

/// Where the bridge logs: as `gale.asyncio`.
enum AsyncioLog {
  static func critical(_ text: String) { logger.critical("\(text)") }
  static func error(_ text: String) { logger.error("\(text)") }
  static func warning(_ text: String) { logger.warning("\(text)") }

  private static var logger: Logger { LogTap.tap(own) }
  private static let own = Logger(label: "gale.asyncio")
}

#endif
