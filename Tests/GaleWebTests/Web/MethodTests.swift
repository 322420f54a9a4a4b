// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import Testing

private final class GetOnlyHandler: RequestHandler {
  override func get() async throws { write("got") }
}

private final class PropfindHandler: RequestHandler {
  private var journal = Journal()
  override class var extraMethods: [String] { ["PROPFIND", "REPORT"] }
  override func initialize(_ arguments: HandlerArguments) throws {
    if let journal = arguments["journal"] as? Journal { self.journal = journal }
  }
  override func prepare() async throws { journal.note("prepare \(request.method)") }
  override func other(method: String) async throws { write("other \(method)") }
}

@Suite("web: methods")
struct MethodTests {
  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "get"])
  func `a method that the handler lacks is 405 with Allow`(_ method: String) throws {
    try serving([URLSpec("/", GetOnlyHandler.self)]) { server in
      let response = try await server.fetch(method, "/")
      #expect(response.status == 405)
      let allow = response["Allow"]?.split(separator: ",").map { $0.drop { $0 == " " } } ?? []
      #expect(allow.contains("GET"))
      #expect(response.text.contains("405: Method Not Allowed"))
    }
  }

  @Test func `HEAD is not derived from GET`() throws {
    try serving([URLSpec("/", GetOnlyHandler.self)]) { server in
      let client = try await server.connect()
      try await client.send("HEAD", "/")
      let response = try await client.response(isHead: true)
      #expect(response.status == 405)
      #expect(response["Content-Length"].flatMap { Int($0) } ?? 0 > 0)
      #expect(await client.isAlive("/"), "no body may follow")
    }
  }

  @Test func `HEAD sends the header that GET would, and no body`() throws {
    try serving([.text("/", "hello")]) { server in
      let client = try await server.connect()
      try await client.send("HEAD", "/")
      let head = try await client.response(isHead: true)
      try await client.send("GET", "/")
      let get = try await client.response()
      #expect(head["Content-Length"] == "5")
      #expect(head["Etag"] == get["Etag"])
      #expect(get.text == "hello")
    }
  }

  @Test func `extra methods are answered and stand in Allow`() throws {
    try serving([URLSpec("/", PropfindHandler.self)]) { server in
      #expect(try await server.fetch("PROPFIND", "/").text == "other PROPFIND")
      #expect(try await server.fetch("REPORT", "/").text == "other REPORT")
      let refused = try await server.fetch("MKCOL", "/")
      #expect(refused.status == 405)
      #expect(refused["Allow"]?.contains("PROPFIND, REPORT") ?? false)
      let known = try await server.fetch("GET", "/")
      #expect(known.status == 405)
    }
  }

  @Test func `a class may say which methods Allow names`() throws {
    try serving([URLSpec("/x", RedirectHandler.self, ["url": "/y"])]) { server async throws in
      #expect(try await server.fetch("POST", "/x")["Allow"] == "GET")
    }
  }

  @Test func `an unknown method is refused before prepare`() throws {
    let journal = Journal()
    try serving([URLSpec("/", PropfindHandler.self, ["journal": journal])]) { server in
      let response = try await server.fetch("BREW", "/")
      #expect(response.status == 405)
      #expect(journal.entries.isEmpty)
      #expect(try await server.fetch("GET", "/").status == 405)
      #expect(journal.entries == ["prepare GET"])
    }
  }

  @Test func `OPTIONS * is answered for the whole server`() throws {
    try serving([.text("/(.*)", "any")]) { server in
      let response = try await server.fetch("OPTIONS", "*")
      #expect(response.status == 204)
      #expect(response["Allow"]?.contains("GET") ?? false)
      #expect(response["Content-Type"] == nil)
      #expect(try await server.fetch("OPTIONS", "/x").text == "any")
    }
  }
}
