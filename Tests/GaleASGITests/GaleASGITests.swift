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

/// Everything in this target: one interpreter serves all, so the tests run one after another.
@Suite("ASGI", .serialized, .loop(timeLimit: .seconds(60)))
struct GaleASGITests {
  private static let started = Result { () throws(InterpreterError) in
    var configuration = InterpreterConfiguration()
    configuration.virtualEnvironment = .none
    return try Interpreter.start(configuration)
  }

  /// What `text` calls `app`.
  static func container(
    _ text: String, webSocket: WebSocketConfiguration = WebSocketConfiguration()
  ) throws -> ASGIContainer {
    try started.get().attach { python in
      let space = try python.dictionary()
      _ = try python.importModule("builtins").attribute(python, "exec").call(
        python, try python.string("import asyncio, json\n" + text), space)
      guard let app = try space.value(python, for: try python.interned("app")) else {
        throw PythonException(.attributeError, "app")
      }
      return ASGIContainer(PythonReference(app), webSocket: webSocket)
    }
  }

  /// The text that an expression of Python results in.
  static func evaluate(_ expression: String) throws -> String {
    try started.get().attach { python in
      try python.importModule("builtins").attribute(python, "eval").call(
        python, try python.string(expression), try python.dictionary()
      ).string(python)
    }
  }

  private func container(_ text: String) throws -> ASGIContainer { try Self.container(text) }

  private func server(_ text: String) throws -> HTTPTestServer { try HTTPTestServer(container(text)) }

  static let answer = """
    async def answer(send, body, status=200, headers=()):
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    """

  @Test func `a request is answered`() async throws {
    let server = try server(
      Self.answer + """
        async def app(scope, receive, send):
            await answer(send, b"hello", headers=[(b"content-type", b"text/plain")])
        """)
    let response = try await server.fetch("/")
    #expect(response.status == 200 && response.body == Array("hello".utf8))
    #expect(response.headers["Content-Length"] == "5" && response.headers["Content-Type"] == "text/plain")
    #expect(response.headers["Date"] != nil && response.headers["Server"] != nil)
  }

  @Test func `the scope says what was asked`() async throws {
    let text =
      Self.answer + """
        async def app(scope, receive, send):
            shown = {key: scope[key] for key in ("type", "method", "path", "root_path", "scheme", "http_version")}
            shown |= {"raw": scope["raw_path"].decode(), "query": scope["query_string"].decode()}
            shown |= {"host": dict(scope["headers"])[b"host"].decode()[:9], "client": scope["client"][0]}
            shown |= {"version": scope["asgi"], "own": dict(scope["headers"])[b"x-own"].decode()}
            await answer(send, json.dumps(shown).encode())
        """
    let app = try Application([URLSpec.mount("/api", container(text))])
    let server = try HTTPTestServer(app)
    let headers = try HTTPHeaders([("X-Own", "1")])
    let response = try await server.fetch("/api/caf%C3%A9?q=%20", headers: headers)
    let shown = try jsonDecode(response.body)
    #expect(shown["path"] == "/api/café" && shown["root_path"] == "/api")
    #expect(shown["raw"] == "/api/caf%C3%A9" && shown["query"] == "q=%20")
    #expect(shown["type"] == "http" && shown["method"] == "GET" && shown["scheme"] == "http")
    #expect(shown["http_version"] == "1.1" && shown["host"] == "127.0.0.1" && shown["client"] == "127.0.0.1")
    #expect(shown["version"]?["version"] == "3.0" && shown["own"] == "1")
  }

  @Test(arguments: [0, 3, 100_000, 3_000_000]) func `a body is received whole`(_ count: Int) async throws {
    let server = try server(
      Self.answer + """
        async def app(scope, receive, send):
            size, more = 0, True
            while more:
                event = await receive()
                assert event["type"] == "http.request"
                size, more = size + len(event["body"]), event["more_body"]
                await asyncio.sleep(0)
            await answer(send, str(size).encode())
        """)
    let response = try await server.fetch(
      "/", method: "POST", body: .bytes([UInt8](repeating: 0x61, count: count)))
    #expect(response.body == Array("\(count)".utf8))
  }

  @Test func `an answer is sent in pieces, and held back by its client`() async throws {
    let server = try server(
      """
      async def app(scope, receive, send):
          await send({"type": "http.response.start", "status": 200, "headers": []})
          for number in range(200):
              await send({"type": "http.response.body", "body": b"x" * 50_000, "more_body": True})
          await send({"type": "http.response.body"})
      """)
    let response = try await server.fetch("/")
    #expect(response.body.count == 10_000_000)
  }

  @Test func `hints, trailers and files are sent`() async throws {
    let path = #filePath
    let server = try server(
      """
      async def app(scope, receive, send):
          if scope["path"] == "/file":
              await send({"type": "http.response.start", "status": 200, "headers": []})
              await send({"type": "http.response.pathsend", "path": "\(path)"})
              return
          await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
          await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
          await send({"type": "http.response.body", "body": b"body"})
          await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"4")]})
      """)
    #expect(try await server.fetch("/file").body.starts(with: "// Copyright".utf8))
    let stream = try await server.connect()
    try await stream.write(
      Array("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n".utf8))
    let text = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 103 ") && text.contains("Link: </a.css>; rel=preload"))
    #expect(text.contains("4\r\nbody\r\n0\r\nx-sum: 4\r\n\r\n"))
  }

  @Test(.expectLog("gale.asgi", "Uncaught exception"), .expectLog("gale.access", "500", isRequired: false))
  func `an exception is a 500`() async throws {
    let server = try server("async def app(scope, receive, send): 1 / 0")
    #expect(try await server.fetch("/").status == 500)
  }

  @Test(.expectLog("gale.asgi", "Uncaught exception"))
  func `an exception in the middle cuts the answer`() async throws {
    let server = try server(
      """
      async def app(scope, receive, send):
          await send({"type": "http.response.start", "status": 200, "headers": []})
          await send({"type": "http.response.body", "body": b"x", "more_body": True})
          await asyncio.sleep(0)
          1 / 0
      """)
    await #expect(throws: HTTPClientError.self) { _ = try await server.fetch("/") }
  }

  @Test(
    .expectLog("gale.asgi", "Uncaught exception"),
    arguments: [
      #"{"type": "http.response.body"}"#, #"{"type": "nonsense"}"#, #"{}"#, "3",
      #"{"type": "http.response.start", "status": 99, "headers": []}"#,
      #"{"type": "http.response.start", "status": 200, "headers": [(b"a", b"b\r\nc: d")]}"#,
      #"{"type": "http.response.start", "status": 200, "headers": [(b"a b", b"c")]}"#,
    ])
  func `what makes no sense raises in the application`(_ event: String) async throws {
    let server = try server("async def app(scope, receive, send): await send(\(event))")
    let response = try await server.fetch("/")
    #expect(response.status == 500 && !response.headers.contains("c"))
  }

  @Test func `an application learns that its client is gone`() async throws {
    let server = try server(
      Self.answer + """
        seen = []
        async def app(scope, receive, send):
            if scope["path"] == "/seen":
                return await answer(send, repr(seen).encode())
            await receive()
            seen.append((await receive())["type"])
            try:
                await send({"type": "http.response.start", "status": 200, "headers": []})
            except OSError as error:
                seen.append(type(error).__name__)
        """)
    let stream = try await server.connect()
    try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    try await server.loop.sleep(for: .milliseconds(20))
    stream.close()
    var seen = ""
    while !seen.contains("Error") {
      seen = String(decoding: try await server.fetch("/seen").body, as: UTF8.self)
    }
    #expect(seen == "['http.disconnect', 'BrokenPipeError']")
  }

  @Test func `requests run beside each other`() async throws {
    let server = try server(
      Self.answer + """
        event = asyncio.Event()
        async def app(scope, receive, send):
            if scope["path"] == "/wait":
                await event.wait()
            else:
                event.set()
            await answer(send, scope["path"].encode())
        """)
    let waiting = Future(on: server.loop) { try await server.fetch("/wait") }
    try await server.loop.sleep(for: .milliseconds(5))
    #expect(try await server.fetch("/go").body == Array("/go".utf8))
    #expect(try await waiting.get().body == Array("/wait".utf8))
  }

  @Test func `the lifespan's state is there, and its end is awaited`() async throws {
    let container = try container(
      Self.answer + """
        seen = []
        async def app(scope, receive, send):
            if scope["type"] == "http":
                return await answer(send, repr((scope["state"].get("number"), seen)).encode())
            assert (await receive())["type"] == "lifespan.startup"
            scope["state"]["number"] = 7
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            await asyncio.sleep(0.001)
            seen.append("shut down")
            await send({"type": "lifespan.shutdown.complete"})
        """)
    try await container.startUp()
    let server = try HTTPTestServer(container)
    #expect(try await server.fetch("/").body == Array("(7, [])".utf8))
    await container.shutDown()
    await container.shutDown()
    // A request after the end begins another life, without a state.
    #expect(try await server.fetch("/").body == Array("(None, ['shut down'])".utf8))
  }

  @Test func `a start that fails says why`() async throws {
    let container = try container(
      """
      async def app(scope, receive, send):
          await receive()
          await send({"type": "lifespan.startup.failed", "message": "no database"})
      """)
    let error = await #expect(throws: ASGIError.self) { try await container.startUp() }
    #expect(error?.message.contains("no database") == true)
  }

  @Test func `an application without a lifespan, and one that never answers it`() async throws {
    let without = try container(
      Self.answer + """
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await answer(send, b"ok")
        """)
    try await without.startUp()
    #expect(try await HTTPTestServer(without).fetch("/").body == Array("ok".utf8))
    let silent = try container("async def app(scope, receive, send): await asyncio.Event().wait()")
    await #expect(throws: (any Error).self) {
      try await withTimeout(.milliseconds(20), on: IOLoop.current) { try await silent.startUp() }
    }
  }

  @Test(
    arguments: [
      ("async def app(s, r, w): pass", true), ("def app(environ, start): return []", false),
      ("class A:\n    async def __call__(self, s, r, w): pass\napp = A()", true),
      ("class A:\n    def __call__(self, environ, start): return []\napp = A()", false),
      ("import functools\nasync def f(x, s, r, w): pass\napp = functools.partial(f, 1)", true),
      (
        "import functools\nasync def f(s, r, w): pass\n@functools.wraps(f)\ndef app(*a): return f(*a)", true
      ),
    ]) func `kinds of applications are told apart`(_ text: String, _ isASGI: Bool) throws
  {
    let container = try container(text)
    let found = try Self.started.get().attach { python in
      try ASGIContainer.isASGI(python, container.application.object(python))
    }
    #expect(found == isASGI)
  }
}

#endif
