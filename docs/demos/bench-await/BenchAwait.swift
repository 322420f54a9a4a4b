// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What awaiting across the border costs: `bench-await [COUNT]` prints processor µs for each round trip.
//
// "coroutine": Swift awaits a coroutine of Python's that returns at once. "waits": one that waits for a turn of the loop.
// "function": one that awaits an asynchronous function of Swift's.

import GaleAsyncio
import GaleLoop
import GalePython
import Glibc

private let source = """
  import asyncio

  async def coroutine(function):
      return 1

  async def waits(function):
      await asyncio.sleep(0)
      return 1

  async def function(function):
      return await function()
  """

struct WrongAnswer: Error { let value: Int }

func processorSeconds() -> Double {
  var usage = rusage()
  guard unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { fatalError("getrusage") }
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

@main struct BenchAwait {
  static func main() throws {
    try measure(CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 100_000)
  }

  /// Apart from `main`, whose closures would belong to the main actor.
  nonisolated private static func measure(_ count: Int) throws {
    let interpreter = try Interpreter.start(InterpreterConfiguration())
    try IOLoop.current.runSync {
      let asyncio = try AsyncIOLoop.of(IOLoop.current)
      let (space, function) = try asyncio.withPython { python in
        let one = PythonReference(try python.int(1))
        let function = try asyncio.function(python) { _ in one }
        let space = try python.dictionary()
        let exec = try python.importModule("builtins").attribute(python, "exec")
        _ = try exec.call(python, try python.string(source), space)
        return (PythonReference(space), PythonReference(function))
      }
      for name in ["coroutine", "waits", "function"] {
        let called = try asyncio.withPython { python in
          PythonReference(
            try space.object(python).value(python, for: try python.string(name)) ?? python.none)
        }
        try await repeated(count / 10, asyncio, called, function)
        let start = processorSeconds()
        try await repeated(count, asyncio, called, function)
        print("\(name) \((processorSeconds() - start) / Double(count) * 1e6)")
      }
      await asyncio.close()
    }
    IOLoop.current.close()
    try interpreter.stop()
  }

  nonisolated private static func repeated(
    _ count: Int, _ asyncio: AsyncIOLoop, _ called: PythonReference, _ function: PythonReference
  ) async throws {
    for _ in 0..<count {
      let value = try await asyncio.run { python in
        try called.object(python).call(python, function.object(python))
      } _: { python, result in
        try result.int(python)
      }
      guard value == 1 else { throw WrongAnswer(value: value) }
    }
  }
}
