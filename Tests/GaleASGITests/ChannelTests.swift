// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GalePython
import GaleTesting
import GaleWire
import Testing

@testable import GaleASGI

extension GaleASGITests {
  /// What an application may do wrongly, or at an unlucky time, with what it is given.
  @Suite("ASGI: what an application is given", .loop(timeLimit: .seconds(60)))
  struct ChannelTests {
    private func server(_ text: String) throws -> HTTPTestServer {
      try HTTPTestServer(GaleASGITests.container(GaleASGITests.answer + text))
    }

    private func text(_ server: HTTPTestServer, _ path: String = "/") async throws -> String {
      String(decoding: try await server.fetch(path).body, as: UTF8.self)
    }

    @Test func `another thread can neither receive nor send`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            shown = []
            start = {"type": "http.response.start", "status": 500, "headers": []}
            def work():
                for call in (receive, lambda: send(start)):
                    try:
                        call()
                        shown.append("done")
                    except RuntimeError as error:
                        shown.append("thread" in str(error))
            await asyncio.to_thread(work)
            await answer(send, json.dumps(shown).encode())
        """)
      #expect(try await text(server) == "[true, true]")
    }

    @Test func `what one request does to its scope, the next does not see`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            shown = [sorted(scope["extensions"]), sorted(scope["asgi"])]
            scope["extensions"]["own"] = scope["asgi"]["own"] = {}
            await answer(send, json.dumps(shown).encode())
        """)
      let first = try await text(server)
      #expect(first.contains("http.response.trailers") && first.contains("spec_version"))
      #expect(try await text(server) == first)
    }

    @Test func `trailers come in several events`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
            await send({"type": "http.response.body", "body": b"body"})
            for name, more in ((b"x-sum", True), (b"x-end", False)):
                await send({"type": "http.response.trailers", "headers": [(name, b"4")], "more_trailers": more})
        """)
      let stream = try await server.connect()
      try await stream.write(
        Array("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n".utf8))
      let text = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
      #expect(text.contains("4\r\nbody\r\n0\r\nx-sum: 4\r\nx-end: 4\r\n\r\n"))
    }

    private static let gone = """
      seen = []
      async def app(scope, receive, send):
          if scope["path"] == "/seen":
              return await answer(send, repr(seen).encode())
          await receive()
          seen.append((await receive())["type"])

      """

    private func leave(_ server: HTTPTestServer) async throws {
      let stream = try await server.connect()
      try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
      try await server.loop.sleep(for: .milliseconds(20))
      stream.close()
      while try await text(server, "/seen") == "[]" {}
    }

    @Test(.expectLog("gale.asgi", #/Uncaught exception(?s:.)*LookupError: of its own/#))
    func `what an application raises after its client is gone is reported`() async throws {
      let server = try server(Self.gone + "    raise LookupError('of its own')")
      try await leave(server)
    }

    @Test(.expectLog("gale.asgi", #/Uncaught exception(?s:.)*ZeroDivisionError/#))
    func `so is what it raises once send() said so`() async throws {
      let server = try server(
        Self.gone + """
              try:
                  await send({"type": "http.response.start", "status": 200, "headers": []})
              except OSError:
                  pass
              1 / 0
          """)
      try await leave(server)
    }

    /// As Starlette raises its `ClientDisconnect`.
    @Test(.strictLog, arguments: ["raise", "raise LookupError", "raise LookupError from error"])
    func `that send() says so is no news`(_ again: String) async throws {
      let server = try server(
        Self.gone + """
              try:
                  await send({"type": "http.response.start", "status": 200, "headers": []})
              except OSError as error:
                  \(again)
          """)
      try await leave(server)
    }

    /// As task groups raise it.
    @Test(.strictLog) func `nor is it in a group`() async throws {
      let server = try server(
        "import sys\n" + Self.gone + """
              told = None
              try:
                  await send({"type": "http.response.start", "status": 200, "headers": []})
              except OSError as error:
                  told = error
              raise ExceptionGroup("both", [told, told]) if sys.version_info >= (3, 11) else told
          """)
      try await leave(server)
    }

    /// In debug mode a task goes on in its next turn, and may be cancelled before.
    @Test(arguments: ["one()", "receive()"], [true, false])
    func `an event whose receiver is cancelled is for the next one`(_ receive: String, _ isDebug: Bool)
      async throws
    {
      let server = try server(
        """
        async def app(scope, receive, send):
            async def one():
                return await receive()
            loop = asyncio.get_running_loop()
            loop.set_debug(\(isDebug ? "True" : "False"))
            task, schedule = asyncio.create_task(\(receive)), loop.call_soon
            await asyncio.sleep(0)
            def call_soon(callback, *arguments, context=None):
                loop.call_soon = schedule
                schedule(task.cancel)
                return schedule(callback, *arguments, context=context)
            loop.call_soon = call_soon
            await send({"type": "http.response.early_hint", "links": []})
            try:
                event = await task
            except asyncio.CancelledError:
                event = await receive()
            await answer(send, repr((event["type"], event["body"])).encode())
        """)
      let stream = try await server.connect()
      try await stream.write(
        Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\n".utf8))
      _ = try await stream.read(until: Array("\r\n\r\n".utf8))
      try await stream.write(Array("body".utf8))
      let text = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
      #expect(text.hasSuffix("('http.request', b'body')"))
    }

    @Test func `a received event is awaited once`() async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            shown, event = [], receive()
            shown.append((await event)["type"])
            for again in (event, receive()):
                try:
                    again.throw(LookupError, "thrown") if again is not event else await again
                except (LookupError, RuntimeError) as error:
                    shown.append(str(error))
            closed = receive()
            closed.close()
            try:
                await closed
            except RuntimeError as error:
                shown.append(str(error))
            await answer(send, repr(shown).encode())
        """)
      let reused = "receive() was awaited already"
      #expect(try await text(server) == "['http.request', '\(reused)', 'thrown', '\(reused)']")
    }

    /// asyncio's tasks in C and in Python go on with them in different ways.
    @Test(arguments: ["asyncio.create_task", "asyncio.tasks._PyTask"])
    func `receive and send make tasks`(_ make: String) async throws {
      let server = try server(
        """
        async def app(scope, receive, send):
            event = await \(make)(receive())
            waiting = \(make)(receive())
            await asyncio.sleep(0)
            await \(make)(send({"type": "http.response.start", "status": 200, "headers": []}))
            await \(make)(send({"type": "http.response.body", "body": event["type"].encode()}))
            assert (await waiting)["type"] == "http.disconnect"
        """)
      #expect(try await text(server) == "http.request")
    }

    @Test func `a send that has to wait is a task, too`() async throws {
      let server = try server(
        """
        seen = []
        async def app(scope, receive, send):
            if scope["path"] == "/seen":
                return await answer(send, repr(seen).encode())
            await send({"type": "http.response.start", "status": 200, "headers": []})
            tasks = []
            while all(task.done() for task in tasks):
                event = {"type": "http.response.body", "body": b"x" * 300_000, "more_body": True}
                tasks.append(asyncio.create_task(send(event)))
                await asyncio.sleep(0)
            seen.append("waits")
            assert await tasks[-1] is None
            await send({"type": "http.response.body", "body": b"end"})
            seen.append("sent")
        """)
      let stream = try await server.connect()
      try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
      while try await text(server, "/seen") == "[]" {}
      #expect(try await text(server, "/seen") == "['waits']")
      let text = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
      #expect(text.hasSuffix("3\r\nend\r\n0\r\n\r\n"))
    }

    @Test func `a receive that was given up leaves nothing behind`() async throws {
      let server = try server(
        """
        import gc
        async def app(scope, receive, send):
            def futures():
                gc.collect()
                return sum(isinstance(item, asyncio.Future) for item in gc.get_objects())
            await receive()
            before = futures()
            for _ in range(100):
                task = asyncio.create_task(receive())
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
            del task
            await answer(send, str(futures() - before).encode())
        """)
      let left = try #require(Int(try await text(server)))
      #expect(left < 10)
    }

    @Test func `a container lives as long as its application's life`() async throws {
      weak var kept: ASGIContainer?
      do {
        let container = try GaleASGITests.container(
          """
          async def app(scope, receive, send):
              for kind in ("startup", "shutdown"):
                  await receive()
                  await send({"type": f"lifespan.{kind}.complete"})
          """)
        try await container.startUp()
        kept = container
      }
      let container = try #require(kept)
      await container.shutDown()
    }
  }
}

#endif
