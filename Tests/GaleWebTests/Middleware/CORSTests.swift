// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import Testing

@Suite("web: CORS (SWF-012)")
struct CORSTests {
  private static let page = "Origin: https://page.test"

  private static func routes(_ middleware: CORSMiddleware) -> [URLSpec] {
    [
      .group(
        "/api",
        [
          .get("/x") { _ in "x" }, .post("/x") { _ in "posted" },
          .get("/error") { _ in throw HTTPError(500) },
          .mount("/app", EchoDelegate()),
        ]
      ).through(middleware)
    ]
  }

  @Test func `pages of a listed origin may read answers, errors and mounted applications too`() throws {
    let middleware = CORSMiddleware(
      origins: ["https://page.test"], exposedHeaders: ["X-A", "X-B"], allowsCredentials: true)
    try serving(Self.routes(middleware)) { server async throws in
      for (target, status) in [("/api/x", 200), ("/api/error", 500), ("/api/app/y", 203)] {
        let answer = try await server.fetch("GET", target, [Self.page])
        #expect(answer.status == status)
        #expect(answer["Access-Control-Allow-Origin"] == "https://page.test")
        #expect(answer["Access-Control-Allow-Credentials"] == "true")
        #expect(answer["Access-Control-Expose-Headers"] == "X-A, X-B")
        #expect(answer["Vary"] == "Origin")
      }
    }
  }

  @Test(arguments: [
    ["Origin: https://evil.test"], ["Origin: null"], ["Origin: https://page.test.evil.test"], [],
  ])
  func `others get the answer without leave to read it`(headers: [String]) throws {
    try serving(Self.routes(CORSMiddleware(origins: ["https://page.test"]))) { server async throws in
      let answer = try await server.fetch("GET", "/api/x", headers)
      #expect(answer.status == 200 && answer["Vary"] == "Origin")
      #expect(!answer.fields.contains { $0.name.lowercased().hasPrefix("access-control") })
      let preflight = try await server.fetch(
        "OPTIONS", "/api/x", headers + ["Access-Control-Request-Method: POST"])
      #expect(!preflight.fields.contains { $0.name.lowercased().hasPrefix("access-control") })
    }
  }

  @Test func `a preflight is answered, whatever the routes answer`() throws {
    let middleware = CORSMiddleware(
      origins: ["https://page.test"], methods: ["GET", "POST"], headers: ["X-Token"], maxAge: .seconds(600))
    try serving(Self.routes(middleware)) { server async throws in
      for target in ["/api/x", "/api/app/y"] {
        let answer = try await server.fetch(
          "OPTIONS", target,
          [Self.page, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-token"])
        #expect(answer.status == 204)
        #expect(answer["Access-Control-Allow-Origin"] == "https://page.test")
        #expect(answer["Access-Control-Allow-Methods"] == "GET, POST")
        #expect(answer["Access-Control-Allow-Headers"] == "X-Token")
        #expect(answer["Access-Control-Max-Age"] == "600")
      }
      // A plain OPTIONS is the route's.
      #expect(try await server.fetch("OPTIONS", "/api/x", [Self.page])["Allow"] == "GET, HEAD, POST, OPTIONS")
    }
  }

  @Test func `any origin is a star, and what headers are asked for may be allowed`() throws {
    try serving(Self.routes(CORSMiddleware(origins: .any))) { server async throws in
      let answer = try await server.fetch("GET", "/api/x", [Self.page])
      #expect(answer["Access-Control-Allow-Origin"] == "*" && answer["Vary"] == nil)
      #expect(answer["Access-Control-Allow-Credentials"] == nil)
      let preflight = try await server.fetch(
        "OPTIONS", "/api/x",
        [Self.page, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: a, b"])
      #expect(preflight["Access-Control-Allow-Headers"] == "a, b")
      #expect(preflight["Vary"] == "Access-Control-Request-Headers")
    }
  }

  @Test func `origins can be matched by a function`() throws {
    try serving(Self.routes(CORSMiddleware(origins: .matching { $0.hasSuffix(".page.test") }))) {
      server async throws in
      let right = try await server.fetch("GET", "/api/x", ["Origin: https://a.page.test"])
      #expect(right["Access-Control-Allow-Origin"] == "https://a.page.test")
      #expect(try await server.fetch("GET", "/api/x", [Self.page])["Access-Control-Allow-Origin"] == nil)
    }
  }

  @Test func `credentials for any origin are not to be had`() async {
    await #expect(processExitsWith: .failure) { _ = CORSMiddleware(origins: .any, allowsCredentials: true) }
  }
}
