// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

@Suite("tcpserver: limits, ends and groups")
struct TCPServerLifeTests {
  private func ask(_ stream: IOStream, _ line: String) async throws {
    try await stream.write(line + "\n")
    #expect(try await stream.text(until: "\n") == line + "\n")
  }

  /// TCS-004.
  @Test func `what is bound is served after the start`() throws {
    try runLoop { loop async throws in
      let server = EchoServer(on: loop)
      let port = try bindSockets(port: 0, address: "127.0.0.1")[0].address.port
      try server.bind(port: port, address: "127.0.0.1")
      #expect(server.addresses.isEmpty)
      let client = try await IOStream.connect(to: SocketAddress(host: "127.0.0.1", port: port), on: loop)
      try await client.write("hello\n")
      await loop.turns(5)
      #expect(server.connectionCount == 0)
      try server.start()
      #expect(server.addresses.map(\.port) == [port])
      #expect(try await client.text(until: "\n") == "hello\n")
      try server.start()
      #expect(server.addresses.count == 1)
      client.close()
      server.stop()
    }
  }

  @Test func `a Unix socket's path is listened on`() throws {
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let server = EchoServer(on: loop)
      try server.listen(path: directory.path("s"))
      try await ask(IOStream.connect(to: server.addresses[0], on: loop), "hello")
      server.closeAllConnections()
      server.stop()
    }
  }

  /// TCS-008.
  @Test(arguments: PollerKind.allCases)
  func `no more connections are accepted than may be open`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let server = EchoServer(on: loop)
      server.maxConnections = 2
      try server.listen(port: 0, address: "127.0.0.1")
      let address = server.addresses[0]
      var clients: [IOStream] = []
      for _ in 0..<4 { clients.append(try await IOStream.connect(to: address, on: loop)) }
      try await loop.wait { server.connectionCount == 2 }
      await loop.turns(10)
      #expect(server.connectionCount == 2)
      try server.listen(port: 0, address: "127.0.0.1")
      let other = try await IOStream.connect(to: server.addresses[1], on: loop)
      await loop.turns(10)
      #expect(server.connectionCount == 2, "a socket that comes later is held back too")
      clients.removeFirst().close()
      try await loop.wait { server.handled == 3 }
      #expect(server.connectionCount == 2)
      server.maxConnections = nil
      try await loop.wait { server.connectionCount == 4 }
      for client in clients + [other] { try await ask(client, "served") }
      for client in clients + [other] { client.close() }
      server.stop()
    }
  }

  @Test func `a server waits for its connections, and cuts those that take too long`() throws {
    try runLoop { loop async throws in
      let server = EchoServer(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await ask(client, "one")
      var hasEnded = false
      let ending = loop.spawn {
        await server.shutdown(grace: .seconds(3600))
        hasEnded = true
      }
      try await loop.wait { server.addresses.isEmpty }
      try await ask(client, "two")
      #expect(!hasEnded)
      client.close()
      await ending.value
      #expect(server.connectionCount == 0)

      let second = EchoServer(on: loop)
      try second.listen(port: 0, address: "127.0.0.1")
      let stubborn = try await IOStream.connect(to: second.addresses[0], on: loop)
      try await ask(stubborn, "one")
      await second.shutdown(grace: .milliseconds(20))
      #expect(second.connectionCount == 0)
      #expect(try await stubborn.readUntilClose() == [])
      await second.shutdown()
    }
  }

  @Test func `cutting connections cancels what serves them`() throws {
    final class Sleeper: TCPServer {
      var outcomes: [String] = []
      override func handle(_ stream: IOStream, address: SocketAddress) async throws {
        do { try await loop.sleep(for: .seconds(3600)) } catch {
          outcomes.append("\(error is CancellationError)")
          throw error
        }
      }
    }
    try runLoop { loop async throws in
      let server = Sleeper(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await loop.wait { server.connectionCount == 1 }
      server.closeAllConnections()
      #expect(try await client.readUntilClose() == [])
      try await loop.wait { server.connectionCount == 0 }
      #expect(server.outcomes == ["true"])
      server.stop()
    }
  }

  /// TCS-001.
  @Test func `streams have the server's limits`() throws {
    final class Counter: TCPServer {
      var counts: [Int] = []
      override func handle(_ stream: IOStream, address: SocketAddress) async throws {
        #expect(stream.maxBufferSize == 1000)
        while true { counts.append(try await stream.read(count: 100_000, partial: true).count) }
      }
    }
    try runLoop { loop async throws in
      let server = Counter(maxBufferSize: 1000, readChunkSize: 300, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await client.write(pattern(5000))
      client.close()
      try await loop.wait { server.counts.reduce(0, +) == 5000 }
      #expect(server.counts.allSatisfy { $0 <= 300 })
      server.stop()
    }
  }

  @Test(arguments: [1, 3])
  func `each loop of a group serves`(_ loops: Int) throws {
    let threads = Mutex<Set<UInt>>([])
    final class Reporter: TCPServer {
      var threads: (UInt) -> Void = { _ in }
      override func handle(_ stream: IOStream, address: SocketAddress) async throws {
        threads(UInt(pthread_self()))
        while true { try await stream.write(stream.read(until: [10])) }
      }
    }
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let group = try TCPServerGroup(loops: loops, on: loop) { loop in
        let server = Reporter(on: loop)
        server.threads = { thread in _ = threads.withLock { $0.insert(thread) } }
        return server
      }
      try group.listen(port: 0, address: "127.0.0.1")
      try group.addSockets([bindUnixSocket(path: directory.path("s"))])
      #expect(group.addresses.count == 2)
      let (tcp, unix) = (group.addresses[0], group.addresses[1])
      var clients: [IOStream] = []
      // The kernel spreads them by their ports; that one loop gets none of so many does not happen.
      while threads.withLock({ $0.count }) < loops || clients.count < 10 {
        try #require(clients.count < 400)
        let client = try await IOStream.connect(to: clients.count % 10 == 9 ? unix : tcp, on: loop)
        try await ask(client, "hello \(clients.count)")
        clients.append(client)
      }
      var hasEnded = false
      let ending = loop.spawn {
        await group.shutdown(grace: .seconds(3600))
        hasEnded = true
      }
      for client in clients { try await ask(client, "still there") }
      #expect(!hasEnded)
      await #expect(throws: StreamError.self) { _ = try await IOStream.connect(to: tcp, on: loop) }
      for client in clients { client.close() }
      await ending.value
      #expect(group.addresses.isEmpty)
    }
  }
}
