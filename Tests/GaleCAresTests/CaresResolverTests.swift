// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if CAres

import GaleCAres
import TestSupport
import Testing

@testable import GaleLoop

@Suite("platform.caresresolver: CaresResolver")
struct CaresResolverTests {
  private func code(_ body: () async throws -> [SocketAddress]) async -> LoopError.Code? {
    do {
      _ = try await body()
    } catch {
      return (error as? LoopError)?.code
    }
    return nil
  }

  /// How many descriptors the loop watches.
  private func watched(_ loop: IOLoop) -> Int { loop.descriptors.count { $0.handler != nil } }

  private func resolver(_ server: NameServer, tries: Int = 3, on loop: IOLoop) -> CaresResolver {
    CaresResolver(servers: [server.address], attemptTimeout: .milliseconds(100), tries: tries, on: loop)
  }

  /// CAR-002: Tornado's asks for one family.
  @Test(arguments: PollerKind.allCases)
  func `a name has the addresses of both families`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let server = try NameServer(on: loop) {
        .records([.address($0.type == .a ? "192.0.2.7" : "2001:db8::7", of: $0.name)])
      }
      let before = watched(loop)
      let resolver = resolver(server, on: loop)
      let found = try await resolver.resolve("www.example.test", port: 80)
      #expect(Set(found.map(\.description)) == ["192.0.2.7:80", "[2001:db8::7]:80"])
      #expect(Set(server.questions.map(\.type)) == [.a, .aaaa])
      #expect(watched(loop) == before, "sockets are not kept")
      resolver.close()
      server.close()
    }
  }

  @Test(
    arguments: [(.ipv4, .a, "192.0.2.7:1"), (.ipv6, .aaaa, "[2001:db8::7]:1")]
      as [(AddressFamily, NameServer.RecordType, String)])
  func `one family is asked for alone`(
    _ family: AddressFamily, _ type: NameServer.RecordType, _ expected: String
  ) throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) {
        .records([.address($0.type == .a ? "192.0.2.7" : "2001:db8::7", of: $0.name)])
      }
      let resolver = resolver(server, on: loop)
      let found = try await resolver.resolve("www.example.test", port: 1, family: family)
      #expect(found.map(\.description) == [expected])
      #expect(server.questions == [.init(name: "www.example.test", type: type)])
      resolver.close()
      server.close()
    }
  }

  @Test func `aliases are followed`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) {
        .records([
          .alias("b.example.test", of: $0.name), .alias("c.example.test", of: "b.example.test"),
          .address($0.type == .a ? "192.0.2.9" : "2001:db8::9", of: "c.example.test"),
        ])
      }
      let resolver = resolver(server, on: loop)
      let found = try await resolver.resolve("a.example.test", port: 1)
      #expect(Set(found.map(\.host)) == ["192.0.2.9", "2001:db8::9"])
      resolver.close()
      server.close()
    }
  }

  @Test func `all of a name's addresses are found, each once`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) { question in
        .records((0..<20).map { .address("192.0.2.\($0 % 10)", of: question.name) })
      }
      let resolver = resolver(server, on: loop)
      let found = try await resolver.resolve("many.example.test", port: 1, family: .ipv4)
      #expect(found.count == 10)
      resolver.close()
      server.close()
    }
  }

  @Test(
    arguments: [
      (.code(3), .resolution), (.records([]), .resolution), (.code(2), .resolverFailure),
      (.code(5), .resolverFailure), (.garbage, .resolverFailure), (.silence, .resolverFailure),
    ] as [(NameServer.Answer, LoopError.Code)])
  func `what is not an address is an error`(_ answer: NameServer.Answer, _ expected: LoopError.Code) throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) { _ in answer }
      let before = watched(loop)
      let resolver = resolver(server, tries: 2, on: loop)
      #expect(await code { try await resolver.resolve("x.example.test.", port: 1) } == expected)
      #expect(watched(loop) == before)
      resolver.close()
      server.close()
    }
  }

  /// CAR-003: with nothing else going on, only a timer can notice that an answer is missing.
  @Test(arguments: PollerKind.allCases)
  func `a lost datagram is asked for again`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      var lost = 0
      let server = try NameServer(on: loop) {
        lost += 1
        return lost == 1 ? .silence : .records([.address("192.0.2.7", of: $0.name)])
      }
      let resolver = resolver(server, on: loop)
      let found = try await resolver.resolve("www.example.test", port: 80, family: .ipv4)
      #expect(found.map(\.host) == ["192.0.2.7"])
      #expect(server.questions.count == 2)
      resolver.close()
      server.close()
    }
  }

  /// R32.
  @Test func `a look-up has a limit of time in all`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) { _ in .silence }
      let resolver = CaresResolver(
        servers: [server.address], attemptTimeout: .seconds(60), timeout: .milliseconds(100), on: loop)
      #expect(await code { try await resolver.resolve("x.example.test", port: 1) } == .timedOut)
      let before = watched(loop)
      resolver.close()
      #expect(watched(loop) < before)
      server.close()
    }
  }

  @Test func `a server that is not there is passed over`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) { .records([.address("192.0.2.7", of: $0.name)]) }
      let silent = try NameServer(on: loop) { _ in .silence }
      let resolver = try CaresResolver(
        servers: [refusedAddress(), silent.address, server.address], attemptTimeout: .milliseconds(100),
        on: loop)
      let found = try await resolver.resolve("www.example.test", port: 80, family: .ipv4)
      #expect(found.map(\.host) == ["192.0.2.7"])
      resolver.close()
      server.close()
      silent.close()
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `what does not fit into a datagram comes over TCP`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let server = try NameServer(on: loop) { question in
        guard question.isTCP else { return .truncated }
        return .records((1...200).map { .address("192.0.2.\($0)", of: question.name) })
      }
      let resolver = resolver(server, on: loop)
      let found = try await resolver.resolve("big.example.test", port: 1, family: .ipv4)
      #expect(found.count == 200)
      #expect(server.questions.map(\.isTCP) == [false, true])
      resolver.close()
      server.close()
    }
  }

  @Test func `one family's failure does not hide the other's addresses`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) {
        $0.type == .a ? .records([.address("192.0.2.7", of: $0.name)]) : .records([])
      }
      let resolver = resolver(server, on: loop)
      #expect(try await resolver.resolve("four.example.test", port: 1).map(\.host) == ["192.0.2.7"])
      resolver.close()
      server.close()
    }
  }

  @Test func `numbers and the machine itself are nobody's question`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) { _ in .code(2) }
      let resolver = resolver(server, on: loop)
      #expect(try await resolver.resolve("10.1.2.3", port: 7).map(\.description) == ["10.1.2.3:7"])
      #expect(await code { try await resolver.resolve("10.1.2.3", port: 7, family: .ipv6) } == .resolution)
      #expect(await code { try await resolver.resolve("a\0b", port: 7) } == .invalidArgument)
      let own = try await resolver.resolve("localhost", port: 7)
      #expect(own.allSatisfy { ["127.0.0.1", "::1"].contains($0.host) })
      #expect(server.questions.isEmpty)
      resolver.close()
      server.close()
    }
  }

  @Test func `cancelling ends a look-up at once, and the others go on`() throws {
    try runLoop { loop async throws in
      var release = false
      let server = try NameServer(on: loop) {
        $0.name.hasPrefix("slow") && !release ? .silence : .records([.address("192.0.2.7", of: $0.name)])
      }
      let resolver = resolver(server, tries: 10, on: loop)
      var outcomes: [String] = []
      let tasks = ["slow1", "slow2"].map { name in
        loop.spawn {
          do {
            outcomes.append(
              try await resolver.resolve("\(name).example.test", port: 1, family: .ipv4)[0].host)
          } catch {
            outcomes.append("\(error is CancellationError)")
          }
        }
      }
      try await loop.wait { server.questions.count >= 2 }
      tasks[0].cancel()
      await tasks[0].value
      #expect(outcomes == ["true"])
      release = true
      await tasks[1].value
      #expect(outcomes == ["true", "192.0.2.7"])
      resolver.close()
      server.close()
    }
  }

  @Test func `closing ends what waits and refuses what comes`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) { _ in .silence }
      let resolver = resolver(server, on: loop)
      var outcome: LoopError.Code?
      let task = loop.spawn { outcome = await code { try await resolver.resolve("x.example.test", port: 1) } }
      try await loop.wait { !server.questions.isEmpty }
      resolver.close()
      resolver.close()
      await task.value
      #expect(outcome == .resolverFailure)
      #expect(await code { try await resolver.resolve("x.example.test", port: 1) } == .resolverFailure)
      server.close()
    }
  }

  @Test func `many look-ups go on at once`() throws {
    try runLoop { loop async throws in
      let server = try NameServer(on: loop) { .records([.address("192.0.2.7", of: $0.name)]) }
      let resolver = resolver(server, on: loop)
      var found = 0
      let tasks = (0..<100).map { index in
        loop.spawn {
          found += try await resolver.resolve("n\(index).example.test", port: 1, family: .ipv4).count
        }
      }
      for task in tasks { await task.value }
      #expect(found == 100)
      resolver.close()
      server.close()
    }
  }

  /// CAR-001.
  @Test func `a client connects by it`() throws {
    try runLoop { loop async throws in
      let names = try NameServer(on: loop) {
        $0.type == .a ? .records([.address("127.0.0.1", of: $0.name)]) : .code(2)
      }
      let server = try EchoBytes.listening(on: loop)
      loop.setResolver(resolver(names, tries: 1, on: loop))
      let stream = try await TCPClient(on: loop)
        .connect("echo.example.test", port: server.addresses[0].port, timeout: .seconds(30))
      try await stream.write(Array("hello\n".utf8))
      #expect(try await stream.read(until: [10]) == Array("hello\n".utf8))
      stream.close()
      server.stop()
      names.close()
    }
  }
}

#endif
