// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

/// CLI-019, CLI-041: proxies of all kinds; both engines.
@Suite("httpclient: proxies") struct ProxyTests {
  /// What a proxy speaks, and whether it wants credentials.
  static let kinds = TestProxy.Kind.allCases.flatMap { [($0, false), ($0, true)] }

  private static func server(on loop: IOLoop) throws -> ScriptedServer {
    try ScriptedServer.listening(on: loop) { connection in
      while true {
        try await connection.head()
        try await connection.answer("through")
      }
    }
  }

  @Test(arguments: Engine.allCases, kinds)
  func `a proxy carries http`(_ engine: Engine, _ row: (TestProxy.Kind, Bool)) throws {
    let (kind, hasCredentials) = row
    try withClient(engine) { client, loop in
      let server = try ProxyTests.server(on: loop)
      let proxy = try TestProxy(kind, credentials: hasCredentials ? "me:p:w" : nil, on: loop)
      defer {
        server.stop()
        proxy.stop()
      }
      let port = server.addresses[0].port
      var request = HTTPRequest("http://some.test:\(port)/path?q")
      let credentials = HTTPCredentials(username: "me", password: "p:w")
      request.proxy = .proxy(
        HTTPProxy(
          kind.kind, host: "127.0.0.1", port: proxy.port, credentials: hasCredentials ? credentials : nil))
      #expect(try await client.fetch(request).text == "through")
      // The proxy resolves the name.
      #expect(
        proxy.asked == [
          kind == .http ? "GET http://some.test:\(port)/path?q HTTP/1.1" : "SOCKS some.test:\(port)"
        ])
      #expect(server.heads[0].hasPrefix("GET /path?q HTTP/1.1\r\nHost: some.test:\(port)\r\n"))
      #expect(!server.heads[0].contains("Proxy-"))
    }
  }

  #if TLS
  @Test(arguments: Engine.allCases, kinds)
  func `a proxy carries https, of which it sees nothing`(
    _ engine: Engine, _ row: (TestProxy.Kind, Bool)
  ) throws {
    let (kind, hasCredentials) = row
    let zoo = try TLSZoo.shared.get()
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(tls: zoo.server(), on: loop) { connection in
        try await connection.head()
        try await connection.answer("through")
      }
      let proxy = try TestProxy(kind, credentials: hasCredentials ? "me:pw" : nil, on: loop)
      defer {
        server.stop()
        proxy.stop()
      }
      let port = server.addresses[0].port
      var request = HTTPRequest("https://localhost:\(port)/", headers: .of(("Cookie", "secret")))
      request.authoritiesFile = zoo.path("ca.pem")
      let credentials = HTTPCredentials(username: "me", password: "pw")
      request.proxy = .proxy(
        HTTPProxy(
          kind.kind, host: "127.0.0.1", port: proxy.port, credentials: hasCredentials ? credentials : nil))
      var lines: [String] = []
      request.headerCallback = { lines.append($0) }
      #expect(try await client.fetch(request).text == "through")
      #expect(
        proxy.asked.last == (kind == .http ? "CONNECT localhost:\(port) HTTP/1.1" : "SOCKS localhost:\(port)")
      )
      #expect(!proxy.heads.joined().contains("secret"))
      #expect(!server.heads[0].contains("Proxy-Authorization"))
      // The proxy's own answer is not shown.
      #expect(lines.first == "HTTP/1.1 200 OK\r\n")
    }
  }

  @Test(arguments: Engine.allCases) func `digest credentials open a tunnel`(_ engine: Engine) throws {
    let zoo = try TLSZoo.shared.get()
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(tls: zoo.server(), on: loop) { connection in
        try await connection.head()
        try await connection.answer("through")
      }
      let proxy = try TestProxy(.http, credentials: "me:pw", isDigest: true, on: loop)
      defer {
        server.stop()
        proxy.stop()
      }
      var request = HTTPRequest("https://localhost:\(server.addresses[0].port)/")
      request.authoritiesFile = zoo.path("ca.pem")
      let credentials = HTTPCredentials(username: "me", password: "pw", mode: .digest)
      request.proxy = .proxy(HTTPProxy(host: "127.0.0.1", port: proxy.port, credentials: credentials))
      #expect(try await client.fetch(request).text == "through")
      #expect(proxy.heads.last?.contains("uri=\"localhost:\(server.addresses[0].port)\"") == true)
    }
  }
  #endif

  @Test(arguments: Engine.allCases) func `digest credentials for a proxy that forwards`(_ engine: Engine)
    throws
  {
    try withClient(engine) { client, loop in
      let server = try ProxyTests.server(on: loop)
      let proxy = try TestProxy(.http, credentials: "me:pw", isDigest: true, on: loop)
      defer {
        server.stop()
        proxy.stop()
      }
      var request = HTTPRequest(server.base)
      let credentials = HTTPCredentials(username: "me", password: "pw", mode: .digest)
      request.proxy = .proxy(HTTPProxy(host: "127.0.0.1", port: proxy.port, credentials: credentials))
      #expect(try await client.fetch(request).text == "through")
      #expect(proxy.heads.count == 2)
    }
  }

  @Test(arguments: Engine.allCases, TestProxy.Kind.allCases)
  func `wrong credentials for a proxy are an error`(_ engine: Engine, _ kind: TestProxy.Kind) throws {
    try withClient(engine) { client, loop in
      let proxy = try TestProxy(kind, credentials: "me:pw", on: loop)
      defer { proxy.stop() }
      for scheme in ["http", "https"] {
        var request = HTTPRequest("\(scheme)://some.test/")
        let credentials = HTTPCredentials(username: "me", password: "wrong")
        request.proxy = .proxy(
          HTTPProxy(kind.kind, host: "127.0.0.1", port: proxy.port, credentials: credentials))
        let sent = request
        let error = await failure { try await client.fetch(sent) }
        if scheme == "http", kind == .http {
          #expect(error?.status == 407)
        } else {
          #expect(error?.code == .proxyFailed, "\(error.map(\.description) ?? "no error")")
        }
      }
    }
  }

  @Test(arguments: Engine.allCases) func `nothing is taken from the environment unless that is asked for`(
    _ engine: Engine
  ) async throws {
    // The variables are the process's: an exit test has one of its own.
    await #expect(processExitsWith: .success) { [engine = engine as Engine] in
      try withClient(engine) { client, loop in
        let server = try ProxyTests.server(on: loop)
        let proxy = try TestProxy(.http, on: loop)
        setEnvironment("http_proxy", "http://127.0.0.1:\(proxy.port)")
        var request = HTTPRequest(server.base)
        _ = try await client.fetch(request)
        precondition(proxy.asked.isEmpty, "the proxy was used")
        request.proxy = .environment
        _ = try await client.fetch(request)
        precondition(proxy.asked.count == 1, "the proxy was not used")
        request.proxy?.exceptions = ["127.0.0.0/8"]
        _ = try await client.fetch(request)
        precondition(proxy.asked.count == 1, "the proxy was used for an exception")
        server.stop()
        proxy.stop()
      }
    }
  }
}

extension TestProxy.Kind {
  var kind: HTTPProxy.Kind { self == .http ? .http : .socks5 }
}
