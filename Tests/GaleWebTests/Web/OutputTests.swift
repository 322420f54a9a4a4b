// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

@Suite("web: output")
struct OutputTests {
  @Test func `text and bytes are collected and sent in one piece with their length`() throws {
    let route = URLSpec.to("/") { handler in
      handler.write("grün ")
      handler.write([0, 0xFF, 10])
      handler.write("")
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.version == "HTTP/1.1")
      #expect(response.status == 200)
      #expect(response.reason == "OK")
      #expect(response.body == Array("grün ".utf8) + [0, 0xFF, 10])
      #expect(response["Content-Length"] == "9")
      #expect(response["Transfer-Encoding"] == nil)
      #expect(response["Content-Type"] == "text/html; charset=UTF-8")
      #expect(response["Server"]?.hasPrefix("Gale/") ?? false)
      #expect(response["Date"].flatMap { HTTPDate(parsing: $0) } != nil)
      for name in ["Date", "Server", "Content-Type", "Content-Length"] {
        #expect(response.values(name).count == 1)
      }
    }
  }

  @Test func `an object becomes JSON that may stand in a page`() throws {
    try serving([.to("/") { $0.write(["a": "</script>", "b": [1, true, nil]]) }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response["Content-Type"] == "application/json; charset=UTF-8")
      #expect(response.values("Content-Type").count == 1)
      #expect(!response.text.contains("</"))
      #expect(response.text.contains(#"<\/script>"#))
    }
  }

  @Test func `an empty answer has length 0`() throws {
    try serving([.to("/") { _ in }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 200)
      #expect(response["Content-Length"] == "0")
    }
  }

  @Test func `flush sends what there is, chunked, while the handler goes on`() throws {
    let gate = Journal()
    let route = URLSpec.to("/") { handler in
      for word in ["one", "two", "three"] {
        handler.write(word)
        try await handler.flush()
        while !gate.contains(word) { try await handler.loop.sleep(for: .milliseconds(1)) }
      }
      handler.write("end")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let head = try await client.responseHead()
      #expect(head["Transfer-Encoding"] == "chunked")
      #expect(head["Content-Length"] == nil)
      #expect(head["Etag"] == nil)
      for word in ["one", "two", "three"] {
        #expect(try await client.chunk() == Array(word.utf8))
        gate.note(word)
      }
      #expect(try await client.chunk() == Array("end".utf8))
      #expect(try await client.chunk().isEmpty)
      #expect(await client.isAlive("/none"), "the connection goes on")
    }
  }

  @Test func `flushing a declared length is not chunked`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("Content-Length", "6")
      handler.write("abc")
      try await handler.flush()
      handler.write("def")
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response["Transfer-Encoding"] == nil)
      #expect(response.text == "abcdef")
    }
  }

  @Test(arguments: ["3", "100"])
  func `a length that does not fit cuts the connection`(_ length: String) throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("Content-Length", length)
      handler.write("abc")
      try await handler.flush()
      handler.write("def")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let (bytes, _) = try await client.readToEnd()
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!text.hasSuffix("def") || length == "100")
      #expect(text.components(of: "HTTP/1.1 ") == 1)
    }
  }

  @Test func `an HTTP/1.0 client gets what is flushed until the connection is closed`() throws {
    let route = URLSpec.to("/") { handler in
      handler.write("one ")
      try await handler.flush()
      handler.write("two")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/", ["Connection: keep-alive"], version: "HTTP/1.0")
      let head = try await client.responseHead()
      #expect(head["Transfer-Encoding"] == nil)
      #expect(head["Content-Length"] == nil)
      #expect(head["Connection"] == "close")
      let (bytes, wasReset) = try await client.readToEnd()
      #expect(String(decoding: bytes, as: UTF8.self) == "one two")
      #expect(!wasReset)
    }
  }

  @Test func `an HTTP/1.0 client that asks for it keeps its connection`() throws {
    try serving([.text("/", "hi")]) { server in
      let client = try await server.connect()
      for _ in 0..<2 {
        try await client.send("GET", "/", ["Connection: keep-alive"], version: "HTTP/1.0")
        let response = try await client.response()
        #expect(response["Connection"]?.lowercased() == "keep-alive")
        #expect(response.text == "hi")
      }
      try await client.send("GET", "/", version: "HTTP/1.0")
      #expect(try await client.response()["Connection"] == "close")
      let (rest, _) = try await client.readToEnd()
      #expect(rest.isEmpty)
    }
  }

  @Test func `HEAD of what is flushed sends the header only`() throws {
    let route = URLSpec.to("/") { handler in
      handler.write("one")
      try await handler.flush()
      handler.write("two")
    }
    try serving([route, .text("/next", "next")]) { server in
      let client = try await server.connect()
      try await client.send("HEAD", "/")
      #expect(try await client.response(isHead: true).status == 200)
      try await client.send("GET", "/next")
      #expect(try await client.response().text == "next")
    }
  }

  @Test func `flush without anything to send sends the header`() throws {
    let journal = Journal()
    let route = URLSpec.to("/") { handler in
      try await handler.flush()
      while !journal.contains("go") { try await handler.loop.sleep(for: .milliseconds(1)) }
      handler.write("x")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      #expect(try await client.responseHead().status == 200)
      journal.note("go")
      #expect(try await client.chunk() == Array("x".utf8))
      #expect(try await client.chunk().isEmpty)
    }
  }

  // MARK: - Entity tags

  @Test func `a page has the tag of its bytes, and is not sent to who has it`() throws {
    try serving([.text("/", "hello")]) { server in
      let response = try await server.fetch("GET", "/")
      let tag = "\"aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d\""
      #expect(response["Etag"] == tag)
      for field in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
        let second = try await server.fetch("GET", "/", ["If-None-Match: \(field)"])
        #expect(second.status == 304)
        #expect(second["Etag"] == tag)
        #expect(second["Content-Type"] == nil)
        #expect(second["Content-Length"] == nil)
      }
      for field in ["\"x\"", "hello", "\"\""] {
        #expect(try await server.fetch("GET", "/", ["If-None-Match: \(field)"]).text == "hello")
      }
      #expect(try await server.fetch("HEAD", "/", ["If-None-Match: \(tag)"]).status == 304)
      #expect(try await server.fetch("POST", "/", ["If-None-Match: \(tag)"]).status == 200)
    }
  }

  @Test func `a tag of the handler's own is used`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("Etag", "\"mine\"")
      if handler.checkETagHeader() {
        handler.setStatus(304)
        return
      }
      handler.write("body")
    }
    try serving([route]) { server in
      #expect(try await server.fetch("GET", "/")["Etag"] == "\"mine\"")
      let second = try await server.fetch("GET", "/", ["If-None-Match: \"mine\""])
      #expect(second.status == 304)
      #expect(second["Etag"] == "\"mine\"")
    }
  }

  @Test func `only status 200 has a tag`() throws {
    try serving([
      .to("/") { handler in
        handler.setStatus(201)
        handler.write("made")
      }
    ]) { server in
      let response = try await server.fetch("GET", "/", ["If-None-Match: *"])
      #expect(response.status == 201)
      #expect(response["Etag"] == nil)
    }
  }
}

extension String {
  /// How often `text` stands in this text.
  func components(of text: String) -> Int {
    var count = 0
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(text) { count += 1 }
      rest = rest.dropFirst()
    }
    return count
  }
}
