// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

@Suite("websocket: WebSocketHandler")
struct WebSocketHandlerTests {
  static let good = [
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  // MARK: - Life (WS-004, WS-005, WS-006)

  @Test func `no message is taken before open has returned, and path arguments are there`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.open = { handler in
      journal.note("open \(try handler.pathArgument(0) ?? "")")
      try await handler.loop.sleep(for: .milliseconds(30))
      journal.note("opened")
    }
    script.message = { _, message in journal.note(message.text ?? "") }
    script.close = { handler in journal.note("close \(handler.closeCode?.description ?? "none")") }
    try serving([.socket("/ws/(.*)", script)]) { server in
      let connection = try await server.socket("/ws/room")
      for text in ["a", "b", "c"] { try await connection.writeMessage(text) }
      connection.close(code: 1000)
      try await connection.waitUntilClosed()
      try await server.wait { journal.entries.count == 6 }
      #expect(journal.entries == ["open room", "opened", "a", "b", "c", "close 1000"])
      #expect(connection.closeCode == 1000)
      #expect(server.server.context.connectionCount == 0)
    }
  }

  @Test func `the next message waits for the one before, and its answer comes before the close`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.message = { handler, message in
      journal.note("begin \(message.text ?? "")")
      try await handler.loop.sleep(for: .milliseconds(20))
      journal.note("end \(message.text ?? "")")
      try await handler.writeMessage(message)
    }
    try serving([.socket("/ws", script)]) { server in
      let connection = try await server.socket()
      try connection.writeMessageNoWait("1")
      try connection.writeMessageNoWait("2")
      #expect(try await connection.readMessage() == .text("1"))
      #expect(try await connection.readMessage() == .text("2"))
      #expect(journal.entries == ["begin 1", "end 1", "begin 2", "end 2"])
      // The close frame is there while the message is being worked on.
      let client = try await server.connect()
      try await client.send("GET", "/ws", Self.good)
      _ = try await client.responseHead()
      try await client.send([0x81, 0x81, 0, 0, 0, 0, 0x61, 0x88, 0x80, 0, 0, 0, 0])
      #expect(try await client.readToEnd().bytes == [0x81, 1, 0x61, 0x88, 0])
      connection.abort()
    }
  }

  @Test func `a loop over the messages in open`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.open = { handler in
      for try await message in handler.messages {
        try await handler.writeMessage("got \(message.text ?? "")")
      }
      journal.note("ended")
    }
    script.close = { _ in journal.note("closed") }
    try serving([.socket("/ws", script)]) { server in
      let connection = try await server.socket()
      for text in ["x", "y"] {
        try await connection.writeMessage(text)
        #expect(try await connection.readMessage() == .text("got \(text)"))
      }
      connection.close()
      try await server.wait { journal.entries.count == 2 }
      #expect(Set(journal.entries) == ["ended", "closed"])
    }
  }

  @Test func `open is cancelled when the client leaves`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.open = { handler in
      do { try await handler.loop.sleep(for: .seconds(60)) } catch {
        journal.note("\(type(of: error))")
        throw error
      }
    }
    script.close = { handler in journal.note("closed \(handler.closeCause?.code == .connectionLost)") }
    try serving([.socket("/ws", script)]) { server in
      let connection = try await server.socket()
      connection.abort()
      try await server.wait { journal.entries.count == 2 }
      #expect(Set(journal.entries) == ["CancellationError", "closed true"])
    }
  }

  @Test(arguments: ["open", "message", "bare"])
  func `what a handler throws closes with 1011`(_ place: String) throws {
    struct Oops: Error {}
    var script = SocketScript()
    if place == "open" { script.open = { _ in throw Oops() } }
    if place == "message" { script.message = { _, _ in throw Oops() } }
    try serving([.socket("/ws", script), URLSpec("/bare", BareSocket.self)]) { server in
      let connection = try await server.socket(place == "bare" ? "/bare" : "/ws")
      if place != "open" { try await connection.writeMessage("x") }
      #expect(try await connection.readMessage() == nil)
      #expect(connection.closeCode == .internalError)
      try await server.wait { server.server.context.connectionCount == 0 }
    }
  }

  @Test(
    arguments: ["write", "redirect", "setHeader", "setCookie", "setStatus", "finish", "flush"])
  func `methods of an answer stop the program after the upgrade`(_ name: String) async {
    // WS-021.
    await #expect(processExitsWith: .failure) { [name = name as String] in
      var script = SocketScript()
      script.open = { handler in
        switch name {
        case "write": handler.write("x")
        case "redirect": try handler.redirect(to: "/")
        case "setHeader": try handler.setHeader("A", "b")
        case "setCookie": try handler.setCookie("a", "b")
        case "setStatus": handler.setStatus(200)
        case "finish": try handler.finish()
        default: try await handler.flush()
        }
      }
      let made = script
      try serving([.socket("/ws", made)]) { server in
        let connection = try await server.socket()
        _ = try await connection.readMessage()
      }
    }
  }

  // MARK: - Settings (WS-016, WS-018)

  @Test func `the application's settings are the handlers' defaults`() throws {
    var settings = Application.Settings.quiet
    settings.webSocketMaxMessageByteCount = 10
    settings.webSocketPingInterval = .milliseconds(200)
    settings.webSocketPingTimeout = .milliseconds(100)
    try serving([.socket()], settings: settings) { server in
      let connection = try await server.socket()
      try await connection.writeMessage("0123456789")
      #expect(try await connection.readMessage() == .text("0123456789"))
      try await connection.writeMessage("0123456789+")
      #expect(try await connection.readMessage() == nil)
      #expect(connection.closeCode == .messageTooBig && connection.closeReason == "message too big")
      // One that answers no pings.
      let client = try await server.connect()
      try await client.send("GET", "/ws", Self.good)
      _ = try await client.responseHead()
      #expect(try await client.stream.read(count: 2) == [0x89, 0])
      #expect(try await client.stream.read(count: 4) == [0x88, 16, 0x03, 0xF3])
      client.close()
    }
  }

  // MARK: - The server stops (WS-023, ASK-002)

  @Test func `a server that stops says 1001 and waits for the answer`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.close = { handler in journal.note("closed \(handler.closeCode?.description ?? "")") }
    try serving([.socket("/ws", script)]) { server in
      let connections = [try await server.socket(), try await server.socket()]
      #expect(server.server.context.connectionCount == 2)
      let start = server.loop.time
      await server.server.shutdown(grace: .seconds(20))
      #expect(server.loop.time - start < .seconds(5))
      for connection in connections {
        #expect(try await connection.readMessage() == nil)
        #expect(connection.closeCode == .goingAway)
      }
      #expect(journal.entries == ["closed 1001", "closed 1001"])
    }
  }

  @Test func `a client that does not answer is cut after the grace`() throws {
    try serving([.socket()]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/ws", Self.good)
      _ = try await client.responseHead()
      let start = server.loop.time
      await server.server.shutdown(grace: .milliseconds(100))
      #expect(server.loop.time - start < .seconds(4))
      #expect(server.server.context.connectionCount == 0)
      client.close()
    }
  }
}
