// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

@Suite("web: security headers (SWF-012, SWF-013)")
struct SecurityHeadersTests {
  /// What a closure returns, not what the tests' client gets.
  private typealias Response = GaleWeb.Response

  @Test func `every answer has them, and what the handler says stays`() throws {
    let application = try Application(
      [
        .get("/") { _ in "x" }, .get("/own") { _ in Response(headers: ["X-Frame-Options": "DENY"], "x") },
        .mount("/app", EchoDelegate()),
      ], middleware: [SecurityHeaders()], settings: .quiet)
    try serving(application) { server async throws in
      for target in ["/", "/none", "/app/x"] {
        let answer = try await server.fetch("GET", target)
        #expect(answer["X-Content-Type-Options"] == "nosniff")
        #expect(answer["Referrer-Policy"] == "strict-origin-when-cross-origin")
        #expect(answer["X-Frame-Options"] == "SAMEORIGIN")
        #expect(answer["Strict-Transport-Security"] == nil && answer["Content-Security-Policy"] == nil)
      }
      #expect(try await server.fetch("GET", "/own").values("X-Frame-Options") == ["DENY"])
    }
  }

  @Test func `all of them can be chosen`() throws {
    var headers = SecurityHeaders()
    headers.forbidsSniffing = false
    headers.referrerPolicy = nil
    headers.frameOptions = nil
    headers.permissionsPolicy = "camera=()"
    headers.contentSecurityPolicy = .sameOrigin
    let application = try Application([.get("/") { _ in "x" }], middleware: [headers], settings: .quiet)
    try serving(application) { server async throws in
      let answer = try await server.fetch("GET", "/")
      #expect(answer["X-Content-Type-Options"] == nil && answer["Referrer-Policy"] == nil)
      #expect(answer["X-Frame-Options"] == nil && answer["Permissions-Policy"] == "camera=()")
      #expect(
        answer["Content-Security-Policy"]
          == "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'")
    }
  }

  @Test(arguments: [
    (SecurityHeaders.StrictTransportSecurity(), "max-age=31536000"),
    (
      .init(maxAge: .seconds(60), includesSubdomains: true, preload: true),
      "max-age=60; includeSubDomains; preload"
    ),
  ])
  func `HSTS is sent over HTTPS alone`(rule: SecurityHeaders.StrictTransportSecurity, text: String) throws {
    var headers = SecurityHeaders()
    headers.strictTransportSecurity = rule
    let pretend = Around { handler, next in
      if handler.request.headers["X-Secure"] != nil { handler.request.pretendHTTPS() }
      try await next()
    }
    let application = try Application(
      [.get("/") { _ in "x" }], middleware: [pretend, headers], settings: .quiet)
    try serving(application) { server async throws in
      #expect(try await server.fetch("GET", "/")["Strict-Transport-Security"] == nil)
      #expect(try await server.fetch("GET", "/", ["X-Secure: 1"])["Strict-Transport-Security"] == text)
    }
  }

  @Test func `a nonce is new for each answer, and the page has the same`() throws {
    var headers = SecurityHeaders()
    var policy = ContentSecurityPolicy(isReportOnly: true)
    policy["script-src"] = [.nonce, .strictDynamic, "https://cdn.test"]
    policy["img-src"] = [.data]
    policy["img-src"] = nil
    headers.contentSecurityPolicy = policy
    let application = try Application(
      [.get("/") { $0.contentSecurityNonce }], middleware: [headers], settings: .quiet)
    try serving(application) { server async throws in
      var nonces: Set<String> = []
      for _ in 0..<3 {
        let answer = try await server.fetch("GET", "/")
        #expect(answer.text.utf8.count == 24 && answer.text.hasSuffix("=="))
        #expect(
          answer["Content-Security-Policy-Report-Only"]
            == "script-src 'nonce-\(answer.text)' 'strict-dynamic' https://cdn.test")
        nonces.insert(answer.text)
      }
      #expect(nonces.count == 3)
    }
  }

  @Test(arguments: ["a b", "a;b", "a,b", "ä"]) func `a source cannot smuggle directives in`(source: String)
    async
  {
    await #expect(processExitsWith: .failure) { [source = source as String] in
      var policy = ContentSecurityPolicy()
      policy["img-src"] = [ContentSecurityPolicy.Source(stringLiteral: source)]
    }
  }
}

extension HTTPServerRequest {
  /// Has the request believe that it came over HTTPS.
  fileprivate func pretendHTTPS() { self.protocol = "https" }
}
