// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// BRI-036: each side has bounded turns, so neither starves the other.
  @Suite("with work without an end")
  struct FairnessTests {
    private static let text = """
      import socket
      count = 0
      is_over = False
      def again():
          global count
          count += 1
          if not is_over: asyncio.get_running_loop().call_soon(again)
      async def flood(width):
          for _ in range(width): asyncio.get_running_loop().call_soon(again)
      async def burst(size):
          def one():
              global count
              count += 1
          loop = asyncio.get_running_loop()
          for _ in range(size): loop.call_soon(one)
      async def end():
          global is_over
          is_over = True
          return count
      async def echo(rounds):
          async def serve(reader, writer):
              while line := await reader.readline():
                  writer.write(line)
              writer.close()
          server = await asyncio.start_server(serve, "127.0.0.1", 0)
          reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
          for number in range(rounds):
              writer.write(b"line\\n")
              assert await reader.readline() == b"line\\n"
          writer.close()
          server.close()
          return rounds
      """

    private static func call(_ space: PythonReference, _ name: String, _ number: Int? = nil)
      -> (borrowing Attached) throws -> PythonObject
    {
      { python in
        guard let function = try space.object(python).value(python, for: try python.interned(name)) else {
          throw PythonException(.attributeError, name)
        }
        guard let number else { return try function.call(python) }
        return try function.call(python, try python.int(number))
      }
    }

    private static func int(_ python: borrowing Attached, _ result: borrowing PythonObject) throws -> Int {
      try result.int(python)
    }

    private static func module(_ asyncio: AsyncIOLoop) throws -> PythonReference {
      try asyncio.withPython { python in PythonReference(try TestPython.namespace(python, text)) }
    }

    /// Round trips over sockets of Swift's.
    private static func echo(_ rounds: Int, on loop: IOLoop) async throws {
      let sockets = try bindSockets(port: 0, address: "127.0.0.1")
      let server = LineServer(on: loop)
      try server.addSockets(sockets)
      defer { server.stop() }
      let stream = try await IOStream.connect(to: sockets[0].address, on: loop)
      defer { stream.close() }
      for _ in 0..<rounds {
        try await stream.write(Array("line\n".utf8))
        #expect(try await stream.read(until: [10]).count == 5)
      }
    }

    @Test(arguments: [1, 5000])
    func `a flood of Python's does not starve sockets and timers of Swift's`(_ width: Int) throws {
      let count = try withAsyncio { asyncio in
        let space = try Self.module(asyncio)
        try await asyncio.run(Self.call(space, "flood", width))
        try await Self.echo(20, on: asyncio.loop)
        try await asyncio.loop.sleep(for: .milliseconds(2))
        return try await asyncio.run(Self.call(space, "end"), Self.int)
      }
      #expect(count >= width)
    }

    @Test func `a flood of Swift's does not starve sockets of Python's`() throws {
      let (rounds, count) = try withAsyncio { asyncio in
        let space = try Self.module(asyncio)
        var count = 0
        var isOver = false
        func again() {
          count += 1
          if !isOver { asyncio.loop.addLocalCallback(again) }
        }
        for _ in 0..<2000 { again() }
        let rounds = try await asyncio.run(Self.call(space, "echo", 20), Self.int)
        isOver = true
        return (rounds, count)
      }
      #expect(rounds == 20)
      #expect(count > 2000)
    }

    @Test func `a burst of Python's callbacks is done in parts`() throws {
      let (before, after) = try withAsyncio { asyncio in
        let space = try Self.module(asyncio)
        func count() throws -> Int {
          try asyncio.withPython { python in
            try space.object(python).value(python, for: try python.interned("count"))?.int(python) ?? -1
          }
        }
        asyncio.loop.spawn { try await asyncio.run(Self.call(space, "burst", 100_000)) }
        while try count() == 0 { await asyncio.loop.moment() }
        // Sockets have their turns in between: this is over long before the burst is.
        try await Self.echo(3, on: asyncio.loop)
        let before = try count()
        let after = try await asyncio.run(Self.call(space, "end"), Self.int)
        return (before, after)
      }
      #expect(before < 90_000)
      #expect(after == 100_000, "they keep their order: what comes later is run after them")
    }
  }
}

/// Answers each line with itself.
private final class LineServer: TCPServer {
  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    while true { try await stream.write(try await stream.read(until: [10])) }
  }
}

#endif
