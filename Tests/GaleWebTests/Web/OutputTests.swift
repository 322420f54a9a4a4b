// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Glibc
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

  // MARK: - Status

  @Test(arguments: [204, 304])
  func `a status without body has no length and no type`(_ status: Int) throws {
    try serving([.to("/") { $0.setStatus(status) }, .text("/next", "next")]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let response = try await client.response()
      #expect(response.status == status)
      #expect(response["Content-Type"] == nil)
      #expect(response["Content-Length"] == nil)
      #expect(response["Transfer-Encoding"] == nil)
      try await client.send("GET", "/next")
      #expect(try await client.response().text == "next")
    }
  }

  static let reasons: [(reason: String?, sent: String)] = [
    (nil, "I'm a Teapot"),
    ("Short and stout", "Short and stout"),
    ("", "Unknown"),
    ("<script>", "Unknown"),
    ("a\r\nX-Evil: 1", "Unknown"),
    ("a\nb", "Unknown"),
    ("a\u{0}b", "Unknown"),
    ("日本", "Unknown"),
  ]

  @Test(arguments: reasons)
  func `a reason that may not stand in a status line becomes Unknown`(_ reason: String?, _ sent: String)
    throws
  {
    let route = URLSpec.to("/") { $0.setStatus(418, reason: reason) }
    let thrown = URLSpec.to("/thrown") { _ in throw HTTPError(418, reason: reason) }
    try serving([route, thrown]) { server in
      for path in ["/", "/thrown"] {
        let response = try await server.fetch("GET", path)
        #expect(response.status == 418)
        #expect(response.reason == sent)
        #expect(response["X-Evil"] == nil)
        if path == "/thrown" { #expect(response.text.contains("418: \(xhtmlEscape(sent))")) }
      }
    }
  }

  @Test func `an unknown status is sent with the reason Unknown`() throws {
    try serving([.to("/") { $0.setStatus(799) }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 799)
      #expect(response.reason == "Unknown")
    }
  }

  @Test(arguments: [0, 99, 100, 150, 1000, -1])
  func `a status that is no final one becomes 500`(_ status: Int) throws {
    try serving([.to("/") { $0.setStatus(status) }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 500)
    }
  }

  // MARK: - Header

  @Test func `headers are set, added and taken back`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("x-one", "1")
      try handler.setHeader("X-One", "2")
      try handler.addHeader("X-Many", "a")
      try handler.addHeader("x-many", "b")
      try handler.setHeader("X-Gone", "1")
      handler.clearHeader("x-gone")
      try handler.setHeader("Content-Type", "text/plain")
      handler.write(handler.responseHeader("X-ONE") ?? "")
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.values("X-One") == ["2"])
      #expect(response.values("X-Many") == ["a", "b"])
      #expect(response["X-Gone"] == nil)
      #expect(response.values("Content-Type") == ["text/plain"])
      #expect(response.text == "2")
    }
  }

  static let injections: [(name: String, value: String)] = [
    ("X-A", "a\r\nX-Evil: 1"), ("X-A", "a\nX-Evil: 1"), ("X-A", "a\rX-Evil: 1"), ("X-A", "a\u{0}"),
    ("X-A", "\u{7F}"), ("X-A", "a\r\n\r\n<html>"), ("X-Evil: 1\r\nX-A", "a"), ("X A", "a"), ("", "a"),
    ("X-A:", "a"), ("X-Ä", "a"), ("X-A", "\u{1}"),
  ]

  @Test(arguments: injections)
  func `nothing gets into the header through a name or a value`(_ name: String, _ value: String) throws {
    let set = URLSpec.to("/set") { try $0.setHeader(name, value) }
    let add = URLSpec.to("/add") { try $0.addHeader(name, value) }
    let caught = URLSpec.to("/caught") { handler in
      #expect(throws: HTTPInputError.self) { try handler.setHeader(name, value) }
      handler.write("fine")
    }
    try serving([set, add, caught]) { server in
      for path in ["/set", "/add", "/caught"] {
        let response = try await server.fetch("GET", path)
        #expect(response.status == (path == "/caught" ? 200 : 500))
        #expect(response["X-Evil"] == nil)
        #expect(!response.head.contains("X-A"))
      }
    }
  }

  @Test func `clear starts anew and keeps the cookies`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setCookie("kept", "yes")
      try handler.setHeader("X-One", "1")
      handler.setStatus(404, reason: "Gone fishing")
      handler.write("nothing of this")
      handler.clear()
      handler.write("this")
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 200)
      #expect(response.reason == "OK")
      #expect(response["X-One"] == nil)
      #expect(response["Set-Cookie"] == "kept=yes; Path=/")
      #expect(response.text == "this")
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

  // MARK: - Connections

  @Test func `a connection is closed when the client wants that`() throws {
    try serving([.text("/", "bye")]) { server in
      for value in ["close", "Close", "keep-alive, close", "close, TE"] {
        let client = try await server.connect()
        try await client.send("GET", "/", ["Connection: \(value)"])
        let response = try await client.response()
        #expect(response["Connection"] == "close")
        #expect(response.text == "bye")
        let (rest, wasReset) = try await client.readToEnd()
        #expect(rest.isEmpty)
        #expect(!wasReset)
      }
    }
  }

  @Test(arguments: ["close", "Close", "x, close"])
  func `a handler that says close has the connection closed`(_ value: String) throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("Connection", value)
      handler.write("bye")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let response = try await client.response()
      #expect(response.values("Connection") == ["close"])
      #expect(response.text == "bye")
      #expect(try await client.readToEnd().bytes.isEmpty)
    }
  }

  @Test(arguments: [false, true])
  func `a handler that says chunked is understood`(_ flushes: Bool) throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("Transfer-Encoding", "chunked")
      handler.write("one")
      if flushes { try await handler.flush() }
      handler.write("two")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      for version in ["HTTP/1.1", "HTTP/1.0"] {
        if version == "HTTP/1.0" {
          try await client.send("GET", "/", version: version)
        } else {
          try await client.send("GET", "/")
        }
        let response = try await client.response()
        #expect(response.text == "onetwo")
        let chunked = flushes && version == "HTTP/1.1"
        #expect(response.values("Transfer-Encoding") == (chunked ? ["chunked"] : []))
        #expect((response["Content-Length"] == nil) == flushes)
      }
    }
  }

  static let framings: [[(name: String, value: String)]] = [
    [("Transfer-Encoding", "gzip")], [("Transfer-Encoding", "gzip, chunked")],
    [("Content-Length", "3"), ("Content-Length", "4")], [("Content-Length", "3"), ("Content-Length", "3")],
    [("Content-Length", "-1")], [("Content-Length", "3 ")], [("Content-Length", "+3")],
    [("Content-Length", "")],
    [("Content-Length", "99999999999999999999")], [("Content-Length", "3, 3")],
  ]

  @Test(arguments: framings)
  func `a handler cannot say what would not be so`(_ fields: [(name: String, value: String)]) throws {
    let route = URLSpec.to("/") { handler in
      for field in fields { try handler.addHeader(field.name, field.value) }
      handler.write("abc")
    }
    try serving([route, .text("/next", "next")]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let response = try await client.response()
      #expect(response.status == 500)
      #expect(response.values("Content-Length").count == 1)
      #expect(response["Transfer-Encoding"] == nil)
      try await client.send("GET", "/next")
      #expect(try await client.response().text == "next")
    }
  }

  @Test func `a client that closes its side still gets a short answer`() throws {
    try serving([.text("/", "hello")]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      _ = shutdown(client.stream.descriptor, Int32(SHUT_WR))
      #expect(try await client.response().text == "hello")
      let (rest, wasReset) = try await client.readToEnd()
      #expect(rest.isEmpty)
      #expect(!wasReset)
    }
  }

  @Test func `detach hands the stream to the handler`() throws {
    let route = URLSpec.to("/") { handler in
      guard let stream = handler.detach() else { throw TestFailure("no stream") }
      try await stream.write(Array("raw ".utf8))
      let echo = try await stream.read(count: 4)
      try await stream.write(echo)
      stream.close()
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      #expect(try await client.stream.read(count: 4) == Array("raw ".utf8))
      try await client.send("ping")
      let (bytes, _) = try await client.readToEnd()
      #expect(bytes == Array("ping".utf8))
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

@Suite("web: entity tags of bodies")
struct BodyTagTests {
  @Test func `a tag is the body's SHA-1, as Tornado computes it`() throws {
    try serving([.to("/") { $0.write("ok") }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response["Etag"] == "\"7a85f4764bbd6daf1c3545efbbf0f279a6dc0beb\"")
    }
  }
}
