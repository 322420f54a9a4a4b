// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleHTTP

@main
struct GaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gale",
    abstract: "A web server for Swift handlers and Python applications.",
    discussion: "gale serve mysite.wsgi:application   hosts a WSGI application, as gunicorn or uWSGI would.",
    version: "gale \(galeVersion)",
    subcommands: [
      ServeCommand.self, StatusCommand.self, TopCommand.self, ReloadCommand.self, WorkersCommand.self,
      StopCommand.self,
      WatchCommand.self, FetchCommand.self,
    ])
}
