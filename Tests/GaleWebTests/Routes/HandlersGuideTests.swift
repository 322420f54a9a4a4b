// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

// The examples of docs/guide/handlers.md; Tests/Guide compiles them where they stand.

private let stories = [1: "Gale & Tornado"]
private let users = [7: User(id: 7, name: "Ada")]

private struct User: Codable {
  var id: Int
  var name: String
}

final class StoryHandler: RequestHandler {
  override func get() async throws {
    let id = try pathArgument("id", as: Int.self)
    guard let story = stories[id] else { throw HTTPError(404) }
    write("<h1>\(xhtmlEscape(story))</h1>")
  }

  override func delete() async throws { setStatus(204) }
}

private final class ArchiveHandler: RequestHandler {
  override func get() async throws { write("archive \(try pathArgument(0) ?? "")") }
}

enum Color: String, PathParameter { case red, green }

struct SignUp: Codable {
  var name: String
  var age: Int?
  var tags: [String]
}

private struct YAMLFormat: ContentFormat {
  let mediaTypes = ["application/yaml"]
  func encode<T: Encodable>(_ value: T) throws -> [UInt8] { Array("yaml".utf8) }
  func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T {
    throw BodyError(.malformed, field: nil, "is not read")
  }
}

struct Timing: Middleware {
  func handle(_ handler: RequestHandler, next: Next) async throws {
    let request = handler.request
    request.onResponseHead { _, headers in
      try? headers.set("Server-Timing", "app;dur=\(request.requestTime / .milliseconds(1))")
    }
    try await next()
  }
}

enum TenantKey: HandlerKey { typealias Value = String }

struct TenantMiddleware: Middleware {
  func handle(_ handler: RequestHandler, next: Next) async throws {
    guard let tenant = handler.request.headers["X-Tenant"] else { throw HTTPError(400) }
    handler[TenantKey.self] = tenant
    try await next()
  }
}

@Suite("guide: handlers")
struct HandlersGuideTests {
  /// What a closure returns, not what the tests' client gets.
  private typealias Response = GaleWeb.Response

  @Test func `classes answer as the guide says`() throws {
    let pages: [URLSpec] = [
      URLSpec(path: "/stories/{id:Int}", StoryHandler.self, name: "story"),
      URLSpec(#"/archive/([0-9]{4})"#, ArchiveHandler.self),
    ]
    try serving(pages) { server async throws in
      #expect(try await server.fetch("GET", "/stories/1").text == "<h1>Gale &amp; Tornado</h1>")
      #expect(try await server.fetch("GET", "/archive/1999").text == "archive 1999")
    }
  }

  @Test func `closures and groups answer as the guide says`() throws {
    let routes: [URLSpec] = [
      .get("/hello/{name}") { (_, name: String) in "Hello, \(name)!" },
      .get("/users/{id}", name: "user") { (_, id: Int) in users[id].map { Response(encoding: $0) } },
      .post("/users") { handler in
        let user = try handler.decodeBody(as: User.self)
        return Response(
          status: 201, headers: ["Location": try handler.reverseURL("user", user.id)], encoding: user)
      },
      .delete("/users/{id}") { (handler, id: Int) in
        handler.setStatus(204)
      },
    ]
    let paint = URLSpec.get("/paint/{color}", name: "paint") { (_, color: Color) in "It is \(color)." }
    let adminsOnly = BasicAuthentication(realm: "admin") { credentials, _ in
      credentials.match(username: "ada", password: "secret") ? User(id: 1, name: "Ada") : nil
    }
    let grouped: [URLSpec] = [
      .group(
        "/api/{tenant}",
        [
          .get("") { (_, tenant: String) in "This is \(tenant)." },
          .get("/items/{id}") { (_, tenant: String, id: Int) in ["tenant": tenant, "id": "\(id)"] },
          .group("/admin", [URLSpec(path: "/users", StoryHandler.self)]).through(adminsOnly),
        ]
      ).through(CORSMiddleware(origins: ["https://app.example.com"]))
    ]
    try serving(routes + [paint] + grouped) { server async throws in
      #expect(try await server.fetch("GET", "/hello/Ada").text == "Hello, Ada!")
      #expect(try await server.fetch("GET", "/users/7").text == #"{"id": 7, "name": "Ada"}"#)
      #expect(try await server.fetch("GET", "/users/8").status == 404)
      let made = try await server.fetch(
        "POST", "/users", ["Content-Type: application/json"], body: Array(#"{"id": 9, "name": "B"}"#.utf8))
      #expect(made.status == 201 && made["Location"] == "/users/9")
      #expect(try await server.fetch("DELETE", "/users/7").status == 204)
      #expect(try await server.fetch("GET", "/paint/red").text == "It is red.")
      #expect(try server.application.reverseURL("paint", Color.red) == "/paint/red")
      #expect(try await server.fetch("GET", "/api/acme").text == "This is acme.")
      #expect(try jsonDecode(try await server.fetch("GET", "/api/acme/items/3").text)["id"] == "3")
      #expect(try await server.fetch("GET", "/api/acme/admin/users").status == 401)
    }
  }

  @Test func `bodies, streams and middleware work as the guide says`() throws {
    let signUp = URLSpec.post("/signup") { handler in
      let form = try handler.decodeBody(as: SignUp.self)
      guard form.age ?? 18 >= 18 else { throw BodyError(.invalid, field: "age", "must be 18 or more") }
      return form
    }
    let upload = URLSpec.post("/upload", body: .streamed) { handler in
      handler.request.maxBodySize = 10 << 30
      var count = 0
      for try await chunk in handler.requestBody { count += chunk.count }
      return "\(count) bytes"
    }
    let numbers = URLSpec.get("/numbers") { _ in
      Response(contentType: "text/plain", trailers: ["Checksum"]) { writer in
        var sum = 0
        for number in 0..<100_000 {
          try await writer.write("\(number)\n")
          sum += number
        }
        try writer.setTrailer("Checksum", "\(sum)")
      }
    }
    var careful = SecurityHeaders()
    careful.strictTransportSecurity = .init(includesSubdomains: true)
    careful.contentSecurityPolicy = .sameOrigin
    careful.contentSecurityPolicy?["script-src"] = [.nonce]
    let tenant = URLSpec.get("/tenant") { $0[TenantKey.self] }.through(TenantMiddleware(), careful)
    let routes = [signUp, upload, numbers, tenant]
    var settings = Application.Settings()
    settings.contentFormats.add(JSONFormat(dates: .millisecondsSince1970))
    settings.contentFormats.add(YAMLFormat())
    settings.logFunction = { _ in }
    let timed = try Application(routes, middleware: [Timing(), SecurityHeaders()], settings: settings)
    try serving(timed) { server async throws in
      let type = "Content-Type: application/json"
      let young = try await server.fetch(
        "POST", "/signup", [type], body: Array(#"{"name": "x", "age": 3, "tags": []}"#.utf8))
      #expect(young.status == 422 && young.text.contains("must be 18 or more"))
      #expect(young["Server-Timing"] != nil && young["X-Frame-Options"] == "SAMEORIGIN")
      let old = try await server.fetch(
        "POST", "/signup", [type, "Accept: application/yaml"], body: Array(#"{"name": "x", "tags": []}"#.utf8)
      )
      #expect(old.status == 200 && old.text == "yaml")
      #expect(try await server.fetch("POST", "/upload", body: [1, 2, 3]).text == "3 bytes")
      let named = try await server.fetch("GET", "/tenant", ["X-Tenant: acme"])
      #expect(named.text == "acme" && named["Content-Security-Policy"]?.contains("'nonce-") == true)
      #expect(try await server.fetch("GET", "/tenant").status == 400)
      let client = try await server.connect()
      try await client.send("GET", "/numbers", ["Connection: close"])
      let (all, _) = try await client.readToEnd()
      #expect(String(decoding: all.suffix(40), as: UTF8.self).hasSuffix("0\r\nChecksum: 4999950000\r\n\r\n"))
    }
  }
}
