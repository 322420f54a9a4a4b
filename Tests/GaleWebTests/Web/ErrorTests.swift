// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import Testing

/// Its own pages for errors.
private final class PageHandler: ScriptedHandler {
  override func setDefaultHeaders() { try? setHeader("X-Default", "yes") }

  override func writeError(_ status: Int, _ error: (any Error)?) throws {
    let kind = error.map { $0 is HTTPError ? "HTTPError" : "other" } ?? "none"
    write(["status": .int(status), "kind": .string(kind)])
  }
}

private final class BrokenPageHandler: ScriptedHandler {
  override func writeError(_ status: Int, _ error: (any Error)?) throws { throw TestFailure("in the page") }
}

private final class FinishingPageHandler: ScriptedHandler {
  override func writeError(_ status: Int, _ error: (any Error)?) throws { try finish("page \(status)") }
}

@Suite("web: errors")
struct ErrorTests {
  static func page(_ status: Int, _ reason: String) -> String {
    "<html><title>\(status): \(reason)</title><body>\(status): \(reason)</body></html>"
  }

  static let errors: [(path: String, status: Int, reason: String)] = [
    ("/http/404", 404, "Not Found"), ("/http/403", 403, "Forbidden"),
    ("/http/500", 500, "Internal Server Error"),
    ("/http/599", 599, "Unknown"), ("/other", 500, "Internal Server Error"),
    ("/send", 503, "Service Unavailable"),
    ("/reason", 403, "Fred &amp; &#x27;Co&#x27;"), ("/initialize", 500, "Internal Server Error"),
    ("/cancel", 500, "Internal Server Error"),
  ]

  private static let routes: [URLSpec] = [
    .to("/http/(.*)") { handler in
      let status = try handler.pathArgument(0).flatMap { Int($0) } ?? 500
      handler.write("half a page with secret")
      throw HTTPError(status, "secret: <b>password</b>")
    },
    .to("/other") { _ in throw TestFailure("secret") },
    .to("/send") { $0.sendError(503) },
    .to("/reason") { _ in throw HTTPError(403, "secret", reason: "Fred & 'Co'") },
    .to("/cancel") { _ in throw CancellationError() },
    URLSpec("/initialize", ScriptedHandler.self, ["word": "secret"]),
  ]

  @Test(arguments: errors)
  func `show their status and nothing else, and keep the connection`(
    _ path: String, _ status: Int, _ reason: String
  ) throws {
    try serving(Self.routes) { server in
      let client = try await server.connect()
      try await client.send("GET", path)
      let response = try await client.response()
      #expect(response.status == status)
      #expect(response.text == Self.page(status, reason))
      #expect(response["Content-Type"] == "text/html; charset=UTF-8")
      #expect(!response.head.contains("secret"))
      #expect(response.values("Content-Length").count == 1)
      try await client.send("GET", "/send")
      #expect(try await client.response().status == 503)
    }
  }

  @Test func `a reason is the status line's, and escaped in the page`() throws {
    try serving(Self.routes) { server in
      let response = try await server.fetch("GET", "/reason")
      #expect(response.reason == "Fred & 'Co'")
    }
  }

  @Test func `sendError with 304 has no page`() throws {
    try serving([.to("/") { $0.sendError(304) }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 304)
      #expect(response["Content-Length"] == nil)
    }
  }

  @Test func `serveTraceback shows what was thrown, but never the log message of an HTTPError`() throws {
    var settings = Application.Settings.quiet
    settings.debug = true
    settings.autoreload = false
    #expect(settings.serveTraceback)
    try serving(Self.routes, settings: settings) { server in
      let shown = try await server.fetch("GET", "/other")
      #expect(shown.status == 500)
      #expect(shown["Content-Type"] == "text/plain; charset=UTF-8")
      #expect(shown.text.contains("secret"))
      let hidden = try await server.fetch("GET", "/http/403")
      #expect(hidden.text == Self.page(403, "Forbidden"))
    }
  }

  @Test func `writeError makes a handler's own pages`() throws {
    try serving([
      .to("/http", handler: PageHandler.self) { _ in throw HTTPError(403) },
      .to("/other", handler: PageHandler.self) { _ in throw TestFailure("x") },
      .to("/send", handler: PageHandler.self) { $0.sendError(402) },
      .to("/finishing", handler: FinishingPageHandler.self) { _ in throw HTTPError(404) },
    ]) { server in
      for (path, status, kind) in [
        ("/http", 403, "HTTPError"), ("/other", 500, "other"), ("/send", 402, "none"),
      ] {
        let response = try await server.fetch("GET", path)
        #expect(response.status == status)
        #expect(response["Content-Type"] == "application/json; charset=UTF-8")
        #expect(response["X-Default"] == "yes")
        #expect(response.text.contains("\"status\"") && response.text.contains("\"\(kind)\""))
      }
      #expect(try await server.fetch("GET", "/finishing").text == "page 404")
    }
  }

  @Test func `writeError that throws itself leaves nobody waiting`() throws {
    let journal = Journal()
    let route = URLSpec.to("/", handler: BrokenPageHandler.self, onFinish: { _ in journal.note("onFinish") })
    { _ in
      throw HTTPError(404)
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let (bytes, _) = try await client.readToEnd()
      #expect(!String(decoding: bytes, as: UTF8.self).contains("200 OK"))
      try await server.wait { journal.contains("onFinish") }
    }
    #expect(journal.entries == ["onFinish"])
  }

  @Test func `Finish ends with what was set so far`() throws {
    let journal = Journal()
    let route = URLSpec.to("/") { handler in
      handler.setStatus(401)
      try handler.setHeader("WWW-Authenticate", "Basic")
      handler.write("please ")
      throw Finish(handler.request.query)
    }
    let bare = URLSpec.to("/bare", prepare: { _ in throw Finish() }) { _ in journal.note("get") }
    let late = URLSpec.to("/late") { handler in
      try handler.finish("all")
      throw Finish()
    }
    try serving([route, bare, late]) { server in
      let response = try await server.fetch("GET", "/?log%20in")
      #expect(response.status == 401)
      #expect(response["Www-Authenticate"] == "Basic")
      #expect(response.text == "please log%20in")
      #expect(try await server.fetch("GET", "/bare").status == 200)
      #expect(try await server.fetch("GET", "/late").text == "all")
    }
    #expect(journal.entries.isEmpty)
  }

  static let failures: [(name: String, path: String)] = [
    ("an error of the program", "/error"), ("an HTTPError", "/http"), ("sendError", "/send"),
    ("a declared length", "/length"),
  ]

  private static let flushed: [URLSpec] = [
    .to("/error") { handler in
      handler.write("first")
      try await handler.flush()
      handler.write("second")
      throw TestFailure("after the flush")
    },
    .to("/http") { handler in
      handler.write("first")
      try await handler.flush()
      throw HTTPError(404, "after the flush")
    },
    .to("/send") { handler in
      handler.write("first")
      try await handler.flush()
      handler.sendError(500)
    },
    .to("/length") { handler in
      try handler.setHeader("Content-Length", "100")
      handler.write("first")
      try await handler.flush()
      throw TestFailure("after the flush")
    },
  ]

  @Test(arguments: failures)
  func `after a flush cut the connection, so that the client sees a part`(_ name: String, _ path: String)
    throws
  {
    try serving(Self.flushed) { server in
      let client = try await server.connect()
      try await client.send("GET", path)
      let head = try await client.responseHead()
      #expect(head.status == 200)
      let (bytes, wasReset) = try await client.readToEnd()
      let body = String(decoding: bytes, as: UTF8.self)
      #expect(!body.contains("0\r\n\r\n"), "a clean end would make the part look whole")
      #expect(!body.contains("HTTP/1.1"), "no second answer inside the first")
      #expect(wasReset)
    }
  }

  @Test func `after a flush reset an HTTP/1.0 client, for whom closing is the end`() throws {
    try serving(Self.flushed) { server in
      let client = try await server.connect()
      try await client.send("GET", "/error", version: "HTTP/1.0")
      let (_, wasReset) = try await client.readToEnd()
      #expect(wasReset)
    }
  }

  @Test func `after finish are only logged`() throws {
    let route = URLSpec.to("/") { handler in
      try handler.finish("whole")
      throw TestFailure("too late")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      for _ in 0..<3 {
        try await client.send("GET", "/")
        #expect(try await client.response().text == "whole")
      }
    }
  }

  @Test func `describe themselves`() {
    #expect(HTTPError(404).description == "HTTP 404: Not Found")
    #expect(HTTPError(403, "100% <me>").description == "HTTP 403: Forbidden (100% <me>)")
    #expect(HTTPError(400, reason: "Nope").description == "HTTP 400: Nope")
  }
}
