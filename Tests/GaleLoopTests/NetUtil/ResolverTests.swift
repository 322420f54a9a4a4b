// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

/// Threads that do nothing until they are let go.
private final class Stuck: Sendable {
  let pool: ThreadPoolExecutor
  private let monitor = Monitor(false)

  init(threads: Int) {
    pool = ThreadPoolExecutor(threads: threads)
    for _ in 0..<threads { pool.submit { [monitor] in monitor.waitUntil { $0 ? () : nil } } }
  }

  func letGo() {
    monitor.withLock { $0 = true }
    monitor.broadcast()
  }
}

@Suite("netutil: resolvers")
struct ResolverTests {
  enum Kind: String, CaseIterable, Sendable {
    case loopThreads, ownThreads, blocking

    func make(on loop: IOLoop) -> any Resolver {
      switch self {
      case .loopThreads: ThreadedResolver(on: loop)
      case .ownThreads: ThreadedResolver(threads: 2, on: loop)
      case .blocking: BlockingResolver()
      }
    }
  }

  private func code(_ body: () async throws -> [SocketAddress]) async -> LoopError.Code? {
    do {
      _ = try await body()
    } catch {
      return (error as? LoopError)?.code
    }
    return nil
  }

  /// NET-007 to NET-012.
  @Test(arguments: Kind.allCases)
  func `the machine's own name has the loopback address`(_ kind: Kind) throws {
    try runLoop { loop async throws in
      let resolver = kind.make(on: loop)
      let all = try await resolver.resolve("localhost", port: 80)
      #expect(!all.isEmpty)
      #expect(all.allSatisfy { ["127.0.0.1", "::1"].contains($0.host) && $0.port == 80 })
      let four = try await resolver.resolve("localhost", port: 81, family: .ipv4)
      #expect(four == [try SocketAddress(host: "127.0.0.1", port: 81)])
      resolver.close()
    }
  }

  @Test(arguments: Kind.allCases)
  func `a name that does not exist is an error`(_ kind: Kind) throws {
    try runLoop { loop async throws in
      let resolver = kind.make(on: loop)
      // Without a network the system cannot know.
      let code = await code { try await resolver.resolve("a b.invalid", port: 80) }
      #expect(code == .resolution || code == .resolverFailure)
      resolver.close()
    }
  }

  @Test(arguments: Kind.allCases, ["", ".", "a\0.example", String(repeating: "a", count: 254)])
  func `what cannot be a name is not asked for`(_ kind: Kind, _ host: String) throws {
    try runLoop { loop async throws in
      let resolver = kind.make(on: loop)
      #expect(await code { try await resolver.resolve(host, port: 80) } == .invalidArgument)
      resolver.close()
    }
  }

  @Test func `there are no Unix sockets by name`() throws {
    try runLoop { loop async throws in
      let code = await code { try await loop.resolver.resolve("x", port: 0, family: .unix) }
      #expect(code == .invalidArgument)
    }
  }

  @Test func `a numeric address stays on the loop's thread`() throws {
    try runLoop { loop async throws in
      let stuck = Stuck(threads: 1)
      defer { stuck.letGo() }
      let resolver = ThreadedResolver(executor: stuck.pool, on: loop)
      for host in ["10.1.2.3", "2001:db8::1", "[2001:db8::1]"] {
        #expect(try await resolver.resolve(host, port: 7) == [SocketAddress(host: host, port: 7)])
      }
      #expect(await code { try await resolver.resolve("10.1.2.3", port: 7, family: .ipv6) } == .resolution)
      resolver.close()
    }
  }

  /// R32.
  @Test func `cancelling ends a look-up at once, and one that has no thread yet is dropped`() throws {
    try runLoop { loop async throws in
      let stuck = Stuck(threads: 1)
      let resolver = ThreadedResolver(executor: stuck.pool, on: loop)
      var caught: (any Error)?
      let task = loop.spawn {
        do { _ = try await resolver.resolve("localhost", port: 1) } catch { caught = error }
      }
      await loop.turns(3)
      #expect(caught == nil)
      task.cancel()
      await task.value
      #expect(caught is CancellationError)
      stuck.letGo()
      #expect(try await resolver.resolve("localhost", port: 1, family: .ipv4).count == 1)
      resolver.close()
    }
  }

  @Test func `a closed resolver answers no more`() throws {
    try runLoop { loop async throws in
      let resolver = ThreadedResolver(threads: 1, on: loop)
      resolver.close()
      resolver.close()
      #expect(await code { try await resolver.resolve("localhost", port: 1) } == .resolverFailure)
      let kept = ThreadPoolExecutor(threads: 1)
      ThreadedResolver(executor: kept, closesExecutor: false, on: loop).close()
      #expect(try await loop.runInExecutor(kept) { 5 } == 5)
      kept.shutdown()
    }
  }

  /// NET-013.
  @Test(
    arguments: [
      ("a.example", 80, nil, "127.0.0.1 80 any"), ("A.Example", 443, nil, "127.0.0.2 443 any"),
      ("a.example", 443, .ipv4, "127.0.0.2 443 IPv4"), ("a.example", 443, .ipv6, "::1 1443 IPv6"),
      ("a.example", 80, .ipv6, "six.example 80 IPv6"), ("b.example", 80, nil, "b.example 80 any"),
      ("c.example", 1, nil, "other.example 2 any"), ("c.example", 3, nil, "c.example 3 any"),
    ] as [(String, UInt16, AddressFamily?, String)])
  func `names are led elsewhere, the most exact entry first`(
    _ host: String, _ port: UInt16, _ family: AddressFamily?, _ question: String
  ) throws {
    try runLoop { loop async throws in
      let fake = FakeResolver(on: loop)
      let resolver = OverrideResolver(
        fake,
        mapping: [
          "a.example": "127.0.0.1", .init("a.example", port: 443): "127.0.0.2",
          .init("a.example", port: 443, family: .ipv6): .init("::1", port: 1443),
          .init("a.example", family: .ipv6): "six.example",
          .init("c.example", port: 1): .init("other.example", port: 2),
        ])
      _ = try await resolver.resolve(host, port: port, family: family)
      #expect(fake.questions == [question])
      resolver.close()
      #expect(fake.isClosed)
    }
  }

  @Test func `a name can lead to a Unix socket`() throws {
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let server = EchoBytes(on: loop)
      try server.addSockets([bindUnixSocket(path: directory.path("s"))])
      let path = SocketAddress(path: directory.path("s"))
      let resolver = OverrideResolver(FakeResolver(on: loop), mapping: ["local": .address(path)])
      let stream = try await TCPClient(resolver: resolver, on: loop).connect("local", port: 1)
      try await stream.write("x")
      #expect(try await stream.read(count: 1) == [UInt8(ascii: "x")])
      stream.close()
      server.stop()
    }
  }

  @Test func `a loop has one resolver, which closes with it or when it is replaced`() throws {
    var fakes: [FakeResolver] = []
    try runLoop { loop async throws in
      #expect(loop.resolver is ThreadedResolver)
      #expect(loop.resolver === loop.resolver)
      fakes = [FakeResolver(on: loop), FakeResolver(on: loop)]
      loop.setResolver(fakes[0])
      loop.setResolver(fakes[0])
      #expect(!fakes[0].isClosed)
      #expect(TCPClient(on: loop).resolver === fakes[0])
      loop.setResolver(fakes[1])
      #expect(fakes.map(\.isClosed) == [true, false])
    }
    #expect(fakes.map(\.isClosed) == [true, true])
  }

  /// NET-007: `Resolver.configure`.
  @Test func `a process chooses its resolver`() async {
    await #expect(processExitsWith: .success) {
      IOLoop.configureResolver { FakeResolver(on: $0) }
      try runLoop { loop async throws in
        precondition(loop.resolver is FakeResolver)
        IOLoop.configureResolver(nil)
        precondition(loop.resolver is FakeResolver)
      }
      try runLoop { loop async throws in precondition(loop.resolver is ThreadedResolver) }
    }
  }
}
