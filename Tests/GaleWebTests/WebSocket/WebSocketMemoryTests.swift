// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

/// Run in a process of their own (`interop/gale/test.sh`): they look at the memory of all that is in it.
@Suite("websocket: memory")
struct WebSocketMemoryTests {
  @Test func `an idle connection keeps little memory and no task`() throws {
    try serving([.socket()]) { server in
      var clients: [Client] = []
      func open(_ count: Int) async throws {
        for _ in 0..<count {
          let client = try await server.connect()
          try await client.send("GET", "/ws", WebSocketHandlerTests.good)
          _ = try await client.responseHead()
          try await client.send([0x81, 0x81, 0, 0, 0, 0, 0x61])
          _ = try await client.stream.read(count: 3)
          clients.append(client)
        }
      }
      try await open(300)
      let before = try residentByteCount()
      try await open(1500)
      let each = (try residentByteCount() - before) / 1500
      // Both ends are in this process; the client's stream is a part of it. Without optimization.
      #expect(each < 4096, "\(each) bytes")
      for client in clients { client.close() }
    }
  }
}
