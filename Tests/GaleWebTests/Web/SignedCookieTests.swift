// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire
import Testing

@testable import GaleWeb

extension Application.Settings {
  /// Settings that `change` makes of the quiet ones.
  static func with(_ change: (inout Self) -> Void) -> Self {
    var settings = Self.quiet
    change(&settings)
    return settings
  }
}

/// `name=value` of a `Set-Cookie` field.
func cookiePair(_ response: Response, _ name: String) -> String? {
  response.values("Set-Cookie").first { $0.hasPrefix(name + "=") }?.split(separator: ";").first.map {
    String($0)
  }
}

@Suite("web: signed cookies")  // SGN-007 to SGN-012
struct SignedCookieTests {
  static let settings = Application.Settings.with { $0.cookieSecret = "SECRET" }

  @Test(arguments: SignedValue.Version.allCases)
  func `what was set comes back`(_ version: SignedValue.Version) throws {
    let set = URLSpec.to("/set") { try $0.setSignedCookie("user", "Zoë", version: version) }
    let get = URLSpec.to("/get") { $0.write(try $0.signedCookie("user") ?? "nil") }
    try serving([set, get], settings: Self.settings) { server async throws in
      let cookie = try #require(cookiePair(try await server.fetch("GET", "/set"), "user"))
      #expect(try await server.fetch("GET", "/get", ["Cookie: \(cookie)"]).text == "Zoë")
      #expect(try await server.fetch("GET", "/get", ["Cookie: \(cookie.dropLast(2))\""]).text == "nil")
      #expect(try await server.fetch("GET", "/get").text == "nil")
      let renamed = "admin" + cookie.dropFirst(4)
      #expect(try await server.fetch("GET", "/get", ["Cookie: \(renamed)"]).text == "nil")
    }
  }

  @Test func `lifetime and attributes are those that are asked for`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.setSignedCookie("month", "1")
      try handler.setSignedCookie("session", "1", expiresIn: nil)
      try handler.setSignedCookie(
        "all", "1", expiresIn: .days(2),
        attributes: CookieAttributes(
          domain: "x.example", path: "/p", isSecure: true, isHTTPOnly: true, sameSite: .strict))
      try handler.setSealedCookie("sealed", "1", expiresIn: nil)
    }
    try serving([route], settings: Self.settings) { server async throws in
      let response = try await server.fetch("GET", "/")
      let now = try #require(response["Date"].flatMap { HTTPDate(parsing: $0) }).unixSeconds
      func expiry(_ name: String) -> Int? {
        let field = response.values("Set-Cookie").first { $0.hasPrefix(name + "=") } ?? ""
        let part = field.split(separator: "; ").first { $0.hasPrefix("expires=") }
        return part.flatMap { HTTPDate(parsing: String($0.dropFirst(8))) }.map { $0.unixSeconds - now }
      }
      #expect((30 * 86_400 - 5...30 * 86_400 + 5).contains(try #require(expiry("month"))))
      #expect((2 * 86_400 - 5...2 * 86_400 + 5).contains(try #require(expiry("all"))))
      #expect(expiry("session") == nil)
      let all = try #require(response.values("Set-Cookie").first { $0.hasPrefix("all=") })
      #expect(all.contains("; Domain=x.example; "))
      #expect(all.hasSuffix("; HttpOnly; Path=/p; SameSite=Strict; Secure"))
      let sealed = try #require(response.values("Set-Cookie").first { $0.hasPrefix("sealed=") })
      #expect(sealed.hasPrefix("sealed=3|1:0|"))
      #expect(sealed.hasSuffix("; HttpOnly; Path=/"))
    }
  }

  @Test func `a sealed cookie can have another secret than the application's`() throws {
    func set(_ secret: CookieSecret?) -> @Sendable (RequestHandler) throws -> Void {
      { try $0.setSealedCookie("n", "Zoë", secret: secret, expiresIn: nil, attributes: CookieAttributes()) }
    }
    func read(_ secret: CookieSecret?) -> @Sendable (RequestHandler) throws -> Void {
      { $0.write(try $0.sealedCookie("n", secret: secret, maxAge: .seconds(60)) ?? "nil") }
    }
    let signed = URLSpec.to("/signed") { try $0.setSignedCookie("n", "Zoë", version: .v2) }
    let routes = [
      URLSpec.to("/set", set(nil)), URLSpec.to("/set-other", set("OTHER")), signed,
      URLSpec.to("/get", read(nil)), URLSpec.to("/get-other", read("OTHER")),
    ]
    try serving(routes, settings: Self.settings) { server async throws in
      for (path, own, other) in [
        ("/set", "Zoë", "nil"), ("/set-other", "nil", "Zoë"), ("/signed", "nil", "nil"),
      ] {
        let cookie = try #require(cookiePair(try await server.fetch("GET", path), "n"))
        #expect(try await server.fetch("GET", "/get", ["Cookie: \(cookie)"]).text == own)
        #expect(try await server.fetch("GET", "/get-other", ["Cookie: \(cookie)"]).text == other)
      }
      #expect(try await server.fetch("GET", "/get").text == "nil")
    }
  }

  @Test func `age, version and a value from elsewhere can be chosen`() throws {
    let old = SignedValue.create(secret: "SECRET", name: "n", value: [0xFF], now: 1_300_000_000)
    let route = URLSpec.to("/") { handler in
      let current = try handler.createSignedValue("n", [0xFF])
      let results = [
        try handler.signedCookieBytes("n", value: old),
        try handler.signedCookieBytes("n", value: old, maxAge: .days(100_000)),
        try handler.signedCookieBytes("n", value: current),
        try handler.signedCookieBytes("n", value: current, minVersion: .sealed),
      ]
      let keys = [
        try handler.signedCookieKeyVersion("n", value: current), try handler.signedCookieKeyVersion("n"),
        try handler.signedCookieKeyVersion("n", value: "x"),
      ]
      handler.write("\(results) \(keys) \(try handler.signedCookie("n", value: current) ?? "no text")")
    }
    try serving([route], settings: Self.settings) { server async throws in
      #expect(
        try await server.fetch("GET", "/").text
          == "[nil, Optional([255]), Optional([255]), nil] [Optional(0), nil, nil] no text")
    }
  }

  @Test func `without a secret the answer is 500`() throws {
    let set = URLSpec.to("/set") { try $0.setSignedCookie("a", "1") }
    let get = URLSpec.to("/get") { _ = try $0.signedCookie("a") }
    let key = URLSpec.to("/key") { _ = try $0.signedCookieKeyVersion("a") }
    try serving([set, get, key]) { server async throws in
      for path in ["/set", "/get", "/key"] {
        let response = try await server.fetch("GET", path)
        #expect(response.status == 500)
        #expect(response["Set-Cookie"] == nil)
        #expect(!response.text.contains("secret"))
      }
    }
  }

  @Test func `all cookies of the request can be cleared`() throws {  // WEB-056
    let route = URLSpec.to("/") { try $0.clearAllCookies(path: "/x") }
    try serving([route]) { server async throws in
      let response = try await server.fetch("GET", "/", ["Cookie: b=1; a=2; b=3; =4; ä=5"])
      let cookies = response.values("Set-Cookie")
      #expect(cookies.map { $0.prefix(5) } == ["a=\"\";", "b=\"\";"])
      #expect(cookies.allSatisfy { $0.hasSuffix("; Path=/x") })
    }
  }
}
