// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A chat over WebSockets: the last 200 messages, and how many are there.
//   websocketchat [PORT]

import ChatRoom
import Gale
import Glibc
import Logging

@main
struct WebSocketChat {
  static func main() {
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0) }
    do {
      try serve(port: UInt16(CommandLine.arguments.dropFirst().first ?? "8888") ?? 8888)
    } catch {
      printToStandardError("websocketchat: \(error)\n")
      exit(1)
    }
  }

  static func serve(port: UInt16) throws {
    let pages = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/static"
    let application = try Application([
      URLSpec("/()", StaticFileHandler.self, ["path": pages, "default_filename": "index.html"]),
      URLSpec("/socket", ChatHandler.self),
    ])
    let server = try application.listen(port: port, address: "127.0.0.1")
    Logger(label: "gale.chat").info(
      "Open http://127.0.0.1:\(server.addresses[0].port)/ (Ctrl-C ends the chat)")
    let loop = IOLoop.current
    for signal in [SIGTERM, SIGINT] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown(grace: .seconds(5))
          loop.stop()
        }
      }
    }
    loop.start()
  }
}
