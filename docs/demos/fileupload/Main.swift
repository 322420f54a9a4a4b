// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A server that takes files, and a client that sends them:
//   fileupload receive [--port 8888] [--directory uploads]
//   fileupload send [--put] [--url http://localhost:8888] FILE...

import ArgumentParser
import Gale

@main
struct FileUpload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fileupload", abstract: "Sends files, and takes them.",
    subcommands: [Receive.self, Send.self])
}
