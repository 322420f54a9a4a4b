// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

/// Notes when a request comes and goes.
struct Noting: Middleware {
  let name: String
  let journal: Journal

  init(_ name: String, _ journal: Journal) {
    self.name = name
    self.journal = journal
  }

  func handle(_ handler: RequestHandler, next: Next) async throws {
    journal.note("> \(name)")
    try await next()
    journal.note("< \(name) \(handler.request.responseStatus)")
  }
}

/// A middleware that is a function.
struct Around: Middleware {
  let body: @Sendable (RequestHandler, Next) async throws -> Void

  init(_ body: @escaping @Sendable (RequestHandler, Next) async throws -> Void) { self.body = body }

  func handle(_ handler: RequestHandler, next: Next) async throws { try await body(handler, next) }
}

/// Answers by itself with what came.
final class EchoDelegate: HTTPServerConnectionDelegate {
  let streams: Bool

  init(streams: Bool = false) { self.streams = streams }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate { Answer(streams) }

  private final class Answer: HTTPMessageDelegate {
    let bodyDelivery: HTTPBodyDelivery
    var body: [UInt8] = []

    init(_ streams: Bool) { bodyDelivery = streams ? .streamed : .buffered }

    func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) { body += chunk }

    func finish(_ request: HTTPServerRequest) {
      let text = Array("\(request.mountPath) \(request.path) \((request.body + body).count)".utf8)
      do {
        try request.writeHeaders(203, HTTPHeaders([("Content-Length", String(text.count)), ("X-Own", "1")]))
        try request.write(text)
        try request.finish()
      } catch {
        request.abort()
      }
    }
  }
}

private struct OddError: Error {}

private enum AcmeKey: HandlerKey { typealias Value = String }

private enum Context { @TaskLocal static var user = "nobody" }

private final class ClassHandler: RequestHandler {
  override func prepare() async throws { try setHeader("X-Prepared", Context.user) }
  override func get() async throws { write("class \(self[AcmeKey.self] ?? "-")") }
  override func writeError(_ status: Int, _ error: (any Error)?) throws { write("own page \(status)") }
  override func put() async throws { throw OddError() }
}

@Suite("web: middleware (SWF-011)")
struct MiddlewareTests {
  @Test func `the first is the outermost, from the application to the route`() throws {
    let journal = Journal()
    let application = try Application(
      [
        .group(
          "/g",
          [
            .get("/x") { _ in
              journal.note("closure")
              return "x"
            }.through(Noting("route", journal)),
            URLSpec("/class", ClassHandler.self),
          ]
        ).through(Noting("group 1", journal), Noting("group 2", journal)),
        .get("/plain") { _ in "plain" },
      ], middleware: [Noting("application", journal)], settings: .quiet)
    try serving(application) { server async throws in
      #expect(try await server.fetch("GET", "/g/x").text == "x")
      #expect(
        journal.entries == [
          "> application", "> group 1", "> group 2", "> route", "closure", "< route 200", "< group 2 200",
          "< group 1 200", "< application 200",
        ])
      #expect(try await server.fetch("GET", "/g/class").text == "class -")
      #expect(journal.count(of: "< group 1 200") == 2 && journal.count(of: "> route") == 1)
      #expect(try await server.fetch("GET", "/plain").text == "plain")
      #expect(journal.count(of: "< application 200") == 3)
      #expect(try await server.fetch("GET", "/none").status == 404)
      #expect(journal.count(of: "> application") == 4 && journal.count(of: "< application 404") == 0)
    }
  }

  @Test func `a middleware answers by itself, or throws, and nothing inside runs`() throws {
    let journal = Journal()
    let inside = Noting("inside", journal)
    try serving([
      .get("/written") { _ in "x" }.through(
        Around { handler, _ in
          handler.setStatus(202)
          handler.write("early")
        }, inside),
      .get("/finished") { _ in "x" }.through(
        Around { handler, next in
          try handler.redirect(to: "/elsewhere")
          try await next()
        }),
      .get("/thrown") { _ in "x" }.through(Around { _, _ in throw HTTPError(451) }, inside),
      URLSpec("/class", ClassHandler.self).through(Around { _, _ in throw HTTPError(403) }, inside),
    ]) { server async throws in
      let written = try await server.fetch("GET", "/written")
      #expect(written.status == 202 && written.text == "early")
      let finished = try await server.fetch("GET", "/finished")
      #expect(finished.status == 302 && finished["Location"] == "/elsewhere")
      #expect(try await server.fetch("GET", "/thrown").status == 451)
      #expect(try await server.fetch("GET", "/class").text == "own page 403")
    }
    #expect(journal.entries.isEmpty)
  }

  @Test func `what a handler throws can be changed on its way out`() throws {
    let mapping = Around { _, next in
      do { try await next() } catch is OddError { throw HTTPError(409) }
    }
    let answering = Around { handler, next in
      do { try await next() } catch is OddError { handler.write("instead") }
    }
    try serving([
      .get("/mapped") { _ in throw OddError() }.through(mapping),
      URLSpec("/class", ClassHandler.self).through(mapping),
      .get("/answered") { _ in throw OddError() }.through(answering),
    ]) { server async throws in
      #expect(try await server.fetch("GET", "/mapped").status == 409)
      #expect(try await server.fetch("PUT", "/class").text == "own page 409")
      let answered = try await server.fetch("GET", "/answered")
      #expect(answered.status == 200 && answered.text == "instead")
    }
  }

  @Test func `values and task-local values reach the handler (SWF-005)`() throws {
    let middleware = Around { handler, next in
      handler[AcmeKey.self] = "acme"
      try await Context.$user.withValue("ada") { try await next() }
    }
    try serving([
      URLSpec("/class", ClassHandler.self).through(middleware),
      .get("/closure") { handler in "\(Context.user) \(handler[AcmeKey.self] ?? "-")" }.through(middleware),
      .get("/outside") { handler in "\(Context.user) \(handler[AcmeKey.self] ?? "-")" },
    ]) { server async throws in
      let answer = try await server.fetch("GET", "/class")
      #expect(answer.text == "class acme" && answer["X-Prepared"] == "ada")
      #expect(try await server.fetch("GET", "/closure").text == "ada acme")
      #expect(try await server.fetch("GET", "/outside").text == "nobody -")
    }
  }

  @Test func `the head of every answer can be changed, and its end is told once`() throws {
    let journal = Journal()
    let middleware = Around { handler, next in
      handler.request.onResponseHead { status, headers in
        try? headers.set("X-Status", "\(status)")
      }
      handler.request.onEnd { journal.note("\($0.path) \($0.responseStatus)") }
      try await next()
    }
    let application = try Application(
      [
        .get("/fine") { _ in "fine" }, .get("/error") { _ in throw OddError() },
        .get("/stream") { handler in
          handler.write("a")
          try await handler.flush()
        },
        URLSpec("/echo", EchoDelegate()), .post("/posted") { _ in "x" },
      ], middleware: [middleware], settings: .quiet)
    try serving(application) { server async throws in
      for (target, status) in [
        ("/fine", 200), ("/error", 500), ("/stream", 200), ("/echo", 203), ("/none", 404), ("/posted", 405),
      ] {
        let answer = try await server.fetch("GET", target)
        #expect(answer.status == status && answer["X-Status"] == "\(status)", "\(target)")
      }
      let tag = try await server.fetch("GET", "/fine")["Etag"] ?? ""
      let fresh = try await server.fetch("GET", "/fine", ["If-None-Match: \(tag)"])
      #expect(fresh.status == 304 && fresh["X-Status"] == "304")
    }
    #expect(
      journal.entries == [
        "/fine 200", "/error 500", "/stream 200", "/echo 203", "/none 404", "/posted 405", "/fine 200",
        "/fine 304",
      ])
  }

  @Test func `a handler that cannot be initialized is behind its middleware`() throws {
    let journal = Journal()
    let moved = URLSpec("/", RedirectHandler.self).through(
      Around { handler, next in
        journal.note("came")
        handler.request.onResponseHead { _, headers in try? headers.set("X-A", "1") }
        try await next()
      })
    try serving([moved]) { server async throws in
      let answer = try await server.fetch("POST", "/", body: [1])
      #expect(answer.status == 500 && answer["X-A"] == "1")
    }
    #expect(journal.entries == ["came"])
  }

  @Test func `the end is told when the client goes away`() throws {
    let journal = Journal()
    let middleware = Around { handler, next in
      handler.request.onEnd { journal.note("end \($0.responseStatus)") }
      journal.note("begin")
      try await next()
    }
    try serving([
      .get("/") { handler in
        try await handler.loop.sleep(for: .seconds(100))
        return "never"
      }.through(middleware)
    ]) { server async throws in
      let client = try await server.connect()
      try await client.send("GET", "/")
      try await server.wait { journal.contains("begin") }
      client.close()
      try await server.wait { journal.entries.count == 2 }
    }
    #expect(journal.entries == ["begin", "end 0"])
  }

  @Test(arguments: [false, true]) func `what is mounted is let in, with its body and its path`(streams: Bool)
    throws
  {
    let journal = Journal()
    let allow = Around { handler, next in
      guard handler.request.headers["X-Key"] == "1" else { throw HTTPError(403) }
      await handler.loop.moment()
      try await next()
      journal.note("\(handler.status) \(handler.isFinished)")
    }
    try serving([
      .mount("/app", EchoDelegate(streams: streams)).through(allow),
      URLSpec("/fallback/.*", FallbackHandler.self, ["fallback": EchoDelegate(streams: streams)]).through(
        allow),
    ]) { server async throws in
      let client = try await server.connect()
      for _ in 0..<2 {
        try await client.send("GET", "/app/x", ["X-Key: 1"])
        #expect(try await client.response().text == "/app /x 0")
        try await client.send("POST", "/app/y", ["X-Key: 1"], body: [UInt8](repeating: 1, count: 200_000))
        #expect(try await client.response().text == "/app /y 200000")
        try await client.send(
          "POST", "/fallback/z", ["X-Key: 1", "Transfer-Encoding: chunked"],
          body: Array("2\r\nab\r\n0\r\n\r\n".utf8))
        #expect(try await client.response().text == " /fallback/z 2")
      }
      try await client.send("POST", "/app/y", ["X-Key: 1", "Expect: 100-continue", "Content-Length: 2"])
      if !streams {
        #expect(try await client.responseHead().status == 100)
      }
      try await client.send("ab")
      #expect(try await client.response().text == "/app /y 2")
      #expect(try await server.fetch("GET", "/app/x").status == 403)
      #expect(try await server.fetch("POST", "/app/x", body: [UInt8](repeating: 1, count: 100)).status == 403)
    }
    #expect(journal.entries == Array(repeating: "203 true", count: 7))
  }

  @Test func `a body in pieces is only asked for inside`() throws {
    let refusing = Around { handler, next in
      guard handler.request.headers["X-Key"] == "1" else { throw HTTPError(403) }
      try await next()
    }
    try serving([
      .post("/", body: .streamed) { handler in
        "\(try await handler.requestBody.collect(upTo: 1 << 20).count)"
      }.through(refusing)
    ]) { server async throws in
      #expect(
        try await server.fetch("POST", "/", ["X-Key: 1"], body: [UInt8](repeating: 1, count: 100_000)).text
          == "100000")
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
      #expect(try await client.responseHead().status == 403)
    }
  }

  @Test func `calling next twice stops the program`() async {
    await #expect(processExitsWith: .failure) {
      let twice = Around { _, next in
        try await next()
        try await next()
      }
      try serving([.get("/") { _ in "x" }.through(twice)]) { server async throws in
        _ = try await server.fetch("GET", "/")
      }
    }
  }

  @Test func `pipelined requests keep their order through middleware`() throws {
    let wait = Around { handler, next in
      if handler.request.path == "/1" { try await handler.loop.sleep(for: .milliseconds(5)) }
      try await next()
    }
    let application = try Application(
      [.get("/{n}") { (_, n: Int) in "<\(n)>" }, .mount("/m", EchoDelegate())], middleware: [wait],
      settings: .quiet)
    try serving(application) { server async throws in
      let client = try await server.connect()
      let requests = ["/1", "/m/a", "/2", "/m/b"].map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
      try await client.send(requests.joined())
      for text in ["<1>", "/m /a 0", "<2>", "/m /b 0"] { #expect(try await client.response().text == text) }
    }
  }
}
