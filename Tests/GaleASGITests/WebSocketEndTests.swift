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

/// How WebSockets end, and who hears of it.
extension GaleASGITests.WebSockets {
  @Test func `an application closes, with a code and a reason`() async throws {
    let server = try server(
      """
      async def app(scope, receive, send):
          if scope["type"] == "http":
              return await show(scope, receive, send)
          await accept(receive, send)
          await send({"type": "websocket.send", "text": "last"})
          await send({"type": "websocket.close", "code": 4000, "reason": "done"})
          seen.append((await receive())["code"])
          try:
              await send({"type": "websocket.send", "text": "more"})
          except RuntimeError:
              seen.append("too late")
      """)
    let client = try await connect(server)
    #expect(try await client.readMessage() == .text("last"))
    #expect(try await client.readMessage() == nil)
    #expect(client.closeCode == 4000 && client.closeReason == "done")
    #expect(try await seen(server) == "[4000, 'too late']")
  }

  @Test(arguments: [true, false]) func `send raises OSError once the client is gone`(_ isOrderly: Bool)
    async throws
  {
    let server = try server(
      """
      async def app(scope, receive, send):
          if scope["type"] == "http":
              return await show(scope, receive, send)
          await accept(receive, send)
          first, second = await receive(), await receive()
          try:
              await send({"type": "websocket.send", "text": "more"})
          except OSError as error:
              seen.extend([second["type"], second["code"], (await receive())["code"], type(error).__name__])
      """)
    let client = try await connect(server)
    try await client.writeMessage("x")
    if isOrderly { client.close() } else { client.abort() }
    let code = isOrderly ? 1005 : 1006
    #expect(try await seen(server) == "['websocket.disconnect', \(code), \(code), 'BrokenPipeError']")
  }

  @Test func `a client's close is heard by an application that only sends`() async throws {
    let server = try server(
      """
      async def app(scope, receive, send):
          if scope["type"] == "http":
              return await show(scope, receive, send)
          await accept(receive, send)
          await receive()
          try:
              while True:
                  await send({"type": "websocket.send", "text": "tick"})
                  await asyncio.sleep(0.001)
          except OSError:
              seen.append("gone")
      """)
    let client = try await connect(server)
    try await client.writeMessage("subscribe")
    #expect(try await client.readMessage() == .text("tick"))
    client.close(code: .normal)
    try await client.waitUntilClosed()
    #expect(client.closeCode == .normal)
    #expect(try await seen(server) == "['gone']")
  }

  @Test func `an answer goes out before that to a close that followed at once`() async throws {
    let server = try server("app = echo")
    let stream = try await server.connect()
    let fields = Self.handshake.joined(separator: "\r\n")
    try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n".utf8))
    _ = try await stream.read(until: [13, 10, 13, 10], limit: 4096)
    // A text of one letter, masked with zeros, and a Close frame with 1000.
    try await stream.write([0x81, 0x81, 0, 0, 0, 0, 0x61, 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
    #expect(try await stream.readUntilClose() == [0x81, 0x01, 0x61, 0x88, 0x02, 0x03, 0xE8])
  }

  @Test func `a message over the limit closes with 1009`() async throws {
    var configuration = WebSocketConfiguration()
    configuration.maxMessageByteCount = 1000
    let server = try server("app = echo", configuration)
    let client = try await connect(server)
    try await client.writeMessage(String(repeating: "x", count: 1001))
    #expect(try await client.readMessage() == nil)
    #expect(client.closeCode == .messageTooBig)
    #expect(try await seen(server).hasPrefix("[(1009, "))
  }

  @Test func `a client that answers no ping is given up`() async throws {
    var configuration = WebSocketConfiguration()
    configuration.pingInterval = .milliseconds(20)
    configuration.pingTimeout = .milliseconds(20)
    configuration.closeTimeout = .milliseconds(20)
    let server = try server("app = echo", configuration)
    let stream = try await server.connect()
    let fields = Self.handshake.joined(separator: "\r\n")
    try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n".utf8))
    _ = try await stream.read(until: [13, 10, 13, 10], limit: 4096)
    #expect(try await stream.read(count: 2) == [0x89, 0x00])
    #expect(try await seen(server) == "[(1011, 'ping timed out')]")
  }

  @Test func `a server that stops closes with 1001, and the application ends first`() async throws {
    let container = try GaleASGITests.container(
      GaleASGITests.answer + Self.prelude + """
        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.complete"})
                await receive()
                seen.append("shutdown")
                return await send({"type": "lifespan.shutdown.complete"})
            await accept(receive, send)
            seen.append((await receive())["code"])
            await asyncio.sleep(0.02)
            seen.append("cleaned up")
            import builtins
            builtins.gale_test_seen = seen
        """)
    try await container.startUp()
    let server = try HTTPTestServer(container)
    let client = try await connect(server)
    let reading = Future(on: server.loop) { try await client.readMessage() }
    await server.server.shutdown()
    await container.shutDown()
    #expect(try await reading.get() == nil)
    #expect(client.closeCode == .goingAway)
    let seen = try GaleASGITests.evaluate("repr(__import__('builtins').gale_test_seen)")
    #expect(seen == "[1001, 'cleaned up', 'shutdown']")
  }

  @Test func `a request that comes after the client has left before accept`() async throws {
    let server = try server(
      """
      async def app(scope, receive, send):
          if scope["type"] == "http":
              return await show(scope, receive, send)
          await receive()
          event = await receive()
          try:
              await send({"type": "websocket.accept"})
          except OSError:
              seen.append((event["type"], event["code"]))
      """)
    let stream = try await server.connect()
    let fields = Self.handshake.joined(separator: "\r\n")
    try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n".utf8))
    try await server.loop.sleep(for: .milliseconds(20))
    stream.close()
    #expect(try await seen(server) == "[('websocket.disconnect', 1006)]")
  }
}

#endif
