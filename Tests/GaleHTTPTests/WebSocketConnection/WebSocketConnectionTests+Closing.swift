// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

extension WebSocketConnectionTests {
  // MARK: - Closing (WS-006, WS-010)

  @Test(arguments: [true, false], webSocketTransports)
  func `whoever closes, both learn the code once`(_ clientCloses: Bool, _ transport: Transport) throws {
    try runLoop { loop in
      let recorder = Recorder()
      let (client, server) = try await connectedPair(transport, on: loop, delegate: recorder)
      let (first, second) = clientCloses ? (client, server) : (server, client)
      first.close(code: 3001, reason: "ünough")
      first.close(code: 3002)
      #expect(!first.isOpen && !first.isClosed)
      await #expect(throws: WebSocketError.self) { try await first.writeMessage("late") }
      #expect(throws: WebSocketError.self) { try first.ping() }
      try await first.waitUntilClosed()
      try await second.waitUntilClosed()
      #expect(second.closeCode == 3001 && second.closeReason == "ünough")
      #expect(first.closeCode == 3001 && first.closeReason == "")
      #expect(first.closeCause == nil && second.closeCause == nil)
      #expect(recorder.events == ["closed"])
    }
  }

  @Test func `a reason without a code is 1000, and neither is an empty frame`() throws {
    try runLoop { loop in
      let first = try await RawPeer(on: loop)
      first.connection.close(reason: "bye")
      #expect(try await first.close() == CloseFrame(1000, "bye"))
      let second = try await RawPeer(on: loop)
      second.connection.close()
      #expect(try await second.close() == CloseFrame(0, ""))
      first.stream.close()
      second.stream.close()
      try await second.connection.waitUntilClosed()
    }
  }

  @Test func `a peer that does not answer a close frame is cut off`() throws {
    try runLoop { loop in
      var configuration = WebSocketConfiguration()
      configuration.closeTimeout = .milliseconds(200)
      let peer = try await RawPeer(on: loop, configuration)
      let start = loop.time
      peer.connection.close(code: 1000)
      try await peer.send(.text, [0x61])  // Comes too late to be heard.
      try await peer.connection.waitUntilClosed()
      #expect(loop.time - start >= .milliseconds(200))
      #expect(peer.connection.closeCause?.code == .closeTimedOut)
      #expect(try await peer.connection.readMessage() == nil)
    }
  }

  @Test func `what was queued before a close frame is sent before it`() throws {
    try runLoop { loop in
      let peer = try await RawPeer(on: loop)
      try peer.connection.writeMessageNoWait("last words")
      peer.connection.close(code: 1000)
      #expect(try await peer.frame().payload == Array("last words".utf8))
      #expect(try await peer.close().code == 1000)
      try await peer.send(.close, [0x03, 0xE8])
      #expect(try await peer.stream.readUntilClose() == [])
    }
  }

  @Test(arguments: [true, false])
  func `a lost connection has no code and a cause`(_ isReset: Bool) throws {
    try runLoop { loop in
      let recorder = Recorder()
      let peer = try await RawPeer(on: loop, delegate: recorder)
      try await peer.send(.text, Array("before".utf8))
      try await loop.wait { recorder.events == ["before"] }
      if isReset { peer.stream.abort() } else { peer.stream.close() }
      try await peer.connection.waitUntilClosed()
      #expect(recorder.events == ["before", "closed"])
      #expect(peer.connection.closeCode == nil)
      #expect(peer.connection.closeCause?.code == .connectionLost)
    }
  }

  static let violations: [(bytes: [UInt8], code: Int)] = [
    ([0x81, 0x02, 0x68, 0x69], 1002), ([0xC1, 0x80, 1, 2, 3, 4], 1002), ([0x83, 0x80], 1002),
    ([0x88, 0x81, 1, 2, 3, 4, 2], 1002), ([0x81, 0x82, 1, 2, 3, 4, 0xC2, 0x2A], 1007),
    ([0x82, 0xFF, 0, 0, 0, 0, 0x77, 0x35, 0x94, 0], 1009),
  ]

  @Test(arguments: violations.indices, webSocketTransports)
  func `a peer that breaks the protocol is told the code, after what was answered before`(
    _ index: Int, _ transport: Transport
  ) throws {
    let (bytes, code) = Self.violations[index]
    try runLoop { loop in
      let recorder = Recorder()
      let peer = try await RawPeer(transport, on: loop, delegate: recorder)
      // The rest of a flood must not turn the answer into a reset.
      try await peer.stream.write(peer.bytes(.ping, [1]) + bytes + pattern(100_000))
      #expect(try await peer.frame() == Frame(0x8A, [1]))
      let close = try await peer.close()
      #expect(close.code == code && !close.reason.isEmpty)
      #expect(try await peer.stream.readUntilClose() == [])
      peer.stream.close()
      try await peer.connection.waitUntilClosed()
      #expect(peer.connection.closeCause?.code == .violation)
      #expect(peer.connection.closeCause?.closeCode?.rawValue == UInt16(code))
      #expect(recorder.events == ["ping [1]", "closed"])
    }
  }

  @Test func `a client refuses masked frames`() throws {
    try runLoop { loop in
      let peer = try await RawPeer(isServer: false, on: loop)
      try await peer.stream.write([0x81, 0x80, 1, 2, 3, 4])
      #expect(try await peer.close().code == 1002)
      peer.stream.close()
      try await peer.connection.waitUntilClosed()
    }
  }
}
