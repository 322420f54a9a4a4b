// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import CSystem
import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-021, CLI-032.
@Suite("httpclient: TLS")
struct ClientTLSTests {
  let zoo: TLSZoo
  let trusting: TLSContext

  init() throws {
    zoo = try TLSZoo.shared.get()
    trusting = try zoo.client()
  }

  private func withHTTPS(
    _ tls: TLSContext? = nil, name: String = "localhost",
    start: @escaping (HTTPServerRequest) -> any HTTPMessageDelegate = { _ in Exchange.describe() },
    _ body: @escaping (ClientBench, TestServer) async throws -> Void
  ) throws {
    let tls = try tls ?? zoo.server()
    try runLoop { loop async throws in
      let server = HTTPServer(ClosureDelegate(start), tls: tls, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      defer {
        server.stop()
        server.closeAllConnections()
      }
      let client = AsyncHTTPClient(on: loop)
      defer { client.close() }
      let address = server.addresses[0]
      let bench = ClientBench(
        loop: loop, client: client, base: "https://\(name):\(address.port)", address: address)
      try await body(bench, TestServer(loop, server))
    }
  }

  @Test func `a connection carries one request after another`() throws {
    let large = pattern(2_000_000)
    try withHTTPS(start: { request in
      request.path == "/large" ? Exchange { $0.answer(bytes: large) } : Exchange.describe()
    }) { bench, server async throws in
      let trusting = trusting
      for index in 0..<5 {
        let response = try await bench.fetch("/\(index)", method: "PUT", body: .text("b\(index)")) {
          $0.tls = trusting
        }
        #expect(response.text.hasSuffix("\n\nb\(index)"))
        #expect((response.timeInfo.appConnect > response.timeInfo.connect) == (index == 0))
      }
      #expect(areEqual(try await bench.fetch("/large") { $0.tls = trusting }.body, large))
      #expect(server.context.connectionCount == 1)
    }
  }

  @Test func `files say whom to believe`() throws {
    try withHTTPS { bench, server async throws in
      let zoo = zoo
      #expect(try await bench.fetch("/") { $0.authoritiesFile = zoo.path("ca.pem") }.status == 200)
      #expect(try await bench.fetch("/") { $0.authoritiesFile = zoo.path("ca.pem") }.status == 200)
      #expect(server.context.connectionCount == 1)
      let error = await bench.failure { $0.authoritiesFile = zoo.path("missing.pem") }
      #expect(error?.code == .invalidRequest)
      #expect(error?.message.contains("missing.pem") == true)
      let untrusted = await bench.failure()
      #expect(untrusted?.code == .tlsFailed)
    }
  }

  @Test func `a kept connection that was closed is noticed before a request that cannot be repeated`() throws
  {
    let tls = try zoo.server()
    try withScript({ plain, number in
      let stream = try await plain.startTLS(tls)
      while true {
        let head = try await stream.readHead()
        if head.hasPrefix("POST") { _ = try await stream.read(count: 1) }
        try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)")
        if number == 1 { return stream.close() }
      }
    }) { bench, server async throws in
      var request = HTTPRequest(
        bench.base.replacing("http:", with: "https:").replacing("127.0.0.1", with: "localhost"))
      request.tls = trusting
      #expect(try await bench.client.fetch(request).text == "1")
      (request.method, request.body) = ("POST", "x")
      #expect(try await bench.client.fetch(request).text == "2")
      #expect(server.accepted == 2)
    }
  }

  private enum Verdict: String, CaseIterable, Codable, Sendable {
    case expired, notYetValid, wrongHost, selfSigned, unknownAuthority

    func identity(_ zoo: TLSZoo) throws -> TLSIdentity {
      switch self {
      case .expired: try zoo.identity("old", validity: ("20200101000000Z", "20200201000000Z"))
      case .notYetValid: try zoo.identity("new", validity: ("20900101000000Z", "20910101000000Z"))
      case .wrongHost: try zoo.identity("other", names: "DNS:other.example")
      case .selfSigned: try zoo.selfSigned("self")
      case .unknownAuthority:
        try {
          try zoo.makeAuthority("stranger")
          return try zoo.identity("strange", authority: "stranger")
        }()
      }
    }

    var code: TLSError.Code {
      switch self {
      case .expired: .certificateExpired
      case .notYetValid: .certificateNotYetValid
      case .wrongHost: .wrongHost
      case .selfSigned: .selfSigned
      case .unknownAuthority: .unknownAuthority
      }
    }
  }

  @Test(arguments: Verdict.allCases)
  private func `a certificate that does not hold is refused with its cause`(_ verdict: Verdict) throws {
    let server = try TLSContext(.server(verdict.identity(zoo)))
    try withHTTPS(server) { bench, server async throws in
      let trusting = trusting
      let error = await bench.failure { $0.tls = trusting }
      #expect(error?.code == .tlsFailed)
      #expect((error?.underlyingError as? TLSError)?.code == verdict.code)
      #expect(server.context.requestCount == 0)
      // Who does not want to know is not told.
      #expect(try await bench.fetch("/") { $0.validatesCertificate = false }.status == 200)
    }
  }

  @Test func `a certificate is asked for by the URL's name`() throws {
    let server = try TLSContext(.server(zoo.identity("by-address", names: "IP:127.0.0.1")))
    for (name, isRight) in [("127.0.0.1", true), ("localhost", false)] {
      try withHTTPS(server, name: name) { bench, _ async throws in
        let trusting = trusting
        #expect(await bench.failure { $0.tls = trusting }?.code == (isRight ? nil : .tlsFailed))
      }
    }
  }

  @Test func `a client shows its certificate where it is asked for`() throws {
    let ca = zoo.path("ca.pem")
    let server = try zoo.server {
      $0.verification = .required
      $0.trustRoots = .file(ca)
    }
    try zoo.identity("client", names: "DNS:me")
    try withHTTPS(server, start: { _ in Exchange { $0.answer($0.peerCertificate == nil ? "?" : "known") } }) {
      bench, _ async throws in
      let (zoo, trusting) = (zoo, trusting)
      let error = await bench.failure { $0.tls = trusting }
      #expect(error?.code == .tlsFailed)
      #expect(
        (error?.underlyingError as? TLSError)?.code == .rejectedByPeer
          || (error?.underlyingError as? TLSError)?.code == .certificateRequired)
      let response = try await bench.fetch("/") {
        $0.authoritiesFile = zoo.path("ca.pem")
        $0.certificateFile = zoo.path("client.pem")
        $0.privateKeyFile = zoo.path("client.key")
      }
      #expect(response.text == "known")
    }
  }

  @Test func `an old protocol is refused`() throws {
    let server = try zoo.server { $0.maximumVersion = .tls12 }
    let new = try zoo.client { $0.minimumVersion = .tls13 }
    try withHTTPS(server) { bench, _ async throws in
      let error = await bench.failure { $0.tls = new }
      #expect(error?.code == .tlsFailed)
      #expect((error?.underlyingError as? TLSError)?.code == .protocolVersion)
    }
  }

  @Test func `requests with different contexts share no connection`() throws {
    try withHTTPS { bench, server async throws in
      let (first, second) = (trusting, try zoo.client())
      _ = try await bench.fetch("/") { $0.tls = first }
      _ = try await bench.fetch("/") { $0.tls = second }
      _ = try await bench.fetch("/") { $0.tls = first }
      #expect(server.context.connectionCount == 2)
    }
  }

  @Test func `a server that does not speak TLS is found out`() throws {
    try withScript({ stream, _ in
      _ = try await stream.read(count: 1)
      try await stream.send("HTTP/1.1 400 Bad Request\r\n\r\n")
      await stream.awaitClose()
    }) { bench, _ async throws in
      var request = HTTPRequest(bench.base.replacing("http:", with: "https:"))
      request.tls = trusting
      let sent = request
      let error = await clientError { _ = try await bench.client.fetch(sent) }
      #expect(error?.code == .tlsFailed)
      #expect(
        [TLSError.Code.plainHTTP, .notTLS].contains((error?.underlyingError as? TLSError)?.code ?? .system))
    }
  }

  @Test(arguments: [true, false])
  func `a handshake has a time`(_ isOwn: Bool) throws {
    try withScript({ stream, _ in await stream.awaitClose() }) { bench, server async throws in
      var request = HTTPRequest(bench.base.replacing("http:", with: "https:"))
      request.tls = trusting
      if isOwn { request.tlsTimeout = .milliseconds(40) } else { request.connectTimeout = .milliseconds(40) }
      let sent = request
      let error = await clientError { _ = try await bench.client.fetch(sent) }
      #expect(error?.code == (isOwn ? .tlsTimedOut : .connectTimedOut))
      try await bench.loop.wait { server.connectionCount == 0 }
    }
  }

  @Test func `a fetch that is cancelled in the handshake closes its connection`() throws {
    try withScript({ stream, _ in await stream.awaitClose() }) { bench, server async throws in
      var request = HTTPRequest(bench.base.replacing("http:", with: "https:"))
      request.tls = trusting
      let sent = request
      let fetch = Future(on: bench.loop) { try await bench.client.fetch(sent) }
      try await bench.loop.wait { server.connectionCount == 1 }
      await bench.loop.turns(20)
      fetch.cancel()
      #expect(await isCancelled(fetch))
      try await bench.loop.wait { server.connectionCount == 0 }
    }
  }

  @Test func `a redirect to another scheme leaves credentials behind`() throws {
    try withServer(start: { _ in Exchange.describe() }) { plain async throws in
      let server = HTTPServer(
        ClosureDelegate { _ in
          Exchange {
            $0.answer("", status: 302, [("Location", "http://127.0.0.1:\(plain.address.port)/end")])
          }
        }, tls: try zoo.server(), on: plain.loop)
      try server.listen(port: 0, address: "127.0.0.1")
      defer {
        server.stop()
        server.closeAllConnections()
      }
      let client = AsyncHTTPClient(on: plain.loop)
      defer { client.close() }
      var request = HTTPRequest("https://127.0.0.1:\(server.addresses[0].port)/")
      request.tls = trusting
      request.credentials = HTTPCredentials(username: "a", password: "b")
      request.headers = try HTTPHeaders([("Cookie", "c")])
      let response = try await client.fetch(request)
      #expect(response.lines.first == "GET /end")
      #expect(response.sent("Authorization") == nil && response.sent("Cookie") == nil)
    }
  }

  @Test func `a body without a length that TLS does not end is cut off`() throws {
    let tls = try zoo.server()
    for isCut in [false, true] {
      try withScript({ plain, _ in
        let stream = try await plain.startTLS(tls)
        _ = try await stream.readHead()
        try await stream.send("HTTP/1.1 200 OK\r\n\r\nall of it?")
        if isCut {
          // The end of TCP without TLS's own: anybody on the way can do that.
          stream.closeDescriptorOnly()
          await stream.awaitClose()
        } else {
          stream.close()
        }
      }) { bench, _ async throws in
        var request = HTTPRequest(
          bench.base.replacing("http:", with: "https:").replacing("127.0.0.1", with: "localhost"))
        request.tls = trusting
        let sent = request
        let error = await clientError { _ = try await bench.client.fetch(sent) }
        #expect(error?.code == (isCut ? .tlsFailed : nil))
        if isCut { #expect((error?.underlyingError as? TLSError)?.code == .truncated) }
      }
    }
  }
}

extension TLSStream {
  /// Closes the sending direction below TLS.
  fileprivate func closeDescriptorOnly() { _ = gale_shutdown_write(descriptor) }
}

#endif
