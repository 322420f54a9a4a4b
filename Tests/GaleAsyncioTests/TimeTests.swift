// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import GaleTesting
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// BRI-035, OWN-019: one clock for Swift's timers and Python's.
  @Suite("with a clock of its own")
  struct TimeTests {
    /// What the tests' Python code is: it notes in `seen` what happened when, in seconds.
    private static let text = """
      seen = []
      start = None
      def note(what):
          seen.append(f"{what} {round(asyncio.get_running_loop().time() - start, 6)}")
      async def sleep(what, seconds):
          await asyncio.sleep(seconds)
          note(what)
      async def begin():
          global start
          start = asyncio.get_running_loop().time()
      async def limited():
          try:
              await asyncio.wait_for(asyncio.sleep(7200), 3600)
          except asyncio.TimeoutError:
              note("given up")
      async def ticking():
          while True:
              await asyncio.sleep(10)
              note("tick")
      async def working():
          import time
          await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.05)
          note("worked")
      """

    /// A coroutine of the module, as something to await.
    private static func call(_ space: PythonReference, _ name: String, _ arguments: (String, Double)? = nil)
      -> (borrowing Attached) throws -> PythonObject
    {
      { python in
        guard let function = try space.object(python).value(python, for: try python.interned(name)) else {
          throw PythonException(.attributeError, name)
        }
        guard let (text, number) = arguments else { return try function.call(python) }
        return try function.call(python, try python.string(text), try python.float(number))
      }
    }

    private static func module(_ asyncio: AsyncIOLoop) async throws -> PythonReference {
      let space = try asyncio.withPython { python in
        PythonReference(try TestPython.namespace(python, text))
      }
      try await asyncio.run(call(space, "begin"))
      return space
    }

    private static func seen(_ asyncio: AsyncIOLoop, _ space: PythonReference) throws -> [String] {
      try asyncio.withPython { python in
        var lines: [String] = []
        guard let list = try space.object(python).value(python, for: try python.interned("seen")) else {
          return []
        }
        try list.forEach(python) { item throws(PythonError) in lines.append(try item.string(python)) }
        return lines
      }
    }

    /// Notes something of Swift's in the same list.
    private static func note(_ asyncio: AsyncIOLoop, _ space: PythonReference, _ text: String) throws {
      try asyncio.withPython { python in
        guard let list = try space.object(python).value(python, for: try python.interned("seen")) else {
          return
        }
        try list.append(python, try python.string(text))
      }
    }

    @Test func `hours of both pass at once, and in their order`() throws {
      let seen = try withAsyncio(timeout: nil) { asyncio in
        let loop = asyncio.loop
        ManualClock(on: loop)
        let space = try await Self.module(asyncio)
        let start = loop.time
        for seconds in [1800, 5000] {
          loop.spawn {
            try await loop.sleep(for: .seconds(seconds))
            try Self.note(asyncio, space, "swift \(Int((loop.time - start) / .seconds(1)))")
          }
        }
        loop.callLater(.seconds(3700)) { try? Self.note(asyncio, space, "timer 3700") }
        let tasks = [
          loop.spawn { try await asyncio.run(Self.call(space, "sleep", ("python", 3600))) },
          loop.spawn { try await asyncio.run(Self.call(space, "sleep", ("python", 60))) },
          loop.spawn { try await asyncio.run(Self.call(space, "limited")) },
        ]
        for task in tasks { await task.value }
        try await asyncio.run(Self.call(space, "sleep", ("python", 3600)))
        return try Self.seen(asyncio, space)
      }
      #expect(Set(seen[2...3]) == ["python 3600.0", "given up 3600.0"])
      #expect(
        seen.enumerated().filter { $0.offset != 2 && $0.offset != 3 }.map(\.element) == [
          "python 60.0", "swift 1800", "timer 3700", "swift 5000", "python 7200.0",
        ])
    }

    @Test func `a clock that a test moves moves Python too`() throws {
      let counts = try withAsyncio(timeout: nil) { asyncio in
        let clock = ManualClock(on: asyncio.loop, autojump: nil)
        let space = try await Self.module(asyncio)
        let task = asyncio.loop.spawn { try await asyncio.run(Self.call(space, "ticking")) }
        await clock.advance(by: .seconds(5))
        var counts = [try Self.seen(asyncio, space).count]
        await clock.advance(by: .seconds(5))
        counts.append(try Self.seen(asyncio, space).count)
        await clock.advance(by: .seconds(30))
        let seen = try Self.seen(asyncio, space)
        task.cancel()
        await task.value
        return (counts, seen)
      }
      #expect(counts.0 == [0, 1])
      #expect(counts.1 == ["tick 10.0", "tick 20.0", "tick 30.0", "tick 40.0"])
    }

    @Test func `it does not jump while Python's threads work`() throws {
      let seen = try withAsyncio(timeout: nil) { asyncio in
        ManualClock(on: asyncio.loop, autojump: .zero)
        let space = try await Self.module(asyncio)
        // A timer that is an hour away must not look like the next thing to happen.
        let timer = asyncio.loop.callLater(.seconds(3600)) {}
        try await asyncio.run(Self.call(space, "working"))
        asyncio.loop.removeTimeout(timer)
        return try Self.seen(asyncio, space)
      }
      #expect(seen == ["worked 0.0"])
    }

    @Test func `with Python in charge it is the same`() throws {
      let interpreter = try TestPython.interpreter()
      let result = Monitor<Result<String, any Error>?>(nil)
      startThread {
        let outcome = Result<String, any Error> {
          let loop = IOLoop.current
          ManualClock(on: loop)
          return try interpreter.attach { python in
            _ = try AsyncioModule.get(python)
            return try TestPython.call(
              python,
              """
              async def work():
                  loop = asyncio.get_running_loop()
                  start = loop.time()
                  await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(86400))
                  return round(loop.time() - start, 6)
              def main(): return gale.run(work())
              """
            ).description(python)
          }
        }
        IOLoop.current.close()
        result.withLock { $0 = outcome }
        result.broadcast()
      }
      #expect(try result.waitUntil { $0 }.get() == "86400.0")
    }
  }
}

#endif
