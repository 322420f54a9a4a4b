// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleTesting
import GaleWeb
import GaleWire
import Testing

@testable import GaleASGI

/// Who waits for whom.
extension GaleASGITests.WebSockets {
  @Test func `an application is held back by its client`() async throws {
    let server = try server(
      """
      count = 0
      async def app(scope, receive, send):
          global count
          if scope["type"] == "http":
              return await answer(send, str(count).encode())
          await accept(receive, send)
          for count in range(1, 401):
              await send({"type": "websocket.send", "bytes": b"x" * 100_000})
      """)
    let client = try await connect(server)
    // 40 MB, of which the kernel's buffers take some. The client's reading is what lets the rest be sent.
    var count = 0
    var before = -1
    while count != before {
      before = count
      for _ in 0..<5 { count = Int(String(decoding: try await server.fetch("/").body, as: UTF8.self)) ?? 0 }
    }
    #expect(count < 400)
    var received = 0
    while let message = try await client.readMessage() { received += message.bytes.count }
    #expect(received == 40_000_000)
    #expect(client.closeCode == .normal)
  }

  @Test func `a client is held back by its application`() async throws {
    let server = try server(
      """
      go = asyncio.Event()
      async def app(scope, receive, send):
          if scope["type"] == "http":
              go.set()
              return await answer(send, b"")
          await accept(receive, send)
          await go.wait()
          size = 0
          for number in range(200):
              size += len((await receive())["bytes"])
          await send({"type": "websocket.send", "text": str(size)})
      """)
    let client = try await connect(server)
    var queued = 0
    // What the kernel does not take stays here: nobody reads at the other end.
    while queued < 200 {
      try client.writeMessageNoWait([UInt8](repeating: 1, count: 100_000))
      queued += 1
      if queued % 20 == 0 { await server.loop.moment() }
      if client.queuedByteCount > 4_000_000 { break }
    }
    #expect(client.queuedByteCount > 4_000_000)
    _ = try await server.fetch("/")
    while queued < 200 {
      try await client.writeMessage([UInt8](repeating: 1, count: 100_000))
      queued += 1
    }
    #expect(try await client.readMessage() == .text("20000000"))
  }

  @Test func `a time-out of receive loses no message`() async throws {
    let server = try server(
      """
      async def app(scope, receive, send):
          await accept(receive, send)
          try:
              await asyncio.wait_for(receive(), 0.001)
          except asyncio.TimeoutError:
              await send({"type": "websocket.send", "text": "silence"})
          for number in range(2):
              await send({"type": "websocket.send", "text": (await receive())["text"]})
      """)
    let client = try await connect(server)
    #expect(try await client.readMessage() == .text("silence"))
    try await client.writeMessage("1")
    try await client.writeMessage("2")
    #expect(try await client.readMessage() == .text("1"))
    #expect(try await client.readMessage() == .text("2"))
  }
}

#endif
