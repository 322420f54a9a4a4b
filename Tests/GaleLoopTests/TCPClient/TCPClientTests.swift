// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

@Suite("tcpclient: TCPClient")
struct TCPClientTests {
  private func echo(_ stream: IOStream) async throws {
    try await stream.write("hello\n")
    #expect(try await stream.text(until: "\n") == "hello\n")
    stream.close()
  }

  /// How many descriptors the loop watches.
  private func watched(_ loop: IOLoop) -> Int { loop.descriptors.count { $0.handler != nil } }

  private func failure(_ body: () async throws -> IOStream) async -> TCPClientError? {
    do {
      try await body().close()
    } catch {
      return error as? TCPClientError
    }
    return nil
  }

  /// TCC-002.
  @Test(arguments: PollerKind.allCases, ["127.0.0.1", "localhost", "::1", "[::1]"])
  func `connects to a host`(_ poller: PollerKind, _ host: String) throws {
    guard hasIPv6 || !host.contains(":") else { return }
    try runLoop(poller) { loop async throws in
      let server = EchoBytes(on: loop)
      try server.listen(port: 0, address: host == "[::1]" ? "::1" : host)
      let client = TCPClient(on: loop)
      try await echo(client.connect(host, port: server.addresses[0].port, timeout: .seconds(30)))
      server.stop()
    }
  }

  @Test func `connects to a Unix socket`() throws {
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let server = EchoBytes(on: loop)
      try server.addSockets([bindUnixSocket(path: directory.path("s"))])
      let client = TCPClient(on: loop)
      try await echo(client.connect(to: SocketAddress(path: directory.path("s"))))
      let error = await failure { try await client.connect(to: SocketAddress(path: directory.path("t"))) }
      #expect(error?.systemError == ENOENT)
      #expect(error?.target == "unix:" + directory.path("t"))
      server.stop()
    }
  }

  /// connect(2) says EAGAIN for a Unix socket, and nothing says when to try again.
  @Test func `waits while a Unix socket's queue is full`() throws {
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let socket = try bindUnixSocket(path: directory.path("s"), backlog: 0)
      let first = try await IOStream.connect(to: socket.address, on: loop)
      let client = TCPClient(on: loop)
      let error = await failure { try await client.connect(to: socket.address, timeout: .milliseconds(50)) }
      #expect(error?.code == .timedOut)
      let server = EchoBytes(on: loop)
      loop.callLater(.milliseconds(20)) { try? server.addSockets([socket]) }
      try await echo(client.connect(to: socket.address))
      first.close()
      server.stop()
    }
  }

  /// TCC-003: the second family does not wait for the first one's time-out.
  @Test(arguments: PollerKind.allCases)
  func `a silent address is overtaken`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let silent = try Blackhole()
      let server = try EchoBytes.listening(hasIPv6 ? "::1" : "127.0.0.1", on: loop)
      let before = watched(loop)
      let client = TCPClient(
        resolver: FakeResolver([silent.address, server.addresses[0]], on: loop), on: loop)
      client.attemptDelay = .milliseconds(20)
      let stream = try await client.connect("two.example", port: 1)
      #expect(watched(loop) <= before + 2, "the loser's socket is closed")
      try await echo(stream)
      server.stop()
    }
  }

  /// Tornado waits for the first address of each family until the system gives up.
  @Test func `a host is reached at the last of many silent addresses`() throws {
    try runLoop { loop async throws in
      let silent = try ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map { try Blackhole($0) }
      let server = try EchoBytes.listening("127.0.0.4", on: loop)
      let resolver = FakeResolver(silent.map(\.address) + server.addresses, on: loop)
      let client = TCPClient(resolver: resolver, on: loop)
      client.attemptDelay = .milliseconds(10)
      try await echo(client.connect("many.example", port: 1))
      server.stop()
    }
  }

  @Test func `after a refusal the next address is tried at once`() throws {
    try runLoop { loop async throws in
      let server = try EchoBytes.listening(on: loop)
      let refused = try [refusedAddress(), refusedAddress("127.0.0.2")]
      let client = TCPClient(resolver: FakeResolver(refused + server.addresses, on: loop), on: loop)
      client.attemptDelay = .seconds(3600)
      try await echo(client.connect("x.example", port: 1, timeout: .seconds(60)))
      server.stop()
    }
  }

  @Test func `when every address fails the error names them all`() throws {
    try runLoop { loop async throws in
      let first = try refusedAddress()
      let second = try refusedAddress("127.0.0.2")
      let client = TCPClient(resolver: FakeResolver([first, second, first], on: loop), on: loop)
      let before = watched(loop)
      let error = await failure { try await client.connect("x.example", port: 8) }
      #expect(error?.code == .connectionFailed)
      #expect(error?.attempts.map(\.address) == [first, second])
      #expect(error?.systemError == ECONNREFUSED)
      #expect(
        error?.description
          == "cannot connect to x.example:8: every address failed "
          + "(\(first): Connection refused; \(second): Connection refused)")
      #expect(watched(loop) == before)
    }
  }

  @Test func `a name without addresses is an error`() throws {
    try runLoop { loop async throws in
      let error = await failure {
        try await TCPClient(resolver: FakeResolver(on: loop), on: loop).connect("x.example", port: 8)
      }
      #expect(error?.description == "cannot connect to x.example:8: it has no address")
    }
  }

  /// TCC-005, R32.
  @Test(arguments: PollerKind.allCases)
  func `the time-out ends what is silent and closes it`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let silent = try [Blackhole(), Blackhole("127.0.0.2")]
      let refused = try refusedAddress()
      let addresses = [silent[0].address, refused, silent[1].address]
      let client = TCPClient(resolver: FakeResolver(addresses, on: loop), on: loop)
      client.attemptDelay = .milliseconds(1)
      let before = watched(loop)
      let error = await failure {
        try await client.connect("x.example", port: 8, timeout: .milliseconds(200))
      }
      #expect(error?.code == .timedOut)
      #expect(
        error?.attempts == [
          .init(address: addresses[0], systemError: 0), .init(address: refused, systemError: ECONNREFUSED),
          .init(address: addresses[2], systemError: 0),
        ])
      #expect(error?.description.contains("no connection within 0.2 seconds") == true)
      #expect(error?.description.contains("\(addresses[2]): no answer") == true)
      #expect(watched(loop) == before)
    }
  }

  /// R32.
  @Test func `the time-out does not wait for a stubborn resolver`() throws {
    try runLoop { loop async throws in
      let server = try EchoBytes.listening(on: loop)
      let resolver = FakeResolver(server.addresses, on: loop)
      resolver.delay = .milliseconds(200)
      let client = TCPClient(resolver: resolver, on: loop)
      let error = await failure {
        try await client.connect("x.example", port: 8, timeout: .milliseconds(20))
      }
      #expect(error?.code == .timedOut)
      #expect(error?.description == "cannot connect to x.example:8: not resolved within 0.02 seconds")
      try await loop.sleep(for: .milliseconds(300))
      #expect(server.peers.isEmpty, "what comes late is not connected to")
      server.stop()
    }
  }

  @Test func `the resolver's error is the caller's`() throws {
    struct Broken: Error {}
    try runLoop { loop async throws in
      let resolver = FakeResolver(on: loop)
      resolver.error = Broken()
      await #expect(throws: Broken.self) {
        _ = try await TCPClient(resolver: resolver, on: loop).connect("x.example", port: 8)
      }
      #expect(resolver.questions == ["x.example 8 any"])
    }
  }

  @Test func `a numeric address of another family is an error`() throws {
    try runLoop { loop async throws in
      _ = await #expect {
        _ = try await TCPClient(on: loop).connect("127.0.0.1", port: 8, family: .ipv6)
      } throws: {
        ($0 as? LoopError)?.code == .resolution
      }
    }
  }

  @Test(arguments: [true, false])
  func `cancelling closes the sockets`(_ isSilentAtOnce: Bool) throws {
    try runLoop { loop async throws in
      let silent = try [Blackhole(), Blackhole("127.0.0.2")]
      let client = TCPClient(resolver: FakeResolver(silent.map(\.address), on: loop), on: loop)
      client.attemptDelay = .milliseconds(1)
      let before = watched(loop)
      var caught: (any Error)?
      let task = loop.spawn {
        do { _ = try await client.connect("x.example", port: 8) } catch { caught = error }
      }
      if !isSilentAtOnce { try await loop.wait { watched(loop) == before + 2 } }
      task.cancel()
      await task.value
      #expect(caught is CancellationError)
      #expect(watched(loop) == before)
    }
  }

  @Test func `a stream's own connect can be cancelled too`() throws {
    try runLoop { loop async throws in
      let silent = try Blackhole()
      let before = watched(loop)
      let task = loop.spawn { _ = try await IOStream.connect(to: silent.address, on: loop) }
      try await loop.wait { watched(loop) == before + 1 }
      task.cancel()
      await task.value
      #expect(watched(loop) == before)
    }
  }

  /// TCC-004.
  @Test func `the connection comes from where it shall`() throws {
    try runLoop { loop async throws in
      let server = try EchoBytes.listening(on: loop)
      let port = server.addresses[0].port
      let client = TCPClient(on: loop)
      let one = try await client.connect("127.0.0.1", port: port, sourceAddress: "127.0.0.7")
      try await echo(one)
      #expect(server.peers.last?.host == "127.0.0.7")
      let free = try bindSockets(port: 0, address: "127.0.0.1")[0].address.port
      try await echo(client.connect("127.0.0.1", port: port, sourcePort: free))
      #expect(server.peers.last == (try SocketAddress(host: "127.0.0.1", port: free)))
      let other = try bindSockets(port: 0, address: "127.0.0.8")[0].address.port
      try await echo(
        client.connect("127.0.0.1", port: port, sourceAddress: "127.0.0.8", sourcePort: other))
      #expect(server.peers.last == (try SocketAddress(host: "127.0.0.8", port: other)))
      server.stop()
    }
  }

  @Test(
    arguments: [("::1", EAFNOSUPPORT), ("192.0.2.1", EADDRNOTAVAIL)] as [(String, Int32)])
  func `a source that does not fit is an error`(_ source: String, _ number: Int32) throws {
    try runLoop { loop async throws in
      let server = try EchoBytes.listening(on: loop)
      let error = await failure {
        try await TCPClient(on: loop)
          .connect("127.0.0.1", port: server.addresses[0].port, sourceAddress: source)
      }
      #expect(error?.systemError == number)
      await #expect(throws: LoopError.self) {
        _ = try await TCPClient(on: loop).connect("127.0.0.1", port: 1, sourceAddress: "localhost")
      }
      server.stop()
    }
  }

  /// RFC 9293 section 3.5.
  @Test func `a socket that meets itself is refused`() throws {
    try runLoop { loop async throws in
      let free = try bindSockets(port: 0, address: "127.0.0.1")[0].address.port
      let error = await failure {
        try await TCPClient(on: loop)
          .connect("127.0.0.1", port: free, sourceAddress: "127.0.0.1", sourcePort: free)
      }
      #expect(error?.systemError == ECONNREFUSED)
    }
  }

  /// TCC-001.
  @Test func `a closed client ends what waits and refuses what comes`() throws {
    try runLoop { loop async throws in
      let silent = try Blackhole()
      let resolver = FakeResolver([silent.address], on: loop)
      let client = TCPClient(resolver: resolver, on: loop)
      let before = watched(loop)
      loop.callLater(.milliseconds(20)) { client.close() }
      let error = await failure { try await client.connect("x.example", port: 8) }
      #expect(error?.code == .clientClosed)
      #expect(error?.attempts == [.init(address: silent.address, systemError: 0)])
      #expect(watched(loop) == before)
      #expect(await failure { try await client.connect("x.example", port: 8) }?.code == .clientClosed)
      #expect(!resolver.isClosed)
    }
  }

  @Test func `a stream gets its limits`() throws {
    try runLoop { loop async throws in
      let server = try EchoBytes.listening(on: loop)
      let stream = try await TCPClient(on: loop)
        .connect("127.0.0.1", port: server.addresses[0].port, maxBufferSize: 1000)
      try await stream.write(pattern(5000))
      await #expect { _ = try await stream.read(count: 5000) } throws: {
        ($0 as? StreamError)?.code == .bufferFull
      }
      server.stop()
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `many connect at once`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let server = try EchoBytes.listening(on: loop)
      let client = TCPClient(on: loop)
      let address = server.addresses[0]
      let tasks = (0..<100).map { _ in
        loop.spawn { try await echo(client.connect("127.0.0.1", port: address.port)) }
      }
      for task in tasks { await task.value }
      #expect(server.peers.count == 100)
      server.stop()
    }
  }
}
