// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GaleCurl
import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

/// What the engine on libcurl can do beyond the other one, and how it sits on the loop.
@Suite("curl_httpclient") struct CurlTests {
  private static func server(on loop: IOLoop) throws -> ScriptedServer {
    try ScriptedServer.listening(on: loop) { connection in
      while true {
        try await connection.head()
        try await connection.answer("ok")
      }
    }
  }

  /// A client whose requests are prepared by `prepare`.
  private static func client(
    on loop: IOLoop, _ prepare: @escaping (borrowing CurlOptions, HTTPClientExchange) throws -> Void
  ) -> AsyncHTTPClient {
    AsyncHTTPClient(on: loop, engine: CurlHTTPClient(on: loop, prepare: prepare))
  }

  // MARK: - The loop (CLI-039)

  @Test(arguments: PollerKind.allCases) func `many transfers share a loop`(_ poller: PollerKind) throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxClients = 20
    try runLoop(poller) { loop in
      let server = try CurlTests.server(on: loop)
      let client = Engine.curl.client(configuration, on: loop)
      defer {
        client.close()
        server.stop()
      }
      let fetches = (0..<100).map { number in
        Future(on: loop) { try await client.fetch("\(server.base)/\(number)") }
      }
      for fetch in fetches { #expect(try await fetch.get().text == "ok") }
      #expect(server.heads.count == 100)
      #expect(server.acceptedCount <= 20)
    }
  }

  @Test func `no thread is started, also not for names`() async throws {
    await #expect(processExitsWith: .success) {
      try runLoop { loop in
        let server = try CurlTests.server(on: loop)
        loop.setResolver(FakeResolver([server.addresses[0]], on: loop))
        let client = Engine.curl.client(on: loop)
        let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        var most = 0
        for number in 0..<5 {
          var request = HTTPRequest("http://name\(number).test:\(server.addresses[0].port)/")
          request.headerCallback = { _ in
            let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
            most = max(most, threads ?? .max)
          }
          _ = try await client.fetch(request)
        }
        precondition(most <= before, "\(most) threads instead of \(before)")
        client.close()
        server.stop()
      }
    }
  }

  @Test func `it can be the client that everybody on a loop shares`() async throws {
    await #expect(processExitsWith: .success) {
      AsyncHTTPClient.configure { loop in AsyncHTTPClient(on: loop, engine: CurlHTTPClient(on: loop)) }
      try runLoop { loop in
        let server = try CurlTests.server(on: loop)
        precondition(AsyncHTTPClient.current.engine is CurlHTTPClient, "another engine")
        let text = try await AsyncHTTPClient.current.fetch(server.base).text
        precondition(text == "ok", "another answer")
        server.stop()
      }
    }
  }

  // MARK: - Options of libcurl's (CLI-018)

  @Test func `a request is prepared with libcurl's own options`() throws {
    try runLoop { loop in
      let server = try CurlTests.server(on: loop)
      let client = CurlTests.client(on: loop) { curl, exchange in
        #expect(exchange.url.target == "/a")
        try curl.set("REQUEST_TARGET", "/another")
        try curl.set("TCP_KEEPALIVE", 1)
        try curl.set("MAX_RECV_SPEED_LARGE", 1_000_000)
        try curl.set("PROXYHEADER", ["X: y"])
      }
      defer {
        client.close()
        server.stop()
      }
      _ = try await client.fetch("\(server.base)/a")
      #expect(server.heads[0].hasPrefix("GET /another HTTP/1.1\r\n"))
    }
  }

  @Test func `options of one request are not those of the next`() throws {
    try runLoop { loop in
      let server = try CurlTests.server(on: loop)
      let client = CurlTests.client(on: loop) { curl, exchange in
        if exchange.url.target == "/a" { try curl.set("REQUEST_TARGET", "/another") }
      }
      defer {
        client.close()
        server.stop()
      }
      _ = try await client.fetch("\(server.base)/a")
      _ = try await client.fetch("\(server.base)/b")
      #expect(server.heads[1].hasPrefix("GET /b HTTP/1.1\r\n"))
    }
  }

  /// Options that cannot be set, or not so.
  static let refused: [(String, @Sendable (borrowing CurlOptions) throws -> Void)] = [
    ("libcurl has no option", { try $0.set("NO_SUCH_OPTION", 1) }),
    ("another type", { try $0.set("TCP_KEEPALIVE", "yes") }),
    ("another type", { try $0.set("REFERER", 1) }),
    ("another type", { try $0.set("REFERER", ["a"]) }),
    ("another type", { try $0.set("WRITEFUNCTION", 1) }),
    ("another type", { try $0.set("REFERER", [UInt8(1)]) }),
    ("sets PROTOCOLS_STR itself", { try $0.set("PROTOCOLS_STR", "all") }),
    ("sets followlocation itself", { try $0.set("followlocation", 1) }),
    ("NUL", { try $0.set("REFERER", "a\0b") }),
    ("CURLOPT_HTTP_VERSION", { try $0.set("HTTP_VERSION", 4711) }),
  ]

  @Test(arguments: 0..<10) func `what cannot be set is an error`(_ index: Int) throws {
    let (text, body) = CurlTests.refused[index]
    try runLoop { loop in
      let client = CurlTests.client(on: loop) { curl, _ in try body(curl) }
      defer { client.close() }
      do {
        _ = try await client.fetch("http://127.0.0.1:1/")
        Issue.record("it was set")
      } catch let error as CurlError {
        #expect(error.message.contains(text), "\(error)")
        #expect(error.number != 0)
      }
    }
  }

  // MARK: - Restrictions and errors (CLI-040, CLI-042)

  @Test func `an error of libcurl's has its number`() throws {
    try withClient(.curl) { client, _ in
      let error = await failure { try await client.fetch("http://\(try refusedAddress())/") }
      let underlying = error?.underlyingError as? CurlError
      #expect(underlying?.number == 7)
      #expect(underlying?.systemError == ECONNREFUSED)
      #expect(underlying?.description.contains("libcurl error 7") == true)
      #expect(error?.status == 599)
    }
  }

  @Test(arguments: Engine.allCases) func `line ends in fields are refused`(_ engine: Engine) throws {
    #expect(throws: HTTPInputError.self) { try HTTPHeaders([("X", "a\r\nInjected: b")]) }
    #expect(throws: HTTPInputError.self) { try HTTPHeaders([("X\r\nInjected", "b")]) }
    try withClient(engine) { client, _ in
      var request = HTTPRequest("http://127.0.0.1:1/")
      request.userAgent = "a\r\nInjected: b"
      let agent = request
      #expect(await failure { try await client.fetch(agent) }?.code == .invalidRequest)
      let method = HTTPRequest("http://127.0.0.1:1/", method: "GET / HTTP/1.1\r\nInjected: b\r\n")
      #expect(await failure { try await client.fetch(method) }?.code == .invalidRequest)
      #expect(
        await failure { try await client.fetch("http://127.0.0.1:1/\r\nInjected: b") }?.code == .invalidURL)
    }
  }

  @Test func `HEAD with a body is not supported`() throws {
    try withClient(.curl) { client, _ in
      var request = HTTPRequest("http://127.0.0.1:1/", method: "HEAD", body: "x")
      request.allowsNonstandardMethods = true
      let sent = request
      #expect(await failure { try await client.fetch(sent) }?.code == .unsupported)
    }
  }

  // MARK: - Extra powers (CLI-041)

  @Test func `a network interface has a name`() throws {
    try withClient(.curl) { client, loop in
      let server = try CurlTests.server(on: loop)
      defer { server.stop() }
      var request = HTTPRequest(server.base)
      request.networkInterface = "lo"
      #expect(try await client.fetch(request).text == "ok")
      request.networkInterface = "no-such-if"
      let sent = request
      let error = await failure { try await client.fetch(sent) }
      #expect(
        (error?.underlyingError as? CurlError)?.number == 45, "\(error.map(\.description) ?? "no error")")
    }
  }

  @Test func `where the time went is in order`() throws {
    try withClient(.curl) { client, loop in
      let server = try CurlTests.server(on: loop)
      defer { server.stop() }
      let resolver = FakeResolver([server.addresses[0]], on: loop)
      resolver.delay = .milliseconds(5)
      loop.setResolver(resolver)
      let times = try await client.fetch("http://a.test:\(server.addresses[0].port)/").timeInfo
      let order = [
        .milliseconds(5), times.nameLookup, times.connect, times.pretransfer, times.startTransfer,
        times.total,
      ]
      #expect(order == order.sorted())
      #expect(times.appConnect == .zero)
      #expect(times.redirect < .milliseconds(5))
    }
  }

  @Test(.enabled(if: hasIPv6)) func `IPv6 addresses are hosts, unless they are not wanted`() throws {
    try withClient(.curl) { client, loop in
      let server = try CurlTests.server(on: loop)
      try server.listen(port: 0, address: "::1")
      defer { server.stop() }
      var request = HTTPRequest("http://\(server.addresses[1])/")
      #expect(try await client.fetch(request).text == "ok")
      request.allowsIPv6 = false
      let sent = request
      #expect(await failure { try await client.fetch(sent) }?.code == .nameNotResolved)
    }
  }

  #if TLS
  @Test func `HTTP/2 is spoken where the server does, with many requests on one connection`() throws {
    try #require(CurlHTTPClient.speaksHTTP2, "\(CurlHTTPClient.libraryVersion)")
    let zoo = try TLSZoo.shared.get()
    try zoo.identity("localhost")
    let directory = try TemporaryDirectory()
    try directory.write(pattern(500_000), to: "file")
    try runLoop { loop in
      let port = try CurlTests.refusedPort()
      let peer = try PeerProcess(
        [
          "/usr/sbin/nghttpd", "-d", directory.path, "-a", "127.0.0.1", "--echo-upload", "-v", "\(port)",
          zoo.path("localhost.key"), zoo.path("localhost.pem"),
        ],
        in: directory.path)
      let client = Engine.curl.client(on: loop)
      defer { client.close() }
      var request = HTTPRequest("https://127.0.0.1:\(port)/file")
      request.authoritiesFile = zoo.path("ca.pem")
      var lines: [String] = []
      request.headerCallback = { lines.append($0) }
      let first = request
      try await CurlTests.untilItListens(port, peer, on: loop)
      let response = try await client.fetch(first)
      #expect(lines.first?.hasPrefix("HTTP/2 200") == true)
      #expect(areEqual(response.body, pattern(500_000)))
      request.headerCallback = nil
      let next = request
      let fetches = (0..<20).map { _ in Future(on: loop) { try await client.fetch(next) } }
      for fetch in fetches {
        let response = try await fetch.get()
        #expect(areEqual(response.body, pattern(500_000)))
        #expect(response.timeInfo.connect == .zero)
      }
      // A body that is written goes up too, without chunks.
      var upload = HTTPRequest(
        "https://127.0.0.1:\(port)/echo", method: "PUT",
        body: .producer { writer in
          for _ in 0..<10 { try await writer.write(pattern(50_000)) }
        })
      upload.authoritiesFile = zoo.path("ca.pem")
      #expect(try await client.fetch(upload).body.count == 500_000)
      // A client that speaks HTTP/1.1 only is served as well.
      var old = HTTPRequest("https://127.0.0.1:\(port)/file")
      old.tls = try zoo.client { $0.applicationProtocols = ["http/1.1"] }
      let oldRequest = old
      let error = await failure { try await client.fetch(oldRequest) }
      // nghttpd speaks nothing else, which shows that nothing else was offered.
      #expect(error != nil)
      withExtendedLifetime(peer) {}
    }
  }

  /// A port that was free a moment ago.
  private static func refusedPort() throws -> UInt16 {
    let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
    return socket.address.port
  }

  private static func untilItListens(_ port: UInt16, _ peer: PeerProcess, on loop: IOLoop) async throws {
    let address = try SocketAddress(host: "127.0.0.1", port: port)
    for _ in 0..<1000 {
      if let stream = try? await IOStream.connect(to: address, on: loop) { return stream.close() }
      guard peer.isRunning else { break }
      try await loop.sleep(for: .milliseconds(10))
    }
    Issue.record("nghttpd does not listen: \(peer.text)")
    throw NeverHappened()
  }
  #endif
}
