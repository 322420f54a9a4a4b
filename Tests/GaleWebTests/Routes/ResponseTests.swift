// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

@Suite("web: answers as values and streams (SWF-009, SWF-010)")
struct ResponseTests {
  /// What a closure returns, not what the tests' client gets.
  private typealias Response = GaleWeb.Response

  @Test func `a response says status, header and body`() throws {
    try serving([
      .get("/text") { _ in
        Response(status: 203, headers: ["X-A": "1", "X-A": "2"], contentType: "text/plain", "hi")
      },
      .get("/json") { _ in Response(json: [1, 2]) },
      .get("/bytes") { _ in Response(contentType: "image/x", [7]) },
      .get("/made") { _ in Response(status: 201, headers: ["Location": "/x"], encoding: ["id": 3]) },
      .delete("/gone") { _ in Response(status: 204) },
      .get("/bad") { _ in Response(headers: ["X-A": "a\r\nX-B: c"], "x") },
    ]) { server async throws in
      let text = try await server.fetch("GET", "/text")
      #expect(text.status == 203 && text.text == "hi" && text.values("X-A") == ["1", "2"])
      #expect(text["Content-Type"] == "text/plain")
      #expect(try await server.fetch("GET", "/json").text == "[1, 2]")
      #expect(try await server.fetch("GET", "/bytes")["Content-Type"] == "image/x")
      let made = try await server.fetch("GET", "/made")
      #expect(made.status == 201 && made["Location"] == "/x" && made.text == #"{"id": 3}"#)
      let gone = try await server.fetch("DELETE", "/gone")
      #expect(gone.status == 204 && gone["Content-Type"] == nil)
      let bad = try await server.fetch("GET", "/bad")
      #expect(bad.status == 500 && bad["X-B"] == nil)
    }
  }

  @Test func `a writer sends in pieces once there is much, and at once what is flushed`() throws {
    try serving([
      .get("/little") { _ in Response(contentType: "text/plain") { try await $0.write("little") } },
      .get("/much") { _ in
        Response(contentType: "text/plain") { writer in
          for _ in 0..<100 { try await writer.write([UInt8](repeating: 0x61, count: 1024)) }
        }
      },
      .get("/flushed") { _ in
        Response(contentType: "text/plain") { writer in
          try await writer.write("one")
          try await writer.flush()
          try await writer.write("two")
        }
      },
    ]) { server async throws in
      let little = try await server.fetch("GET", "/little")
      #expect(little["Content-Length"] == "6" && little.text == "little")
      let much = try await server.fetch("GET", "/much")
      #expect(much["Transfer-Encoding"] == "chunked" && much.body.count == 102_400)
      let client = try await server.connect()
      try await client.send("GET", "/flushed")
      #expect(try await client.responseHead()["Transfer-Encoding"] == "chunked")
      #expect(try await client.chunk() == Array("one".utf8))
      #expect(try await client.chunk() == Array("two".utf8))
      #expect(try await client.chunk().isEmpty)
    }
  }

  @Test func `a sequence of pieces is an answer`() throws {
    try serving([
      .get("/") { _ in
        let chunks = AsyncStream<[UInt8]> { continuation in
          for digit in UInt8(0x30)...0x34 { continuation.yield([digit, digit]) }
          continuation.finish()
        }
        return Response(contentType: "text/plain", chunks: chunks)
      }
    ]) { server async throws in
      let client = try await server.connect()
      try await client.send("GET", "/")
      _ = try await client.responseHead()
      for digit in UInt8(0x30)...0x34 { #expect(try await client.chunk() == [digit, digit]) }
      #expect(try await client.chunk().isEmpty)
    }
  }

  @Test func `an error behind the header cuts the connection`() throws {
    try serving([
      .get("/") { _ in
        Response(contentType: "text/plain") { writer in
          try await writer.write("begun")
          try await writer.flush()
          throw HTTPError(500)
        }
      },
      .get("/early") { _ in
        Response(contentType: "text/plain") { writer in
          try await writer.write("never seen")
          throw HTTPError(409)
        }
      },
    ]) { server async throws in
      let client = try await server.connect()
      try await client.send("GET", "/")
      #expect(try await client.responseHead().status == 200)
      #expect(try await client.chunk() == Array("begun".utf8))
      let (rest, _) = try await client.readToEnd()
      #expect(rest.isEmpty)
      let early = try await server.fetch("GET", "/early")
      #expect(early.status == 409 && !early.text.contains("never"))
    }
  }

  /// Everything that comes for a request after which the server closes.
  private static func whole(_ server: TestServer, _ target: String, version: String = "HTTP/1.1") async throws
    -> String
  {
    let client = try await server.connect()
    try await client.send("GET", target, ["Connection: close"], version: version)
    return String(decoding: try await client.readToEnd().bytes, as: UTF8.self)
  }

  @Test func `trailers follow the body when they were announced`() throws {
    try serving([
      .get("/stream") { _ in
        Response(contentType: "text/plain", trailers: ["Checksum"]) { writer in
          try await writer.write("data")
          try await writer.flush()
          try writer.setTrailer("Checksum", "42")
        }
      },
      .get("/short") { handler in
        try handler.announceTrailers("Checksum", "X-Time")
        handler.write("data")
        try handler.setTrailer("checksum", "43")
      },
    ]) { server async throws in
      let stream = try await Self.whole(server, "/stream")
      #expect(stream.contains("\r\nTrailer: Checksum\r\n"))
      #expect(stream.hasSuffix("4\r\ndata\r\n0\r\nChecksum: 42\r\n\r\n"))
      let short = try await Self.whole(server, "/short")
      #expect(short.contains("Transfer-Encoding: chunked"))
      #expect(short.hasSuffix("4\r\ndata\r\n0\r\nChecksum: 43\r\n\r\n"))
      let old = try await Self.whole(server, "/stream", version: "HTTP/1.0")
      #expect(old.hasSuffix("\r\n\r\ndata"))
    }
  }

  @Test(arguments: ["Content-Length", "transfer-encoding", "Set-Cookie", "Host"])
  func `what frames or routes a message is no trailer`(name: String) throws {
    let journal = Journal()
    try serving([
      .get("/") { handler in
        #expect(throws: HTTPOutputError.self) { try handler.announceTrailers(name) }
        #expect(throws: HTTPOutputError.self) { try handler.setTrailer("X-Unknown", "1") }
        try await handler.flush()
        #expect(throws: HTTPOutputError.self) { try handler.announceTrailers("X-Late") }
        journal.note("done")
      }
    ]) { server async throws in _ = try await server.fetch("GET", "/") }
    #expect(journal.entries == ["done"])
  }
}
