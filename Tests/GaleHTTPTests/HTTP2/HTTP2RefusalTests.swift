// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

private let endOfHeaders = HTTP2Frame.endHeaders | HTTP2Frame.endStream

@Suite("httpserver: HTTP/2 refusals")
struct HTTP2RefusalTests {
  @Test(arguments: [
    [("x", "a\0b")], [("connection", "close")], [("te", "gzip")], [("X-Upper", "v")], [("x", " a ")],
    [("transfer-encoding", "chunked")], [(":foo", "v")], [(":status", "200")], [("content-length", "5")],
  ])
  func `a malformed request ends its stream, and no other`(_ fields: [(String, String)]) throws {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, "GET", "/", fields)
      let response = try await client.response(1)
      #expect(response.reset == 1 || response.status == 400)
      try await client.request(3)
      #expect(try await client.response(3).text == "GET / ")
      #expect(server.context.requestCount == 1)
      client.close()
    }
  }

  @Test(arguments: [
    ("/", [("host", "evil.test")], 400), ("/a#b", [], 400), ("/", [("expect", "x")], 417),
    ("/" + String(repeating: "p", count: 9000), [], 414),
    ("/", (0..<130).map { ("x\($0)", "v") }, 431),
  ])
  func `what cannot be served is answered`(_ path: String, _ more: [(String, String)], _ status: Int) throws {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, "GET", path, more)
      let response = try await client.response(1)
      #expect(response.status == status && response.isComplete)
      #expect(response["content-type"] == "text/html; charset=UTF-8" && response["connection"] == nil)
      try await client.request(3)
      #expect(try await client.response(3).text == "GET / ")
      client.close()
    }
  }

  @Test func `a body that is too long is answered 413, said or not`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = 1000
    let exchange = Exchange()
    try withServer(configuration, start: { $0.method == "POST" ? exchange : Exchange.echo() }) {
      server async throws in
      let client = try await server.connectHTTP2()
      try await client.send(
        HTTP2Client.headers(1, HTTP2Client.fields("POST", "/", [("content-length", "1001")]), ends: false))
      #expect(try await client.response(1).status == 413)
      try await client.request(3, "POST", "/", body: pattern(1001))
      #expect(try await client.response(3).status == 413)
      #expect(exchange.events == ["closed", "closed"])
      try await client.request(5)
      #expect(try await client.response(5).text == "GET / ")
      client.close()
    }
  }

  @Test func `a body that does not come is answered 408`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.bodyTimeout = .milliseconds(200)
    try withServer(configuration) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.send(HTTP2Client.headers(1, HTTP2Client.fields("POST", "/"), ends: false))
      #expect(try await client.response(1).status == 408)
      try await client.request(3)
      #expect(try await client.response(3).text == "GET / ")
      client.close()
    }
  }

  /// What breaks the connection, and the code that says so (RFC 9113, section 7).
  static let broken: [(String, [[UInt8]], [Int])] = [
    ("HEADERS on stream 0", [HTTP2Client.headers(0, HTTP2Client.fields("GET", "/")).bytes], [1]),
    ("an even stream", [HTTP2Client.headers(2, HTTP2Client.fields("GET", "/")).bytes], [1]),
    ("DATA on an idle stream", [HTTP2Frame(.data, 0, 1, [1]).bytes], [1]),
    ("SETTINGS of 5 bytes", [HTTP2Frame(.settings, 0, 0, [1, 2, 3, 4, 5]).bytes], [6]),
    ("a window over 2^31-1", [HTTP2Frame(.windowUpdate, 0, 0, HTTP2Frame.word(0x7FFF_FFFF)).bytes], [3]),
    ("PING on a stream", [HTTP2Frame(.ping, 0, 1, Array(repeating: 0, count: 8)).bytes], [1]),
    ("a frame that is too long", [HTTP2Frame(.data, 0, 1, pattern(16385)).bytes], [6]),
    ("HPACK index 0", [HTTP2Frame(.headers, endOfHeaders, 1, [0x80]).bytes], [9]),
    ("CONTINUATION alone", [HTTP2Frame(.continuation, HTTP2Frame.endHeaders, 1).bytes], [1]),
    (
      "RST_STREAM inside of a header block",
      [HTTP2Frame(.headers, 1, 1, [0x82]).bytes, HTTP2Frame(.reset, 0, 1, HTTP2Frame.word(8)).bytes], [1]
    ),
    ("PUSH_PROMISE of a client", [HTTP2Frame(.pushPromise, 4, 1, HTTP2Frame.word(2) + [0x82]).bytes], [1]),
  ]

  @Test(arguments: broken)
  func `what breaks the connection is told and ends it`(_ what: String, _ frames: [[UInt8]], _ codes: [Int])
    throws
  {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      for frame in frames { try await client.send(frame) }
      try await client.rest()
      #expect(client.goaways == codes)
      #expect(server.context.requestCount == 0)
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test func `a connection begins with SETTINGS`() throws {
    try withServer { server async throws in
      let client = HTTP2Client(try await IOStream.connect(to: server.address, on: server.loop))
      try await client.send(
        HTTP2Client.preface + HTTP2Frame(.ping, 0, 0, Array(repeating: 0, count: 8)).bytes)
      try await client.rest()
      #expect(client.goaways == [1])
      client.close()
    }
  }

  @Test func `unknown frames are ignored`() throws {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      try await client.send(
        HTTP2Frame(raw: 10, 0, 0, [1]), HTTP2Frame(raw: 12, 0, 0, [1]), HTTP2Frame(raw: 0x55, 0, 9, [1, 2]),
        HTTP2Frame(raw: 16, 0, 0, HTTP2Frame.word(1) + Array("u=1".utf8)))
      try await client.request(1, "GET", "/", [("priority", "u=1, i")])
      #expect(try await client.response(1).text == "GET / ")
      client.close()
    }
  }
}

#endif
