// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleHTTP
import Glibc

@main
struct GaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gale",
    abstract: "A web server for Swift handlers and Python applications.",
    discussion: """
      gale serve mysite.wsgi            host a WSGI application, as gunicorn or uWSGI would
      gale serve                        host what gale.toml in this directory says
      gale serve --debug shop:app       the same while it is being written: new code without a restart
      gale check                        look whether it would start
      gale from-gunicorn -- -w 4 a:b    say the same in gale's words

      gale status                       say how a server stands; see also top, reload, workers, stop

      gale watch .build/debug/hello     run a Swift program while it is being written
      gale fetch https://example.com/   fetch a URL
      """,
    version: "gale \(galeVersion)",
    subcommands: [
      ServeCommand.self, CheckCommand.self, FromGunicornCommand.self, StatusCommand.self, TopCommand.self,
      ReloadCommand.self, WorkersCommand.self, StopCommand.self, WatchCommand.self, FetchCommand.self,
    ])

  static func main() { start() }

  /// Runs the command.
  ///
  /// Not `main` itself, whose closures would belong to the main actor.
  ///
  /// - Parameter arguments: The command line without the program's name; `nil` for the process's own.
  nonisolated static func start(_ arguments: [String]? = nil) {
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      // One line instead of the usage, and the status that is usual for this.
      let lines = message(for: error).split(separator: "\n")
      printToStandardError("gale: \(lines.first ?? "this cannot be understood")\n")
      Glibc.exit(2)
    }
  }
}
