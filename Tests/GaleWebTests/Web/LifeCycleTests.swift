// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import Glibc
import Testing

/// Notes every call in the journal that its route names.
private final class NotingHandler: RequestHandler {
  private var journal = Journal()

  override func setDefaultHeaders() { try? setHeader("X-Default", "yes") }

  override func initialize(_ arguments: HandlerArguments) throws {
    guard let journal = arguments["journal"] as? Journal else { throw HTTPError(500, "no journal") }
    self.journal = journal
    journal.note("initialize \(arguments["word"] as? String ?? "")")
    if request.query == "fail=initialize" { throw HTTPError(418) }
  }

  override func prepare() async throws {
    journal.note("prepare")
    await loop.moment()
    switch request.query {
    case "fail=prepare": throw HTTPError(403)
    case "finish": try finish("early")
    case "redirect": try redirect(to: "/elsewhere")
    case "error": sendError(402)
    default: break
    }
  }

  override func get() async throws { try await act("get") }
  override func post() async throws { try await act("post") }
  override func put() async throws { try await act("put") }
  override func delete() async throws { try await act("delete") }
  override func patch() async throws { try await act("patch") }
  override func options() async throws { try await act("options") }
  override func head() async throws { try await act("head") }

  private func act(_ verb: String) async throws {
    journal.note(verb)
    switch request.query {
    case "fail=verb": throw TestFailure("the verb failed")
    case "flush":
      write("one")
      try await flush()
      write("two")
    case "finish=verb": try finish("done")
    case "ending": throw Finish("ended")
    case "wait":
      do {
        try await loop.sleep(for: .seconds(100))
      } catch {
        journal.note("cancelled \(Task.isCancelled)")
        throw error
      }
    default: write("done")
    }
  }

  override func onFinish() { journal.note("onFinish \(status)") }

  override func onConnectionClose() { journal.note("onConnectionClose") }
}

@Suite("web: life cycle")
struct LifeCycleTests {
  private static func routes(_ journal: Journal) -> [URLSpec] {
    [URLSpec("/", NotingHandler.self, ["journal": journal, "word": "hello"])]
  }

  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
  func `calls initialize, prepare, the method and onFinish in this order`(_ method: String) throws {
    let journal = Journal()
    try serving(Self.routes(journal)) { server in
      let response = try await server.fetch(method, "/")
      #expect(response.status == 200)
      #expect(response["X-Default"] == "yes")
    }
    #expect(journal.entries == ["initialize hello", "prepare", method.lowercased(), "onFinish 200"])
  }

  static let endings: [(query: String, status: Int, body: String?, calls: [String])] = [
    ("fail=initialize", 418, nil, []),
    ("fail=prepare", 403, nil, ["prepare"]),
    ("finish", 200, "early", ["prepare"]),
    ("redirect", 302, "", ["prepare"]),
    ("error", 402, nil, ["prepare"]),
    ("fail=verb", 500, nil, ["prepare", "get"]),
    ("flush", 200, "onetwo", ["prepare", "get"]),
    ("finish=verb", 200, "done", ["prepare", "get"]),
    ("ending", 200, "ended", ["prepare", "get"]),
  ]

  @Test(arguments: endings)
  func `calls onFinish exactly once, however the request ends`(
    _ query: String, _ status: Int, _ body: String?, _ calls: [String]
  ) throws {
    let journal = Journal()
    try serving(Self.routes(journal)) { server in
      let client = try await server.connect()
      for _ in 0..<2 {  // The second one shows that the first has left the connection in order.
        try await client.send("GET", "/?\(query)")
        let response = try await client.response()
        #expect(response.status == status)
        #expect(response["X-Default"] == "yes")
        if let body { #expect(response.text == body) }
      }
      client.close()
      try await server.settle()
    }
    let once = ["initialize hello"] + calls + ["onFinish \(status)"]
    #expect(journal.entries == once + once)
  }

  @Test(arguments: [false, true])
  func `a client that goes away cancels the task and is told to the handler`(_ resets: Bool) throws {
    let journal = Journal()
    try serving(Self.routes(journal)) { server in
      let client = try await server.connect()
      try await client.send("GET", "/?wait")
      try await server.wait { journal.contains("get") }
      let start = server.loop.time
      if resets { client.stream.abort() } else { client.close() }
      try await server.wait { journal.entries.last?.hasPrefix("onFinish") ?? false }
      #expect(server.loop.time - start < .seconds(1))
      try await server.settle()
    }
    #expect(
      journal.entries == [
        "initialize hello", "prepare", "get", "onConnectionClose", "cancelled true", "onFinish 200",
      ])
  }

  @Test func `a handler that ignores the client's going still ends once`() throws {
    let journal = Journal()
    let route = URLSpec.to("/", onFinish: { _ in journal.note("onFinish") }) { handler in
      journal.note("get")
      try? await handler.loop.sleep(for: .seconds(100))
      journal.note("awake")
      handler.write("late")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      try await server.wait { journal.contains("get") }
      client.stream.abort()
      try await server.wait { journal.contains("onFinish") }
      try await server.settle()
      #expect(try await server.fetch("GET", "/none").status == 404)
    }
    #expect(journal.entries == ["get", "awake", "onFinish"])
  }

  @Test(arguments: ["Content-Length: 10", "Content-Length: 99999999999", "Transfer-Encoding: chunked"])
  func `a handler whose body never comes whole does not run, but ends`(_ framing: String) throws {
    let journal = Journal()
    try serving(Self.routes(journal)) { server in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\n\(framing)\r\n\r\n4\r\n0123")
      try await server.wait { journal.contains("initialize hello") }
      try await server.settle()
      client.close()
      try await server.wait { journal.entries.count > 1 }
      try await server.settle()
    }
    #expect(journal.entries == ["initialize hello", "onFinish 200"])
  }

  @Test func `a client that has closed its side gets the answer of a handler that goes on`() throws {
    let journal = Journal()
    let route = URLSpec.to("/") { handler in
      journal.note("get")
      try? await handler.loop.sleep(for: .seconds(100))
      #expect(Task.isCancelled)
      handler.write("late")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      try await server.wait { journal.contains("get") }
      _ = shutdown(client.stream.descriptor, Int32(SHUT_WR))
      let response = try await client.response()
      #expect(response.text == "late")
      #expect(try await client.readToEnd().bytes.isEmpty)
    }
  }

  @Test func `onConnectionClose is not called after the answer`() throws {
    let journal = Journal()
    try serving(Self.routes(journal)) { server in
      #expect(try await server.fetch("GET", "/").status == 200)
      try await server.settle()
    }
    #expect(!journal.contains("onConnectionClose"))
  }

  @Test func `a task that was cancelled does not answer the next client`() throws {
    let journal = Journal()
    try serving(Self.routes(journal)) { server in
      for round in 1...5 {
        let client = try await server.connect()
        try await client.send("GET", "/?wait")
        try await server.wait { journal.count(of: "get") == 2 * round - 1 }
        client.close()
        try await server.wait { journal.count(of: "cancelled true") == round }
        #expect(try await server.fetch("GET", "/?flush").text == "onetwo")
      }
    }
  }

  @Test func `pipelined requests are answered in order`() throws {
    try serving([
      URLSpec.to("/(.*)") { handler in
        let word = try handler.pathArgument(0) ?? ""
        if word == "slow" { try await handler.loop.sleep(for: .milliseconds(30)) }
        if word == "moment" { await handler.loop.moment() }
        handler.write(word)
      }
    ]) { server in
      let client = try await server.connect()
      let words = ["slow", "a", "moment", "b", "slow", "c", "d"]
      try await client.send(words.map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
      for word in words { #expect(try await client.response().text == word) }
    }
  }

  @Test func `settings and the application reach the handler`() throws {
    var settings = Application.Settings.quiet
    settings.userInfo["database"] = "sqlite"
    let route = URLSpec.to("/") { handler in
      handler.write(handler.settings.userInfo["database"] as? String ?? "")
      handler.write(handler.application.settings.userInfo.count == 1 ? "!" : "?")
    }
    try serving([route], settings: settings) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.text == "sqlite!")
    }
  }
}
