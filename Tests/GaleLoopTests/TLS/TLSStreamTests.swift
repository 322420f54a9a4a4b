// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import CSystem
import GaleCore
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

@Suite("tls: streams")
struct TLSStreamTests {
  let zoo: TLSZoo
  let client: TLSContext
  let server: TLSContext

  init() throws {
    zoo = try TLSZoo.shared.get()
    client = try zoo.client()
    server = try zoo.server()
  }

  /// A client and a server that have shaken hands.
  func connect(
    on loop: IOLoop, _ streams: (IOStream, IOStream)? = nil
  ) async throws -> (client: TLSStream, server: TLSStream) {
    let streams = streams.map { (client: $0.0, server: $0.1) }
    let outcome = try await shakeHands(on: loop, streams, client: client, server: server)
    return (try #require(outcome.client), try #require(outcome.server))
  }

  // MARK: - startTLS (IOS-021)

  @Test(arguments: PollerKind.allCases)
  func `a connection goes over to TLS in its middle`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let (near, far) = try await Transport.tcp.connect(on: loop)
      var hasClosed = false
      far.setCloseCallback { hasClosed = true }
      try await near.write("STARTTLS\n")
      #expect(try await far.text(until: "\n") == "STARTTLS\n")
      try await far.write("go ahead\n")
      #expect(try await near.text(until: "\n") == "go ahead\n")
      let (client, server) = try await connect(on: loop, (near, far))
      #expect(near.isClosed && far.isClosed)
      #expect(!hasClosed)
      try await client.write("secret\n")
      #expect(try await server.text(until: "\n") == "secret\n")
      // The close callback has moved.
      client.close()
      try await loop.wait { hasClosed }
      #expect(server.isClosed && server.error == nil)
    }
  }

  @Test func `bytes that came in plain text do not become protected ones`() throws {
    try runLoop { loop async throws in
      let (near, far) = try await Transport.tcp.connect(on: loop)
      try await near.write("STARTTLS\nDELETE everything\n")
      #expect(try await far.text(until: "\n") == "STARTTLS\n")
      do {
        _ = try await far.startTLS(server)
        Issue.record("injected bytes were taken")
      } catch { #expect((error as? TLSError)?.code == .notTLS) }
      #expect(far.isClosed)
      near.close()
      // Nor do those of a server that speaks before it was greeted.
      let (client, fake) = try await Transport.tcp.connect(on: loop)
      try await fake.write("go ahead\nyou are root\n")
      #expect(try await client.text(until: "\n") == "go ahead\n")
      do {
        _ = try await client.startTLS(self.client, serverName: "localhost")
        Issue.record("injected bytes were taken")
      } catch { #expect((error as? TLSError)?.code == .invalidState) }
      #expect(client.isClosed)
      fake.close()
    }
  }

  @Test func `a greeting that came before TLS was begun is not lost`() throws {
    try runLoop { loop async throws in
      let (near, far) = try await Transport.tcp.connect(on: loop)
      far.setCloseCallback {}  // reads at once whatever comes
      let other = loop.spawn {
        let stream = try await near.startTLS(client, serverName: "localhost")
        try await stream.write("well\n")
        stream.close()
      }
      try await loop.wait { (far.readBuffer?.count ?? 0) > 100 }
      let stream = try await far.startTLS(server)
      #expect(try await stream.text(until: "\n") == "well\n")
      await other.value
      stream.close()
    }
  }

  @Test func `a stream that is in use does not go over`() throws {
    try runLoop { loop async throws in
      let (near, far) = try await Transport.tcp.connect(on: loop)
      func code(_ stream: IOStream) async -> TLSError.Code? {
        do {
          _ = try await stream.startTLS(server)
          return nil
        } catch { return (error as? TLSError)?.code }
      }
      let reading = loop.spawn { _ = try? await far.read(count: 1) }
      await loop.turns(2)
      #expect(await code(far) == .invalidState)
      #expect(!far.isClosed)
      try await near.write([1])
      await reading.value
      try far.enqueue([UInt8](repeating: 0, count: 20_000_000))
      #expect(await code(far) == .invalidState)
      far.close()
      #expect(await streamError { _ = try await far.startTLS(server) } == .closed)
      near.close()
    }
  }

  // MARK: - Handshakes that go wrong below TLS

  @Test(arguments: PollerKind.allCases)
  func `a handshake in pieces of one byte succeeds`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let (near, first) = try await Transport.tcp.connect(on: loop)
      let (second, far) = try await Transport.tcp.connect(on: loop)
      for stream in [near, first, second, far] { stream.setNoDelay(true) }
      relaySlowly(first, second)
      let (client, server) = try await connect(on: loop, (near, far))
      let sent = pattern(10_000)
      try await client.write(sent)
      #expect(areEqual(try await server.read(count: sent.count), sent))
      client.close()
      #expect(try await server.readUntilClose() == [])
      server.close()
    }
  }

  @Test func `a handshake that is never finished ends in time`() throws {
    let hasty = try zoo.server { $0.handshakeTimeout = .milliseconds(300) }
    let hastyClient = try zoo.client { $0.handshakeTimeout = .milliseconds(300) }
    try runLoop { loop async throws in
      for role in [TLSConfiguration.Role.server, .client] {
        let (near, far) = try await Transport.tcp.connect(on: loop)
        if role == .server { try await near.write([22, 3, 1, 2, 0, 1]) }
        do {
          _ = try await far.startTLS(role == .server ? hasty : hastyClient, serverName: "localhost")
          Issue.record("it must not succeed")
        } catch { #expect((error as? TLSError)?.code == .timedOut) }
        if role == .server { #expect(try await near.readUntilClose().isEmpty) }
        near.close()
      }
    }
  }

  /// What is sent to a server instead of a greeting, and what it says of it.
  static let greetings: [(String, TLSError.Code)] = [
    ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", .plainHTTP),
    ("POST / HTTP/1.1\r\n\r\n", .plainHTTP),
    ("CONNECT localhost:443 HTTP/1.1\r\n\r\n", .plainHTTP),
    ("EHLO localhost\r\n", .notTLS),
    ("SSH-2.0-OpenSSH_9.2\r\n", .notTLS),
    ("\u{16}\u{3}\u{1}\0\u{5}hello", .protocolViolation),
    ("\u{16}\u{3}\u{1}\0\0", .closedDuringHandshake),
    ("", .closedDuringHandshake),
    ("\u{16}\u{3}\u{1}\u{2}\0\u{1}", .closedDuringHandshake),
  ]

  @Test func `a greeting with a name of 60,000 bytes is refused, and empty records are not read for ever`()
    throws
  {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func prefixed(_ count: Int, _ bytes: [UInt8]) -> [UInt8] { number(bytes.count, count) + bytes }
    let names = prefixed(2, [0] + prefixed(2, [UInt8](repeating: 0x61, count: 60_000)))
    let extensions = prefixed(2, [0, 0] + prefixed(2, names))
    let greeting =
      [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + prefixed(2, [0xC0, 0x2B]) + [1, 0] + extensions
    let message = [1] + prefixed(3, greeting)
    var records: [UInt8] = []
    for start in stride(from: 0, to: message.count, by: 16384) {
      records += [22, 3, 1] + prefixed(2, Array(message[start..<min(message.count, start + 16384)]))
    }
    let empty = [[UInt8]](repeating: [22, 3, 1, 0, 0], count: 10_000).flatMap { $0 }
    let named = try zoo.server {
      $0.identities = ["a.zoo.test": try zoo.identity("a", names: "DNS:a.zoo.test")]
    }
    try runLoop { loop async throws in
      for (bytes, context) in [(records, server), (records, named), (empty, server)] {
        let (near, far) = try await Transport.tcp.connect(on: loop)
        try near.enqueue(bytes)
        do {
          _ = try await far.startTLS(context)
          Issue.record("it must not succeed")
        } catch { #expect((error as? TLSError)?.code == .protocolViolation, "\(error)") }
        near.close()
      }
    }
  }

  @Test(arguments: greetings)
  func `a server says what it was sent instead of TLS`(_ greeting: (String, TLSError.Code)) throws {
    try runLoop { loop async throws in
      let (near, far) = try await Transport.tcp.connect(on: loop)
      if !greeting.0.isEmpty { try await near.write(greeting.0) }
      near.shutdownWriting()
      do {
        _ = try await far.startTLS(server)
        Issue.record("it must not succeed")
      } catch { #expect((error as? TLSError)?.code == greeting.1, "\(error)") }
      near.close()
    }
  }

  @Test func `a client says that the server does not speak TLS`() throws {
    try runLoop { loop async throws in
      for (answer, code) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", TLSError.Code.notTLS), ("", .closedDuringHandshake),
      ] {
        let (near, far) = try await Transport.tcp.connect(on: loop)
        if !answer.isEmpty { try await far.write(answer) }
        far.shutdownWriting()
        do {
          _ = try await near.startTLS(client, serverName: "localhost")
          Issue.record("it must not succeed")
        } catch { #expect((error as? TLSError)?.code == code, "\(error)") }
        far.close()
      }
    }
  }

  @Test func `random bytes are refused`() throws {
    var random = SeededGenerator(7)
    try runLoop { loop async throws in
      for _ in 0..<50 {
        let (near, far) = try await Transport.tcp.connect(on: loop)
        var bytes = (0..<Int.random(in: 1...3000, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) {
          bytes.replaceSubrange(0..<0, with: [22, 3, UInt8.random(in: 0...4, using: &random)])
        }
        near.shutdownAfter(bytes)
        do {
          _ = try await far.startTLS(server)
          Issue.record("it must not succeed")
        } catch { #expect(error is TLSError) }
        near.close()
      }
    }
  }

  // MARK: - Servers (TCS-001, TCS-007)

  private final class Greeter: TCPServer {
    var seen: [String] = []
    override func handle(_ stream: IOStream, address: SocketAddress) async throws {
      let stream = try #require(stream as? TLSStream)
      seen.append("\(stream.applicationProtocol ?? "-") \(stream.serverName ?? "-")")
      try await stream.write("hello\n")
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `a server greets those who shake hands, and outlives the others`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let greeter = Greeter(tls: try zoo.server { $0.applicationProtocols = ["greet"] }, on: loop)
      try greeter.listen(port: 0, address: "127.0.0.1")
      let address = greeter.addresses[0]
      for greeting in ["GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}", "", "nonsense"] {
        let stream = try await IOStream.connect(to: address, on: loop)
        if !greeting.isEmpty { try await stream.write(greeting) }
        stream.shutdownWriting()
        _ = try? await stream.readUntilClose()
        stream.close()
      }
      for _ in 0..<3 {
        let plain = try await IOStream.connect(to: address, on: loop)
        let stream = try await plain.startTLS(
          client, serverName: "localhost", applicationProtocols: ["greet"])
        #expect(try await stream.textUntilClose() == "hello\n")
      }
      #expect(greeter.seen == ["greet localhost", "greet localhost", "greet localhost"])
      try await loop.wait { greeter.connectionCount == 0 }
      greeter.stop()
    }
  }
}

extension IOStream {
  /// Sends what the socket takes at once, and the end.
  fileprivate func shutdownAfter(_ bytes: [UInt8]) {
    try? enqueue(bytes)
    shutdownWriting()
  }
}

#endif
