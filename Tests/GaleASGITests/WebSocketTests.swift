// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleTesting
import GaleWeb
import GaleWire
import Testing

@testable import GaleASGI

extension GaleASGITests {
  /// The `websocket` scope, driven by the client of this package.
  @Suite("ASGI: WebSockets", .loop(timeLimit: .seconds(60)))
  struct WebSockets {
    func server(
      _ text: String, _ configuration: WebSocketConfiguration = WebSocketConfiguration()
    ) throws -> HTTPTestServer {
      try HTTPTestServer(
        GaleASGITests.container(GaleASGITests.answer + Self.prelude + text, webSocket: configuration))
    }

    func connect(
      _ server: HTTPTestServer, _ path: String = "/",
      _ configuration: WebSocketConfiguration = WebSocketConfiguration(),
      _ change: (inout WebSocketRequest) -> Void = { _ in }
    ) async throws -> WebSocketClientConnection {
      var request = WebSocketRequest("ws://127.0.0.1:\(server.port)\(path)")
      change(&request)
      return try await webSocketConnect(request, configuration: configuration, on: server.loop)
    }

    /// An application that sends back what comes; `seen` is what became of its connections.
    static let prelude = """
      seen = []
      async def show(scope, receive, send):
          await answer(send, repr(seen).encode())
      async def accept(receive, send, **more):
          assert (await receive())["type"] == "websocket.connect"
          await send({"type": "websocket.accept", **more})
      async def echo(scope, receive, send):
          if scope["type"] == "http":
              return await show(scope, receive, send)
          await accept(receive, send)
          while True:
              event = await receive()
              if event["type"] == "websocket.disconnect":
                  return seen.append((event["code"], event["reason"]))
              await send({"type": "websocket.send", "bytes": event.get("bytes"), "text": event.get("text")})

      """

    /// What `seen` holds, once it holds something.
    func seen(_ server: HTTPTestServer) async throws -> String {
      var text = "[]"
      while text == "[]" { text = String(decoding: try await server.fetch("/").body, as: UTF8.self) }
      return text
    }

    @Test(arguments: [false, true]) func `messages go both ways`(_ isCompressed: Bool) async throws {
      var configuration = WebSocketConfiguration()
      if isCompressed { configuration.compression = WebSocketCompression() }
      let server = try server("app = echo", configuration)
      let client = try await connect(server, "/", configuration)
      #expect(client.isCompressed == isCompressed)
      for text in ["", "hello", "caf\u{e9} \u{1F600}", String(repeating: "text ", count: 50_000)] {
        try await client.writeMessage(text)
        #expect(try await client.readMessage() == .text(text))
      }
      for count in [0, 1, 126, 65_536, 1_000_000] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await client.writeMessage(bytes)
        #expect(try await client.readMessage() == .binary(bytes))
      }
      client.close(code: 3001, reason: "enough")
      #expect(try await seen(server) == "[(3001, 'enough')]")
    }

    @Test func `the scope says what was asked, below a mount too`() async throws {
      let text =
        Self.prelude + """
          async def app(scope, receive, send):
              keys = ("type", "path", "root_path", "scheme", "http_version", "subprotocols")
              shown = {key: scope[key] for key in keys}
              shown |= {"raw": scope["raw_path"].decode(), "query": scope["query_string"].decode()}
              shown |= {"own": dict(scope["headers"])[b"x-own"].decode(), "client": scope["client"][0]}
              shown |= {"version": scope["asgi"], "extensions": list(scope["extensions"])}
              shown |= {"hasMethod": "method" in scope, "state": scope["state"]}
              await accept(receive, send, subprotocol="b", headers=[(b"x-back", b"1"), (b"upgrade", b"x")])
              await send({"type": "websocket.send", "text": json.dumps(shown)})
          """
      let app = try Application([URLSpec.mount("/api", GaleASGITests.container(GaleASGITests.answer + text))])
      let server = try HTTPTestServer(app)
      let headers = try HTTPHeaders([("X-Own", "1")])
      let client = try await connect(server, "/api/caf%C3%A9?q=%20") { request in
        request.subprotocols = ["a", "b"]
        request.headers = headers
      }
      #expect(client.selectedSubprotocol == "b")
      let shown = try jsonDecode(try #require(try await client.readMessage()).bytes)
      #expect(shown["type"] == "websocket" && shown["scheme"] == "ws" && shown["http_version"] == "1.1")
      #expect(shown["path"] == "/api/caf\u{e9}" && shown["root_path"] == "/api")
      #expect(shown["raw"] == "/api/caf%C3%A9" && shown["query"] == "q=%20")
      #expect(shown["subprotocols"] == ["a", "b"] && shown["own"] == "1" && shown["client"] == "127.0.0.1")
      #expect(
        shown["version"]?["spec_version"] == "2.4" && shown["extensions"] == ["websocket.http.response"])
      #expect(shown["hasMethod"] == false && shown["state"] == [:])
      // The application has returned.
      #expect(try await client.readMessage() == nil)
      #expect(client.closeCode == .normal)
    }

    @Test func `the answer to a handshake has the application's fields and the server's`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            await accept(
                receive, send, headers=[(b"x-back", b"1"), (b"upgrade", b"x"), (b"server", b"its own")])
            await receive()
        """)
      let stream = try await server.connect()
      let fields = Self.handshake.joined(separator: "\r\n")
      try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n".utf8))
      let head = String(decoding: try await stream.read(until: [13, 10, 13, 10], limit: 4096), as: UTF8.self)
      #expect(head.hasPrefix("HTTP/1.1 101 ") && head.contains("x-back: 1\r\n"))
      #expect(head.contains("Upgrade: websocket\r\n") && !head.contains(": x\r\n"))
      #expect(head.contains("Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
      #expect(head.contains("Date: ") && head.contains("server: its own\r\n") && !head.contains("Server: "))
      stream.close()
    }

    @Test(
      .expectLog("gale.access", "403", isRequired: false),
      arguments: [
        (#"await send({"type": "websocket.close", "code": 1008})"#, 403),
        (
          """
          await send({"type": "websocket.http.response.start", "status": 418, "headers": [(b"x-why", b"tea")]})
              await send({"type": "websocket.http.response.body", "body": b"no ", "more_body": True})
              await send({"type": "websocket.http.response.body", "body": b"coffee"})
          """, 418
        ),
      ]) func `an application may refuse`(_ refusal: String, _ status: Int) async throws
    {
      let server = try server(
        """
        async def app(scope, receive, send):
            if scope["type"] == "http":
                return await show(scope, receive, send)
            assert (await receive())["type"] == "websocket.connect"
            \(refusal)
            seen.append((await receive())["code"])
            try:
                await send({"type": "websocket.accept"})
            except RuntimeError:
                seen.append("too late")
        """)
      let error = await #expect(throws: WebSocketError.self) { _ = try await connect(server) }
      #expect(error?.status == status)
      #expect(try await seen(server) == "[1006, 'too late']")
      let fields = Self.handshake.joined(separator: "\r\n")
      let stream = try await server.connect()
      try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".utf8))
      try await stream.write(Array("\(fields)\r\n\r\n".utf8))
      let text = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.1 \(status) "))
      if status == 418 { #expect(text.lowercased().contains("x-why: tea\r\n") && text.contains("coffee")) }
    }

    @Test(
      .expectLog("gale.asgi", "Uncaught exception", isRequired: false),
      .expectLog("gale.asgi", "ended without", isRequired: false),
      .expectLog("gale.access", "500", isRequired: false),
      arguments: ["1 / 0", "return", #"await send({"type": "websocket.send", "text": "early"})"#])
    func `an application that fails in the handshake is a 500`(_ statement: String) async throws {
      let server = try server("async def app(scope, receive, send): \(statement)")
      let error = await #expect(throws: WebSocketError.self) { _ = try await connect(server) }
      #expect(error?.status == 500)
    }

    @Test(.expectLog("gale.asgi", "Uncaught exception")) func `one that fails later closes with 1011`()
      async throws
    {
      let server = try server(
        """
        async def app(scope, receive, send):
            await accept(receive, send)
            await receive()
            1 / 0
        """)
      let client = try await connect(server)
      try await client.writeMessage("x")
      #expect(try await client.readMessage() == nil)
      #expect(client.closeCode == .internalError)
    }

    @Test(
      .expectLog("gale.asgi", "Uncaught exception"),
      arguments: [
        #"{"type": "websocket.send"}"#, #"{"type": "websocket.send", "text": None, "bytes": None}"#,
        #"{"type": "websocket.send", "text": 3}"#, #"{"type": "websocket.accept"}"#,
        #"{"type": "websocket.close", "code": 1005}"#, #"{"type": "websocket.close", "code": 70000}"#,
        #"{"type": "http.response.body"}"#, "3",
      ]) func `what makes no sense raises in the application`(_ event: String) async throws
    {
      let server = try server(
        """
        async def app(scope, receive, send):
            await accept(receive, send)
            await send(\(event))
        """)
      let client = try await connect(server)
      #expect(try await client.readMessage() == nil)
      #expect(client.closeCode == .internalError)
    }

    @Test(.expectLog("gale.asgi", "Uncaught exception"), .expectLog("gale.access", "500", isRequired: false))
    func `a subprotocol that was not offered is an error`() async throws {
      let server = try server(
        "async def app(scope, receive, send): await accept(receive, send, subprotocol='x')")
      let error = await #expect(throws: WebSocketError.self) { _ = try await connect(server) }
      #expect(error?.status == 500)
    }

    static let handshake = [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    /// Fields that replace those of a good handshake (an empty value: no such field), and the answer.
    @Test(
      .expectLog("gale.access", "4", isRequired: false),
      arguments: [
        ("Sec-WebSocket-Version: 12", 426), ("Sec-WebSocket-Version:", 400),
        ("Sec-WebSocket-Key: short", 400),
        ("Content-Length: 1", 400),
        // These ask for no WebSocket: the application gets a request.
        ("Upgrade: h2c", 200), ("Connection: keep-alive", 200),
      ]) func `a bad handshake does not reach the application`(_ field: String, _ status: Int) async throws
    {
      let server = try server(
        """
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await answer(send, b"")
        """)
      let name = String(field.prefix { $0 != ":" })
      let fields =
        Self.handshake.filter { !$0.hasPrefix(name + ":") } + (field.hasSuffix(":") ? [] : [field])
      let stream = try await server.connect()
      let text = fields.joined(separator: "\r\n")
      let end = field.hasPrefix("Connection") ? "" : "Connection: close\r\n"
      try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\(end)\(text)\r\n\r\nx".utf8))
      let line = try await stream.read(until: [13, 10], limit: 4096)
      #expect(String(decoding: line, as: UTF8.self).hasPrefix("HTTP/1.1 \(status) "))
      stream.close()
    }
  }
}

#endif
