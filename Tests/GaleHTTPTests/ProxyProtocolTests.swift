// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTesting
import Logging
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("server: the PROXY protocol")  // PYS-034, ASK-005
struct ProxyProtocolTests {
  static func start(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    Exchange { $0.answer("\($0.remoteIP) \($0.remoteAddress.port) \($0.protocol)") }
  }

  static func behind(
    _ networks: String..., headers: TrustedProxies.Headers = .none, version: ProxyProtocol.Version = .auto
  ) throws -> HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies(networks, headers: headers)
    configuration.trustedProxies.proxyProtocol = version
    return configuration
  }

  static let header = "PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n"
  static let binary: [UInt8] =
    [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x21, 0x11, 0, 12]
    + [192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0x01, 0xBB]

  @Test(arguments: PollerKind.allCases)
  func `the header says who asks, on each request of a connection`(_ poller: PollerKind) throws {
    try withServer(try Self.behind("127.0.0.1"), poller, start: Self.start) { server async throws in
      for header in [Array(Self.header.utf8), Self.binary] {
        let client = try await server.connect()
        try await client.send(header)
        #expect(try await client.request(get("/")).text == "192.0.2.1 4660 http")
        #expect(try await client.request(get("/")).text == "192.0.2.1 4660 http")
        client.close()
      }
      let client = try await server.connect()
      // All at once.
      try await client.send(Self.binary + Array(get("/", "Connection: close\r\n").utf8))
      #expect(try await client.rest().hasSuffix("192.0.2.1 4660 http"))
    }
  }

  @Test func `what the client writes is not believed, what a proxy behind the balancer writes is`() throws {
    let fields = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
    let both = try Self.behind("127.0.0.1", "10.0.0.0/8", headers: .xForwarded)
    try withServer(both, start: Self.start) { server async throws in
      let direct = try await server.connect()
      try await direct.send(Self.header)
      #expect(try await direct.request(get("/", fields)).text == "192.0.2.1 4660 http")
      let inner = try await server.connect()
      try await inner.send("PROXY TCP4 10.1.2.3 198.51.100.2 1 2\r\n")
      #expect(try await inner.request(get("/", fields)).text == "203.0.113.9 0 https")
    }
  }

  @Test func `others send no header`() throws {
    try withServer(try Self.behind("192.0.2.0/24"), start: Self.start) { server async throws in
      let client = try await server.connect()
      #expect(try await client.request(get("/")).text.hasPrefix("127.0.0.1 "))
      #expect(try await server.exchange(Self.header + get("/")).hasPrefix("HTTP/1.1 400 "))
    }
  }

  @Test(.loop(timeLimit: .seconds(60)), arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PROXY TCP4 x\r\n"])
  func `a connection without its header is closed, with a line in the log`(_ bytes: String) async throws {
    let expected = ExpectLog("gale.general", "Connection from the proxy 127.0.0.1:", level: .info)
    try await expected.during {
      let server = HTTPServer(ClosureDelegate(Self.start), configuration: try Self.behind("127.0.0.1"))
      try server.listen(port: 0, address: "127.0.0.1")
      defer { server.stop() }
      let client = try await RawClient.connect(to: server.addresses[0])
      try await client.send(bytes)
      #expect(try await client.rest() == "")
      #expect(server.context.requestCount == 0)
      #expect(server.context.connectionCount == 0)
    }
    #expect(expected.records.count == 1)
  }

  @Test func `a header has as long as a head to come`() throws {
    try withManualClock(try Self.behind("127.0.0.1"), start: Self.start) { server async throws in
      let client = try await server.connect()
      try await client.send("PROXY ")
      #expect(try await client.rest() == "")
      #expect(server.context.connectionCount == 0)
    }
  }

  @Test func `a server that ends does not wait for headers`() throws {
    try withServer(try Self.behind("127.0.0.1"), start: Self.start) { server async throws in
      let client = try await server.connect()
      try await server.loop.wait { server.context.connectionCount == 1 }
      await server.server.shutdown(grace: .seconds(30))
      #expect(server.context.connectionCount == 0)
      #expect(try await client.rest() == "")
    }
  }

  #if HTTP2
  @Test func `HTTP/2 may follow`() throws {
    try withServer(try Self.behind("127.0.0.1"), start: Self.start) { server async throws in
      let client = HTTP2Client(try await IOStream.connect(to: server.address, on: server.loop))
      try await client.send(Self.binary)
      try await client.open()
      try await client.request(1)
      let response = try await client.response(1)
      #expect(response.text == "192.0.2.1 4660 http")
      client.stream.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }
  #endif

  #if TLS
  @Test func `TLS may follow`() throws {
    let zoo = try TLSZoo.shared.get()
    let configuration = try Self.behind("127.0.0.1", version: .v2)
    try runLoop { loop in
      let server = HTTPServer(
        ClosureDelegate(Self.start), tls: try zoo.server(), configuration: configuration, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      defer { server.stop() }
      let plain = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await plain.write(Self.binary)
      let client = RawClient(try await plain.startTLS(try zoo.client(), serverName: "localhost"))
      #expect(try await client.request(get("/")).text == "192.0.2.1 4660 https")
      client.close()
      try await loop.wait { server.context.connectionCount == 0 }
    }
  }
  #endif
}
