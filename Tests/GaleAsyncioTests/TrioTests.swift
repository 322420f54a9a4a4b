// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// BRI-003, OWN-014: Trio by its guest mode.
  @Suite("with Trio on the same thread", .enabled(if: TestPython.hasPackages))
  struct TrioTests {
    private static let text = """
      import os, sys, threading
      folder = os.environ["GALE_TEST_VENV"] + "/lib/python%d.%d/site-packages" % sys.version_info[:2]
      if folder not in sys.path:
          sys.path.append(folder)
      import trio
      seen = []

      async def result():
          await trio.sleep(0.001)
          return threading.get_ident()

      async def echo():
          async def serve(stream):
              async for data in stream:
                  await stream.send_all(data)
          async with trio.open_nursery() as nursery:
              listeners = await nursery.start(trio.serve_tcp, serve, 0)
              stream = await trio.testing.open_stream_to_socket_listener(listeners[0])
              for number in range(20):
                  await stream.send_all(b"line")
                  assert await stream.receive_some() == b"line"
              nursery.cancel_scope.cancel()
          return 20

      async def fail():
          async with trio.open_nursery() as nursery:
              await trio.sleep(0.001)
              raise LookupError("not in Trio")

      async def forever():
          async with trio.open_nursery() as nursery:
              for number in range(3):
                  nursery.start_soon(one, number)

      async def one(number):
          seen.append("start")
          try:
              await trio.sleep_forever()
          finally:
              seen.append("end")

      async def same():
          await asyncio.sleep(0.001)
          return threading.get_ident()
      """

    private static func module(_ asyncio: AsyncIOLoop) throws -> PythonReference {
      try asyncio.withPython { python in
        let space = try TestPython.namespace(python, text)
        _ = try python.importModule("trio.testing")
        return PythonReference(space)
      }
    }

    private static func function(_ space: PythonReference, _ name: String)
      -> (borrowing Attached) throws -> PythonObject
    {
      { python in
        guard let function = try space.object(python).value(python, for: try python.interned(name)) else {
          throw PythonException(.attributeError, name)
        }
        return function
      }
    }

    private static func int(_ asyncio: AsyncIOLoop, _ object: PythonReference) throws -> Int {
      try asyncio.withPython { python in try object.object(python).int(python) }
    }

    @Test func `its tasks run on the loop's thread, beside asyncio's`() throws {
      let threads = try withAsyncio { asyncio in
        let space = try Self.module(asyncio)
        let own = try asyncio.withPython { python in
          try python.importModule("threading").attribute(python, "get_ident").call(python).int(python)
        }
        var threads = [own]
        let tasks = [
          asyncio.loop.spawn {
            let thread = try await asyncio.runTrio(Self.function(space, "result"))
            threads.append(try Self.int(asyncio, thread))
          },
          asyncio.loop.spawn {
            let thread = try await asyncio.run { python in
              try Self.function(space, "same")(python).call(python)
            }
            threads.append(try Self.int(asyncio, thread))
          },
        ]
        for task in tasks { await task.value }
        return threads
      }
      #expect(threads.count == 3 && Set(threads).count == 1)
    }

    @Test func `its sockets work while Swift's timers go on`() throws {
      let (rounds, ticks) = try withAsyncio { asyncio in
        let space = try Self.module(asyncio)
        var ticks = 0
        let timer = PeriodicCallback(every: .milliseconds(1), on: asyncio.loop) { ticks += 1 }
        timer.start()
        let rounds = try await asyncio.runTrio(Self.function(space, "echo"))
        while ticks == 0 { try await asyncio.loop.sleep(for: .milliseconds(1)) }
        timer.stop()
        return (try Self.int(asyncio, rounds), ticks)
      }
      #expect(rounds == 20)
      #expect(ticks > 0)
    }

    @Test func `what it raises is thrown, and the next run works`() throws {
      let (text, isInt) = try withAsyncio { asyncio in
        let space = try Self.module(asyncio)
        var text = ""
        do {
          try await asyncio.runTrio(Self.function(space, "fail"))
        } catch let error as PythonError {
          text = error.traceback
        }
        let again = try await asyncio.runTrio(Self.function(space, "result"))
        return (text, try Self.int(asyncio, again) != 0)
      }
      #expect(text.contains("LookupError: not in Trio"))
      #expect(isInt)
    }

    @Test(arguments: [false, true])
    func `cancelling the Swift task cancels all of it, and so does closing`(_ closes: Bool) throws {
      let seen = try withAsyncio { asyncio in
        let space = try Self.module(asyncio)
        func seen() throws -> [String] {
          try asyncio.withPython { python in
            var lines: [String] = []
            guard let list = try space.object(python).value(python, for: try python.interned("seen")) else {
              return []
            }
            try list.forEach(python) { item throws(PythonError) in lines.append(try item.string(python)) }
            return lines
          }
        }
        var outcome = ""
        let task = asyncio.loop.spawn {
          do {
            try await asyncio.runTrio(Self.function(space, "forever"))
          } catch is CancellationError {
            outcome = "cancelled"
          }
        }
        while try seen().count < 3 { try await asyncio.loop.sleep(for: .milliseconds(1)) }
        if closes { await asyncio.close() } else { task.cancel() }
        let atOnce = try seen()
        await task.value
        if closes { #expect(atOnce == ["start", "start", "start", "end", "end", "end"]) }
        return try seen() + [outcome]
      }
      #expect(seen == ["start", "start", "start", "end", "end", "end", "cancelled"])
    }

    @Test func `an interpreter without Trio says so`() throws {
      let text = try withAsyncio { asyncio in
        let modules = try asyncio.withPython { python in
          _ = try Self.module(asyncio)
          return PythonReference(try python.importModule("sys").attribute(python, "modules"))
        }
        let kept = try asyncio.withPython { python in
          guard let trio = try modules.object(python).value(python, for: try python.interned("trio")) else {
            throw PythonException(.runtimeError, "Trio is not there")
          }
          // None in its place makes an import fail, as if it were not there.
          try modules.object(python).set(python, try python.interned("trio"), to: python.none)
          return PythonReference(trio)
        }
        var text = ""
        do {
          try await asyncio.runTrio { python in python.none }
        } catch let error as PythonError {
          text = error.traceback
        }
        try asyncio.withPython { python in
          try modules.object(python).set(python, try python.interned("trio"), to: kept.object(python))
        }
        return text
      }
      #expect(text.contains("ModuleNotFoundError"))
    }
  }
}

#endif
