// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// `gale check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look whether gale serve would start: settings, certificate, directories, applications.",
    discussion: """
      Takes what gale serve takes, reads the same file and the same environment, and imports the applications. It \
      listens nowhere. The status is 0 when everything is well, 1 when something is missing or fails, and 2 when a \
      setting is wrong.

      Examples:
        gale check
        gale check --config /etc/shop.toml
        gale check shop:app --venv .venv
      """)

  @OptionGroup var options: ServeOptions

  func run() throws {
    try reporting {
      let check = Check(try options.readConfiguration()) { print($0) }
      guard try check.run() else { throw ExitCode(1) }
    }
  }
}
