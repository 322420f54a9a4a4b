// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleTesting
import GaleWire
import Testing

@testable import GaleASGI

extension GaleASGITests {
  /// An application's first step is taken when its request is there: to it that must look like any other step.
  @Suite("ASGI: the first step", .loop(timeLimit: .seconds(60)))
  struct FirstStepTests {
    private func server(_ text: String) throws -> HTTPTestServer {
      try HTTPTestServer(GaleASGITests.container(GaleASGITests.answer + text))
    }

    private func text(_ server: HTTPTestServer, _ path: String = "/") async throws -> String {
      String(decoding: try await server.fetch(path).body, as: UTF8.self)
    }

    /// Before and after the first wait; before it nothing has been scheduled.
    @Test(arguments: ["", "await asyncio.sleep(0)"])
    func `it is a task of the running loop`(_ wait: String) async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            \(wait.isEmpty ? "pass" : wait)
            task = asyncio.current_task()
            shown = [isinstance(task, asyncio.Task), task.get_name(), task in asyncio.all_tasks(), task.done()]
            shown += [asyncio.get_running_loop() is task.get_loop(), task.get_coro().__name__]
            await answer(send, repr(shown).encode())
        """)
      #expect(try await text(server) == "[True, 'ASGI', True, False, True, 'app']")
    }

    @Test func `outside of it no loop runs, and no task`() async throws {
      let server = try server("async def app(scope, receive, send): await answer(send, b'x')")
      #expect(try await text(server) == "x")
      #expect(try GaleASGITests.evaluate("repr(__import__('asyncio')._get_running_loop())") == "None")
      #expect(try GaleASGITests.evaluate("repr(__import__('asyncio').tasks._current_tasks)") == "{}")
      #expect(
        try GaleASGITests.evaluate(
          "str(sum(t.get_name() == 'ASGI' and t.done() for t in __import__('asyncio').tasks._all_tasks))")
          == "0")
    }

    @Test func `each has a context of its own`() async throws {
      let server = try server(
        """
        import contextvars
        variable = contextvars.ContextVar("variable", default="nothing")
        async def inner():
            return variable.get()
        async def app(scope, receive, send):
            seen = [variable.get()]
            variable.set(scope["path"])
            seen += [variable.get(), await asyncio.create_task(inner())]
            await asyncio.sleep(0)
            seen.append(variable.get())
            await answer(send, " ".join(seen).encode())
        """)
      #expect(try await text(server, "/a") == "nothing /a /a /a")
      #expect(try await text(server, "/b") == "nothing /b /b /b")
    }

    @Test func `time-outs, groups of tasks and shields work in it`() async throws {
      let server = try server(
        """
        async def one(): return 1
        async def never(): await asyncio.Event().wait()
        async def app(scope, receive, send):
            seen = []
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one()) for _ in range(3)]
            seen.append(sum(task.result() for task in tasks))
            try:
                async with asyncio.timeout(0.001):
                    await never()
            except TimeoutError:
                seen.append("timed out")
            try:
                async with asyncio.timeout(0):
                    await never()
            except TimeoutError:
                seen.append("at once")
            seen.append(asyncio.current_task().cancelling())
            seen.append(await asyncio.shield(one()))
            seen.append(sum(await asyncio.gather(*(one() for _ in range(10)))))
            await answer(send, repr(seen).encode())
        """)
      #expect(try await text(server) == "[3, 'timed out', 'at once', 0, 1, 10]")
    }

    @Test(
      .expectLog("gale.asgi", "The application ended"),
      .expectLog("gale.access", "500", isRequired: false))
    func `it can be cancelled, from inside and from outside`() async throws {
      let server = try server(
        """
        waiting, seen = {}, []
        async def app(scope, receive, send):
            path = scope["path"]
            if path == "/cancel":
                if "/wait" not in waiting:
                    return await answer(send, b"not yet", 404)
                waiting["/wait"].cancel()
                return await answer(send, b"ok")
            if path == "/seen":
                return await answer(send, repr(seen).encode())
            waiting[path] = asyncio.current_task()
            if path == "/self":
                asyncio.current_task().cancel()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                seen.append(path)
                raise
        """)
      #expect(try await server.fetch("/self").status == 500)
      let waiting = Future(on: server.loop) { try await server.fetch("/wait").status }
      while try await server.fetch("/cancel").status == 404 {}
      #expect(try await waiting.get() == 500)
      #expect(try await text(server, "/seen") == "['/self', '/wait']")
    }

    @Test func `what it schedules runs`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            loop, seen = asyncio.get_running_loop(), []
            loop.call_soon(seen.append, "soon")
            handle = loop.call_soon(seen.append, "cancelled")
            handle.cancel()
            loop.call_later(0.001, seen.append, "later")
            loop.call_soon_threadsafe(seen.append, "threadsafe")
            future = loop.create_future()
            loop.call_later(0.002, future.set_result, "result")
            loop.call_soon(seen.append, "context", context=__import__("contextvars").copy_context())
            seen.append(await future)
            seen.append(await loop.run_in_executor(None, lambda: "thread"))
            await answer(send, repr(seen).encode())
        """)
      #expect(
        try await text(server) == "['soon', 'threadsafe', 'context', 'later', 'result', 'thread']")
    }

    @Test func `requests that came at once run one after the other`() async throws {
      let server = try server(
        """
        running = 0
        async def app(scope, receive, send):
            global running
            running += 1
            assert running == 1
            await answer(send, scope["path"].encode())
            running -= 1
        """)
      let stream = try await server.connect()
      let requests = (0..<100).map {
        "GET /\($0) HTTP/1.1\r\nHost: a\r\n\($0 == 99 ? "Connection: close\r\n" : "")\r\n"
      }
      try await stream.write(Array(requests.joined().utf8))
      let answers = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
      let paths = answers.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "H" } }
      #expect(paths == (0..<100).map { "/\($0)" })
    }

    @Test func `debug mode and a task factory notice each step`() async throws {
      let server = try server(
        """
        made = []
        def factory(loop, coroutine, **more):
            made.append(coroutine.__name__)
            return asyncio.Task(coroutine, loop=loop, **more)
        async def app(scope, receive, send):
            loop = asyncio.get_running_loop()
            if scope["path"] == "/factory":
                loop.set_task_factory(factory)
            elif scope["path"] == "/debug":
                loop.set_debug(True)
            else:
                loop.set_task_factory(None)
                loop.set_debug(False)
            await answer(send, repr(made).encode())
        """)
      #expect(try await text(server, "/factory") == "[]")
      #expect(try await text(server, "/debug") == "['app']")
      #expect(try await text(server, "/none") == "['app', 'app']")
      #expect(try await text(server, "/none") == "['app', 'app']")
    }

    @Test(.expectLog("gale.asgi", "Uncaught exception"), .expectLog("gale.access", "500", isRequired: false))
    func `an application whose call makes no coroutine of Python's is awaited too`() async throws {
      let server = try server(
        """
        class Awaitable:
            def __init__(self, coroutine): self.coroutine = coroutine
            def __await__(self): return self.coroutine.__await__()
        async def run(scope, receive, send):
            await answer(send, b"awaited")
        def app(scope, receive, send):
            if scope["path"] == "/none":
                return None
            return Awaitable(run(scope, receive, send))
        """)
      #expect(try await text(server) == "awaited")
      #expect(try await server.fetch("/none").status == 500)
    }

    @Test func `headers of any kind of sequence are taken`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            kinds = {"/list": [(b"X-A", b" 1 "), [b"x-b", b"2"]], "/tuple": ((b"X-A", b"1"), (b"x-b", b"2")),
                     "/dict": {b"X-A": b"1", b"x-b": b"2"}.items(), "/text": [("X-A", "1"), ("x-b", bytearray(b"2"))],
                     "/iterator": iter([(b"X-A", b"1"), (b"x-b", memoryview(b"2"))])}
            headers = kinds[scope["path"]]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        """)
      for kind in ["list", "tuple", "dict", "text", "iterator"] {
        let headers = try await server.fetch("/\(kind)").headers
        #expect(headers["X-A"] == "1" && headers["X-B"] == "2", "\(kind)")
      }
    }

    @Test(arguments: [
      ("GET", "(b'content-length', b'5')", "hello", "5"), ("HEAD", "(b'content-length', b'5')", "", "5"),
      ("GET", "(b'x', b'y')", "hello", "5"), ("GET", "(b'Date', b'now'), (b'Server', b'me')", "hello", "5"),
    ]) func `lengths, dates and servers are said once`(
      _ method: String, _ field: String, _ body: String, _ length: String
    ) async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            await answer(send, b"\(body)", headers=[\(field), (b"connection", b"close"), (b"te", b"x")])
        """)
      let response = try await server.fetch("/", method: method)
      #expect(response.headers.values("Content-Length") == [length])
      #expect(response.headers.values("Date").count == 1 && response.headers.values("Server").count == 1)
      #expect(response.headers.contains("Te") == false)
      if field.contains("Date") {
        #expect(response.headers["Date"] == "now" && response.headers["Server"] == "me")
      }
      #expect(response.body == Array(body.utf8))
    }

    @Test func `scopes of different clients do not mix`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            shown = [dict(scope["headers"]).get(b"x-own", b"").decode(), scope["client"][1], scope["path"], scope["method"]]
            shown += [scope["query_string"].decode(), len(scope["headers"])]
            scope["headers"].clear()
            scope["state"]["own"] = scope["path"]
            scope["client"] = None
            await answer(send, json.dumps(shown).encode())
        """)
      var ports: Set<Int> = []
      for number in 0..<20 {
        let stream = try await server.connect()
        let method = number % 3 == 0 ? "DELETE" : "GET"
        let path = number % 2 == 0 ? "/p\(number)" : "/"
        try await stream.write(
          Array(
            "\(method) \(path)?q=\(number) HTTP/1.1\r\nHost: a\r\nX-Own: \(number % 5)\r\nConnection: close\r\n\r\n"
              .utf8))
        let answer = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
        let shown = try jsonDecode(Array(try #require(answer.split(separator: "\r\n\r\n").last).utf8))
        #expect(
          shown.arrayValue?[0].stringValue == "\(number % 5)" && shown.arrayValue?[2].stringValue == path)
        #expect(
          shown.arrayValue?[3].stringValue == method && shown.arrayValue?[4].stringValue == "q=\(number)")
        #expect(shown.arrayValue?[5] == 3)
        if let port = shown.arrayValue?[1].intValue { ports.insert(port) }
      }
      #expect(ports.count > 10)
    }
  }
}

#endif
