// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// A row of `Tests/Vectors/http1-requests.json`.
struct RequestVector: Decodable, Sendable, CustomTestStringConvertible {
  let id: String
  let raw: String
  let expect: String
  let requests: Int?

  var testDescription: String { id }
  static let rows = (try? Vectors.rows("http1-requests.json", as: RequestVector.self)) ?? []

  /// The status that an error's code is answered with.
  static let statuses = [
    "accepted": 200, "invalidStartLine": 400, "invalidHeader": 400, "invalidFraming": 400,
    "invalidChunk": 400,
    "targetTooLong": 414, "headersTooLarge": 431, "bodyTooLarge": 413, "unsupportedTransferCoding": 501,
    "unsupportedVersion": 505, "expectationFailed": 417, "incomplete": 400,
  ]
}

@Suite("httpserver: what is refused")
struct RefusalTests {
  /// The readers' vectors once more, through a server: the status, the close, and nothing after it.
  @Test(arguments: RequestVector.rows)
  func `a malformed request is answered and the connection closed`(_ row: RequestVector) throws {
    try withServer(start: { _ in Exchange { $0.answer("") } }) { server async throws in
      let client = try await server.connect()
      let sender = server.loop.spawn {
        try? await client.send(Vectors.bytes(row.raw) + Array(row.expect == "accepted" ? "".utf8 : "".utf8))
        client.closeSending()
      }
      for _ in 1..<(row.requests ?? 1) { #expect(try await client.response().status == 200) }
      let response = try await client.response()
      if response.status == 100 { return }
      #expect(response.status == RequestVector.statuses[row.expect])
      if row.expect != "accepted" {
        #expect(response["Connection"] == "close")
        #expect(response["Content-Type"] == "text/html; charset=UTF-8")
        #expect(response.text.contains("\(response.status)"))
      }
      #expect(try await client.rest() == "")
      await sender.value
      #expect(server.context.requestCount <= row.requests ?? 1)
    }
  }

  @Test(arguments: [
    "BAD\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "GET / HTTP/2.0\r\n\r\n",
    "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n\r\n",
  ])
  func `after a refusal nothing more is served`(_ bad: String) throws {
    try withServer { server async throws in
      let client = try await server.connect()
      try await client.send(get("/1") + bad + get("/smuggled") + get("/smuggled"))
      #expect(try await client.response().text == "GET /1 ")
      #expect(try await client.response().status >= 400)
      #expect(try await client.rest() == "")
      #expect(server.context.requestCount <= 2)
    }
  }

  /// R02, PI-07: the answer arrives whole although the client is still sending.
  @Test(arguments: [
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\n\r\n", 413),
    ("GET /\(String(repeating: "a", count: 9000))", 414),
    ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 17_000))", 431),
    ("BAD\r\n", 400), ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413),
  ])
  func `a refusal arrives whole while the client still sends`(_ text: String, _ status: Int) throws {
    try withServer { server async throws in
      let client = try await server.connect()
      try await client.send(text)
      let sender = server.loop.spawn {
        for _ in 0..<50 {
          try? await client.send(String(repeating: "x", count: 1000))
          await server.loop.turns(1)
        }
        client.closeSending()
      }
      await sender.value
      let response = try await client.response()
      #expect(response.status == status)
      #expect(response.text.hasSuffix("</html>"))
      #expect(try await client.rest() == "")
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test func `a client that sends for ever after a refusal is cut off`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      try await client.send("BAD\r\n\r\n")
      let sender = server.loop.spawn {
        while !client.stream.isClosed { try? await client.send([UInt8](repeating: 120, count: 10_000)) }
      }
      #expect(try await client.response().status == 400)
      try await server.loop.wait { server.context.connectionCount == 0 }
      client.close()
      await sender.value
    }
  }

  /// PI-08.
  @Test func `a body over the limit is refused without telling the client to go on`() throws {
    try withServer { server async throws in
      let text = try await server.exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 200000000\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 413 "))
      #expect(!text.contains("100 Continue"))
    }
  }

  @Test func `a body that breaks off is not passed on as a whole one`() throws {
    var exchanges: [Exchange] = []
    try withServer(
      start: { request in
        let exchange = Exchange { $0.answer("whole") }
        exchange.bodyDelivery = request.path == "/streamed" ? .streamed : .buffered
        exchanges.append(exchange)
        return exchange
      }
    ) { server async throws in
      for path in ["/buffered", "/streamed"] {
        for text in [
          "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
          chunked(path, "5\r\nhello\r\n"),
          chunked(path, "5\r\nhel"), chunked(path, "5\r\nhello\r\n0\r\n"), chunked(path, "5\r\nhello\r\nX"),
        ] {
          let client = try await server.connect()
          try await client.send(text)
          client.closeSending()
          let rest = try await client.rest()
          #expect(rest.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
          #expect(exchanges.last?.events.last == "closed")
          #expect(exchanges.last?.events.contains("finish") == false)
        }
      }
    }
  }

  /// What docs/architecture.md says, and the table of limits that the project was given.
  @Test func `limits and time-outs are what is documented`() {
    let configuration = HTTPServerConfiguration()
    let limits = configuration.limits
    #expect(limits.requestLine == 8 << 10 && limits.fieldLine == 16 << 10 && limits.head == 64 << 10)
    #expect(limits.fieldCount == 128 && limits.body == 100 << 20)
    #expect(limits.chunkLine == 256 && limits.chunkExtensions == 16 << 10)
    #expect(limits.trailers == 8 << 10 && limits.trailerCount == 32)
    let form = FormBody.Limits()
    #expect(form.argumentCount == 1000 && form.multipart.partCount == 100)
    #expect(form.multipart.partHeaderByteCount == 10 << 10)
    #expect(configuration.headerTimeout == .seconds(15) && configuration.bodyTimeout == .seconds(30))
    #expect(configuration.minimumBodyRate == 500 && configuration.writeTimeout == .seconds(60))
    #expect(configuration.idleTimeout == .seconds(75) && configuration.maxRequestsPerConnection == 10_000)
    #expect(configuration.lingeringTimeout == .seconds(5) && configuration.lingeringByteCount == 64 << 10)
    #expect(configuration.pipelinedByteCount == 64 << 10 && configuration.unsentByteCount == 8 << 20)
    #expect(configuration.maxConnections == 0 && defaultBacklog == 1024)
  }

  @Test func `time-outs may be as long as one likes`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.headerTimeout = .seconds(Int64.max)
    configuration.bodyTimeout = .seconds(Int64.max)
    configuration.writeTimeout = .seconds(Int64.max)
    configuration.idleTimeout = .seconds(Int64.max)
    configuration.lingeringTimeout = .seconds(Int64.max)
    try withServer(configuration) { server async throws in
      #expect(try await server.exchange(post("/", "x", "Connection: close\r\n")).hasSuffix("POST / x"))
    }
  }

  @Test func `limits are the server's to choose`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.limits.requestLine = 30
    configuration.limits.fieldLine = 40
    configuration.limits.fieldCount = 3
    configuration.limits.head = 150
    configuration.limits.body = 10
    configuration.limits.trailerCount = 1
    try withServer(configuration) { server async throws in
      for (text, status) in [
        (get("/"), 200), (get("/" + String(repeating: "a", count: 30)), 414),
        (get("/", "A: 1\r\nB: 2\r\n"), 200),
        (get("/", "A: 1\r\nB: 2\r\nC: 3\r\n"), 431),
        (get("/", "A: \(String(repeating: "a", count: 40))\r\n"), 431),
        (post("/", "0123456789"), 200), (post("/", "0123456789a"), 413),
        (chunked("/", "0\r\nA: b\r\n\r\n"), 200), (chunked("/", "0\r\nA: b\r\nB: c\r\n\r\n"), 431),
      ] {
        #expect(try await server.connect().request(text).status == status, "\(text)")
      }
    }
  }
}
