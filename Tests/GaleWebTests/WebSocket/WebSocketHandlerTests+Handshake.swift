// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

extension WebSocketHandlerTests {
  // MARK: - The handshake (WS-001, WS-002, WS-003, WS-011, WS-024)

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
}
