// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Glibc
import Testing

@testable import GaleAsyncio

/// What Swift code can wait for.
enum SwiftWait: String, CaseIterable, Sendable {
  case sleep, event, future, queue, lock, python, timeout

  func run(_ asyncio: AsyncIOLoop) async throws {
    let loop = asyncio.loop
    switch self {
    case .sleep: try await loop.sleep(for: .seconds(3600))
    case .event: try await Event(on: loop).wait()
    case .future: try await Future<Void>(on: loop).get()
    case .queue: _ = try await Queue<Int>(on: loop).get()
    case .lock:
      let lock = Lock(on: loop)
      try await lock.acquire()
      try await lock.acquire()
    case .python:
      try await asyncio.run { python in
        try TestPython.call(python, "async def main(): await asyncio.sleep(3600)")
      }
    case .timeout:
      try await withTimeout(.seconds(3600), on: loop) { try await loop.sleep(for: .seconds(3600)) }
    }
  }
}

/// What happened, in order.
private final class Record {
  var lines: [String] = []
}

extension GaleAsyncioTests {
  /// BRI-015, BRI-021, BRI-022, BRI-029: what goes wrong, or ends before its time.
  @Suite("when something goes wrong")
  struct FaultTests {
    /// Waits for `condition` by the turns of the loop.
    private func wait(_ asyncio: AsyncIOLoop, until condition: () throws -> Bool) async throws {
      while try !condition() { try await asyncio.loop.sleep(for: .milliseconds(1)) }
    }

    private func taskCount(_ asyncio: AsyncIOLoop) throws -> Int {
      try asyncio.withPython { python in
        let tasks = try python.importModule("asyncio").attribute(python, "all_tasks")
        return try tasks.call(python, asyncio.asyncioLoop.object(python)).count(python)
      }
    }

    /// Calls `name` of a namespace, with `arguments`.
    private func call(
      _ python: borrowing Attached, _ space: PythonReference, _ name: String, _ argument: PythonReference
    ) throws -> PythonObject {
      guard let function = try space.object(python).value(python, for: try python.interned(name)) else {
        throw PythonException(.attributeError, name)
      }
      return try function.call(python, argument.object(python))
    }

    private func text(_ asyncio: AsyncIOLoop, _ space: PythonReference, _ name: String) throws -> String {
      try asyncio.withPython { python in
        try space.object(python).value(python, for: try python.interned(name))?.description(python) ?? ""
      }
    }

    private func space(_ asyncio: AsyncIOLoop, _ source: String) throws -> PythonReference {
      try asyncio.withPython { python in PythonReference(try TestPython.namespace(python, source)) }
    }

    // MARK: - Cancelled at every await

    @Test(arguments: [
      "asyncio.sleep(3600)", "asyncio.get_running_loop().create_future()", "asyncio.Event().wait()",
      "asyncio.Queue().get()", "locked()", "asyncio.wait_for(asyncio.sleep(3600), 3600)",
      "asyncio.gather(asyncio.sleep(3600), asyncio.sleep(3600))", "iterated()", "read()", "child()",
      "swift()",
      "asyncio.wait_for(swift(), 3600)", "asyncio.shield(asyncio.Event().wait())",
    ])
    func `Python's task is cancelled wherever it waits`(_ awaited: String) throws {
      let source = """
        import socket
        seen = []
        async def locked():
            lock = asyncio.Lock()
            await lock.acquire()
            await lock.acquire()
        async def items():
            try:
                while True:
                    await asyncio.sleep(3600)
                    yield
            finally:
                seen.append("generator")
        async def iterated():
            async for _ in items(): pass
        async def read():
            one, other = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=one)
            try:
                await reader.read()
            finally:
                writer.close()
                other.close()
        async def child():
            process = await asyncio.create_subprocess_exec("sleep", "3600")
            try:
                await process.wait()
            finally:
                process.kill()
                await process.wait()
        async def main(swift):
            seen.append("begun")
            try:
                await \(awaited)
            finally:
                seen.append("over")
        """
      let (outcome, seen, left) = try withAsyncio { asyncio in
        let space = try space(asyncio, source)
        let swift = try asyncio.withPython { python in
          let function = try asyncio.function(python) { [unowned asyncio] _ in
            try await asyncio.loop.sleep(for: .seconds(3600))
            return nil
          }
          return PythonReference(function)
        }
        let record = Record()
        let task = asyncio.loop.spawn {
          do {
            try await asyncio.run { python in
              // What waits may call Swift without an argument's being passed through.
              try space.object(python).set(python, try python.interned("swift"), to: swift.object(python))
              return try call(python, space, "main", swift)
            }
            record.lines.append("returned")
          } catch {
            record.lines.append(error is CancellationError ? "cancelled" : "\(error)")
          }
        }
        try await wait(asyncio) { try text(asyncio, space, "seen") == "['begun']" }
        for _ in 0..<5 { await asyncio.loop.moment() }
        task.cancel()
        await task.value
        // The waiter inside of a shield goes on by design.
        let expected = awaited.contains("shield") ? 1 : 0
        try await wait(asyncio) { try taskCount(asyncio) == expected }
        return (record.lines, try text(asyncio, space, "seen"), try taskCount(asyncio) - expected)
      }
      #expect(outcome == ["cancelled"])
      #expect(seen.hasPrefix("['begun', ") && seen.hasSuffix("'over']"), "\(seen)")
      #expect(left == 0)
    }

    @Test(arguments: SwiftWait.allCases)
    func `Swift's task is cancelled wherever it waits`(_ what: SwiftWait) throws {
      let source = """
        seen = []
        async def main(swift):
            task = asyncio.ensure_future(swift())
            while not seen: await asyncio.sleep(0.001)
            for _ in range(5): await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                seen.append("cancelled")
        """
      let (outcome, seen) = try withAsyncio { asyncio in
        let space = try space(asyncio, source)
        let record = Record()
        let swift = try asyncio.withPython { python in
          let function = try asyncio.function(python) { [unowned asyncio] _ in
            try asyncio.withPython { python in
              try space.object(python).value(python, for: try python.interned("seen"))?.append(
                python, try python.string("begun"))
            }
            do { try await what.run(asyncio) } catch {
              record.lines.append(error is CancellationError ? "cancelled" : "\(error)")
              throw error
            }
            return nil
          }
          return PythonReference(function)
        }
        try await asyncio.run { python in try call(python, space, "main", swift) }
        try await wait(asyncio) { !record.lines.isEmpty }
        return (record.lines, try text(asyncio, space, "seen"))
      }
      #expect(outcome == ["cancelled"])
      #expect(seen == "['begun', 'cancelled']")
    }

    // MARK: - Callbacks

    @Test func `a callback that blocks delays the rest, and nothing is lost`() throws {
      let source = """
        import time
        seen = []
        async def main(_):
            loop = asyncio.get_running_loop()
            loop.call_later(0.001, seen.append, "timer")
            loop.call_soon(time.sleep, 0.05)
            loop.call_soon(seen.append, "next")
            await asyncio.sleep(0.002)
        """
      let (seen, ticks) = try withAsyncio { asyncio in
        let space = try space(asyncio, source)
        var ticks = 0
        for number in 1...3 { asyncio.loop.callLater(.milliseconds(number)) { ticks += 1 } }
        try await asyncio.run { python in try call(python, space, "main", space) }
        try await wait(asyncio) { ticks == 3 }
        return (try text(asyncio, space, "seen"), ticks)
      }
      #expect(seen == "['next', 'timer']")
      #expect(ticks == 3)
    }

    @Test(arguments: ["KeyboardInterrupt", "SystemExit", "BaseException", "Exception"])
    func `whatever a callback raises, the others run`(_ type: String) throws {
      let source = """
        seen = []
        def fail():
            raise \(type)("on purpose")
        async def main(_):
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: None)
            loop.call_soon(seen.append, 1)
            loop.call_soon(fail)
            loop.call_soon(seen.append, 2)
            await asyncio.sleep(0.001)
        """
      let seen = try withAsyncio { asyncio in
        asyncio.stopRequested = { _ in }
        let space = try space(asyncio, source)
        try await asyncio.run { python in try call(python, space, "main", space) }
        return try text(asyncio, space, "seen")
      }
      #expect(seen == "[1, 2]")
    }

    @Test func `a task that swallows its cancellation is waited for`() throws {
      let source = """
        async def main(_):
            for number in range(3):
                try:
                    await asyncio.sleep(3600 if number == 0 else 0.001)
                except asyncio.CancelledError:
                    pass
            return "done all the same"
        """
      let value = try withAsyncio { asyncio in
        let space = try space(asyncio, source)
        let record = Record()
        let task = asyncio.loop.spawn {
          record.lines.append(
            try await asyncio.run({ python in try call(python, space, "main", space) }) { python, result in
              try result.string(python)
            })
        }
        try await wait(asyncio) { try taskCount(asyncio) == 1 }
        task.cancel()
        await task.value
        return record.lines
      }
      #expect(value == ["done all the same"])
    }

    // MARK: - The end

    @Test func `closing the loop ends what waits on both sides`() throws {
      let source = """
        seen = []
        async def main(swift):
            try:
                await swift()
            finally:
                await asyncio.sleep(0)
                seen.append("over")
        async def future(_):
            await asyncio.sleep(0)
            return asyncio.get_running_loop().create_future()
        """
      _ = try TestPython.interpreter()
      let done = Monitor<Result<[String], any Error>?>(nil)
      startThread {
        let outcome = Result<[String], any Error> {
          let record = Record()
          let loop = try IOLoop()
          try loop.runSync(timeout: .seconds(60)) {
            let asyncio = try AsyncIOLoop.of(loop)
            let space = try space(asyncio, source)
            let swift = try asyncio.withPython { python in
              let function = try asyncio.function(python) { [unowned asyncio] _ in
                record.lines.append("begun")
                do { try await asyncio.loop.sleep(for: .seconds(3600)) } catch {
                  record.lines.append("Swift's: \(type(of: error))")
                  throw error
                }
                return nil
              }
              return PythonReference(function)
            }
            loop.spawn {
              do { try await asyncio.run { python in try call(python, space, "main", swift) } } catch {
                record.lines.append("Python's: \(type(of: error))")
              }
              record.lines.append("seen: \(try text(asyncio, space, "seen"))")
            }
            loop.spawn {
              // A future that nobody will ever settle.
              do {
                let future = try await asyncio.run { python in try call(python, space, "future", swift) }
                try await asyncio.run { python in future.object(python) }
              } catch {
                record.lines.append("a future's: \(type(of: error))")
              }
            }
            while record.lines.isEmpty { await loop.moment() }
            for _ in 0..<10 { await loop.moment() }
          }
          loop.close()
          return record.lines.sorted()
        }
        done.withLock { $0 = outcome }
        done.broadcast()
      }
      let lines = try done.waitUntil { $0 }.get()
      #expect(
        lines == [
          "Python's: CancellationError", "Swift's: CancellationError", "a future's: CancellationError",
          "begun", "seen: ['over']",
        ])
    }

    // MARK: - Rest

    @Test func `an idle loop with asyncio is not woken`() throws {
      let source = """
        import socket
        waiting = []
        async def main(_):
            loop = asyncio.get_running_loop()
            waiting.append(asyncio.ensure_future(asyncio.sleep(3600)))
            waiting.append(await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0))
            one, other = socket.socketpair()
            loop.add_reader(one, print)
            waiting.extend([one, other, loop])
        """
      let wakeUps = try withAsyncio { asyncio in
        let space = try space(asyncio, source)
        try await asyncio.run { python in try call(python, space, "main", space) }
        let thread = try asyncio.withPython { python in
          try python.importModule("threading").attribute(python, "get_native_id").call(python).int(python)
        }
        let status = "/proc/self/task/\(thread)/status"
        return try await asyncio.loop.runInExecutor { () -> Int in
          // The loop's thread has done what it had to once the number stands still.
          var before = -1
          while before != Self.switches(status) {
            before = Self.switches(status)
            usleep(50_000)
          }
          usleep(500_000)
          return Self.switches(status) - before
        }
      }
      #expect(wakeUps == 0)
    }

    /// How often a thread has gone to sleep by itself.
    private static func switches(_ path: String) -> Int {
      guard let file = unsafe fopen(path, "r") else { return -2 }
      defer { unsafe fclose(file) }
      var line = [CChar](repeating: 0, count: 256)
      while unsafe fgets(&line, Int32(line.count), file) != nil {
        let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let words = String(decoding: text, as: UTF8.self).split { $0 == "\t" || $0 == "\n" }
        if words.first == "voluntary_ctxt_switches:", words.count > 1 { return Int(words[1]) ?? -3 }
      }
      return -4
    }
  }
}

#endif
