// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-019; ASK-042.
@Suite("httpclient: proxies")
struct ClientProxyTests {
  private static func relay(_ first: IOStream, _ second: IOStream) async {
    let other = first.loop.spawn {
      while true { try await first.write(second.read(count: 65536, partial: true)) }
    }
    do { while true { try await second.write(first.read(count: 65536, partial: true)) } } catch {
      second.close()
      first.close()
    }
    await other.value
  }

  /// A proxy that tunnels to whatever is asked for.
  /// - Parameter authorization: What it wants to see; `nil` for nothing.
  private static func connectProxy(
    on loop: IOLoop, authorization: String? = nil, log: @escaping (String) -> Void
  ) throws -> ScriptedServer {
    let server = ScriptedServer(on: loop) { stream, _ in
      let head = try await stream.readHead()
      let line = head.split(separator: "\r\n")[0]
      log(String(line))
      if let authorization, !head.contains("Proxy-Authorization: \(authorization)\r\n") {
        log("refused")
        return try await stream.send(
          "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
      }
      let target = line.split(separator: " ")[1].split(separator: ":")
      let upstream = try await TCPClient(on: stream.loop).connect(
        String(target[0]), port: UInt16(target[1]) ?? 0)
      try await stream.send("HTTP/1.1 200 Connection established\r\n\r\n")
      await relay(stream, upstream)
    }
    try server.listen(port: 0, address: "127.0.0.1")
    return server
  }

  private func proxy(
    _ server: ScriptedServer, _ kind: HTTPProxy.Kind = .http, _ credentials: HTTPCredentials? = nil
  ) -> HTTPProxySelection {
    .proxy(HTTPProxy(kind, host: "127.0.0.1", port: server.addresses[0].port, credentials: credentials))
  }

  @Test func `requests for http URLs are forwarded, for all hosts over one connection`() throws {
    var heads: [String] = []
    try withScript({ stream, _ in
      while true {
        heads.append(try await stream.readHead())
        try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      }
    }) { bench, server async throws in
      for host in ["a.example", "b.example:81"] {
        var request = HTTPRequest("http://\(host)/p?q#f")
        request.proxy = proxy(server, .http, HTTPCredentials(username: "me", password: "pass"))
        request.credentials = HTTPCredentials(username: "u", password: "w")
        #expect(try await bench.client.fetch(request).text == "ok")
      }
      #expect(server.accepted == 1)
      #expect(heads[0].hasPrefix("GET http://a.example/p?q HTTP/1.1\r\nHost: a.example\r\n"))
      #expect(heads[1].hasPrefix("GET http://b.example:81/p?q HTTP/1.1\r\nHost: b.example:81\r\n"))
      #expect(heads.allSatisfy { $0.contains("\r\nProxy-Authorization: Basic bWU6cGFzcw==\r\n") })
      #expect(heads.allSatisfy { $0.contains("\r\nAuthorization: Basic dTp3\r\n") })
    }
  }

  @Test func `a forwarding proxy's digest challenge is answered`() throws {
    var heads: [String] = []
    try withScript({ stream, _ in
      while true {
        heads.append(try await stream.readHead())
        try await stream.send(
          heads.count == 1
            ? "HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"p\", nonce=\"n\", qop=\"auth\"\r\n"
              + "Content-Length: 5\r\n\r\nwho??"
            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      }
    }) { bench, server async throws in
      var request = HTTPRequest("http://a.example/p")
      request.proxy = proxy(
        server, .http, HTTPCredentials(username: "me", password: "pass", mode: .digest))
      #expect(try await bench.client.fetch(request).text == "ok")
      #expect(server.accepted == 1)
      #expect(!heads[0].contains("Authorization"))
      #expect(heads[1].contains("Proxy-Authorization: Digest username=\"me\", realm=\"p\", nonce=\"n\""))
      #expect(heads[1].contains("uri=\"http://a.example/p\""))
    }
  }

  #if TLS
  @Test(arguments: [HTTPProxy.Kind.http, .socks5])
  func `connections for https URLs are tunnelled`(_ kind: HTTPProxy.Kind) throws {
    let zoo = try TLSZoo.shared.get()
    let (server, client) = (try zoo.server(), try zoo.client())
    try runLoop { loop async throws in
      let https = HTTPServer(ClosureDelegate { _ in Exchange.describe() }, tls: server, on: loop)
      try https.listen(port: 0, address: "127.0.0.1")
      defer {
        https.stop()
        https.closeAllConnections()
      }
      var log: [String] = []
      let basic = kind == .http ? "Basic bWU6cGFzcw==" : ""
      let through =
        kind == .http
        ? try ClientProxyTests.connectProxy(on: loop, authorization: basic) { log.append($0) }
        : try ClientProxyTests.socksProxy(on: loop, login: ("me", "pass")) { log.append($0) }
      defer { through.stop() }
      let http = AsyncHTTPClient(on: loop)
      defer { http.close() }
      let port = https.addresses[0].port
      for index in 0..<3 {
        var request = HTTPRequest("https://localhost:\(port)/\(index)")
        request.tls = client
        request.proxy = proxy(through, kind, HTTPCredentials(username: "me", password: "pass"))
        let response = try await http.fetch(request)
        #expect(response.lines.first == "GET /\(index)")
        #expect(response.sent("Proxy-Authorization") == nil)
        #expect((response.timeInfo.appConnect > .zero) == (index == 0))
      }
      #expect(through.accepted == 1)
      #expect(log == [kind == .http ? "CONNECT localhost:\(port) HTTP/1.1" : "localhost \(port)"])
    }
  }
  #endif

  @Test func `a tunnel's digest challenge is answered on another connection`() throws {
    try runLoop { loop async throws in
      var heads: [String] = []
      let server = ScriptedServer(on: loop) { stream, number in
        heads.append(try await stream.readHead())
        try await stream.send(
          "HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"p\", nonce=\"n\(number)\"\r\n\r\n")
      }
      try server.listen(port: 0, address: "127.0.0.1")
      defer { server.stop() }
      let client = AsyncHTTPClient(on: loop)
      defer { client.close() }
      var request = HTTPRequest("https://a.example/")
      request.proxy = proxy(
        server, .http, HTTPCredentials(username: "me", password: "pass", mode: .digest))
      let sent = request
      let error = await clientError { _ = try await client.fetch(sent) }
      #expect(error?.code == .proxyFailed)
      #expect(error?.message == "The proxy refuses the connection: 407 Who")
      #expect(heads.count == 2)
      #expect(heads[1].contains("nonce=\"n1\", uri=\"a.example:443\""))
    }
  }

  @Test(arguments: [
    "HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nbad", "SSH-2.0\r\n\r\n",
    "",
    "HTTP/1.1 200 OK", String(repeating: "x", count: 100_000),
    String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20),
  ])
  func `a proxy that refuses, or makes no sense, is an error of its own`(_ answer: String) throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send(answer)
    }) { bench, server async throws in
      var request = HTTPRequest("https://a.example/")
      request.proxy = proxy(server)
      let sent = request
      #expect(await clientError { _ = try await bench.client.fetch(sent) }?.code == .proxyFailed)
    }
  }

  @Test func `a silent proxy has a time`() throws {
    try withScript({ stream, _ in await stream.awaitClose() }) { bench, server async throws in
      for kind in [HTTPProxy.Kind.http, .socks5] {
        var request = HTTPRequest("https://a.example/")
        request.proxy = proxy(server, kind)
        request.connectTimeout = .milliseconds(40)
        let sent = request
        #expect(await clientError { _ = try await bench.client.fetch(sent) }?.code == .connectTimedOut)
      }
      try await bench.loop.wait { server.connectionCount == 0 }
    }
  }

  // MARK: - SOCKS

  /// A SOCKS 5 proxy that connects to whatever is asked for.
  static func socksProxy(
    on loop: IOLoop, login: (String, String)? = nil, log: @escaping (String) -> Void
  ) throws -> ScriptedServer {
    let server = ScriptedServer(on: loop) { stream, _ in
      let greeting = try await stream.read(count: 2)
      let methods = try await stream.read(count: Int(greeting[1]))
      guard greeting[0] == 5, methods.contains(login == nil ? 0 : 2) else {
        return try await stream.write([5, 0xFF])
      }
      try await stream.write([5, login == nil ? 0 : 2])
      if let login {
        _ = try await stream.read(count: 1)
        let name = try await stream.read(count: Int(try await stream.read(count: 1)[0]))
        let password = try await stream.read(count: Int(try await stream.read(count: 1)[0]))
        let isRight = name == Array(login.0.utf8) && password == Array(login.1.utf8)
        try await stream.write([1, isRight ? 0 : 1])
        guard isRight else { return }
      }
      let request = try await stream.read(count: 4)
      let host: String
      switch request[3] {
      case 1: host = try await stream.read(count: 4).map(String.init).joined(separator: ".")
      case 3:
        let count = try await stream.read(count: 1)[0]
        host = String(decoding: try await stream.read(count: Int(count)), as: UTF8.self)
      default: host = try await stream.read(count: 16) == [UInt8](repeating: 0, count: 15) + [1] ? "::1" : "?"
      }
      let bytes = try await stream.read(count: 2)
      let port = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
      log("\(host) \(port)")
      guard let upstream = try? await TCPClient(on: stream.loop).connect(host, port: port) else {
        return try await stream.write([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])
      }
      // The address it is bound to: a name here, of which nothing may be left in the stream.
      try await stream.write([5, 0, 0, 3, 4] + Array("host".utf8) + [0, 80])
      await relay(stream, upstream)
    }
    try server.listen(port: 0, address: "127.0.0.1")
    return server
  }

  @Test(arguments: [nil, ("me", "pass")] as [(String, String)?])
  func `SOCKS leads to names and addresses, with a login or without`(_ login: (String, String)?) throws {
    try withServer(start: { _ in Exchange.describe() }) { server async throws in
      var log: [String] = []
      let socks = try ClientProxyTests.socksProxy(on: server.loop, login: login) { log.append($0) }
      defer { socks.stop() }
      let client = AsyncHTTPClient(on: server.loop)
      defer { client.close() }
      let port = server.address.port
      for host in ["localhost", "127.0.0.1", "127.0.0.1"] {
        var request = HTTPRequest("http://\(host):\(port)/x")
        request.proxy = proxy(socks, .socks5, login.map { HTTPCredentials(username: $0.0, password: $0.1) })
        #expect(try await client.fetch(request).lines.first == "GET /x")
      }
      #expect(log == ["localhost \(port)", "127.0.0.1 \(port)"])
    }
  }

  @Test func `SOCKS tells why it refuses`() throws {
    try runLoop { loop async throws in
      let client = AsyncHTTPClient(on: loop)
      defer { client.close() }
      let open = try ClientProxyTests.socksProxy(on: loop) { _ in }
      let closed = try ClientProxyTests.socksProxy(on: loop, login: ("a", "b")) { _ in }
      defer {
        open.stop()
        closed.stop()
      }
      func message(_ server: ScriptedServer, _ credentials: HTTPCredentials? = nil) async -> String? {
        var request = HTTPRequest("http://\((try? refusedAddress())?.description ?? "")/")
        request.proxy = proxy(server, .socks5, credentials)
        let sent = request
        let error = await clientError { _ = try await client.fetch(sent) }
        #expect(error?.code == .proxyFailed)
        return error?.message
      }
      #expect(await message(open) == "SOCKS: the proxy says: connection refused")
      #expect(await message(closed) == "SOCKS: the proxy wants another way of authentication")
      let wrong = await message(closed, HTTPCredentials(username: "a", password: "x"))
      #expect(wrong == "SOCKS: the proxy does not accept the name and the password")
      let empty = await message(closed, HTTPCredentials(username: "", password: "x"))
      #expect(empty == "SOCKS: a name and a password of 1 to 255 bytes are needed")
    }
  }

  @Test(
    arguments: [[5, 0], [4, 0], [5, 2], [5, 1], [5, 0, 5, 9, 0, 1, 0], [5, 0, 5, 0, 0, 7, 0], [5]]
      as [[UInt8]])
  func `a SOCKS proxy that makes no sense is an error`(_ bytes: [UInt8]) throws {
    try withScript({ stream, _ in
      _ = try await stream.read(count: 3)
      try await stream.write(bytes)
      stream.shutdownWriting()
      await stream.awaitClose()
    }) { bench, server async throws in
      var request = HTTPRequest("http://a.example/")
      request.proxy = proxy(server, .socks5)
      let sent = request
      #expect(await clientError { _ = try await bench.client.fetch(sent) }?.code == .proxyFailed)
    }
  }

  // MARK: - Which proxy

  private static let variables = [
    "http_proxy": "http://plain:3128", "HTTPS_PROXY": "u:p@secure:8080",
    "no_proxy": "localhost, .internal,10.0.0.0/8",
  ]

  @Test(
    arguments: [
      ("http://a/", "plain:3128"), ("https://a/", "secure:8080"), ("http://localhost/", nil),
      ("http://x.internal/", nil),
      ("http://internal/", nil), ("http://notinternal/", "plain:3128"), ("http://10.1.2.3/", nil),
      ("http://11.1.2.3/", "plain:3128"),
    ] as [(String, String?)])
  func `the environment names proxies`(_ url: String, _ expected: String?) throws {
    let found = try HTTPProxySelection.environment.proxy(for: HTTPClientURL(url)) {
      ClientProxyTests.variables[$0]
    }
    #expect(found.map { "\($0.host):\($0.port)" } == expected)
    if found?.host == "secure" { #expect(found?.credentials?.password == "p") }
  }

  @Test func `HTTP_PROXY in upper case does not count, and all_proxy comes last`() throws {
    let url = try HTTPClientURL("http://a/")
    func find(_ variables: [String: String]) throws -> HTTPProxy? {
      try HTTPProxySelection.environment.proxy(for: url) { variables[$0] }
    }
    #expect(try find(["HTTP_PROXY": "evil:1"]) == nil)
    #expect(try find(["ALL_PROXY": "socks5://s"]) == HTTPProxy(.socks5, host: "s", port: 1080))
    #expect(try find(["all_proxy": "socks5h://s:1", "http_proxy": "h"])?.host == "h")
    #expect(try find(["http_proxy": ""]) == nil)
    #expect(throws: HTTPClientError.self) { try find(["http_proxy": "ftp://x"]) }
    #expect(throws: HTTPClientError.self) { try find(["http_proxy": "http://"]) }
  }

  @Test(arguments: [
    ("example.com", "http://example.com/", true), ("example.com", "http://www.example.com/", true),
    (".example.com", "http://www.EXAMPLE.com/", true), ("*.example.com", "http://www.example.com/", true),
    ("example.com", "http://badexample.com/", false), ("*", "http://a/", true),
    ("a:81", "http://a:81/", true),
    ("a:81", "http://a/", false), ("127.0.0.1", "http://127.0.0.1/", true),
    ("127.0.0.2", "http://127.0.0.1/", false),
    ("192.168.0.0/16", "http://192.168.5.6/", true), ("192.168.0.0/16", "http://192.169.5.6/", false),
    ("fd00::/8", "http://[fd12::1]/", true), ("fd00::/8", "http://[fe80::1]/", false),
    ("[::1]:81", "http://[::1]:81/", true),
    ("::1", "http://[::1]/", true), ("10.0.0.0/x", "http://10.0.0.1/", false), ("", "http://a/", false),
    ("0.0.0.0/0", "http://9.9.9.9/", true), ("1.2.3.4/32", "http://1.2.3.5/", false),
  ])
  func `exceptions are names, addresses and blocks`(_ entry: String, _ url: String, _ isException: Bool)
    throws
  {
    let selection = HTTPProxySelection.proxy(HTTPProxy(host: "p", port: 1), exceptions: [entry])
    #expect((try selection.proxy(for: HTTPClientURL(url)) == nil) == isException)
    #expect(try HTTPProxySelection.none.proxy(for: HTTPClientURL(url)) == nil)
  }
}
