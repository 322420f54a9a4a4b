// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// AIO-002, AIO-003, AIO-004, AIO-008, BRI-002, BRI-007, BRI-015, BRI-018, BRI-036.
  @Suite("as a guest of a loop")
  struct GuestTests {
    private func text(_ source: String) throws -> String {
      try withAsyncio { asyncio in
        try await asyncio.run({ python in try TestPython.call(python, source) }) { python, result in
          try result.description(python)
        }
      }
    }

    @Test func `a coroutine is awaited`() throws {
      let source = """
        async def main():
            await asyncio.sleep(0.01)
            return 42
        """
      #expect(try text(source) == "42")
    }

    @Test func `callbacks run in order, with their contexts`() throws {
      let source = """
        import contextvars
        name = contextvars.ContextVar("name", default="none")
        async def main():
            loop, seen, done = asyncio.get_running_loop(), [], asyncio.Event()
            context = contextvars.copy_context()
            context.run(name.set, "own")
            loop.call_soon(lambda: seen.append(name.get()), context=context)
            loop.call_soon(seen.append, 1)
            cancelled = loop.call_soon(seen.append, 2)
            cancelled.cancel()
            loop.call_later(0.002, seen.append, 5)
            loop.call_later(0.001, seen.append, 4)
            loop.call_later(0.003, done.set)
            loop.call_soon(seen.append, 3)
            await done.wait()
            return seen
        """
      #expect(try text(source) == "['own', 1, 3, 4, 5]")
    }

    @Test func `streams, servers and executors work`() throws {
      let source = """
        async def echo(reader, writer):
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()

        async def main():
            server = await asyncio.start_server(echo, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\\n")
            line = await reader.readline()
            rest = await reader.read()
            writer.close()
            server.close()
            await server.wait_closed()
            loop = asyncio.get_running_loop()
            name = await loop.run_in_executor(None, lambda: "from a thread")
            return line, rest, name
        """
      #expect(try text(source) == "(b'hello\\n', b'', 'from a thread')")
    }

    @Test func `other threads wake it`() throws {
      let source = """
        import threading
        async def main():
            loop, future = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
            def work():
                loop.call_soon_threadsafe(future.set_result, "woken")
            threading.Thread(target=work).start()
            return await future
        """
      #expect(try text(source) == "woken")
    }

    @Test func `child processes are waited for by descriptor`() throws {
      let source = """
        import threading
        async def main():
            process = await asyncio.create_subprocess_exec("echo", "hello", stdout=asyncio.subprocess.PIPE)
            output, _ = await process.communicate()
            return output, process.returncode, [t.name for t in threading.enumerate() if "waitpid" in t.name]
        """
      #expect(try text(source) == "(b'hello\\n', 0, [])")
    }

    @Test func `what a coroutine raises is thrown, with its traceback`() throws {
      let source = """
        async def inner():
            raise ValueError("no such thing")
        async def main():
            await asyncio.sleep(0)
            await inner()
        """
      let error = #expect(throws: PythonError.self) { try text(source) }
      #expect(error?.typeName == "ValueError" && error?.message == "no such thing")
      #expect(error?.traceback.contains("in inner") == true)
    }

    @Test func `Swift and Python have their turns`() throws {
      let (python, swift) = try withAsyncio { asyncio in
        var turns = 0
        var isOver = false
        asyncio.loop.spawn {
          while !isOver {
            turns += 1
            await asyncio.loop.moment()
          }
        }
        let count = try await asyncio.run({ python in
          try TestPython.call(
            python,
            """
            async def main():
                for number in range(500):
                    await asyncio.sleep(0)
                return number
            """)
        }) { python, result in try result.int(python) }
        isOver = true
        return (count, turns)
      }
      #expect(python == 499)
      #expect(swift > 200)  // A moment takes two turns of the loop.
    }

    @Test func `no loop counts as running between Python's turns`() throws {
      let isRunning = try withAsyncio { asyncio in
        try await asyncio.run { python in
          try TestPython.call(python, "async def main(): await asyncio.sleep(0)")
        }
        return try asyncio.withPython { python in
          try TestPython.call(python, "def main(): return asyncio._get_running_loop() is not None")
            .isTrue(python)
        }
      }
      #expect(!isRunning)
    }

    @Test(arguments: [
      "loop.run_forever()", "loop.run_until_complete(asyncio.sleep(0))", "asyncio.run(asyncio.sleep(0))",
      "gale.run(asyncio.sleep(0))",
    ])
    func `running it again is refused, clearly`(_ call: String) throws {
      let source = """
        import warnings
        warnings.simplefilter("ignore")
        async def main():
            loop = asyncio.get_running_loop()
            try:
                \(call)
            except RuntimeError as error:
                return str(error)
        """
      let message = try text(source)
      #expect(
        ["already running", "runs already", "running event loop", "another loop"].contains {
          message.contains($0)
        }, "\(message)")
    }

    @Test func `stop and exit are the host's business`() throws {
      let stops = try withAsyncio { asyncio in
        var stops: [Int32?] = []
        asyncio.stopRequested = { stops.append($0) }
        try await asyncio.run { python in
          try TestPython.call(
            python,
            """
            import sys
            async def main():
                loop = asyncio.get_running_loop()
                loop.stop()
                loop.call_soon(sys.exit, 3)
                await asyncio.sleep(0.001)
            """)
        }
        return stops
      }
      #expect(stops == [nil, 3])
    }

    @Test func `what a callback raises goes to the exception handler`() throws {
      let source = """
        async def main():
            loop, seen = asyncio.get_running_loop(), []
            loop.set_exception_handler(lambda loop, context: seen.append(str(context["exception"])))
            loop.call_soon(lambda: 1 / 0)
            await asyncio.sleep(0.001)
            return seen
        """
      #expect(try text(source) == "['division by zero']")
    }

    @Test func `closing ends what still runs`() throws {
      let seen = try withAsyncio { asyncio in
        let seen = try asyncio.withPython { python in PythonReference(try python.list()) }
        try asyncio.withPython { python in
          let space = try TestPython.namespace(
            python,
            """
            async def wait(seen):
                try:
                    await asyncio.sleep(3600)
                finally:
                    seen.append("ended")
            """)
          let wait = try space.value(python, for: try python.interned("wait"))
          guard let coroutine = try wait?.call(python, seen.object(python)) else { return }
          _ = try asyncio.asyncioLoop.object(python).callMethod(
            python, try python.interned("create_task"), coroutine)
        }
        await asyncio.loop.moment()
        await asyncio.loop.moment()
        await asyncio.close()
        return try asyncio.withPython { python in try seen.object(python).description(python) }
      }
      #expect(seen == "['ended']")
    }

    @Test func `at the loop's own end nothing runs inside of something else`() throws {
      let seen = try withAsyncio { asyncio in
        let seen = try asyncio.withPython { python in
          let space = try TestPython.namespace(
            python,
            """
            seen = []
            async def wait(resolve, future):
                loop = asyncio.get_running_loop()
                future.add_done_callback(lambda future: seen.append("called"))
                try:
                    await asyncio.sleep(3600)
                finally:
                    resolve(None)
                    seen.append(asyncio._get_running_loop() is loop)
            """)
          let future = PythonReference(try asyncio.future(python))
          let resolve = try asyncio.module.callback.instance(
            python,
            FutureCallback { [unowned asyncio] python, _ in
              try asyncio.resolveNow(python, future, python.none)
            })
          let loop = asyncio.asyncioLoop.object(python)
          guard let wait = try space.value(python, for: try python.interned("wait")),
            let seen = try space.value(python, for: try python.interned("seen"))
          else { throw PythonException(.attributeError, "wait") }
          let coroutine = try wait.call(python, resolve, future.object(python))
          _ = try loop.callMethod(python, try python.interned("create_task"), coroutine)
          _ = try loop.callMethod(python, try python.interned("_run_batch"))
          return PythonReference(seen)
        }
        asyncio.loopWillClose()
        return try TestPython.interpreter().attach { python in try seen.object(python).description(python) }
      }
      #expect(seen == "[True, 'called']")
    }

    @Test func `a loop has asyncio once`() throws {
      let isSame = try withAsyncio { asyncio in try AsyncIOLoop.of(asyncio.loop) === asyncio }
      #expect(isSame)
    }

    @Test func `nobody but the loop's own thread runs it`() throws {
      let before = try threadCount()
      let during = try withAsyncio { asyncio in
        try await asyncio.run { python in
          try TestPython.call(python, "async def main(): await asyncio.sleep(0.001)")
        }
        return try threadCount()
      }
      // The thread of the loop itself.
      #expect(during <= before + 1)
    }

    private func threadCount() throws -> Int {
      try TestPython.interpreter().attach { python in
        try python.importModule("os").attribute(python, "listdir").call(
          python, try python.string("/proc/self/task")
        ).count(python)
      }
    }
  }
}

#endif
