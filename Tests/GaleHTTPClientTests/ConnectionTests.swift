// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

/// How both engines use connections, hold servers back, and end.
@Suite("httpclient: connections") struct ConnectionTests {
  /// Answers every request on a connection.
  static func answering(
    on loop: IOLoop, fields: String = "", _ body: String = "ok"
  ) throws -> ScriptedServer {
    try ScriptedServer.listening(on: loop) { connection in
      while true {
        try await connection.head()
        try await connection.answer(body, fields: fields)
      }
    }
  }

  @Test(arguments: Engine.allCases) func `a connection is used again`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let server = try ConnectionTests.answering(on: loop)
      defer { server.stop() }
      let first = try await client.fetch(server.base)
      for _ in 0..<4 { _ = try await client.fetch(server.base) }
      let last = try await client.fetch(server.base)
      #expect(server.acceptedCount == 1)
      #expect(server.heads.count == 6)
      #expect(first.timeInfo.connect > .zero)
      #expect(last.timeInfo.connect == .zero)
      #expect(last.timeInfo.startTransfer > .zero)
      #expect(last.timeInfo.total >= last.timeInfo.startTransfer)
    }
  }

  @Test(arguments: Engine.allCases) func `a connection is not kept when it shall not be`(_ engine: Engine)
    throws
  {
    try withClient(engine) { client, loop in
      let server = try ConnectionTests.answering(on: loop)
      defer { server.stop() }
      var request = HTTPRequest(server.base)
      request.keepsAlive = false
      for _ in 0..<3 { _ = try await client.fetch(request) }
      #expect(server.acceptedCount == 3)
      #expect(server.heads.allSatisfy { $0.contains("Connection: close\r\n") })
    }
  }

  @Test(arguments: Engine.allCases) func `a kept connection that died is replaced`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.answer("ok")
      }
      defer { server.stop() }
      for _ in 0..<3 {
        #expect(try await client.fetch(server.base).text == "ok")
        try await loop.wait { server.connectionCount == 0 }
      }
      #expect(server.acceptedCount == 3)
    }
  }

  @Test(arguments: Engine.allCases) func `an idle connection is closed after its time`(_ engine: Engine)
    throws
  {
    var configuration = HTTPClientConfiguration()
    configuration.idleTimeout = .milliseconds(100)
    try withClient(engine, configuration) { client, loop in
      let server = try ConnectionTests.answering(on: loop)
      defer { server.stop() }
      _ = try await client.fetch(server.base)
      #expect(server.connectionCount == 1)
      try await loop.wait { server.connectionCount == 0 }
    }
  }

  @Test(arguments: Engine.allCases) func `closing the client closes its connections and ends its requests`(
    _ engine: Engine
  ) throws {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.untilClosed()
      }
      defer { server.stop() }
      let fetch = Future(on: loop) { try await client.fetch(server.base) }
      try await loop.wait { server.heads.count == 1 }
      client.close()
      let error = await failure { try await fetch.get() }
      #expect(error?.code == .clientClosed)
      let later = await failure { try await client.fetch(server.base) }
      #expect(later?.code == .clientClosed)
      try await loop.wait { server.connectionCount == 0 }
    }
  }

  @Test(arguments: Engine.allCases) func `cancelling ends a request at once, wherever it is`(_ engine: Engine)
    throws
  {
    try withClient(engine) { client, loop in
      let blackhole = try Blackhole()
      let server = try ScriptedServer.listening(on: loop) { connection in
        let head = try await connection.head()
        if head.contains("/body") {
          try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")
        }
        try await connection.untilClosed()
      }
      defer { server.stop() }
      let slow = FakeResolver(on: loop)
      slow.delay = .milliseconds(200)
      for url in [
        "http://name.test/", "http://\(blackhole.address)/", "\(server.base)/head", "\(server.base)/body",
      ] {
        let count = server.heads.count
        loop.setResolver(url.contains("name") ? slow : ThreadedResolver(on: loop))
        let fetch = Future(on: loop) { try await client.fetch(url) }
        try await loop.wait { client.load.active == 1 }
        if url.hasPrefix(server.base) { try await loop.wait { server.heads.count > count } }
        try await loop.sleep(for: .milliseconds(20))
        let start = loop.time
        fetch.cancel()
        let error = await thrown { _ = try await fetch.get() }
        #expect(error is CancellationError)
        // A resolver may take no notice; it is left behind by nobody.
        #expect(loop.time - start < .milliseconds(url.contains("name") ? 1000 : 100))
        #expect(client.load.active == 0)
        try await loop.wait { server.connectionCount == 0 }
      }
    }
  }

  @Test(arguments: Engine.allCases) func `more requests than clients wait in line, with a limit`(
    _ engine: Engine
  ) throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxClients = 2
    try withClient(engine, configuration) { client, loop in
      var isHolding = true
      let server = try ScriptedServer.listening(on: loop) { connection in
        while true {
          try await connection.head()
          try await loop.wait { !isHolding }
          try await connection.answer("ok")
        }
      }
      defer { server.stop() }
      let fetches = (0..<4).map { _ in Future(on: loop) { try await client.fetch(server.base) } }
      try await loop.wait { client.load == (2, 2) && server.heads.count == 2 }
      var request = HTTPRequest(server.base)
      request.connectTimeout = .milliseconds(50)
      let late = request
      #expect(await failure { try await client.fetch(late) }?.code == .queueTimedOut)
      isHolding = false
      var times: [Duration] = []
      for fetch in fetches { times.append(try await fetch.get().timeInfo.queue) }
      #expect(times.prefix(2).allSatisfy { $0 == .zero })
      #expect(times.suffix(2).allSatisfy { $0 > .zero })
      #expect(client.load == (0, 0))
    }
  }

  @Test(arguments: Engine.allCases) func `the head's lines are shown as they came`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let server = try ConnectionTests.answering(on: loop, fields: "x-a:  b\r\n")
      defer { server.stop() }
      var lines: [String] = []
      var request = HTTPRequest(server.base)
      request.headerCallback = { lines.append($0) }
      _ = try await client.fetch(request)
      #expect(lines == ["HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "x-a:  b\r\n", "\r\n"])
    }
  }

  @Test(arguments: Engine.allCases) func `a callback may close the client`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let server = try ConnectionTests.answering(on: loop)
      defer { server.stop() }
      var request = HTTPRequest(server.base)
      request.headerCallback = { _ in client.close() }
      let sent = request
      #expect(await failure { try await client.fetch(sent) }?.code == .clientClosed)
      try await loop.wait { server.connectionCount == 0 }
    }
  }

  @Test(arguments: Engine.allCases) func `credentials and cookies stay with their origin`(_ engine: Engine)
    throws
  {
    // CVE-2026-49853: they went along to another one.
    try withClient(engine) { client, loop in
      let other = try ConnectionTests.answering(on: loop)
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.answer("", status: "302 Found", fields: "Location: \(other.base)/\r\n")
      }
      defer {
        server.stop()
        other.stop()
      }
      var request = HTTPRequest(server.base, headers: .of(("Cookie", "a=b"), ("X-Kept", "1")))
      request.credentials = HTTPCredentials(username: "me", password: "pw")
      _ = try await client.fetch(request)
      #expect(server.heads[0].contains("Authorization: Basic"))
      #expect(server.heads[0].contains("Cookie: a=b"))
      #expect(!other.heads[0].contains("Authorization"))
      #expect(!other.heads[0].contains("Cookie"))
      #expect(other.heads[0].contains("X-Kept: 1"))
    }
  }

  @Test(arguments: Engine.allCases, ["ftp://127.0.0.1/", "file:///etc/passwd", "//"])
  func `a redirect to another scheme is an error at once`(_ engine: Engine, _ target: String) throws {
    try withClient(engine) { client, loop in
      let server = try ConnectionTests.answering(on: loop, fields: "")
      let redirecting = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.answer("", status: "302 Found", fields: "Location: \(target)\r\n")
      }
      defer {
        server.stop()
        redirecting.stop()
      }
      #expect(await failure { try await client.fetch(redirecting.base) }?.code == .invalidURL)
      #expect(await failure { try await client.fetch(target) }?.code == .invalidURL)
    }
  }

  @Test(arguments: Engine.allCases) func `names are resolved by the loop's resolver`(_ engine: Engine) throws
  {
    try withClient(engine) { client, loop in
      let server = try ConnectionTests.answering(on: loop)
      defer { server.stop() }
      let resolver = FakeResolver([server.addresses[0]], on: loop)
      loop.setResolver(resolver)
      let response = try await client.fetch("http://some.test:\(server.addresses[0].port)/")
      #expect(resolver.questions == ["some.test \(server.addresses[0].port) any"])
      #expect(server.heads[0].contains("Host: some.test:\(server.addresses[0].port)\r\n"))
      #expect(response.timeInfo.nameLookup > .zero)
    }
  }

  @Test(arguments: Engine.allCases) func `names can be led elsewhere, to another port too`(_ engine: Engine)
    throws
  {
    var configuration = HTTPClientConfiguration()
    try runLoop { loop in
      let server = try ConnectionTests.answering(on: loop)
      configuration.hostnameMapping = ["example.test": .address(server.addresses[0])]
      let client = engine.client(configuration, on: loop)
      defer {
        client.close()
        server.stop()
      }
      #expect(try await client.fetch("http://example.test/").text == "ok")
      #expect(server.heads[0].contains("Host: example.test\r\n"))
    }
  }

  @Test(arguments: Engine.allCases) func `a request goes over a Unix socket`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let directory = try TemporaryDirectory()
      let server = try ConnectionTests.answering(on: loop)
      try server.listen(path: directory.path("s"))
      defer { server.stop() }
      var request = HTTPRequest("http://docker/version")
      request.address = SocketAddress(path: directory.path("s"))
      #expect(try await client.fetch(request).text == "ok")
      #expect(server.heads[0].hasPrefix("GET /version HTTP/1.1\r\nHost: docker\r\n"))
    }
  }

  @Test(arguments: Engine.allCases) func `a request comes from the address that it names`(_ engine: Engine)
    throws
  {
    try withClient(engine) { client, loop in
      let server = try EchoBytes.listening(on: loop)
      defer { server.stop() }
      var request = HTTPRequest("http://\(server.addresses[0])/")
      request.networkInterface = "127.0.0.9"
      request.requestTimeout = .seconds(2)
      let sent = request
      // It echoes the request, which is no answer.
      #expect(await failure { try await client.fetch(sent) }?.code == .invalidResponse)
      #expect(server.peers.first?.host == "127.0.0.9")
    }
  }
}
