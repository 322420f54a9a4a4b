// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

private struct Account: Sendable { let name: String }

/// Would find another user than the middleware around it.
private final class LoadingHandler: RequestHandler, UserLoading {
  func loadCurrentUser() async throws -> Account? { Account(name: "loaded") }
  override func get() async throws { write(try user?.name ?? "nobody") }
}

/// Takes `/own` and counts how often it is asked.
private final class CountingRouter: Router {
  let asked = Counter()

  func findHandler(_ request: HTTPServerRequest) -> (any HTTPMessageDelegate)? {
    asked.add()
    return request.path == "/own" ? EchoDelegate().startRequest(request) : nil
  }
}

/// Closures, groups and middleware with matchers, routers, users, checks against forged requests and transforms.
@Suite("routes: everything together")
struct RoutingTogetherTests {
  private static let isNew = RequestMatches { $0.headers["X-Version"] == "2" }
  private static let new = ["X-Version: 2"]
  private static let guarding = BasicAuthentication(realm: "all") { credentials, _ in
    credentials.match(username: "ada", password: "pass") ? Account(name: credentials.username) : nil
  }
  // printf 'ada:pass' | base64
  private static let ada = ["Authorization: Basic YWRhOnBhc3M="]

  @Test func `matchers narrow closures and whole groups`() throws {
    let routes: [URLSpec] = [
      .group("/api/{team}", [.get("/x/{id:Int}") { (_, team: String, id: Int) in "new \(team) \(id)" }])
        .when(Self.isNew),
      .get("/api/{team}/x/{id:Int}") { (_, team: String, id: Int) in "old \(team) \(id)" }
        .when(RequestMatches { $0.headers["X-Version"] != "3" }),
    ]
    try serving(routes) { server async throws in
      #expect(try await server.fetch("GET", "/api/a/x/1", Self.new).text == "new a 1")
      #expect(try await server.fetch("GET", "/api/a/x/1").text == "old a 1")
      #expect(try await server.fetch("GET", "/api/a/x/1", ["X-Version: 3"]).status == 404)
    }
  }

  @Test func `routes for a host stand below a group, inside of its middleware`() throws {
    let journal = Journal()
    let one: [URLSpec] = [
      .get("/x") { (_, team: String) in "one \(team)" }, .post("/y") { (_, team: String) in team },
    ]
    let routes: [URLSpec] = [
      .group("/{team}", [URLSpec(try HostMatches("one\\.example"), one)]).through(Noting("group", journal)),
      .get("/{team}/x") { (_, team: String) in "any \(team)" },
    ]
    try serving(routes) { server async throws in
      #expect(try await server.fetch("GET", "/a/x", ["Host: one.example"]).text == "one a")
      #expect(journal.entries == ["> group", "< group 200"])
      #expect(try await server.fetch("GET", "/a/x").text == "any a")
      let refused = try await server.fetch("GET", "/a/y", ["Host: one.example"])
      #expect(refused.status == 405)
      #expect(refused["Allow"] == "POST, OPTIONS")
      #expect(try await server.fetch("GET", "/a/y").status == 404)
      #expect(journal.entries == ["> group", "< group 200", "> group"])
    }
  }

  @Test func `an application that a matcher leads to refuses methods itself`() throws {
    let inner = try Application([.post("/x") { _ in "posted" }], settings: .quiet)
    try serving([URLSpec(Self.isNew, inner), .text("/.*", "next")]) { server async throws in
      #expect(try await server.fetch("POST", "/x", Self.new).text == "posted")
      #expect(try await server.fetch("GET", "/x", Self.new).status == 405)
      #expect(try await server.fetch("GET", "/y", Self.new).text == "next")
      #expect(try await server.fetch("GET", "/x").text == "next")
    }
  }

  @Test func `a router is asked inside of the middleware around it`() throws {
    let router = CountingRouter()
    try serving([URLSpec(".*", router).through(Self.guarding), .text("/next", "next")]) {
      server async throws in
      for path in ["/own", "/next"] { #expect(try await server.fetch("GET", path).status == 401) }
      #expect(router.asked.value == 0)
      #expect(try await server.fetch("GET", "/own", Self.ada).status == 203)
      #expect(try await server.fetch("GET", "/next", Self.ada).status == 404)
      #expect(router.asked.value == 2)
    }
  }

  @Test func `names below matchers are found, and parameters checked`() throws {
    let inner = try Application(
      [.get("/in/{id:Int}", name: "in") { (_, id: Int) in "\(id)" }], settings: .quiet)
    let application = try Application([
      URLSpec(Self.isNew, [URLSpec(Self.isNew, inner), .text("/a/([0-9]+)", "", name: "a")])
    ])
    #expect(try application.reverseURL("in", 7) == "/in/7")
    #expect(try application.reverseURL("a", 7) == "/a/7")
    #expect(throws: RoutingError.self) { try application.reverseURL("in", "x") }
    #expect(throws: RoutingError.self) { try application.findURL("a", ["x"]) }
    let error = #expect(throws: HTTPError.self) { try application.reverseURL("b", 7) }
    #expect(error?.status == 500)
  }

  @Test func `closures are protected against forged requests`() throws {
    let routes: [URLSpec] = [.post("/x") { _ in "done" }, .get("/x") { try $0.xsrfToken }]
    try serving(routes, settings: .with { $0.xsrfCookies = true }) { server async throws in
      #expect(try await server.fetch("POST", "/x").status == 403)
      let token = try await server.fetch("GET", "/x").text
      let fields = ["Cookie: _xsrf=\(token)", "X-Xsrftoken: \(token)"]
      #expect(try await server.fetch("POST", "/x", fields).text == "done")
      // Nothing is done, so there is nothing to protect.
      #expect(try await server.fetch("PUT", "/x").status == 405)
    }
  }

  @Test func `who comes in is the current user, for all kinds of handlers`() throws {
    let routes: [URLSpec] = [
      .group(
        "/in",
        [
          .get("/closure") { handler in try (handler.requireUser() as? Account)?.name ?? "nobody" },
          URLSpec("/loading", LoadingHandler.self),
        ]
      ).through(Self.guarding),
      URLSpec("/loading", LoadingHandler.self),
    ]
    try serving(routes) { server async throws in
      #expect(try await server.fetch("GET", "/in/closure", Self.ada).text == "ada")
      #expect(try await server.fetch("GET", "/in/loading", Self.ada).text == "ada")
      #expect(try await server.fetch("GET", "/loading", Self.ada).text == "loaded")
    }
  }

  @Test func `an answer with trailers is compressed to its end`() throws {
    let routes: [URLSpec] = [
      .get("/short") { handler in
        try handler.announceTrailers("Checksum")
        try handler.setHeader("Content-Type", "text/plain")
        handler.write(TransformTests.text(5000))
        try handler.setTrailer("Checksum", "43")
      }
    ]
    try serving(routes, settings: TransformTests.settings) { server async throws in
      let client = try await server.connect()
      defer { client.close() }
      try await client.send("GET", "/short", [TransformTests.accept])
      let head = try await client.responseHead()
      #expect(head["Content-Encoding"] == "gzip")
      #expect(head["Transfer-Encoding"] == "chunked")
      #expect(try TransformTests.inflate(try await client.chunk()) == TransformTests.text(5000))
      let rest = try await client.stream.read(until: Array("\r\n\r\n".utf8), limit: 100)
      #expect(String(decoding: rest, as: UTF8.self) == "0\r\nChecksum: 43\r\n\r\n")
    }
  }

  @Test func `static files are behind the application's middleware`() throws {
    let tree = try StaticTree()
    let settings = Application.Settings.with { $0.staticPath = tree.root }
    let application = try Application([], middleware: [Self.guarding], settings: settings)
    try serving(application) { server async throws in
      #expect(try await server.fetch("GET", "/static/letters.txt").status == 401)
      #expect(try await server.fetch("GET", "/static/letters.txt", Self.ada).text == StaticTree.alphabet)
      #expect(try await server.fetch("GET", "/static/none.txt", Self.ada).status == 404)
    }
  }
}
