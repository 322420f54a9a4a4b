// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import TestSupport
import Testing

private final class CountingHandler: RequestHandler {
  private var count = 0

  override class var streamsRequestBody: Bool { true }

  override func dataReceived(_ chunk: [UInt8]) async throws {
    count += chunk.count
    await loop.moment()
  }

  override func post() async throws { write("\(count)") }
}

@Suite("web: HTTP/2")
struct HTTP2Tests {
  let tree: TemporaryTree

  init() throws { tree = try TemporaryTree() }

  private func fetch(
    _ routes: [URLSpec], _ method: String = "GET", _ path: String, _ fields: [(String, String)] = [],
    body: [UInt8]? = nil
  ) throws -> HTTP2Response {
    try serving(routes) { server in
      let client = try await HTTP2Client.connect(to: server.server.addresses[0], on: server.loop)
      defer { client.close() }
      try await client.request(1, method, path, fields, body: body)
      return try await client.response(1)
    }
  }

  @Test func `a handler answers as it does in HTTP 1`() throws {
    let routes = [
      URLSpec.to("/hello") { handler in
        try handler.setCookie("a", "b")
        handler.write("hello \(try handler.queryArgument("name") ?? "")")
      }
    ]
    let response = try fetch(routes, "GET", "/hello?name=you")
    #expect(response.status == 200 && response.text == "hello you")
    #expect(response["set-cookie"]?.hasPrefix("a=b") ?? false)
    let tag = try #require(response["etag"])
    let again = try fetch(routes, "GET", "/hello?name=you", [("if-none-match", tag)])
    #expect(again.status == 304 && again.body.isEmpty)
    let head = try fetch(routes, "HEAD", "/hello?name=you")
    #expect(head.status == 200 && head.body.isEmpty && head["content-length"] == "9")
    #expect(try fetch(routes, "GET", "/nothing").status == 404)
    #expect(try fetch(routes, "BREW", "/hello").status == 405)
  }

  @Test func `forms are parsed and errors are pages`() throws {
    let routes = [
      URLSpec.to("/form") { handler in handler.write(try handler.bodyArgument("a") ?? "-") },
      URLSpec.to("/fail") { _ in throw HTTPError(418) },
    ]
    let response = try fetch(
      routes, "POST", "/form", [("content-type", "application/x-www-form-urlencoded")],
      body: Array("a=1+2".utf8))
    #expect(response.text == "1 2")
    #expect(try fetch(routes, "GET", "/fail").status == 418)
  }

  @Test func `pieces are sent as they are flushed`() throws {
    let routes = [
      URLSpec.to("/") { handler in
        for index in 0..<3 {
          handler.write("\(index)")
          try await handler.flush()
        }
      }
    ]
    let response = try fetch(routes, "GET", "/")
    #expect(response.text == "012" && response["content-length"] == nil && response.isComplete)
  }

  @Test func `a handler that fails half way resets its stream`() throws {
    let routes = [
      URLSpec.to("/") { handler in
        handler.write("half")
        try await handler.flush()
        throw HTTPError(500)
      }
    ]
    let response = try fetch(routes, "GET", "/")
    #expect(response.status == 200 && !response.isComplete && response.reset == 2)
  }

  @Test func `bodies are streamed to handlers that take them so`() throws {
    let routes = [URLSpec("/", CountingHandler.self)]
    #expect(try fetch(routes, "POST", "/", body: [UInt8](repeating: 7, count: 60_000)).text == "60000")
  }

  @Test(arguments: [nil, 0, 1, 60_000] as [Int?], [false, true])
  func `middleware stands around what is mounted`(count: Int?, streams: Bool) throws {
    let journal = Journal()
    let around = Around { handler, next in
      handler.request.onResponseHead { status, headers in
        try? headers.set("X-Around", "\(status)")
      }
      handler.request.onEnd { journal.note("end \($0.responseStatus)") }
      try await next()
      journal.note("after \(handler.request.responseStatus)")
    }
    let routes = [URLSpec.mount("/app", EchoDelegate(streams: streams)).through(around)]
    let response = try fetch(
      routes, count == nil ? "GET" : "POST", "/app/x", body: count.map { [UInt8](repeating: 7, count: $0) })
    #expect(response.text == "/app /x \(count ?? 0)")
    #expect(response["x-around"] == "203" && response["x-own"] == "1")
    #expect(journal.entries == ["end 203", "after 203"])
  }

  @Test func `middleware that answers itself keeps the body out`() throws {
    let around = Around { _, _ in throw HTTPError(403) }
    let routes = [URLSpec.mount("/app", EchoDelegate()).through(around)]
    let response = try fetch(routes, "POST", "/app/x", body: [UInt8](repeating: 7, count: 60_000))
    #expect(response.status == 403 && response.isComplete)
  }

  @Test func `the header of every answer can be changed, and its end is told`() throws {
    let journal = Journal()
    let around = Around { handler, next in
      handler.request.onResponseHead { _, headers in try? headers.set("X-Around", "yes") }
      handler.request.onEnd { journal.note("\($0.path) \($0.responseStatus)") }
      try await next()
    }
    let routes = [
      URLSpec.group(
        "",
        [
          .get("/short") { _ in "text" },
          .get("/empty") { handler in handler.setStatus(204) },
          .get("/long") { handler in
            handler.write("one ")
            try await handler.flush()
            handler.write("two")
          },
          .get("/fail") { (_) -> String in throw HTTPError(418) },
          .get("/half") { handler in
            handler.write("half")
            try await handler.flush()
            throw HTTPError(500)
          },
        ]
      ).through(around)
    ]
    for (path, status) in [("/short", 200), ("/empty", 204), ("/long", 200), ("/fail", 418), ("/half", 200)] {
      let response = try fetch(routes, "GET", path)
      #expect(response.status == status)
      #expect(response["x-around"] == "yes")
    }
    #expect(journal.entries == ["/short 200", "/empty 204", "/long 200", "/fail 418", "/half 200"])
  }

  @Test func `a request whose client goes away ends, too`() throws {
    let journal = Journal()
    let around = Around { handler, next in
      handler.request.onEnd { journal.note("end \($0.responseStatus)") }
      try await next()
    }
    let routes = [
      URLSpec.get("/") { handler in try await handler.loop.sleep(for: .seconds(60)) }.through(around)
    ]
    try serving(routes) { server in
      let client = try await HTTP2Client.connect(to: server.server.addresses[0], on: server.loop)
      try await client.request(1)
      try await server.settle()
      client.close()
      try await server.wait { !journal.entries.isEmpty }
      #expect(journal.entries == ["end 0"])
    }
  }

  @Test func `closures take bodies in pieces, and send trailers`() throws {
    let routes = [
      URLSpec.post("/", body: .streamed) { handler in
        try handler.announceTrailers("X-Count")
        var count = 0
        for try await chunk in handler.requestBody { count += chunk.count }
        handler.write("done")
        try handler.setTrailer("X-Count", "\(count)")
      }
    ]
    let response = try fetch(routes, "POST", "/", body: [UInt8](repeating: 7, count: 60_000))
    #expect(response.text == "done" && response.isComplete)
    #expect(response.trailers.map(\.name) == ["x-count"])
    #expect(response.trailers.map(\.value) == ["60000"])
  }

  @Test func `files go out whole and in part`() throws {
    let bytes = pattern(300_000)
    try tree.write(bytes, to: "file.bin")
    let routes = [URLSpec("/(.*)", StaticFileHandler.self, ["path": tree.path])]
    #expect(areEqual(try fetch(routes, "GET", "/file.bin").body, bytes))
    let part = try fetch(routes, "GET", "/file.bin", [("range", "bytes=100-200099")])
    #expect(part.status == 206 && areEqual(part.body, bytes[100..<200_100]))
    let head = try fetch(routes, "HEAD", "/file.bin")
    #expect(head["content-length"] == "300000" && head.body.isEmpty)
  }
}

#endif
