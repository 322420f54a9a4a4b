// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// BRI-006: asyncio's own selector inside of our loop, for comparisons.
  @Suite("with asyncio's own selector")
  struct NestedTests {
    private static let text = """
      import os, signal, sys, threading
      async def echo():
          async def serve(reader, writer):
              while line := await reader.readline():
                  writer.write(line)
              writer.close()
          server = await asyncio.start_server(serve, "127.0.0.1", 0)
          reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
          for number in range(20):
              writer.write(b"line\\n")
              assert await reader.readline() == b"line\\n"
          writer.close()
          server.close()
          await asyncio.sleep(0.001)
          loop = asyncio.get_running_loop()
          late = loop.create_future()
          thread = threading.Thread(target=loop.call_soon_threadsafe, args=(late.set_result, 7))
          thread.start()
          process = await asyncio.create_subprocess_exec(sys.executable or "/usr/bin/true", "-c", "")
          return type(loop._selector).__name__, await late, await process.wait()
      """

    @Test func `Python in charge`() throws {
      let text = try TestPython.program(
        Self.text + """

          def main():
              loop = gale.EventLoop(nested=True)
              try:
                  return loop.run_until_complete(echo())
              finally:
                  loop.close()
          """)
      #expect(text.hasPrefix("('NestedSelector', 7, "))
    }

    @Test func `as a guest`() throws {
      let interpreter = try TestPython.interpreter()
      func set(_ value: String?) throws {
        try interpreter.attach { python in
          let environment = try python.importModule("os").attribute(python, "environ")
          let name = try python.string("GALE_ASYNCIO_NESTED")
          if let value {
            _ = try environment.callMethod(
              python, try python.interned("__setitem__"), name, try python.string(value))
          } else {
            _ = try environment.callMethod(python, try python.interned("__delitem__"), name)
          }
        }
      }
      try set("1")
      defer { try? set(nil) }
      let text = try withAsyncio { asyncio in
        let space = try asyncio.withPython { python in
          PythonReference(try TestPython.namespace(python, Self.text))
        }
        var ticks = 0
        let timer = PeriodicCallback(every: .milliseconds(1), on: asyncio.loop) { ticks += 1 }
        timer.start()
        defer { timer.stop() }
        let text = try await asyncio.run { python in
          guard let echo = try space.object(python).value(python, for: try python.interned("echo")) else {
            throw PythonException(.attributeError, "echo")
          }
          return try echo.call(python)
        } _: { python, result in
          try result.description(python)
        }
        return "\(text) \(ticks > 0)"
      }
      #expect(text.hasPrefix("('NestedSelector', 7, "))
      #expect(text.hasSuffix(" true"))
    }
  }
}

#endif
