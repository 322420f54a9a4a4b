// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import GaleWire
import Testing

/// Takes requests below `/own`.
private final class OwnRouter: ReversibleRouter {
  func findHandler(_ request: HTTPServerRequest) -> (any HTTPMessageDelegate)? {
    request.path.hasPrefix("/own") ? Own() : nil
  }

  func findURL(_ name: String, _ arguments: [String]) throws -> String? {
    name == "own" ? "/own/" + arguments.joined(separator: "/") : nil
  }
}

private final class Own: HTTPMessageDelegate {
  func finish(_ request: HTTPServerRequest) {
    do {
      try request.writeHeaders(200, HTTPHeaders([("Content-Length", "3")]))
      try request.write(Array("own".utf8))
      try request.finish()
    } catch {
      request.abort()
    }
  }
}

@Suite("routing: routers and matchers")  // RTE-001 to RTE-009, RTE-017, WEB-082
struct RouterTests {
  @Test func `a request that a router does not take goes to the next route`() throws {
    let routes = [URLSpec(".*", OwnRouter()), URLSpec.text("/own/.*|/other", "other")]
    try serving(routes) { server async throws in
      let texts = ["/own/x": "own", "/own": "own", "/other": "other"]
      for (path, text) in texts { #expect(try await server.fetch("GET", path).text == text) }
      let missing = try await server.fetch("GET", "/none")
      #expect(missing.status == 404)
    }
  }

  @Test func `a router can be a server's delegate`() throws {
    let application = try Application([URLSpec("/mounted/.*|/own.*", OwnRouter())], settings: .quiet)
    try serving(application) { server async throws in
      let own = try await server.fetch("GET", "/own/1")
      #expect(own.text == "own")
      #expect(try await server.fetch("GET", "/mounted/1").status == 404)
    }
  }

  @Test func `matchers narrow a route`() throws {
    let old = RequestMatches { $0.headers["X-Version"] == "1" }
    let routes = [
      URLSpec.text("/a", "host and version").when(old).when(try HostMatches("one\\.example")),
      URLSpec.text("/a", "version").when(old),
      URLSpec.text("/a", "any").when(AnyMatches()),
    ]
    try serving(routes) { server async throws in
      let rows: [([String], String)] = [
        (["X-Version: 1", "Host: one.example:80"], "host and version"), (["X-Version: 1"], "version"),
        (["Host: one.example"], "any"), ([], "any"),
      ]
      for (fields, text) in rows { #expect(try await server.fetch("GET", "/a", fields).text == text) }
    }
  }

  @Test func `hosts have routes of their own`() throws {
    let routes = [
      URLSpec(try HostMatches("one\\.example"), [.text("/a", "one"), .text("/b", "one b", name: "b")]),
      URLSpec.text("/a", "any"),
      URLSpec.to("/url") { $0.write(try $0.reverseURL("b")) },
    ]
    try serving(routes) { server async throws in
      let one = ["Host: one.example"]
      let rows: [(String, [String], String)] = [
        ("/a", one, "one"), ("/a", [], "any"), ("/b", one, "one b"), ("/url", one, "/b"), ("/url", [], "/b"),
      ]
      for (path, fields, text) in rows { #expect(try await server.fetch("GET", path, fields).text == text) }
      let missing = try await server.fetch("GET", "/b")
      #expect(missing.status == 404)
    }
  }

  @Test func `names are looked for in routers`() throws {
    let application = try Application([URLSpec("/own.*", OwnRouter()), .text("/(x)", "x", name: "x")])
    #expect(try application.reverseURL("own", ["a", "b"]) == "/own/a/b")
    #expect(try application.findURL("x", ["x"]) == "/x")
    #expect(try application.findURL("none", []) == nil)
    let error = #expect(throws: HTTPError.self) { try application.reverseURL("none") }
    #expect(error?.status == 500)
  }

  @Test func `a router of one's own can use handlers`() throws {
    final class HandlerRouter: Router {
      let application: Application
      init(_ application: Application) { self.application = application }
      func findHandler(_ request: HTTPServerRequest) -> (any HTTPMessageDelegate)? {
        guard request.path == "/gone" else { return nil }
        return application.makeHandler(ErrorHandler.self, ["status": 410], for: request)
      }
    }
    let inner = try Application(settings: .quiet)
    try serving([URLSpec(".*", HandlerRouter(inner)), .text("/x", "x")]) { server async throws in
      let gone = try await server.fetch("GET", "/gone")
      #expect(gone.status == 410)
      #expect(try await server.fetch("GET", "/x").text == "x")
    }
  }
}
