// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

@testable import GaleLoop

/// Sends lines back, and knows a few words: `fail`, `bye`, `close`.
final class EchoServer: TCPServer {
  private struct Failure: Error {}

  var handled = 0
  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    handled += 1
    while true {
      let line = try await stream.text(until: "\n")
      switch line {
      case "fail\n": throw Failure()
      case "bye\n":
        try stream.enqueue(Array("bye\n".utf8))
        return
      case "close\n":
        stream.close()
        return
      default: try await stream.write(line)
      }
    }
  }
}
