// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import GaleWire
import Testing

@Suite("web: cookies")
struct CookieHandlerTests {
  @Test func `are set with their attributes`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setCookie("plain", "value")
      try handler.setCookie("days", "1", expiresInDays: 1)
      try handler.setCookie(
        SetCookie(
          "full", "a,b", domain: "example.com", path: "/x", maxAge: 60, isSecure: true, isHTTPOnly: true,
          sameSite: .lax))
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      let cookies = response.values("Set-Cookie")
      #expect(cookies.count == 3)
      #expect(cookies.first == "plain=value; Path=/")
      #expect(cookies[1].hasPrefix("days=1; expires="))
      #expect(
        cookies.last
          == "full=\"a\\054b\"; Domain=example.com; HttpOnly; Max-Age=60; Path=/x; SameSite=Lax; Secure")
      let expires = cookies[1].split(separator: ";")[1].drop { $0 != "=" }.dropFirst()
      let date = try #require(HTTPDate(parsing: String(expires)))
      let now = try #require(response["Date"].flatMap { HTTPDate(parsing: $0) })
      #expect((86390...86410).contains(date.unixSeconds - now.unixSeconds))
    }
  }

  @Test func `of the same name, domain and path replace each other`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setCookie("a", "1")
      try handler.setCookie("b", "1")
      try handler.setCookie("a", "2")
      try handler.setCookie(SetCookie("a", "3", path: "/deep"))
      try handler.setCookie(SetCookie("a", "4", domain: "example.com"))
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(
        response.values("Set-Cookie") == [
          "b=1; Path=/", "a=2; Path=/", "a=3; Path=/deep", "a=4; Domain=example.com; Path=/",
        ])
    }
  }

  @Test func `are cleared by an end in the past`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setCookie("session", "1")
      try handler.clearCookie("session")
      try handler.clearCookie("other", path: "/x", domain: "example.com")
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      let cookies = response.values("Set-Cookie")
      #expect(cookies.count == 2)
      #expect(cookies[0].hasPrefix("session=\"\"; expires="))
      #expect(cookies[0].hasSuffix("; Path=/"))
      #expect(cookies[1].hasPrefix("other=\"\"; Domain=example.com; expires="))
      let expires = cookies[0].split(separator: ";")[1].drop { $0 != "=" }.dropFirst()
      let date = try #require(HTTPDate(parsing: String(expires)))
      let now = try #require(response["Date"].flatMap { HTTPDate(parsing: $0) })
      #expect(date.unixSeconds < now.unixSeconds - 86400)
    }
  }

  static let injections: [SetCookie] = [
    SetCookie("a", "1\r\nX-Evil: 1"), SetCookie("a", "1\n2"), SetCookie("a", "\u{0}"),
    SetCookie("a\r\nX", "1"),
    SetCookie("a;b", "1"), SetCookie("a=b", "1"), SetCookie("", "1"), SetCookie("a b", "1"),
    SetCookie("ä", "1"),
    SetCookie("a", "1", domain: "x; Secure"), SetCookie("a", "1", domain: "x\r\nX-Evil: 1"),
    SetCookie("a", "1", path: "/;x"), SetCookie("a", "1", path: "/\r\n\r\nbody"),
    SetCookie("a", "1", path: "/ x"),
    SetCookie("a", "1", domain: "x\u{7F}"),
  ]

  @Test(arguments: injections)
  func `nothing gets into the header through them`(_ cookie: SetCookie) throws {
    try serving([.to("/") { try $0.setCookie(cookie) }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 500)
      #expect(response["Set-Cookie"] == nil)
      #expect(response["X-Evil"] == nil)
    }
  }

  @Test func `a value that would end the cookie is quoted`() throws {
    try serving([.to("/") { try $0.setCookie("a", "1;Secure,\"x\"\\é") }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.values("Set-Cookie") == [#"a="1\073Secure\054\"x\"\\\351"; Path=/"#])
    }
  }

  @Test func `survive an error page`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setCookie("a", "1")
      throw HTTPError(403)
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 403)
      #expect(response["Set-Cookie"] == "a=1; Path=/")
    }
  }

  @Test func `stand in a 304 and in a redirect`() throws {
    let redirect = URLSpec.to("/redirect") { handler in
      try handler.setCookie("a", "1")
      try handler.redirect(to: "/")
    }
    let page = URLSpec.to("/") { handler in
      try handler.setCookie("a", "1")
      handler.write("page")
    }
    try serving([redirect, page]) { server in
      #expect(try await server.fetch("GET", "/redirect")["Set-Cookie"] == "a=1; Path=/")
      let response = try await server.fetch("GET", "/", ["If-None-Match: *"])
      #expect(response.status == 304)
      #expect(response["Set-Cookie"] == "a=1; Path=/")
    }
  }

  static let requests: [(fields: [String], value: String?)] = [
    ([], nil),
    (["Cookie: a=1"], "1"),
    (["Cookie: b=2; a=1"], "1"),
    (["Cookie: a=1; a=2"], "2"),
    (["Cookie: a=1", "Cookie: b=2"], "1"),
    (["Cookie: a=\"q\\073\\\"x\""], "q;\"x"),
    (["Cookie: a=x=y"], "x=y"),
    (["Cookie:  a = 1 "], "1"),
    (["Cookie: a"], nil),
    (["Cookie: ;;; a=1;;"], "1"),
    (["Cookie: a="], ""),
  ]

  @Test(arguments: requests)
  func `of the request are read as browsers mean them`(_ fields: [String], _ value: String?) throws {
    let route = URLSpec.to("/") { handler in
      try handler.setCookie("a", "answer")
      handler.write(handler.cookie("a").map { "[\($0)]" } ?? "nil")
      handler.write(handler.cookies["a"] == handler.cookie("a") ? "" : " differs")
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/", fields)
      #expect(response.text == (value.map { "[\($0)]" } ?? "nil"))
    }
  }

  @Test func `what was set comes back`() throws {
    let values = ["plain", "\"", "a;b,c\\d", "é", "100%", "x=y&z", "日本"]
    let set = URLSpec.to("/set/([0-9]+)") { handler in
      let index = try handler.pathArgument(0).flatMap { Int($0) } ?? 0
      try handler.setCookie("v", values[index])
    }
    try serving([set, .to("/get") { $0.write($0.cookie("v") ?? "nil") }]) { server in
      for (index, value) in values.enumerated() {
        let response = try await server.fetch("GET", "/set/\(index)")
        let cookie = try #require(response["Set-Cookie"]).split(separator: "; ")[0]
        #expect(try await server.fetch("GET", "/get", ["Cookie: \(cookie)"]).text == value)
      }
    }
  }
}
