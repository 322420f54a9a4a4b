// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleServe

/// `gale status`.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say how a server stands.")

  @OptionGroup var server: ControlOptions

  @Flag(help: "Print JSON, for programs.")
  var json = false

  func run() throws {
    try reporting {
      let answer = try server.ask("GET", "/status")
      if json {
        print(jsonEncode(answer))
      } else {
        print(ServerView(answer).statusLines.joined(separator: "\n"))
      }
    }
  }
}
