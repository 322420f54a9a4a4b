// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

/// What a test's handler does.
private struct SocketScript: Sendable {
  var open: (@Sendable (WebSocketHandler) async throws -> Void)?
  var message: @Sendable (WebSocketHandler, WebSocketMessage) async throws -> Void = { handler, message in
    try await handler.writeMessage(message)
  }
  var get: (@Sendable (WebSocketHandler) throws -> Void)?
  var close: (@Sendable (WebSocketHandler) -> Void)?
  var origins: [String]?
  var subprotocol: (@Sendable ([String]) -> String?)?
  var compression: WebSocketCompression?
  var versions = [7, 8, 13]
}

private final class ScriptedSocket: WebSocketHandler {
  private var script = SocketScript()

  override func initialize(_ arguments: HandlerArguments) throws {
    script = arguments["script"] as? SocketScript ?? SocketScript()
  }
  override func prepare() async throws {
    try setHeader("X-Prepared", "yes")
    try setCookie("seen", "1")
  }
  override func get() async throws {
    try script.get?(self)
    try await super.get()
  }
  override func open() async throws { try await script.open?(self) }
  override func onMessage(_ message: WebSocketMessage) async throws {
    try await script.message(self, message)
  }
  override func onClose() { script.close?(self) }
  override func checkOrigin(_ origin: String) -> Bool {
    script.origins?.contains(origin) ?? super.checkOrigin(origin)
  }
  override func selectSubprotocol(_ offered: [String]) -> String? {
    script.subprotocol?(offered) ?? super.selectSubprotocol(offered)
  }
  override var compressionOptions: WebSocketCompression? { script.compression }
  override var webSocketVersions: [Int] { script.versions }
}

/// Overrides nothing.
private final class BareSocket: WebSocketHandler {}

extension URLSpec {
  fileprivate static func socket(_ pattern: String = "/ws", _ script: SocketScript = SocketScript())
    -> URLSpec
  {
    URLSpec(pattern, ScriptedSocket.self, ["script": script])
  }
}

extension TestServer {
  fileprivate func socket(
    _ path: String = "/ws", _ change: (inout WebSocketRequest) -> Void = { _ in },
    _ configuration: WebSocketConfiguration = WebSocketConfiguration()
  ) async throws -> WebSocketClientConnection {
    var request = WebSocketRequest("ws://127.0.0.1:\(server.addresses[0].port)\(path)")
    change(&request)
    return try await webSocketConnect(request, configuration: configuration, on: loop)
  }
}

@Suite("websocket: WebSocketHandler")
struct WebSocketHandlerTests {
  // MARK: - The handshake (WS-001, WS-002, WS-003, WS-011, WS-024)

  fileprivate static let good = [
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  @Test func `a handshake is answered, with what prepare set`() throws {
    try serving([.socket()]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/ws", Self.good + ["Origin: http://gale.test"])
      let response = try await client.responseHead()
      #expect(response.status == 101 && response.reason == "Switching Protocols")
      #expect(response["Upgrade"] == "websocket" && response["Connection"] == "Upgrade")
      #expect(response["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      #expect(response["Content-Type"] == nil && response["Content-Length"] == nil)
      #expect(response["Transfer-Encoding"] == nil && response["Sec-WebSocket-Extensions"] == nil)
      #expect(response["X-Prepared"] == "yes" && response["Set-Cookie"] == "seen=1; Path=/")
      client.close()
    }
  }

  /// Fields that replace those of a good handshake (an empty value: no such field), and the answer.
  static let refusals: [(fields: [String], status: Int, body: String)] = [
    (["Upgrade: h2c"], 400, #"Can "Upgrade" only to "WebSocket"."#),
    (["Upgrade:"], 400, #"Can "Upgrade" only to "WebSocket"."#),
    (["Connection: keep-alive"], 400, #""Connection" must be "Upgrade"."#),
    (["Connection:"], 400, #""Connection" must be "Upgrade"."#),
    (["Origin: https://evil.example"], 403, "Cross origin websockets not allowed"),
    (["Origin: null"], 403, "Cross origin websockets not allowed"),
    (["Origin: http://gale.test:81"], 403, "Cross origin websockets not allowed"),
    (["Sec-WebSocket-Origin: http://evil.example"], 403, "Cross origin websockets not allowed"),
    (["Sec-WebSocket-Version: 12"], 426, "Upgrade Required"),
    (["Sec-WebSocket-Version: x"], 426, "Upgrade Required"),
    (["Sec-WebSocket-Version:"], 400, "Missing/Invalid WebSocket headers"),
    (["Sec-WebSocket-Key:"], 400, "Missing/Invalid WebSocket headers"),
    (["Sec-WebSocket-Key: short"], 400, "Missing/Invalid WebSocket headers"),
    // In Tornado's order: the first that is wrong is named.
    (
      ["Upgrade: x", "Connection: x", "Sec-WebSocket-Version: 1"], 400, #"Can "Upgrade" only to "WebSocket"."#
    ),
    (["Origin: http://x", "Sec-WebSocket-Version: 1"], 403, "Cross origin websockets not allowed"),
  ]

  @Test(arguments: refusals.indices)
  func `a handshake that is none is refused as Tornado does`(_ index: Int) throws {
    let row = Self.refusals[index]
    try serving([.socket()]) { server in
      let replaced = row.fields.map { $0.prefix { $0 != ":" } }
      let fields =
        Self.good.filter { line in !replaced.contains { line.hasPrefix($0 + ":") } }
        + row.fields.filter { !$0.hasSuffix(":") }
      let response = try await server.fetch("GET", "/ws", fields)
      #expect(response.status == row.status && response.text == row.body)
      #expect(response["Sec-WebSocket-Version"] == (row.status == 426 ? "7, 8, 13" : nil))
    }
  }

  @Test(arguments: ["POST", "HEAD", "PUT"])
  func `other methods are 405`(_ method: String) throws {
    try serving([.socket()]) { server in
      let response = try await server.fetch(method, "/ws", Self.good)
      #expect(response.status == 405 && response["Allow"] == "GET")
    }
  }

  @Test func `middleware stands around the handshake`() throws {
    let journal = Journal()
    let around = Around { handler, next in
      handler.request.onResponseHead { _, headers in try? headers.set("X-Around", "yes") }
      handler.request.onEnd { journal.note("end \($0.responseStatus)") }
      guard try handler.queryArgument("key") == "right" else { throw HTTPError(401) }
      try await next()
    }
    let inner = try Application([.socket("/app/ws")], settings: .quiet)
    let routes = [URLSpec.socket().through(around), URLSpec("/app/.*", inner).through(around)]
    try serving(routes) { server async throws in
      for path in ["/ws", "/app/ws"] {
        let client = try await server.connect()
        try await client.send("GET", path + "?key=right", Self.good)
        let response = try await client.responseHead()
        #expect(response.status == 101 && response["X-Around"] == "yes")
        client.close()
        let connection = try await server.socket(path + "?key=right")
        try await connection.writeMessage("hello")
        #expect(try await connection.readMessage() == .text("hello"))
        connection.close()
        #expect(try await server.fetch("GET", path, Self.good).status == 401)
      }
      #expect(journal.count(of: "end 101") == 4 && journal.count(of: "end 401") == 2)
    }
  }

  @Test func `the versions that are spoken are the handler's choice`() throws {
    var script = SocketScript()
    script.versions = [13]
    try serving([.socket("/ws"), .socket("/new", script)]) { server in
      for version in ["7", "8", "13"] {
        let fields = Self.good.map {
          $0.hasPrefix("Sec-WebSocket-Version") ? "Sec-WebSocket-Version: \(version)" : $0
        }
        for (path, status) in [("/ws", 101), ("/new", version == "13" ? 101 : 426)] {
          let client = try await server.connect()
          try await client.send("GET", path, fields)
          #expect(try await client.responseHead().status == status)
          client.close()
        }
      }
    }
  }

  @Test func `an origin is the handler's to allow`() throws {
    var script = SocketScript()
    script.origins = ["https://friend.example"]
    try serving([.socket("/ws", script)]) { server in
      let connection = try await server.socket { $0.origin = "https://friend.example" }
      connection.abort()
      await #expect(throws: WebSocketError.self) {
        _ = try await server.socket { $0.origin = "http://127.0.0.1" }
      }
    }
  }

  @Test func `a subprotocol is chosen of those that are offered`() throws {
    let asked = Journal()
    var script = SocketScript()
    script.subprotocol = { offered in
      asked.note("\(offered)")
      return offered.last
    }
    var wrong = SocketScript()
    wrong.subprotocol = { _ in "other" }
    try serving([.socket("/ws", script), .socket("/wrong", wrong)]) { server in
      let connection = try await server.socket { $0.subprotocols = ["a", "b"] }
      #expect(connection.selectedSubprotocol == "b")
      connection.abort()
      let plain = try await server.socket()
      #expect(plain.selectedSubprotocol == nil)
      plain.abort()
      #expect(asked.entries == [#"["a", "b"]"#, "[]"])
      let response = try await server.fetch("GET", "/wrong", Self.good)
      #expect(response.status == 500)
    }
  }

  @Test func `compression is agreed on when both sides want it`() throws {
    var script = SocketScript()
    script.compression = WebSocketCompression()
    var configuration = WebSocketConfiguration()
    configuration.compression = WebSocketCompression()
    let wanted = configuration
    try serving([.socket("/ws"), .socket("/deflate", script)]) { server in
      let plain = try await server.socket("/ws", { _ in }, wanted)
      #expect(!plain.isCompressed)
      let compressed = try await server.socket("/deflate", { _ in }, wanted)
      #expect(compressed.isCompressed)
      let text = String(repeating: "again and ", count: 1000)
      for connection in [plain, compressed] {
        try await connection.writeMessage(text)
        #expect(try await connection.readMessage() == .text(text))
        connection.abort()
      }
    }
  }

  @Test func `get may refuse first`() throws {
    var script = SocketScript()
    script.get = { handler in
      guard handler.request.headers["Authorization"] == "Basic dTpw" else { throw HTTPError(401) }
    }
    try serving([.socket("/ws", script)]) { server in
      do {
        _ = try await server.socket()
        Issue.record("there is a connection")
      } catch let error as WebSocketError {
        #expect(error.code == .unexpectedStatus && error.status == 401)
      }
      let connection = try await server.socket { $0.credentials = ("u", "p") }
      try await connection.writeMessage("in")
      #expect(try await connection.readMessage() == .text("in"))
      connection.abort()
    }
  }

  // MARK: - Life (WS-004, WS-005, WS-006)

  @Test func `no message is taken before open has returned, and path arguments are there`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.open = { handler in
      journal.note("open \(try handler.pathArgument(0) ?? "")")
      try await handler.loop.sleep(for: .milliseconds(30))
      journal.note("opened")
    }
    script.message = { _, message in journal.note(message.text ?? "") }
    script.close = { handler in journal.note("close \(handler.closeCode?.description ?? "none")") }
    try serving([.socket("/ws/(.*)", script)]) { server in
      let connection = try await server.socket("/ws/room")
      for text in ["a", "b", "c"] { try await connection.writeMessage(text) }
      connection.close(code: 1000)
      try await connection.waitUntilClosed()
      try await server.wait { journal.entries.count == 6 }
      #expect(journal.entries == ["open room", "opened", "a", "b", "c", "close 1000"])
      #expect(connection.closeCode == 1000)
      #expect(server.server.context.connectionCount == 0)
    }
  }

  @Test func `the next message waits for the one before, and its answer comes before the close`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.message = { handler, message in
      journal.note("begin \(message.text ?? "")")
      try await handler.loop.sleep(for: .milliseconds(20))
      journal.note("end \(message.text ?? "")")
      try await handler.writeMessage(message)
    }
    try serving([.socket("/ws", script)]) { server in
      let connection = try await server.socket()
      try connection.writeMessageNoWait("1")
      try connection.writeMessageNoWait("2")
      #expect(try await connection.readMessage() == .text("1"))
      #expect(try await connection.readMessage() == .text("2"))
      #expect(journal.entries == ["begin 1", "end 1", "begin 2", "end 2"])
      // The close frame is there while the message is being worked on.
      let client = try await server.connect()
      try await client.send("GET", "/ws", Self.good)
      _ = try await client.responseHead()
      try await client.send([0x81, 0x81, 0, 0, 0, 0, 0x61, 0x88, 0x80, 0, 0, 0, 0])
      #expect(try await client.readToEnd().bytes == [0x81, 1, 0x61, 0x88, 0])
      connection.abort()
    }
  }

  @Test func `a loop over the messages in open`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.open = { handler in
      for try await message in handler.messages {
        try await handler.writeMessage("got \(message.text ?? "")")
      }
      journal.note("ended")
    }
    script.close = { _ in journal.note("closed") }
    try serving([.socket("/ws", script)]) { server in
      let connection = try await server.socket()
      for text in ["x", "y"] {
        try await connection.writeMessage(text)
        #expect(try await connection.readMessage() == .text("got \(text)"))
      }
      connection.close()
      try await server.wait { journal.entries.count == 2 }
      #expect(Set(journal.entries) == ["ended", "closed"])
    }
  }

  @Test func `open is cancelled when the client leaves`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.open = { handler in
      do { try await handler.loop.sleep(for: .seconds(60)) } catch {
        journal.note("\(type(of: error))")
        throw error
      }
    }
    script.close = { handler in journal.note("closed \(handler.closeCause?.code == .connectionLost)") }
    try serving([.socket("/ws", script)]) { server in
      let connection = try await server.socket()
      connection.abort()
      try await server.wait { journal.entries.count == 2 }
      #expect(Set(journal.entries) == ["CancellationError", "closed true"])
    }
  }

  @Test(arguments: ["open", "message", "bare"])
  func `what a handler throws closes with 1011`(_ place: String) throws {
    struct Oops: Error {}
    var script = SocketScript()
    if place == "open" { script.open = { _ in throw Oops() } }
    if place == "message" { script.message = { _, _ in throw Oops() } }
    try serving([.socket("/ws", script), URLSpec("/bare", BareSocket.self)]) { server in
      let connection = try await server.socket(place == "bare" ? "/bare" : "/ws")
      if place != "open" { try await connection.writeMessage("x") }
      #expect(try await connection.readMessage() == nil)
      #expect(connection.closeCode == .internalError)
      try await server.wait { server.server.context.connectionCount == 0 }
    }
  }

  @Test(
    arguments: ["write", "redirect", "setHeader", "setCookie", "setStatus", "finish", "flush"])
  func `methods of an answer stop the program after the upgrade`(_ name: String) async {
    // WS-021.
    await #expect(processExitsWith: .failure) { [name = name as String] in
      var script = SocketScript()
      script.open = { handler in
        switch name {
        case "write": handler.write("x")
        case "redirect": try handler.redirect(to: "/")
        case "setHeader": try handler.setHeader("A", "b")
        case "setCookie": try handler.setCookie("a", "b")
        case "setStatus": handler.setStatus(200)
        case "finish": try handler.finish()
        default: try await handler.flush()
        }
      }
      let made = script
      try serving([.socket("/ws", made)]) { server in
        let connection = try await server.socket()
        _ = try await connection.readMessage()
      }
    }
  }

  // MARK: - Settings (WS-016, WS-018)

  @Test func `the application's settings are the handlers' defaults`() throws {
    var settings = Application.Settings.quiet
    settings.webSocketMaxMessageByteCount = 10
    settings.webSocketPingInterval = .milliseconds(200)
    settings.webSocketPingTimeout = .milliseconds(100)
    try serving([.socket()], settings: settings) { server in
      let connection = try await server.socket()
      try await connection.writeMessage("0123456789")
      #expect(try await connection.readMessage() == .text("0123456789"))
      try await connection.writeMessage("0123456789+")
      #expect(try await connection.readMessage() == nil)
      #expect(connection.closeCode == .messageTooBig && connection.closeReason == "message too big")
      // One that answers no pings.
      let client = try await server.connect()
      try await client.send("GET", "/ws", Self.good)
      _ = try await client.responseHead()
      #expect(try await client.stream.read(count: 2) == [0x89, 0])
      #expect(try await client.stream.read(count: 4) == [0x88, 16, 0x03, 0xF3])
      client.close()
    }
  }

  // MARK: - The server stops (WS-023, ASK-002)

  @Test func `a server that stops says 1001 and waits for the answer`() throws {
    let journal = Journal()
    var script = SocketScript()
    script.close = { handler in journal.note("closed \(handler.closeCode?.description ?? "")") }
    try serving([.socket("/ws", script)]) { server in
      let connections = [try await server.socket(), try await server.socket()]
      #expect(server.server.context.connectionCount == 2)
      let start = server.loop.time
      await server.server.shutdown(grace: .seconds(20))
      #expect(server.loop.time - start < .seconds(5))
      for connection in connections {
        #expect(try await connection.readMessage() == nil)
        #expect(connection.closeCode == .goingAway)
      }
      #expect(journal.entries == ["closed 1001", "closed 1001"])
    }
  }

  @Test func `a client that does not answer is cut after the grace`() throws {
    try serving([.socket()]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/ws", Self.good)
      _ = try await client.responseHead()
      let start = server.loop.time
      await server.server.shutdown(grace: .milliseconds(100))
      #expect(server.loop.time - start < .seconds(4))
      #expect(server.server.context.connectionCount == 0)
      client.close()
    }
  }
}

/// Run in a process of their own (`interop/gale/test.sh`): they look at the memory of all that is in it.
@Suite("websocket: memory")
struct WebSocketMemoryTests {
  @Test func `an idle connection keeps little memory and no task`() throws {
    try serving([.socket()]) { server in
      var clients: [Client] = []
      func open(_ count: Int) async throws {
        for _ in 0..<count {
          let client = try await server.connect()
          try await client.send("GET", "/ws", WebSocketHandlerTests.good)
          _ = try await client.responseHead()
          try await client.send([0x81, 0x81, 0, 0, 0, 0, 0x61])
          _ = try await client.stream.read(count: 3)
          clients.append(client)
        }
      }
      try await open(300)
      let before = try residentByteCount()
      try await open(1500)
      let each = (try residentByteCount() - before) / 1500
      // Both ends are in this process; the client's stream is a part of it. Without optimization.
      #expect(each < 4096, "\(each) bytes")
      for client in clients { client.close() }
    }
  }
}
