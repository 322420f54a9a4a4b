// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// `gale from-gunicorn`.
struct FromGunicornCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "from-gunicorn",
    abstract: "Say in gale's words what gunicorn was told.",
    discussion: """
      Takes gunicorn's own arguments, evaluates the configuration file that they name, or gunicorn.conf.py in the \
      working directory, and prints a gale.toml that says the same. Comments in it have the command line, and name every \
      setting that is not needed or not available, with the reason.

      Examples:
        gale from-gunicorn -w 4 -b 0.0.0.0:80 shop:app > gale.toml
        gale from-gunicorn -c deploy/gunicorn.conf.py shop:app
      """)

  @Argument(
    parsing: .captureForPassthrough, help: ArgumentHelp("What gunicorn was told.", valueName: "arguments"))
  var arguments: [String] = []

  func run() throws {
    var arguments = arguments[...]
    if ["-h", "--help"].contains(arguments.first) { throw CleanExit.helpRequest(self) }
    if arguments.first == "--" { arguments.removeFirst() }
    if arguments.first == "gunicorn" { arguments.removeFirst() }
    try reporting { print(try GunicornMigration.translate(Array(arguments)).text, terminator: "") }
  }
}
