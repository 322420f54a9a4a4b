// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Testing

@testable import GaleAsyncio

private enum Request { @TaskLocal static var id: String? }

private struct Trouble: Error, CustomStringConvertible { let description = "trouble in Swift" }

extension GaleAsyncioTests {
  /// AIO-005, AIO-008, BRI-018 to BRI-021, BRI-027, BRI-029.
  @Suite("awaiting in both directions")
  struct AwaitTests {
    /// Awaits `main(function)`, where `function` is Swift's `body`.
    private func exchange(
      _ source: String, _ body: @escaping (AsyncIOLoop, [PythonReference]) async throws -> PythonReference?
    ) throws -> String {
      try withAsyncio { asyncio in
        try await asyncio.run({ python in
          let space = try TestPython.namespace(python, source)
          let function = try asyncio.function(python) { [unowned asyncio] in try await body(asyncio, $0) }
          guard let main = try space.value(python, for: try python.interned("main")) else {
            return python.none
          }
          return try main.call(python, function)
        }) { python, result in try result.description(python) }
      }
    }

    @Test func `Python awaits Swift, with arguments and a result`() throws {
      let source = """
        async def main(double):
            return [await double(number) for number in (1, 2, 3)]
        """
      let text = try exchange(source) { asyncio, arguments in
        try await asyncio.loop.sleep(for: .milliseconds(1))
        return try asyncio.withPython { python in
          PythonReference(try python.int(2 * (try arguments[0].object(python).int(python))))
        }
      }
      #expect(text == "[2, 4, 6]")
    }

    @Test func `and Swift awaits Python in there, and so on`() throws {
      let source = """
        async def main(down, depth=5):
            return 0 if depth == 0 else 1 + await down(lambda: main(down, depth - 1))
        """
      let text = try exchange(source) { asyncio, arguments in
        try await asyncio.run { python in try arguments[0].object(python).call(python) }
      }
      #expect(text == "5")
    }

    @Test func `a coroutine that does not wait is done without a turn of the loop`() throws {
      let source = """
        async def main():
            return asyncio.current_task() in asyncio.all_tasks()
        """
      let (isTask, turns) = try withAsyncio { asyncio in
        var turns = 0
        asyncio.loop.addLocalCallback { turns += 1 }
        let isTask = try await asyncio.run { python in
          try TestPython.call(python, source)
        } _: { python, result in
          try result.isTrue(python)
        }
        return (isTask, turns)
      }
      #expect(isTask)
      #expect(turns == 0)
    }

    @Test func `errors of Swift arrive as exceptions`() throws {
      let source = """
        async def main(fail):
            try:
                await fail()
            except gale.SwiftError as error:
                return str(error)
        """
      #expect(try exchange(source) { _, _ in throw Trouble() } == "trouble in Swift")
      let typed =
        "async def main(fail):\n    try:\n        await fail()\n    except ValueError as e: return e"
      #expect(try exchange(typed) { _, _ in throw PythonException(.valueError, "typed") } == "typed")
    }

    @Test func `an exception that passes through Swift stays itself`() throws {
      let source = """
        class Own(Exception): pass
        error = Own("kept")
        async def raiser(): raise error
        async def main(through):
            try:
                await through(raiser)
            except Own as caught:
                return caught is error
        """
      let text = try exchange(source) { asyncio, arguments in
        try await asyncio.run { python in try arguments[0].object(python).call(python) }
      }
      #expect(text == "True")
    }

    @Test func `cancelling in Swift cancels Python's task, which may clean up first`() throws {
      let seen = try withAsyncio { asyncio in
        let seen = try asyncio.withPython { python in PythonReference(try python.list()) }
        let task = asyncio.loop.spawn {
          do {
            try await asyncio.run { python in
              let space = try TestPython.namespace(
                python,
                """
                async def main(seen):
                    try:
                        await asyncio.sleep(3600)
                    except asyncio.CancelledError:
                        await asyncio.sleep(0.001)
                        seen.append("cleaned up")
                        raise
                """)
              guard let main = try space.value(python, for: try python.interned("main")) else {
                return python.none
              }
              return try main.call(python, seen.object(python))
            }
          } catch is CancellationError {
            try asyncio.withPython { python in
              try seen.object(python).append(python, try python.string("thrown"))
            }
          }
        }
        try await asyncio.loop.sleep(for: .milliseconds(5))
        task.cancel()
        await task.value
        return try asyncio.withPython { python in try seen.object(python).description(python) }
      }
      #expect(seen == "['cleaned up', 'thrown']")
    }

    @Test func `cancelling in Python cancels Swift's task`() throws {
      let source = """
        async def main(wait):
            future = wait()
            await asyncio.sleep(0.002)
            future.cancel()
            try:
                await future
            except asyncio.CancelledError:
                return "cancelled"
        """
      // SAFETY: written on the loop's thread only, which hands its result over before this reads it.
      nonisolated(unsafe) var wasCancelled = false
      let text = try exchange(source) { asyncio, _ in
        do { try await asyncio.loop.sleep(for: .seconds(3600)) } catch {
          unsafe wasCancelled = true
          throw error
        }
        return nil
      }
      #expect(text == "cancelled")
      #expect(unsafe wasCancelled)
    }

    @Test func `a deadline of Python's ends Swift's work`() throws {
      let source = """
        async def main(wait):
            try:
                await asyncio.wait_for(wait(), 0.005)
            except asyncio.TimeoutError:
                return "timed out"
        """
      let text = try exchange(source) { asyncio, _ in
        try await asyncio.loop.sleep(for: .seconds(3600))
        return nil
      }
      #expect(text == "timed out")
    }

    @Test func `a function that is called after the end says so`() throws {
      func call(_ python: borrowing Attached, _ function: PythonReference) -> String {
        do throws(PythonError) {
          return try function.object(python).call(python).description(python)
        } catch {
          return error.description
        }
      }
      let (function, during) = try withAsyncio { asyncio in
        let function = try asyncio.withPython { python in
          PythonReference(try asyncio.function(python) { _ in nil })
        }
        await asyncio.close()
        return (function, asyncio.withPython { python in call(python, function) })
      }
      #expect(during == "RuntimeError: Event loop is closed")
      // The loop is gone.
      let after = try TestPython.interpreter().attach { python in call(python, function) }
      #expect(after == "RuntimeError: Event loop is closed")
    }

    @Test func `declared task-locals are context variables, and back`() throws {
      ContextBridge.carry(Request.$id, as: "request_id")
      let ids = try withAsyncio { asyncio in
        try await Request.$id.withValue("42") {
          try await asyncio.run({ python in
            let space = try TestPython.namespace(
              python,
              """
              async def main(inner):
                  before = gale.context_variable("request_id").get()
                  gale.context_variable("request_id").set(before + "/python")
                  return before, await inner()
              """)
            let inner = try asyncio.function(python) { [unowned asyncio] _ in
              let id = Request.id ?? "none"
              return try asyncio.withPython { python in PythonReference(try python.string(id + "/swift")) }
            }
            guard let main = try space.value(python, for: try python.interned("main")) else {
              return python.none
            }
            return try main.call(python, inner)
          }) { python, result in try result.description(python) }
        }
      }
      #expect(ids == "('42', '42/python/swift')")
    }

    @Test func `an asynchronous generator is a sequence`() throws {
      let numbers = try withAsyncio { asyncio in
        var numbers: [Int] = []
        let sequence = try asyncio.sequence({ python in
          try TestPython.call(
            python,
            """
            async def main():
                for number in range(5):
                    await asyncio.sleep(0)
                    yield number
            """)
        }) { python, item in try item.int(python) }
        for try await number in sequence { numbers.append(number) }
        return numbers
      }
      #expect(numbers == [0, 1, 2, 3, 4])
    }

    @Test func `leaving it early closes the generator`() throws {
      let seen = try withAsyncio { asyncio in
        let space = try asyncio.withPython { python in
          PythonReference(
            try TestPython.namespace(
              python,
              """
              seen = []
              async def main():
                  try:
                      for number in range(5):
                          yield number
                  finally:
                      seen.append("closed")
              """))
        }
        let sequence = try asyncio.sequence({ python in
          try space.object(python).value(python, for: try python.interned("main"))?.call(python)
            ?? python.none
        }) { python, item in try item.int(python) }
        for try await number in sequence where number == 2 { break }
        try await asyncio.loop.sleep(for: .milliseconds(5))
        return try asyncio.withPython { python in
          try space.object(python).value(python, for: try python.interned("seen"))?.description(python) ?? ""
        }
      }
      #expect(seen == "['closed']")
    }

    @Test func `nothing is kept when it is over`() throws {
      let (before, after) = try withAsyncio { asyncio in
        let object = try asyncio.withPython { python in PythonReference(try python.list()) }
        func count() -> Int { asyncio.withPython { python in object.object(python).referenceCount } }
        let before = count()
        for _ in 0..<50 {
          try await asyncio.run { python in
            let space = try TestPython.namespace(python, "async def main(f, o): return await f(o)")
            let echo = try asyncio.function(python) { $0[0] }
            guard let main = try space.value(python, for: try python.interned("main")) else {
              return python.none
            }
            return try main.call(python, echo, object.object(python))
          }
        }
        try await asyncio.loop.sleep(for: .milliseconds(5))
        try asyncio.withPython { python in
          _ = try python.importModule("gc").callMethod(python, try python.interned("collect"))
        }
        return (before, count())
      }
      #expect(before == after)
    }
  }
}

#endif
