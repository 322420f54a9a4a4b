// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

private let calm = 11

/// Sends `bytes` after the preface, and takes all that the server sends until it closes.
private func flood(
  _ bytes: [UInt8],
  start: @escaping (HTTPServerRequest) -> any HTTPMessageDelegate = { _ in Exchange.echo() },
  _ check: @escaping (HTTP2Client, HTTPServerContext) -> Void
) throws {
  try withServer(start: start) { server async throws in
    let client = try await server.connectHTTP2()
    client.isPolite = false
    // The server may close before it has taken everything.
    let sending = server.loop.spawn { try? await client.send(bytes) }
    try await client.rest()
    check(client, server.context)
    client.close()
    await sending.value
    try await server.loop.wait { server.context.connectionCount == 0 }
    // It serves others as before.
    let next = try await server.connectHTTP2()
    try await next.send(HTTP2Frame(.ping, 0, 0, Array(repeating: 7, count: 8)))
    try await next.take { $0.control.contains { $0.has(.ping) } }
    #expect(!next.hasEnded)
    next.close()
  }
}

private func request(_ id: Int, _ more: [(String, String)] = [], ends: Bool = true) -> [UInt8] {
  HTTP2Client.headers(id, HTTP2Client.fields("GET", "/", more), ends: ends).bytes
}

@Suite("httpserver: HTTP/2 floods")
struct HTTP2FloodTests {
  static let cheap: [(String, [UInt8])] = [
    ("PING", (0..<3000).flatMap { _ in HTTP2Frame(.ping, 0, 0, Array(repeating: 1, count: 8)).bytes }),
    ("SETTINGS", (0..<3000).flatMap { _ in HTTP2Frame(.settings).bytes }),
    ("PRIORITY", (0..<3000).flatMap { _ in HTTP2Frame(.priority, 0, 1, [0, 0, 0, 3, 1]).bytes }),
    ("tiny windows", (0..<3000).flatMap { _ in HTTP2Frame(.windowUpdate, 0, 0, HTTP2Frame.word(1)).bytes }),
    ("empty DATA", request(1, ends: false) + (0..<3000).flatMap { _ in HTTP2Frame(.data, 0, 1).bytes }),
    (
      "CONTINUATION",
      HTTP2Frame(.headers, 1, 1, [0x82]).bytes
        + (0..<2000).flatMap { _ in HTTP2Frame(.continuation, 0, 1).bytes }
    ),
  ]

  @Test(arguments: cheap)
  func `frames that carry nothing end the connection when they are many`(_ what: String, _ bytes: [UInt8])
    throws
  {
    try flood(bytes) { client, _ in #expect(client.goaways == [calm]) }
  }

  @Test func `requests that are cancelled at once are counted, and not started`() throws {
    var bytes: [UInt8] = []
    for id in stride(from: 1, to: 2001, by: 2) {
      bytes += request(id) + HTTP2Frame(.reset, 0, id, HTTP2Frame.word(8)).bytes
    }
    try flood(bytes, start: { _ in Exchange() }) { client, context in
      #expect(client.goaways == [calm])
      #expect(context.requestCount < 10)
    }
  }

  @Test func `streams that the server is made to cancel are counted`() throws {
    // A window that grows over 2^31-1 is an error of the stream (RFC 9113, section 6.9.1).
    var bytes: [UInt8] = []
    for id in stride(from: 1, to: 1001, by: 2) {
      bytes += request(id) + HTTP2Frame(.windowUpdate, 0, id, HTTP2Frame.word(0x7FFF_FFFF)).bytes
    }
    try flood(bytes, start: { _ in Exchange() }) { client, _ in
      #expect(client.goaways.last == calm)
      #expect(client.responses.values.allSatisfy { $0.reset == 3 || $0.reset == 7 })
    }
  }

  @Test func `a few of each do no harm`() throws {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      for round in 0..<20 {
        let id = round * 4 + 1
        try await client.send(HTTP2Frame(.ping, 0, 0, Array(repeating: 1, count: 8)))
        try await client.request(id)
        try await client.send(HTTP2Frame(.reset, 0, id, HTTP2Frame.word(8)))
        try await client.request(id + 2)
        #expect(try await client.response(id + 2).status == 200)
      }
      client.close()
    }
  }

  @Test func `more streams than allowed at once are refused unseen`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.http2.maxConcurrentStreams = 3
    try withServer(configuration, start: { _ in Exchange() }) { server async throws in
      let client = try await server.connectHTTP2()
      client.isPolite = false
      for id in [1, 3, 5, 7] { try await client.request(id) }
      #expect(try await client.response(7).reset == 7)
      #expect(server.context.requestCount == 3)
      #expect(client.control.first?.payload.prefix(6) == [0, 3, 0, 0, 0, 3])
      client.close()
    }
  }

  /// Small references to a large field of the decoder's table (CVE-2016-6581, CVE-2026-49975).
  @Test func `fields are counted as they are decoded`() throws {
    let large = String(repeating: "v", count: 3900)
    let first =
      HTTP2Client.block(HTTP2Client.fields("GET", "/")) + [0x40]
      + HTTP2Client.block([("a", large)]).dropFirst()
    let bomb = first + [UInt8](repeating: 0xBE, count: 12000)
    try flood(HTTP2Frame(.headers, HTTP2Frame.endHeaders | 1, 1, bomb).bytes) { client, context in
      #expect(client.goaways == [calm])
      #expect(context.requestCount == 0)
    }
  }

  @Test func `a little too much is answered, and the connection goes on`() throws {
    let large = String(repeating: "v", count: 3900)
    let first =
      HTTP2Client.block(HTTP2Client.fields("GET", "/")) + [0x40]
      + HTTP2Client.block([("a", large)]).dropFirst()
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      let block = first + [UInt8](repeating: 0xBE, count: 20)
      try await client.send(HTTP2Frame(.headers, HTTP2Frame.endHeaders | 1, 1, block))
      #expect(try await client.response(1).status == 431)
      try await client.request(3)
      #expect(try await client.response(3).text == "GET / ")
      client.close()
    }
  }

  @Test(arguments: [
    [UInt8](), HTTP2Client.preface,
    HTTP2Client.preface + HTTP2Frame(.settings).bytes + HTTP2Frame(.headers, 1, 1, [0x82]).bytes,
  ])
  func `a head that does not come ends the connection`(_ bytes: [UInt8]) throws {
    var configuration = HTTPServerConfiguration()
    configuration.headerTimeout = .milliseconds(200)
    try withServer(configuration) { server async throws in
      let client = HTTP2Client(try await IOStream.connect(to: server.address, on: server.loop))
      try await client.send(bytes)
      try await client.rest()
      #expect(client.goaways == (bytes.isEmpty ? [] : [1]))
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }
}

#endif
