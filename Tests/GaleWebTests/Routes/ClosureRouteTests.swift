// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

private enum Paint: String, PathParameter { case red, green }

private struct Point: Codable, Equatable {
  var x: Int
  var y: Int
}

private final class ItemHandler: RequestHandler {
  override func get() async throws { write("item \(try pathArgument("id", as: Int.self))") }
}

@Suite("web: routes to closures (SWF-001)")
struct ClosureRouteTests {
  @Test func `a closure answers with what it returns`() throws {
    try serving([
      .get("/text") { _ in "hello" },
      .get("/bytes") { _ in [1, 2, 3] as [UInt8] },
      .get("/json") { _ in ["a": [1, 2]] as JSONValue },
      .get("/value") { _ in Point(x: 1, y: 2) },
      .get("/values") { _ in [Point(x: 1, y: 2)] },
      .get("/none") { _ -> String? in nil },
      .get("/some") { _ -> String? in "there" },
      .get("/written") { handler in
        handler.setStatus(202)
        handler.write("by hand")
      },
      .get("/thrown") { _ in throw HTTPError(418) },
    ]) { server async throws in
      let text = try await server.fetch("GET", "/text")
      #expect(text.text == "hello" && text["Content-Type"] == "text/html; charset=UTF-8")
      let bytes = try await server.fetch("GET", "/bytes")
      #expect(bytes.body == [1, 2, 3] && bytes["Content-Type"] == "application/octet-stream")
      let json = try await server.fetch("GET", "/json")
      #expect(json.text == #"{"a": [1, 2]}"# && json["Content-Type"] == "application/json; charset=UTF-8")
      #expect(try await server.fetch("GET", "/value").text == #"{"x": 1, "y": 2}"#)
      #expect(try await server.fetch("GET", "/values").text == #"[{"x": 1, "y": 2}]"#)
      #expect(try await server.fetch("GET", "/none").status == 404)
      #expect(try await server.fetch("GET", "/some").text == "there")
      let written = try await server.fetch("GET", "/written")
      #expect(written.status == 202 && written.text == "by hand")
      #expect(try await server.fetch("GET", "/thrown").status == 418)
    }
  }

  @Test func `parameters come in their types, and what does not convert is 404`() throws {
    try serving([
      .get("/sum/{a}/{b}") { (_, a: Int, b: Int) in "\(a + b)" },
      .get("/paint/{color}") { (_, color: Paint) in "\(color)" },
      .get("/named/{id:Int}") { (handler: RequestHandler) in
        "\(try handler.pathArgument("id", as: Int.self))"
      },
      .get("/files/{path...}") { (_, path: String) in "<\(path)>" },
      .get("/flag/{on:Bool}") { (_, on: Bool) in "\(on)" },
      .get("/uuid/{id:UUID}") { (_, id: String) in id },
      .get("/double/{x}") { (_, x: Double) in "\(x)" },
      URLSpec(path: "/items/{id:Int}", ItemHandler.self),
    ]) { server async throws in
      let right = [
        ("/sum/1/-3", "-2"), ("/paint/green", "green"), ("/named/7", "7"), ("/files/a/b%20c", "<a/b c>"),
        ("/files/", "<>"), ("/flag/true", "true"), ("/double/1.5", "1.5"), ("/items/12", "item 12"),
        ("/uuid/00000000-0000-0000-0000-00000000000F", "00000000-0000-0000-0000-00000000000F"),
      ]
      for (target, text) in right { #expect(try await server.fetch("GET", target).text == text) }
      let wrong = [
        "/sum/1/x", "/sum/1/99999999999999999999", "/sum/1", "/sum/1/2/3", "/paint/blue", "/named/x",
        "/named/99999999999999999999", "/flag/maybe", "/uuid/12", "/items/99999999999999999999", "/paint/%FF",
      ]
      for target in wrong { #expect(try await server.fetch("GET", target).status == 404, "\(target)") }
    }
  }

  @Test func `the first route that fits answers, closures and classes in one order`() throws {
    try serving([
      .get("/a/{n}") { (_, n: Int) in "number \(n)" },
      .get("/a/{s}") { (_, s: String) in "text \(s)" },
      .text("/b", "class"), .get("/b") { _ in "closure" },
      .post("/c") { _ in "posted" },
      .text("/c", "class c"),
    ]) { server async throws in
      #expect(try await server.fetch("GET", "/a/1").text == "number 1")
      #expect(try await server.fetch("GET", "/a/x").text == "text x")
      #expect(try await server.fetch("GET", "/b").text == "class")
      #expect(try await server.fetch("POST", "/c").text == "posted")
      #expect(try await server.fetch("GET", "/c").text == "class c")
    }
  }

  @Test func `a path without a route for the method is 405 with all that it answers`() throws {
    try serving([
      .get("/x") { _ in "got" }, .post("/x") { _ in "posted" }, .on("PROPFIND")("/x") { _ in "found" },
      .put("/y/{n}") { (_, n: Int) in "put \(n)" },
    ]) { server async throws in
      let refused = try await server.fetch("DELETE", "/x")
      #expect(refused.status == 405 && refused["Allow"] == "GET, HEAD, POST, PROPFIND, OPTIONS")
      let options = try await server.fetch("OPTIONS", "/x")
      #expect(options.status == 204 && options["Allow"] == "GET, HEAD, POST, PROPFIND, OPTIONS")
      #expect(try await server.fetch("PROPFIND", "/x").text == "found")
      #expect(try await server.fetch("BREW", "/x").status == 405)
      #expect(try await server.fetch("GET", "/y/1").status == 405)
      #expect(try await server.fetch("GET", "/y/z").status == 404)
    }
  }

  @Test func `HEAD has the header of GET`() throws {
    try serving([.get("/x") { _ in "four" }, .any("/any") { $0.write($0.request.method) }]) {
      server async throws in
      let head = try await server.fetch("HEAD", "/x")
      #expect(head.status == 200 && head["Content-Length"] == "4" && head.body.isEmpty)
      #expect(try await server.fetch("PATCH", "/any").text == "PATCH")
      #expect(try await server.fetch("BREW", "/any").text == "BREW")
    }
  }

  @Test func `literal text stands for itself, in percent-encoded form`() throws {
    try serving([.get("/a.b+c/(x)") { _ in "odd" }, .get("/straße") { _ in "street" }]) {
      server async throws in
      #expect(try await server.fetch("GET", "/a.b+c/(x)").text == "odd")
      #expect(try await server.fetch("GET", "/aXb+c/(x)").status == 404)
      #expect(try await server.fetch("GET", "/stra%C3%9Fe").text == "street")
    }
  }

  @Test(arguments: [
    "x", "/{", "/}", "/{}", "/{1}", "/{a b}", "/{id:Date}", "/{a}/{a}", "/{a:}",
  ])
  func `a path that cannot be understood is an error`(path: String) {
    #expect(throws: RoutingError.self) { try Application([.get(path) { _ in "x" }]) }
  }

  @Test func `a closure takes all parameters or none`() throws {
    #expect(throws: RoutingError.self) { try Application([.get("/{a}/{b}") { (_, a: Int) in "\(a)" }]) }
    #expect(throws: RoutingError.self) { try Application([.get("/") { (_, a: Int) in "\(a)" }]) }
    _ = try Application([.get("/{a}/{b}") { _ in "fine" }])
  }

  @Test func `names lead back to routes, and parameters are checked`() throws {
    let application = try Application([
      .get("/users/{id}", name: "user") { (_, id: Int) in "\(id)" },
      .group(
        "/{tenant}",
        [
          .get("/files/{path...}", name: "file") { (_, tenant: String, path: String) in tenant + path },
          .get("/paint/{color}", name: "paint") { (_, _: String, color: Paint) in "\(color)" },
        ]),
      URLSpec(#"/story/([0-9]+)"#, ItemHandler.self, name: "story"),
    ])
    #expect(try application.reverseURL("user", 42) == "/users/42")
    #expect(try application.reverseURL("file", "acme", "a/b c") == "/acme/files/a/b%20c")
    #expect(try application.reverseURL("paint", "acme", Paint.red) == "/acme/paint/red")
    #expect(try application.reverseURL("story", 7) == "/story/7")
    #expect(throws: RoutingError.self) { try application.reverseURL("user", "bob") }
    #expect(throws: RoutingError.self) { try application.reverseURL("user") }
    #expect(throws: RoutingError.self) { try application.reverseURL("story", -7) }
    #expect(throws: RoutingError.self) { try application.reverseURL("file", "a/b", "c", 1) }
    #expect(throws: HTTPError.self) { try application.reverseURL("nobody", 1) }
    do {
      _ = try application.reverseURL("user", "bob")
    } catch let error as RoutingError {
      #expect(error.code == .wrongArgument)
    }
  }

  @Test func `groups share a prefix, within each other too (SWF-002)`() throws {
    let mounted = try Application([.text("/deep/x", "mounted")], settings: .quiet)
    try serving([
      .group(
        "/api",
        [
          .get("") { _ in "root" },
          .get("/users/{id}") { (_, id: Int) in "user \(id)" },
          .text("/regex/[0-9]+|/other", "regex"),
          .group("/v2/{tenant}", [.get("/users/{id}") { (_, tenant: String, id: Int) in "\(tenant) \(id)" }]),
          .mount("/deep", mounted),
        ]),
      .get("/api/late") { handler in "late \(handler.routePath ?? "")" },
    ]) { server async throws in
      let pages = [
        ("/api", "root"), ("/api/users/3", "user 3"), ("/api/regex/12", "regex"), ("/api/other", "regex"),
        ("/api/v2/acme/users/5", "acme 5"), ("/api/late", "late /api/late"),
      ]
      for (target, text) in pages { #expect(try await server.fetch("GET", target).text == text) }
      #expect(try await server.fetch("GET", "/users/3").status == 404)
      #expect(try await server.fetch("GET", "/other").status == 404)
      // What is mounted sees the path below.
      #expect(try await server.fetch("GET", "/api/deep/deep/x").text == "mounted")
    }
  }

  @Test func `what is mounted needs a path without parameters above it`() throws {
    let inner = try Application([])
    #expect(throws: RoutingError.self) { try Application([.group("/{a}", [.mount("/b", inner)])]) }
  }

  @Test func `routes of a host stand beside others`() throws {
    let application = try Application(
      [.get("/x") { _ in "any" }, .post("/y") { _ in "y" }], settings: .quiet)
    try application.addHandlers(host: "a\\.test", [.post("/x") { _ in "a" }, .get("/y") { _ in "ay" }])
    try serving(application) { server async throws in
      #expect(try await server.fetch("POST", "/x", ["Host: a.test"]).text == "a")
      #expect(try await server.fetch("GET", "/x", ["Host: a.test"]).text == "any")
      let refused = try await server.fetch("PUT", "/y", ["Host: a.test"])
      #expect(refused.status == 405 && refused["Allow"] == "GET, HEAD, POST, OPTIONS")
    }
  }

  @Test func `closures see the body, its form and the query`() throws {
    try serving([
      .post("/form") { handler in
        "\(try handler.argument("a")) \(try handler.queryArgument("b") ?? "") \(handler.request.body.count)"
      }
    ]) { server async throws in
      let type = "Content-Type: application/x-www-form-urlencoded"
      #expect(try await server.fetch("POST", "/form?b=2", [type], body: Array("a=1".utf8)).text == "1 2 3")
    }
  }
}
