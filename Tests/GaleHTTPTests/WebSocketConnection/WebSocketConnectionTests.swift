// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("websocket: a connection's two ends")
struct WebSocketConnectionTests {
  // MARK: - Messages (WS-005, WS-007, WS-030)

  @Test(arguments: webSocketTransports, [true, false])
  func `messages of every kind and size go both ways`(_ transport: Transport, _ isCompressed: Bool) throws {
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      if isCompressed { configuration.compression = WebSocketCompression(contextTakeover: true) }
      let (client, server) = try await connectedPair(
        transport, on: loop, client: configuration, server: configuration)
      #expect(client.isCompressed == isCompressed)
      let messages: [WebSocketMessage] = [
        .text("Hello"), .text(""), .binary([]), .text(String(repeating: "é€", count: 10_000)),
        .binary(pattern(1 << 20)), .text("last"),
      ]
      for (from, to) in [(client, server), (server, client)] {
        loop.spawn {
          for message in messages { try await from.writeMessage(message) }
          try await from.writeMessage(["a": .int(1)])
        }
        for message in messages {
          let received = try await to.readMessage()
          #expect(received?.text == message.text)
          #expect(areEqual(received?.bytes ?? [], message.bytes))
        }
        #expect(try await to.readMessage() == .text("{\"a\": 1}"))
      }
      server.close(code: 1000, reason: "enough")
      #expect(try await client.readMessage() == nil)
      try await server.waitUntilClosed()
      #expect(client.closeCode == 1000 && client.closeReason == "enough")
      #expect(server.closeCode == 1000 && server.closeCause == nil && client.closeCause == nil)
    }
  }

  @Test(arguments: webSocketTransports)
  func `a sequence of messages ends with the connection`(_ transport: Transport) throws {
    try runLoop { loop in
      let (client, server) = try await connectedPair(transport, on: loop)
      for number in 0..<100 { try server.writeMessageNoWait("\(number)") }
      server.close()
      var texts: [String] = []
      for try await message in client.messages { texts.append(message.text ?? "") }
      #expect(texts == (0..<100).map { "\($0)" })
      #expect(client.closeCode == nil && client.closeReason == nil && client.isClosed)
      #expect(try await client.readMessage() == nil)
    }
  }

  @Test func `bytes that come one by one make the same messages`() throws {
    try runLoop { loop in
      let recorder = Recorder()
      let peer = try await RawPeer(on: loop, delegate: recorder)
      let bytes =
        peer.bytes(.text, Array("one".utf8), isFinal: false) + peer.bytes(.ping, [7])
        + peer.bytes(.continuation, Array("two €".utf8)) + peer.bytes(.binary, pattern(200))
        + peer.bytes(.close, [0x03, 0xE8])
      for byte in bytes {
        try await peer.stream.write([byte])
        await loop.moment()
      }
      try await loop.wait { recorder.events.last == "closed" }
      #expect(recorder.events == ["ping [7]", "onetwo €", "200 bytes", "closed"])
      #expect(try await peer.frame() == Frame(0x8A, [7]))
      #expect(try await peer.frame() == Frame(0x88, [0x03, 0xE8]))
    }
  }

  @Test func `what a turn queues leaves with one send`() throws {
    try runLoop { loop in
      let peer = try await RawPeer(on: loop)
      for number in 0..<10 { try peer.connection.writeMessageNoWait("\(number)") }
      #expect(peer.connection.queuedByteCount == 30)
      await loop.turns(2)
      #expect(peer.connection.queuedByteCount == 0)
      #expect(try await peer.stream.read(count: 100, partial: true).count == 30)
    }
  }

  @Test(arguments: webSocketTransports)
  func `a message can be sent in fragments, with pings between them`(_ transport: Transport) throws {
    try runLoop { loop in
      let recorder = Recorder()
      let (client, server) = try await connectedPair(transport, on: loop, delegate: recorder)
      try await client.writeFragment("one ", isLast: false)
      try client.ping([1])
      await #expect(throws: WebSocketError.self) { try await client.writeMessage("other") }
      await #expect(throws: WebSocketError.self) { try await client.writeFragment([1], isLast: false) }
      try await client.writeFragment("two", isLast: true)
      try await client.writeFragment(pattern(100), isLast: false)
      try await client.writeFragment([], isLast: true)
      try await client.writeMessage("after")
      try await loop.wait { recorder.events.contains("after") }
      #expect(recorder.events == ["ping [1]", "one two", "100 bytes", "after"])
      server.abort()
    }
  }

  // MARK: - Pings (WS-008, WS-009, WS-017)

  @Test(arguments: webSocketTransports)
  func `pings are answered with their data`(_ transport: Transport) throws {
    try runLoop { loop in
      let recorder = Recorder()
      let (client, server) = try await connectedPair(transport, on: loop, delegate: recorder)
      try server.ping([1, 2])
      try server.ping([UInt8](repeating: 9, count: 125))
      try client.ping()
      #expect(throws: WebSocketError.self) { try client.ping([UInt8](repeating: 9, count: 126)) }
      try await loop.wait { recorder.events.count == 3 }
      #expect(
        Set(recorder.events) == ["pong [1, 2]", "pong \([UInt8](repeating: 9, count: 125))", "ping []"])
      client.close()
    }
  }

  @Test func `a silent peer is closed, with a cause of its own`() throws {
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      configuration.pingInterval = .milliseconds(300)
      configuration.pingTimeout = .milliseconds(100)
      configuration.closeTimeout = .milliseconds(100)
      let peer = try await RawPeer(on: loop, configuration)
      #expect(try await peer.frame() == Frame(0x89, []))
      let close = try await peer.close()
      #expect(close == CloseFrame(1011, "ping timed out"))
      try await peer.connection.waitUntilClosed()
      #expect(peer.connection.closeCause?.code == .pingTimedOut)
    }
  }

  @Test func `a peer that answers, or is only busy, is not`() throws {
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      configuration.pingInterval = .milliseconds(250)
      let (client, server) = try await connectedPair(on: loop, server: configuration)
      // Nobody reads at the server's end: a message waits, and what is behind it.
      try await client.writeMessage("waits")
      try await client.writeMessage("too")
      try await loop.sleep(for: .milliseconds(1600))
      #expect(server.isOpen && client.isOpen)
      #expect(try await server.readMessage() == .text("waits"))
      client.close()
    }
  }

  // MARK: - Tasks (WS-030)

  @Test func `a cancelled reader leaves the connection as it is`() throws {
    try runLoop { loop in
      let (client, server) = try await connectedPair(on: loop)
      var outcome: (any Error)?
      let reading = loop.spawn {
        do { _ = try await client.readMessage() } catch { outcome = error }
      }
      await loop.turns(3)
      await #expect(throws: WebSocketError.self) { _ = try await client.readMessage() }
      reading.cancel()
      await reading.value
      #expect(outcome is CancellationError)
      try await server.writeMessage("still here")
      #expect(try await client.readMessage() == .text("still here"))
      client.close()
    }
  }

  @Test func `a cancelled writer does not wait for the peer`() throws {
    try runLoop { loop in
      let peer = try await RawPeer(on: loop)
      var outcome: (any Error)?
      let writing = loop.spawn {
        do { while true { try await peer.connection.writeMessage(pattern(1 << 20)) } } catch {
          outcome = error
        }
      }
      try await loop.wait { peer.connection.drainWaiters.count == 1 }
      writing.cancel()
      await writing.value
      #expect(outcome is CancellationError)
      #expect(peer.connection.drainWaiters.isEmpty && peer.connection.isOpen)
      peer.stream.abort()
    }
  }

  @Test func `a connection that is closed is forgotten`() throws {
    weak var client: WebSocketConnection?
    weak var server: WebSocketConnection?
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      configuration.pingInterval = .seconds(1)
      let pair = try await connectedPair(on: loop, client: configuration, delegate: Recorder())
      (client, server) = (pair.client, pair.server)
      try await pair.client.writeMessage("x")
      pair.client.close()
      try await pair.client.waitUntilClosed()
      try await pair.server.waitUntilClosed()
    }
    #expect(client == nil)
    #expect(server == nil)
  }

  @Test func `a flood of small frames gives way to others`() throws {
    try runLoop { loop in
      let recorder = Recorder()
      let peer = try await RawPeer(on: loop, delegate: recorder)
      try await peer.stream.write((0..<5000).flatMap { _ in peer.bytes(.pong) })
      var turns = 0
      var largest = 0
      while recorder.events.count < 5000 {
        let before = recorder.events.count
        await loop.moment()
        turns += 1
        largest = max(largest, recorder.events.count - before)
        try #require(turns < 100_000)
      }
      #expect(turns >= 5000 / 512)
      #expect(largest <= 2 * 256)
      peer.stream.close()
    }
  }
}
