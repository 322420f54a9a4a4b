// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire
import Testing

@testable import GaleWeb

/// A handler that everybody may call.
private final class ExemptHandler: RequestHandler {
  override func post() async throws { write("exempt") }
  override func checkXSRFCookie() throws {}
}

private final class UserHandler: RequestHandler {
  override func getCurrentUser() throws -> (any Sendable)? { "somebody" }
  override func get() async throws { write(try xsrfToken) }
}

private final class StreamingHandler: RequestHandler {
  override class var streamsRequestBody: Bool { true }
  override func dataReceived(_ chunk: [UInt8]) async throws {}
  override func post() async throws { write("streamed") }
}

@Suite("web: forged requests")  // SGN-013 to SGN-018
struct XSRFTests {
  static let settings = Application.Settings.with {
    $0.cookieSecret = "SECRET"
    $0.xsrfCookies = true
  }
  static let routes: [URLSpec] = [
    .to("/token") { $0.write(try $0.xsrfToken) },
    .to("/form") { $0.write(try $0.xsrfFormHTML()) },
    .to("/") { $0.write("done") },
    URLSpec("/exempt", ExemptHandler.self),
    URLSpec("/user", UserHandler.self),
    URLSpec("/stream", StreamingHandler.self),
  ]

  static let token = "2|01020304|0103010705070503090b090f0d0f0d0b|1300000000"
  static let bare = "000102030405060708090a0b0c0d0e0f"

  @Test func `tokens are written as Tornado writes them`() throws {
    let token = XSRFToken(bytes: (0..<16).map { UInt8($0) }, time: 1_300_000_000, isFromCookie: false)
    #expect(token.text(.v2, mask: [1, 2, 3, 4]) == Self.token)
    #expect(token.text(.v1, mask: [1, 2, 3, 4]) == Self.bare)
    for text in [Self.token, Self.bare, Self.bare.uppercased()] {
      let parsed = try #require(XSRFToken(parsing: text, now: 0))
      #expect(parsed.matches(token))
    }
  }

  @Test(
    arguments: [
      "", "2|", "2|01020304", "2|01020304||1", "2|0102030|00|1", "2|01020304|0|1", "2|01020304|zz|1",
      "2|01020304|00|x", "2|01020304|00|1|", "2|01020304|00|-1", "1|a|b|c", "3|01020304|00|1", "2||00|1",
    ])
  func `what is no token is none`(_ text: String) {
    #expect(XSRFToken(parsing: text, now: 0) == nil)
  }

  @Test func `a client without a cookie gets one with the token`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let response = try await server.fetch("GET", "/token")
      let cookies = response.values("Set-Cookie")
      #expect(cookies.count == 1)
      let value = try #require(cookies.first?.split(separator: ";").first).dropFirst("_xsrf=".count)
      #expect(cookies.first?.hasSuffix("; Path=/") == true)
      #expect(cookies.first?.contains("expires") == false)
      #expect(value == response.text)
      // The same token under another mask, and no new cookie.
      let again = try await server.fetch("GET", "/token", ["Cookie: _xsrf=\(value)"])
      #expect(again.values("Set-Cookie").isEmpty)
      #expect(again.text != response.text)
      let tokens = try [response.text, again.text].map { try #require(XSRFToken(parsing: $0, now: 0)) }
      #expect(tokens[0].matches(tokens[1]))
      #expect(tokens[0].time == tokens[1].time)
      #expect(tokens[0].bytes.count == 16)
    }
  }

  @Test func `a page that does not ask for the token sets no cookie`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      #expect(try await server.fetch("GET", "/")["Set-Cookie"] == nil)
    }
  }

  @Test func `with a user the cookie is kept for 30 days`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      #expect(try await server.fetch("GET", "/user")["Set-Cookie"]?.contains("; expires=") == true)
    }
  }

  @Test func `the form has the token in a hidden field`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let response = try await server.fetch("GET", "/form", ["Cookie: _xsrf=\(Self.bare)"])
      #expect(response.text.hasPrefix(#"<input type="hidden" name="_xsrf" value="2|"#))
      #expect(response.text.hasSuffix(#"|\#(response.text.split(separator: "|").last ?? "")"#))
      #expect(response.text.hasSuffix(#""/>"#))
    }
  }

  static let accepted: [(target: String, fields: [String], body: String)] = [
    ("/", [], "_xsrf=\(Self.token)"),
    ("/", [], "_xsrf=\(Self.bare)"),
    ("/?_xsrf=\(Self.bare)", [], ""),
    ("/", ["X-Xsrftoken: \(Self.token)"], ""),
    ("/", ["X-XSRFToken: \(Self.bare)"], ""),
    ("/", ["X-Csrftoken: \(Self.token)"], ""),
    ("/?_xsrf=", ["X-Csrftoken: \(Self.token)"], ""),
    ("/stream?_xsrf=\(Self.bare)", [], ""),
  ]

  @Test(arguments: accepted, [Self.token, Self.bare])
  func `a request with the token is let through`(
    _ request: (target: String, fields: [String], body: String), _ cookie: String
  ) throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let fields =
        request.fields + ["Cookie: _xsrf=\(cookie)", "Content-Type: application/x-www-form-urlencoded"]
      let response = try await server.fetch("POST", request.target, fields, body: Array(request.body.utf8))
      #expect(response.status == 200)
    }
  }

  static let refused: [(target: String, fields: [String], body: String)] = [
    ("/", [], ""),
    ("/", ["Cookie: _xsrf=\(Self.token)"], ""),
    ("/", ["Cookie: _xsrf=\(Self.token)"], "_xsrf="),
    ("/", ["Cookie: _xsrf=\(Self.token)"], "_xsrf=x"),
    ("/", ["Cookie: _xsrf=\(Self.token)"], "_xsrf=2|x"),
    ("/", [], "_xsrf=\(Self.token)"),
    ("/", ["Cookie: _xsrf=\(Self.token)"], "_xsrf=\(Self.bare.dropLast(2))"),
    ("/", ["Cookie: _xsrf=\(Self.token)"], "_xsrf=\(Self.bare.dropLast(1))e"),
    ("/", ["Cookie: _xsrf=2|00000000||1"], "_xsrf=2|00000000||1"),
    ("/", ["Cookie: _xsrf="], "_xsrf="),
    ("/stream", ["Cookie: _xsrf=\(Self.token)"], ""),
    ("/missing?_xsrf=x", ["Cookie: _xsrf=\(Self.token)", "X-Expect: 404"], ""),
  ]

  @Test(arguments: refused, ["POST", "PUT", "PATCH", "DELETE"])
  func `a request without it is 403`(
    _ request: (target: String, fields: [String], body: String), _ method: String
  ) throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let fields = request.fields + ["Content-Type: application/x-www-form-urlencoded"]
      let response = try await server.fetch(method, request.target, fields, body: Array(request.body.utf8))
      // A path that nobody serves is 404: that tells no more than a GET does.
      #expect(response.status == (request.target.hasPrefix("/missing") ? 404 : 403))
    }
  }

  @Test(arguments: ["GET", "HEAD", "OPTIONS"])
  func `methods that change nothing need none`(_ method: String) throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      #expect(try await server.fetch(method, "/").status == 200)
    }
  }

  @Test func `a handler can be exempt, and the check can be off`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      #expect(try await server.fetch("POST", "/exempt").text == "exempt")
    }
    try serving(Self.routes) { server async throws in
      #expect(try await server.fetch("POST", "/").text == "done")
    }
  }

  @Test func `name, version and attributes of the cookie can be chosen`() throws {
    var settings = Self.settings
    settings.xsrfCookieName = "__Host-xsrf"
    settings.xsrfCookieVersion = .v1
    settings.xsrfCookieAttributes = CookieAttributes(
      expiresIn: .days(1), isSecure: true, isHTTPOnly: true, sameSite: .strict)
    try serving(Self.routes, settings: settings) { server async throws in
      let response = try await server.fetch("GET", "/token")
      let field = try #require(response["Set-Cookie"])
      #expect(field.hasPrefix("__Host-xsrf=\(response.text); expires="))
      #expect(field.hasSuffix("; HttpOnly; Path=/; SameSite=Strict; Secure"))
      #expect(response.text.count == 32)
      let fields = ["Cookie: __Host-xsrf=\(response.text)", "X-Xsrftoken: \(response.text)"]
      #expect(try await server.fetch("POST", "/", fields).status == 200)
      let other = ["Cookie: _xsrf=\(response.text)", "X-Xsrftoken: \(response.text)"]
      #expect(try await server.fetch("POST", "/", other).status == 403)
    }
  }

  @Test func `the handler is not reached`() throws {
    let journal = Journal()
    let route = URLSpec.to("/", prepare: { _ in journal.note("prepare") }) { _ in journal.note("post") }
    try serving([route], settings: Self.settings) { server async throws in
      #expect(try await server.fetch("POST", "/").status == 403)
      #expect(journal.entries.isEmpty)
    }
  }
}
