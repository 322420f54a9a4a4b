// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import GaleLoop
import GaleTesting
import GaleWire
import Logging
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: HTTPS")
struct HTTPSTests {
  let zoo: TLSZoo
  let client: TLSContext

  init() throws {
    zoo = try TLSZoo.shared.get()
    client = try zoo.client()
  }

  private func withTLSServer(
    _ tls: TLSContext? = nil, _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
    _ poller: PollerKind = .epoll,
    start: @escaping (HTTPServerRequest) -> any HTTPMessageDelegate = { _ in Exchange.echo() },
    _ body: @escaping (TestServer) async throws -> Void
  ) throws {
    let tls = try tls ?? zoo.server()
    try runLoop(poller) { loop in
      let server = HTTPServer(ClosureDelegate(start), tls: tls, configuration: configuration, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      defer {
        server.stop()
        server.closeAllConnections()
      }
      try await body(TestServer(loop, server))
      server.closeAllConnections()
      #expect(server.context.connectionCount == 0)
    }
  }

  private func connect(_ server: TestServer, _ context: TLSContext? = nil) async throws -> RawClient {
    let stream = try await IOStream.connect(to: server.address, on: server.loop)
    return RawClient(
      try await stream.startTLS(
        context ?? client, serverName: "localhost", applicationProtocols: ["http/1.1"]))
  }

  @Test(arguments: PollerKind.allCases)
  func `a connection carries one request after another`(_ poller: PollerKind) throws {
    try withTLSServer(
      nil, HTTPServerConfiguration(), poller,
      start: { _ in
        Exchange { request in
          #expect(request.tls?.applicationProtocol == "http/1.1")
          #expect(request.peerCertificate == nil)
          request.answer("\(request.fullURL) \(request.body.count)")
        }
      }
    ) { server async throws in
      let client = try await connect(server)
      for index in 0..<20 {
        let response = try await client.request(
          index % 3 == 0 ? post("/\(index)", "b\(index)") : get("/\(index)"))
        #expect(response.text == "https://a/\(index) \(index % 3 == 0 ? "b\(index)".utf8.count : 0)")
      }
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `requests in one write are answered in order`(_ poller: PollerKind) throws {
    try withTLSServer(nil, HTTPServerConfiguration(), poller) { server async throws in
      let client = try await connect(server)
      try await client.send(
        (0..<1000).map { $0 % 5 == 0 ? post("/\($0)", "body \($0)") : get("/\($0)") }.joined())
      for index in 0..<1000 {
        let text = try await client.response().text
        #expect(text.hasPrefix(index % 5 == 0 ? "POST /\(index) body" : "GET /\(index) "))
      }
      client.close()
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `large bodies go both ways`(_ poller: PollerKind) throws {
    let body = pattern(9_000_000)
    try withTLSServer(
      nil, HTTPServerConfiguration(), poller,
      start: { _ in
        Exchange { request in
          var headers = HTTPHeaders()
          headers.append("Content-Length", decimal: request.body.count)
          try? request.writeHeaders(200, headers)
          try? request.write(request.body)
          try? request.finish()
        }
      }
    ) { server async throws in
      let client = try await connect(server)
      for _ in 0..<2 {
        let sending = server.loop.spawn {
          try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
          try await client.send(body)
        }
        let response = try await client.response()
        #expect(areEqual(response.body, body))
        await sending.value
      }
      client.close()
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `files go out between other answers`(_ poller: PollerKind) throws {
    let directory = try TemporaryDirectory()
    let content = pattern(1 << 20)
    try directory.write(content, to: "file")
    try withTLSServer(
      nil, HTTPServerConfiguration(), poller,
      start: { _ in
        Exchange { request in
          guard request.path == "/file" else { return request.answer("text") }
          let file = FileStatus.open(directory.path("file"))
          request.connection.loop.spawn {
            var headers = HTTPHeaders()
            headers.append("Content-Length", decimal: content.count)
            try request.writeHeaders(200, headers)
            try request.connection.writeFile(file, offset: 0, count: content.count, for: request)
            await request.drain()
            System.close(file)
            try request.finish()
          }
        }
      }
    ) { server async throws in
      let client = try await connect(server)
      try await client.send(String(repeating: get("/file") + get("/text"), count: 6))
      for _ in 0..<6 {
        #expect(areEqual(try await client.response().body, content))
        #expect(try await client.response().text == "text")
      }
      client.close()
    }
  }

  @Test func `a client that has said its last word still gets its answer`() throws {
    var request: HTTPServerRequest?
    try withTLSServer(start: { _ in Exchange { request = $0 } }) { server async throws in
      let client = try await connect(server)
      try await client.send(get("/", "Connection: close\r\n"))
      try await server.loop.wait { request != nil }
      request?.answer("late")
      let response = try await client.response()
      #expect(response.text == "late")
      // The server ends its side with a word, so that nobody can cut the answer unseen.
      #expect(try await client.rest() == "")
      client.close()
    }
  }

  @Test func `an answer that is cut off looks cut off`() throws {
    try withTLSServer(
      start: { _ in
        Exchange { request in
          var headers = HTTPHeaders()
          headers.append("Content-Length", decimal: 100)
          try? request.writeHeaders(200, headers)
          try? request.write(Array("half".utf8))
          request.connection.flush(for: request)
          request.abort()
        }
      }
    ) { server async throws in
      let client = try await connect(server)
      try await client.send(get("/"))
      await #expect(throws: (any Error).self) { try await client.response() }
      client.close()
    }
  }

  @Test func `the client's certificate comes with its requests`() throws {
    let alice = try zoo.identity("alice", names: "email:alice@zoo.test,URI:spiffe://zoo/alice")
    let tls = try zoo.server {
      $0.trustRoots = .file(zoo.path("ca.pem"))
      $0.verification = .required
    }
    let known = try zoo.client { $0.identity = alice }
    try withTLSServer(
      tls,
      start: { _ in
        Exchange { $0.answer($0.peerCertificate?.subject ?? "nobody") }
      }
    ) { server async throws in
      let client = try await connect(server, known)
      #expect(try await client.request(get("/")).text == "CN=alice")
      client.close()
      // Without one: TLS 1.3 tells the client when it reads.
      let stranger = try await connect(server)
      await #expect(throws: (any Error).self) { try await stranger.request(get("/")) }
      #expect((stranger.stream as? TLSStream)?.tlsError?.code == .certificateRequired)
    }
  }

  @Test func `a certificate is renewed under load and no request is lost`() throws {
    let directory = try TemporaryDirectory()
    let names = ["localhost", "renewed"]
    for name in names { try zoo.identity(name) }
    func put(_ name: String) throws {
      for kind in ["pem", "key"] { try directory.write(try zoo.bytes("\(name).\(kind)"), to: "site.\(kind)") }
    }
    try put(names[0])
    let tls = try TLSContext(
      .server(certificateFile: directory.path("site.pem"), privateKeyFile: directory.path("site.key")))
    let client = try zoo.client { $0.resumesSessions = false }
    try withTLSServer(tls) { server async throws in
      var answers = 0
      var seen: Set<String> = []
      var isOver = false
      let held = try await connect(server, client)
      let tasks = (0..<8).map { index in
        server.loop.spawn {
          while !isOver {
            let connection = try await connect(server, client)
            seen.insert((connection.stream as? TLSStream)?.peerCertificate?.subject ?? "none")
            for _ in 0..<3 {
              let response = try await connection.request(get("/\(index)"))
              #expect(response.text == "GET /\(index) ")
              answers += 1
            }
            connection.close()
          }
        }
      }
      for round in 1...6 {
        let before = answers
        try await server.loop.wait { answers > before + 20 }
        // A half-written pair is refused, and the old one kept.
        try directory.write(try zoo.bytes("\(names[round % 2]).pem"), to: "site.pem")
        #expect(throws: TLSError.self) { try tls.reload() }
        try put(names[round % 2])
        try tls.reload()
        let fresh = try await connect(server, client)
        #expect((fresh.stream as? TLSStream)?.peerCertificate?.subject == "CN=\(names[round % 2])")
        fresh.close()
      }
      isOver = true
      for task in tasks { await task.value }
      #expect(seen == ["CN=localhost", "CN=renewed"])
      #expect(try await held.request(get("/held")).text == "GET /held ")
      held.close()
    }
  }

  @Test func `curl is served`() throws {
    try zoo.identity("alice", names: "email:alice@zoo.test,URI:spiffe://zoo/alice")
    let tls = try zoo.server {
      $0.trustRoots = .file(zoo.path("ca.pem"))
      $0.verification = .optional
    }
    try withTLSServer(
      tls,
      start: { _ in
        Exchange { request in
          let who = request.peerCertificate?.subject ?? "nobody"
          request.answer(
            "\(request.version) \(request.tls?.applicationProtocol ?? "-") \(who) \(request.body.count)")
        }
      }
    ) { server async throws in
      func curl(_ options: String) async throws -> String {
        let command = "curl -sS --cacert ca.pem \(options) https://localhost:\(server.address.port)/"
        let peer = try PeerProcess(command.split(separator: " ").map(String.init), in: zoo.directory)
        try await server.loop.wait { !peer.isRunning && peer.hasEnded }
        return peer.text
      }
      try zoo.write([UInt8](repeating: 7, count: 300_000), to: "body")
      #if HTTP2
      let best = "HTTP/2.0 h2"
      #else
      let best = "HTTP/1.1 http/1.1"
      #endif
      #expect(try await curl("") == "\(best) nobody 0")
      #expect(try await curl("--http1.1") == "HTTP/1.1 http/1.1 nobody 0")
      #expect(try await curl("--http1.0") == "HTTP/1.0 http/1.0 nobody 0")
      #expect(try await curl("--http2 --tls-max 1.2") == "\(best) nobody 0")
      #expect(try await curl("--no-alpn --data-binary @body") == "HTTP/1.1 - nobody 300000")
      #expect(try await curl("--cert alice.pem --key alice.key") == "\(best) CN=alice 0")
      #expect(
        try await curl("--tls-max 1.1 --tlsv1.0 --ciphers DEFAULT@SECLEVEL=0").contains("curl: (35)"))
    }
  }

  @Test func `a graceful end lets answers end`() throws {
    var waiting: HTTPServerRequest?
    try withTLSServer(start: { _ in Exchange { waiting = $0 } }) { server async throws in
      let (busy, idle) = (try await connect(server), try await connect(server))
      try await busy.send(get("/"))
      try await server.loop.wait { waiting != nil }
      let ending = server.loop.spawn { await server.server.shutdown(grace: .seconds(20)) }
      #expect(try await idle.rest() == "")
      waiting?.answer("done")
      #expect(try await busy.response().text == "done")
      #expect(try await busy.rest() == "")
      busy.close()
      await ending.value
    }
  }

  @Test func `who never shakes hands is cut off, who idles is closed`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.idleTimeout = .milliseconds(500)
    let tls = try zoo.server { $0.handshakeTimeout = .milliseconds(500) }
    try withTLSServer(tls, configuration) { server async throws in
      let silent = try await server.connect()
      let client = try await connect(server)
      #expect(try await client.request(get("/")).status == 200)
      #expect(try await client.rest() == "")
      #expect(try await silent.rest() == "")
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test(.loop(timeLimit: .seconds(60)))
  func `plain HTTP on the port is said in the log, once and clearly`() async throws {
    let expected = ExpectLog("", "")
    try await expected.during {
      let server = try HTTPTestServer(security: .selfSigned) { _ in }
      for text in [get("/"), ""] {
        let stream = try await IOStream.connect(to: server.address)
        try await stream.write(Array(text.utf8))
        if text.isEmpty { stream.close() } else { _ = try? await stream.readUntilClose() }
      }
      try await server.loop.wait { server.connectionCount == 0 }
    }
    let lines = expected.records.filter { $0.level >= .info }.map(\.message)
    #expect(lines.count == 1)
    #expect(lines.first?.contains("TLS handshake with 127.0.0.1:") == true)
    #expect(lines.first?.contains("The client speaks plain HTTP on a port for HTTPS") == true)
  }
}

#endif
