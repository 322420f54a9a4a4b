// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

extension OutputTests {
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
}
