// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

private final class PullingHandler: RequestHandler {
  override class var pullsRequestBody: Bool { true }

  override func prepare() async throws {
    if request.headers["X-Allow"] != nil { request.maxBodySize = 1 << 20 }
  }

  override func post() async throws {
    var count = 0
    for try await chunk in requestBody { count += chunk.count }
    write("\(count)")
  }
}

@Suite("web: bodies as sequences (SWF-008)")
struct RequestBodyTests {
  @Test func `a class takes the body piece by piece in its method`() throws {
    try serving([URLSpec("/", PullingHandler.self)]) { server async throws in
      let body = [UInt8](repeating: 1, count: 300_000)
      #expect(try await server.fetch("POST", "/", body: body).text == "300000")
      #expect(try await server.fetch("POST", "/").text == "0")
    }
  }

  @Test func `a closure sees a piece before the next one is sent`() throws {
    try serving([
      .post("/", body: .streamed) { handler in
        for try await chunk in handler.requestBody {
          handler.write("<\(String(decoding: chunk, as: UTF8.self))>")
          try await handler.flush()
        }
      }
    ]) { server async throws in
      let client = try await server.connect()
      try await client.send("POST", "/", ["Transfer-Encoding: chunked"])
      try await client.send("1\r\na\r\n")
      _ = try await client.responseHead()
      #expect(try await client.chunk() == Array("<a>".utf8))
      try await client.send("2\r\nbc\r\n")
      #expect(try await client.chunk() == Array("<bc>".utf8))
      try await client.send("0\r\n\r\n")
      #expect(try await client.chunk().isEmpty)
    }
  }

  @Test func `a body that came whole is one piece`() throws {
    try serving([
      .post("/") { handler in
        var pieces = 0
        for try await _ in handler.requestBody { pieces += 1 }
        for try await _ in handler.requestBody { pieces += 10 }
        return "\(pieces)"
      }
    ]) { server async throws in #expect(try await server.fetch("POST", "/", body: [1, 2]).text == "1") }
  }

  @Test func `a client that sends on while nobody reads is held back`() throws {
    let gate = Counter()
    try serving([
      .post("/", body: .streamed) { handler in
        while gate.value == 0 { try await handler.loop.sleep(for: .milliseconds(1)) }
        return "\(try await handler.requestBody.collect(upTo: 100 << 20).count)"
      }
    ]) { server async throws in
      let client = try await server.connect()
      let count = 32 << 20
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n")
      let sent = Counter()
      let sender = server.loop.spawn {
        let piece = [UInt8](repeating: 7, count: 1 << 18)
        for _ in 0..<(count / piece.count) {
          try await client.send(piece)
          sent.add(piece.count)
        }
      }
      // The kernel's buffers take some of it, and then no more comes through.
      var before = -1
      while before != sent.value {
        before = sent.value
        try await server.loop.sleep(for: .milliseconds(100))
      }
      #expect(sent.value < count)
      gate.add()
      #expect(try await client.response().text == "\(count)")
      await sender.value
    }
  }

  @Test func `too much is 413, in whatever way it is said`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = 1000
    try serving(
      [
        URLSpec("/", PullingHandler.self),
        .post("/collect", body: .streamed) { handler in
          "\(try await handler.requestBody.collect(upTo: 10).count)"
        },
      ], configuration: configuration
    ) { server async throws in
      let large = [UInt8](repeating: 1, count: 1001)
      #expect(try await server.fetch("POST", "/", body: large).status == 413)
      #expect(try await server.fetch("POST", "/", ["X-Allow: yes"], body: large).text == "1001")
      let chunked = Array("3e9\r\n".utf8) + large + Array("\r\n0\r\n\r\n".utf8)
      #expect(
        try await server.fetch("POST", "/", ["Transfer-Encoding: chunked"], body: chunked).status == 413)
      #expect(
        try await server.fetch("POST", "/collect", body: [UInt8](repeating: 1, count: 11)).status == 413)
      #expect(try await server.fetch("POST", "/collect", body: [UInt8](repeating: 1, count: 10)).text == "10")
    }
  }

  @Test func `a client that goes away ends the sequence with an error`() throws {
    let journal = Journal()
    try serving([
      .post("/", body: .streamed) { handler in
        do {
          for try await _ in handler.requestBody { journal.note("piece") }
          journal.note("end")
        } catch {
          journal.note("\(type(of: error))")
          throw error
        }
      }
    ]) { server async throws in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
      try await server.wait { journal.contains("piece") }
      client.close()
      try await server.wait { journal.entries.count == 2 }
    }
    #expect(journal.entries == ["piece", "StreamError"])
  }

  @Test func `100 Continue is sent when the body is asked for, and not before`() throws {
    try serving([
      .post("/wanted", body: .streamed) { handler in
        "\(try await handler.requestBody.collect(upTo: 100).count)"
      },
      .post("/unwanted", body: .streamed) { _ in throw HTTPError(403) },
    ]) { server async throws in
      let client = try await server.connect()
      try await client.send(
        "POST /wanted HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await client.responseHead().status == 100)
      try await client.send("ab")
      #expect(try await client.response().text == "2")
      let other = try await server.connect()
      try await other.send(
        "POST /unwanted HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await other.responseHead().status == 403)
    }
  }
}
