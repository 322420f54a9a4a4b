// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: requests and answers in order")
struct ServingTests {
  @Test(arguments: PollerKind.allCases)
  func `a connection carries one request after another`(_ poller: PollerKind) throws {
    try withServer(HTTPServerConfiguration(), poller) { server async throws in
      let client = try await server.connect()
      for index in 0..<20 {
        let response = try await client.request(
          index % 3 == 0 ? post("/\(index)", "b\(index)") : get("/\(index)"))
        #expect(response.status == 200)
        #expect(response.reason == "OK")
        #expect(response.text == (index % 3 == 0 ? "POST /\(index) b\(index)" : "GET /\(index) "))
        #expect(response["Connection"] == nil)
      }
      #expect(server.context.connectionCount == 1)
      #expect(server.context.requestCount == 20)
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  /// PI-06.
  @Test(arguments: [false, true], PollerKind.allCases)
  func `300 requests in one write are answered in order`(_ isLater: Bool, _ poller: PollerKind) throws {
    try withServer(
      HTTPServerConfiguration(), poller,
      start: { _ in
        Exchange { request in
          guard isLater else { return request.answer(request.uri) }
          let loop = request.connection.loop
          loop.spawn {
            if request.uri.hasSuffix("7") { try await loop.sleep(for: .milliseconds(1)) }
            request.answer(request.uri)
          }
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(
        (0..<300).map { $0 % 5 == 0 ? post("/\($0)", "body \($0)") : get("/\($0)") }.joined())
      for index in 0..<300 { #expect(try await client.response().text == "/\(index)") }
      #expect(try await client.request(get("/last")).text == "/last")
    }
  }

  /// The requests behind the present one wait in the kernel, not in memory.
  @Test func `a client that never stops sending is held back`() throws {
    var waiting: [HTTPServerRequest] = []
    try withServer(start: { _ in Exchange { waiting.append($0) } }) { server async throws in
      let client = try await server.connect()
      let many = String(repeating: get("/a-path-that-is-a-little-longer"), count: 100_000)
      let task = server.loop.spawn { try? await client.send(many) }
      try await server.loop.wait { !waiting.isEmpty }
      try await server.loop.sleep(for: .milliseconds(50))
      #expect(waiting.count == 1)
      #expect(client.stream.unsentCount > 0)
      let connection = try #require(server.context.connections.first?.http1)
      #expect((connection.stream.readBuffer?.count ?? 0) <= 64 * 1024 + 2 * BufferPool.scratchSize)
      waiting[0].answer("first")
      #expect(try await client.response().text == "first")
      try await server.loop.wait { waiting.count == 2 }
      client.reset()
      await task.value
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test(
    arguments: [
      ("GET / HTTP/1.0\r\n\r\n", "close"), ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive"),
      ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil),
      ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close"),
      ("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, close\r\n\r\n", "close"),
      ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "close"),
    ] as [(String, String?)])
  func `the connection goes on as version and options say`(_ request: String, _ expected: String?) throws {
    try withServer { server async throws in
      let client = try await server.connect()
      try await client.send(request + request)
      let response = try await client.response()
      #expect(response["Connection"] == expected)
      if expected == "close" {
        #expect(try await client.rest() == "")
      } else {
        #expect(try await client.response().text == "GET / ")
      }
    }
  }

  @Test func `an HTTP 1.0 client gets a body of unknown length until the close`() throws {
    try withServer(
      start: { _ in
        Exchange { request in
          try? request.writeHeaders(200, HTTPHeaders())
          try? request.write(Array("unknown".utf8))
          try? request.finish()
        }
      }
    ) { server async throws in
      let text = try await server.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(text == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nunknown")
      let chunked = try await server.exchange(get("/", "Connection: close\r\n"))
      #expect(
        chunked
          == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n7\r\nunknown\r\n0\r\n\r\n"
      )
    }
  }

  @Test func `an answer to HEAD has the header of one to GET and no body`() throws {
    try withServer(
      start: { _ in
        Exchange { request in
          guard request.path == "/chunked" else { return request.answer("12345") }
          try? request.writeHeaders(200, HTTPHeaders())
          try? request.write(Array("12345".utf8))
          try? request.finish()
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      for _ in 0..<2 {
        let head = try await client.request("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", isBodiless: true)
        #expect(head["Content-Length"] == "5")
        let chunked = try await client.request("HEAD /chunked HTTP/1.1\r\nHost: a\r\n\r\n", isBodiless: true)
        #expect(chunked.status == 200)
        #expect(try await client.request(get("/")).text == "12345")
      }
    }
  }

  @Test func `a method in lower case is another method`() throws {
    try withServer { server async throws in
      let response = try await server.connect().request("head / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(response.text == "head / ")
    }
  }

  @Test func `a request says what it is`() throws {
    var seen: [String] = []
    try withServer(
      start: { _ in
        Exchange { request in
          seen = [
            request.method, request.uri, request.path, request.query, request.version, request.host,
            request.hostName,
            request.fullURL, request.protocol, request.remoteIP, request.headers["X-Y"] ?? "",
          ]
          #expect(request.requestTime >= .zero)
          request.answer("")
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      _ = try await client.request(
        "PUT /p%20q?r=s HTTP/1.1\r\nHost: Example.com:80\r\nx-y: 1\r\nX-Y: 2\r\n\r\n")
      #expect(
        seen == [
          "PUT", "/p%20q?r=s", "/p%20q", "r=s", "HTTP/1.1", "Example.com:80", "example.com",
          "http://Example.com:80/p%20q?r=s", "http", "127.0.0.1", "1,2",
        ])
      _ = try await client.request("GET http://b:8/c HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(seen[1...7] == ["http://b:8/c", "/c", "", "HTTP/1.1", "b:8", "b", "http://b:8/c"])
      _ = try await client.request("GET / HTTP/1.0\r\n\r\n")
      #expect(seen[4...6] == ["HTTP/1.0", "127.0.0.1", "127.0.0.1"])
    }
  }

  @Test func `bytes may come one by one`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      client.stream.setNoDelay(true)
      for byte in (get("/slow") + chunked("/c", "3\r\nabc\r\n0\r\n\r\n") + post("/p", "xyz")).utf8 {
        try await client.send([byte])
        await server.loop.turns(2)
      }
      #expect(try await client.response().text == "GET /slow ")
      #expect(try await client.response().text == "POST /c abc")
      #expect(try await client.response().text == "POST /p xyz")
    }
  }

  @Test func `an empty line or two between requests are ignored`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      #expect(try await client.request(post("/1", "x") + "\r\n").text == "POST /1 x")
      #expect(try await client.request("\r\n" + get("/2")).text == "GET /2 ")
    }
  }

  /// RFC 9112, section 2.2: some old clients send one after a body.
  @Test func `an empty line after the last request is no beginning of another`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      try await client.send(post("/1", "x") + "\r\n")
      client.closeSending()
      #expect(try await client.response().text == "POST /1 x")
      #expect(try await client.rest() == "")
    }
  }

  @Test(arguments: [false, true])
  func `a client that closed its side gets its answer`(_ isLater: Bool) throws {
    try withServer(
      start: { _ in
        Exchange { request in
          guard isLater else { return request.answer("for you") }
          let loop = request.connection.loop
          loop.callLater(.milliseconds(20)) { request.answer("for you") }
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/"))
      client.closeSending()
      let response = try await client.response()
      #expect(response.text == "for you")
      #expect(try await client.rest() == "")
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test func `requests in one write before the client closed its side are all answered`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      try await client.send((0..<50).map { get("/\($0)") }.joined())
      client.closeSending()
      for index in 0..<50 { #expect(try await client.response().text == "GET /\(index) ") }
      #expect(try await client.rest() == "")
    }
  }

  @Test(arguments: [true, false])
  func `a connection ends after the requests that it may carry`(_ noKeepAlive: Bool) throws {
    var configuration = HTTPServerConfiguration()
    configuration.noKeepAlive = noKeepAlive
    configuration.maxRequestsPerConnection = noKeepAlive ? 100 : 3
    try withServer(configuration) { server async throws in
      let count = noKeepAlive ? 1 : 3
      let client = try await server.connect()
      try await client.send((0..<5).map { get("/\($0)") }.joined())
      for index in 1...count {
        #expect(try await client.response()["Connection"] == (index == count ? "close" : nil))
      }
      #expect(try await client.rest() == "")
      #expect(server.context.requestCount == count)
    }
  }

  @Test func `a Unix socket serves too`() throws {
    try withServer { server async throws in
      let directory = try TemporaryDirectory()
      try server.server.addSockets([bindUnixSocket(path: directory.path("s"))])
      let client = try await RawClient.connect(to: server.server.addresses[1], on: server.loop)
      #expect(try await client.request(get("/")).text == "GET / ")
    }
  }

  @Test func `a stream that was taken over belongs to who took it`() throws {
    var taken: IOStream?
    try withServer(start: { _ in Exchange { taken = $0.connection.detach($0) } }) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/", "Connection: Upgrade\r\nUpgrade: x\r\n") + "rest")
      try await server.loop.wait { taken != nil }
      #expect(server.context.connectionCount == 0)
      let stream = try #require(taken)
      #expect(try await stream.read(count: 4) == Array("rest".utf8))
      try await stream.write(Array("hello".utf8))
      #expect(try await client.stream.read(count: 5) == Array("hello".utf8))
      stream.close()
      client.close()
    }
  }
}
