// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

extension WebSocketConnectionTests {
  // MARK: - Back-pressure (WS-005, WS-007, ASK-015)

  @Test(arguments: webSocketTransports)
  func `a reader that does not read holds the writer back`(_ transport: Transport) throws {
    try runLoop { loop in
      let (client, server) = try await connectedPair(transport, on: loop)
      let message = pattern(64 * 1024)
      var sent = 0
      let writing = loop.spawn {
        while sent < 400 {
          try await client.writeMessage(message)
          sent += 1
        }
      }
      var before = -1
      while before != sent {
        before = sent
        try await loop.sleep(for: .milliseconds(30))
      }
      #expect(sent < 400)
      #expect(client.queuedByteCount <= 2 * 64 * 1024 + 100)
      #expect(server.stream.readBuffer?.count ?? 0 < 1 << 18)
      for _ in 0..<400 { #expect(try await server.readMessage()?.byteCount == 64 * 1024) }
      await writing.value
      #expect(sent == 400)
      client.close()
    }
  }

  @Test(arguments: [WebSocketConfiguration.SlowConsumerPolicy.close, .error, .drop])
  func `a slow consumer is treated as the policy says`(_ policy: WebSocketConfiguration.SlowConsumerPolicy)
    throws
  {
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      configuration.slowConsumerPolicy = policy
      configuration.maxQueuedByteCount = 100_000
      configuration.closeTimeout = .milliseconds(100)
      let peer = try await RawPeer(on: loop, configuration)
      let message = [UInt8](repeating: 0, count: 50_000)
      var outcome = "never full"
      for _ in 0..<2000 {
        do throws(WebSocketError) {
          if try !peer.connection.writeMessageNoWait(message) {
            outcome = "dropped"
            break
          }
        } catch {
          outcome = "\(error.code.name)"
          break
        }
        await loop.moment()
      }
      #expect(peer.connection.queuedByteCount <= 100_100)
      switch policy {
      case .close:
        #expect(outcome == "slowConsumer")
        #expect(!peer.connection.isOpen)
        #expect(throws: WebSocketError.self) { try peer.connection.writeMessageNoWait("more") }
        try await peer.connection.waitUntilClosed()
        #expect(peer.connection.closeCause?.code == .slowConsumer)
        #expect(peer.connection.closeCause?.closeCode == 1008)
      case .error:
        #expect(outcome == "queueFull")
        #expect(peer.connection.isOpen)
      case .drop:
        #expect(outcome == "dropped")
        #expect(peer.connection.isOpen && peer.connection.droppedMessageCount == 1)
      }
      peer.stream.abort()
    }
  }

  @Test func `a message longer than the queue is sent all the same`() throws {
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      configuration.maxQueuedByteCount = 10
      let (client, server) = try await connectedPair(on: loop, client: configuration)
      try client.writeMessageNoWait(pattern(1000))
      #expect(try await server.readMessage()?.byteCount == 1000)
      client.close()
    }
  }

  @Test func `a peer that takes nothing is given up`() throws {
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      configuration.writeTimeout = .milliseconds(300)
      let peer = try await RawPeer(on: loop, configuration)
      await #expect(throws: WebSocketError.self) {
        while true { try await peer.connection.writeMessage(pattern(1 << 20)) }
      }
      try await peer.connection.waitUntilClosed()
      #expect(peer.connection.closeCause?.code == .writeTimedOut)
    }
  }

  @Test func `of pings without reading only the newest is answered, and memory stays small`() throws {
    try runLoop { loop in
      let peer = try await RawPeer(on: loop)
      // The kernel takes no more of us before the pings begin.
      while peer.connection.queuedByteCount < 100_000 {
        try peer.connection.writeMessageNoWait(pattern(50_000))
        await loop.moment()
      }
      let queued = peer.connection.queuedByteCount
      for number in 0..<1000 {
        try await peer.send(.ping, [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)])
      }
      await loop.turns(20)
      #expect(peer.connection.queuedByteCount <= queued + 10)
      #expect(peer.connection.pendingPong == [0x03, 0xE7])
      while true {
        let frame = try await peer.frame()
        guard frame.first == 0x8A else { continue }
        #expect(frame.payload == [0x03, 0xE7])
        break
      }
      peer.stream.close()
    }
  }
}
