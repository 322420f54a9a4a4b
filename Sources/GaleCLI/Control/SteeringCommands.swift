// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleServe

/// `gale reload`.
struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Have a server replace its workers, for new code.",
    discussion: "One worker after the other is replaced; no request is lost. As SIGHUP does.")

  @OptionGroup var server: ControlOptions

  func run() throws {
    try reporting { _ = try server.ask("POST", "/reload") }
    print("The workers are being replaced.")
  }
}

/// `gale stop`.
struct StopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Have a server end, once the requests have ended that are being answered.",
    discussion: "As SIGTERM does.")

  @OptionGroup var server: ControlOptions

  func run() throws {
    try reporting { _ = try server.ask("POST", "/stop") }
    print("The server is stopping.")
  }
}

/// `gale workers`.
struct WorkersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workers",
    abstract: "Change how many workers a server has.",
    discussion: """
      Examples:
        gale workers 4            four
        gale workers +1           one more
        gale workers -1           one less
      """)

  // `-1` looks like an option: what is none is the argument.
  @Argument(
    parsing: .allUnrecognized, help: ArgumentHelp("How many, +N for more, -N for less.", valueName: "count"))
  var words: [String] = []

  @OptionGroup var server: ControlOptions

  func validate() throws {
    guard words.count == 1, Int(words[0]) != nil else {
      throw ValidationError("say how many workers: 4, +1 or -1")
    }
  }

  func run() throws {
    let text = words[0]
    let number = Int(text) ?? 0
    let isChange = text.hasPrefix("+") || text.hasPrefix("-")
    try reporting {
      let answer = try server.ask("POST", "/workers", [isChange ? "change" : "count": .int(number)])
      print("\(answer["workers"]?.intValue ?? 0) workers")
    }
  }
}
