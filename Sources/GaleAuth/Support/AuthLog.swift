// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import Logging

/// Where this module writes.
enum AuthLog {
  static var logger: Logger { LogTap.tap(own) }
  private static let own = Logger(label: "gale.auth")
}

#endif
