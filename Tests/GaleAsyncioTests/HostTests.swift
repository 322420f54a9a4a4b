// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Synchronization
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// AIO-001, BRI-001, BRI-015, BRI-016: Python runs the loop.
  @Suite("with Python in charge")
  struct HostTests {
    @Test func `gale.run runs a coroutine`() throws {
      let text = try TestPython.program(
        """
        async def work():
            await asyncio.sleep(0.001)
            return type(asyncio.get_running_loop()).__name__
        def main():
            return gale.run(work())
        """)
      #expect(text == "EventLoop")
    }

    @Test func `a runner takes it as its factory`() throws {
      let text = try TestPython.program(
        """
        async def work():
            return await asyncio.gather(*(asyncio.sleep(0.001, number) for number in range(5)))
        def main():
            with asyncio.Runner(loop_factory=gale.EventLoop) as runner:
                return runner.run(work()), runner.run(work())
        """)
      #expect(text == "([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])")
    }

    @Test func `loops live beside each other`() throws {
      let text = try TestPython.program(
        """
        def main():
            loops = [gale.new_event_loop() for _ in range(3)]
            values = [loop.run_until_complete(asyncio.sleep(0.001, number)) for number, loop in enumerate(loops)]
            for loop in loops:
                loop.close()
            return values
        """)
      #expect(text == "[0, 1, 2]")
    }

    @Test func `threads have loops of their own`() throws {
      let text = try TestPython.program(
        """
        import threading
        def main():
            values = []
            async def work(number):
                await asyncio.sleep(0.001)
                values.append(number)
            threads = [threading.Thread(target=gale.run, args=(work(number),)) for number in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return sorted(values)
        """)
      #expect(text == "[0, 1, 2, 3]")
    }

    @Test func `native work goes on while Python waits`() throws {
      let interpreter = try TestPython.interpreter()
      let result = Monitor<Result<[Int], any Error>?>(nil)
      startThread {
        let outcome = Result<[Int], any Error> {
          let loop = IOLoop.current
          var turns = 0
          let timer = PeriodicCallback(every: .milliseconds(1)) { turns += 1 }
          timer.start()
          defer { timer.stop() }
          let value = try interpreter.attach { python in
            _ = try AsyncioModule.get(python)
            return try TestPython.call(
              python, "def main(): return gale.run(asyncio.sleep(0.1, 7))"
            ).int(python)
          }
          #expect(IOLoop.current === loop)
          return [value, turns]
        }
        result.withLock { $0 = outcome }
        result.broadcast()
      }
      let values = try result.waitUntil { $0 }.get()
      #expect(values[0] == 7)
      #expect(values[1] > 3)
    }

    @Test func `leaving the thread's own loop leaves nothing there`() throws {
      let interpreter = try TestPython.interpreter()
      let result = Monitor<Result<[Bool], any Error>?>(nil)
      startThread {
        let outcome = Result<[Bool], any Error> {
          let loop = IOLoop.current
          defer { loop.close() }
          let key = ObjectIdentifier(AsyncIOLoop.self)
          var found: [Bool] = []
          try interpreter.attach { python in
            let module = try AsyncioModule.get(python)
            let visit = try module.callback.instance(
              python,
              FutureCallback { python, _ in
                let main = try AsyncIOMainLoop.enter(python)
                found.append(main.loop === loop && loop.companions[key] != nil)
                main.leave()
                found.append(IOLoop.currentIfPresent === loop && loop.companions[key] == nil)
              })
            let space = try TestPython.namespace(
              python,
              """
              async def work(visit):
                  await asyncio.sleep(0)
                  visit(None)
              def main(visit):
                  gale.run(work(visit))
              """)
            _ = try space.value(python, for: try python.interned("main"))?.call(python, visit)
          }
          // Another one can be made.
          try loop.runSync { try await AsyncIOLoop.of(loop).close() }
          return found
        }
        result.withLock { $0 = outcome }
        result.broadcast()
      }
      #expect(try result.waitUntil { $0 }.get() == [true, true])
    }

    @Test func `stop before run_forever lets one iteration pass`() throws {
      let text = try TestPython.program(
        """
        def main():
            loop, seen = gale.new_event_loop(), []
            loop.call_soon(seen.append, 1)
            loop.stop()
            loop.run_forever()
            loop.call_soon(seen.append, 2)
            loop.call_soon(loop.stop)
            loop.run_forever()
            loop.close()
            return seen, loop.is_closed()
        """)
      #expect(text == "([1, 2], True)")
    }

    @Test func `a descriptor that epoll refuses is a PermissionError`() throws {
      let text = try TestPython.program(
        """
        import tempfile
        def main():
            loop = gale.new_event_loop()
            with tempfile.TemporaryFile() as file:
                try:
                    loop.add_reader(file, print)
                except PermissionError as error:
                    return error.errno
                finally:
                    loop.close()
        """)
      #expect(text == "1")
    }

    @Test func `debug mode finds slow callbacks and foreign threads`() throws {
      let text = try TestPython.program(
        """
        import logging, time
        records = []
        class Handler(logging.Handler):
            def emit(self, record): records.append(record.getMessage())
        def main():
            logger = logging.getLogger("asyncio")
            logger.addHandler(Handler())
            async def slow():
                time.sleep(0.02)
            loop = gale.new_event_loop()
            loop.set_debug(True)
            loop.slow_callback_duration = 0.01
            loop.run_until_complete(slow())
            async def wrong():
                import threading
                seen = []
                def work():
                    try:
                        loop.call_soon(print)
                    except RuntimeError as error:
                        seen.append("Non-thread-safe" in str(error))
                thread = threading.Thread(target=work)
                thread.start()
                await loop.run_in_executor(None, thread.join)
                return seen
            seen = loop.run_until_complete(wrong())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            return any("Executing" in text for text in records), seen
        """)
      #expect(text == "(True, [True])")
    }
  }
}

#endif
