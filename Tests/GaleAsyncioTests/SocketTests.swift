// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// BRI-010: the transports of connections, whose sockets are native.
  @Suite("connections")
  struct SocketTests {
    /// What the tests' programs have: `pair` makes a transport whose peer is a plain socket.
    private static let prelude = """
      import contextvars, gc, logging, socket, sys, weakref

      class Recorder(asyncio.Protocol):
          def __init__(self):
              self.calls, self.data, self.lost = [], b"", asyncio.get_running_loop().create_future()
              self.arrived = asyncio.Event()
          def connection_made(self, transport):
              self.calls.append("made")
              self.transport = transport
          def data_received(self, data):
              self.data += data
              self.arrived.set()
          def eof_received(self):
              self.calls.append("eof")
              self.arrived.set()
          def pause_writing(self):
              self.calls.append("pause")
          def resume_writing(self):
              self.calls.append("resume")
          def connection_lost(self, error):
              self.calls.append("lost")
              self.lost.set_result(error)

      async def pair(factory=Recorder):
          ours, theirs = socket.socketpair()
          theirs.setblocking(False)
          transport, protocol = await asyncio.get_running_loop().create_connection(factory, sock=ours)
          return transport, protocol, theirs

      async def receive(peer, count):
          got = b""
          while len(got) < count:
              data = await asyncio.get_running_loop().sock_recv(peer, 1 << 16)
              if not data:
                  break
              got += data
          return got

      """

    /// What `work()` returns on a loop that Python runs.
    private func onHost(_ source: String) throws -> String {
      try TestPython.program(Self.prelude + source + "\ndef main():\n    return gale.run(work())\n")
    }

    /// What `work()` returns on a loop that is Swift's.
    private func onGuest(_ source: String) throws -> String {
      try withAsyncio { asyncio in
        try await asyncio.run { python in
          try TestPython.call(python, Self.prelude + source, "work")
        } _: { python, result in
          try result.description(python)
        }
      }
    }

    @Test func `messages go back and forth, with Python in charge and as a guest`() throws {
      let source = """
        async def work():
            transport, protocol, peer = await pair()
            with peer:
                for number in range(50):
                    peer.send(b"%d," % number)
                    await protocol.arrived.wait()
                    protocol.arrived.clear()
                    transport.write(protocol.data)
                    assert await receive(peer, len(protocol.data)) == protocol.data
                    protocol.data = b""
                kind = type(transport).__name__, isinstance(transport, asyncio.Transport)
                transport.close()
                transport.close()
                return kind, await protocol.lost, protocol.calls, peer.recv(10)
        """
      let expected = "(('SocketTransport', True), None, ['made', 'lost'], b'')"
      #expect(try onHost(source) == expected)
      #expect(try onGuest(source) == expected)
    }

    @Test func `what does not fit waits, and the protocol is told twice`() throws {
      let source = """
        async def work():
            transport, protocol, peer = await pair()
            transport.set_write_buffer_limits(high=100_000, low=1000)
            data = bytes(range(256)) * 16384
            with peer:
                for start in range(0, len(data), 65536):
                    transport.write(data[start:start + 65536])
                waiting, told = transport.get_write_buffer_size(), list(protocol.calls)
                got = await receive(peer, len(data))
                state = transport.get_write_buffer_size(), protocol.calls
                transport.abort()
                await protocol.lost
            return 100_000 < waiting < len(data), told, got == data, state
        """
      #expect(
        try onHost(source) == "(True, ['made', 'pause'], True, (0, ['made', 'pause', 'resume', 'lost']))")
    }

    @Test(arguments: ["bytearray(data)", "memoryview(data)", "data"])
    func `data of each kind is kept as it was when it was written`(_ kind: String) throws {
      let source = """
        async def work():
            transport, protocol, peer = await pair()
            data = b"x" * 1_000_000
            given = \(kind)
            with peer:
                transport.write(given)
                if isinstance(given, bytearray):
                    given[:] = b"y" * len(given)
                got = await receive(peer, len(data))
                try:
                    transport.write("text")
                except TypeError as error:
                    refused = str(error)
                transport.writelines([b"a", bytearray(b"b"), memoryview(b"c")])
                more = await receive(peer, 3)
                transport.close()
                await protocol.lost
            return got == data, more, refused
        """
      #expect(
        try onHost(source) == #"(True, b'abc', "data argument must be a bytes-like object, not 'str'")"#)
    }

    @Test func `the end of writing comes after what waits, and reading goes on`() throws {
      let source = """
        async def work():
            transport, protocol, peer = await pair()
            data = b"z" * 2_000_000
            with peer:
                transport.write(data)
                transport.write_eof()
                try:
                    transport.write(b"more")
                except RuntimeError as error:
                    refused = str(error)
                assert await receive(peer, len(data) + 1) == data
                peer.send(b"answer")
                await protocol.arrived.wait()
                got = protocol.data
                peer.shutdown(socket.SHUT_WR)
                return got, refused, await protocol.lost, protocol.calls
        """
      #expect(
        try onHost(source)
          == "(b'answer', 'Cannot call write() after write_eof()', None, ['made', 'pause', 'resume', 'eof', 'lost'])"
      )
    }

    @Test func `a protocol that keeps a connection open writes after the peer's end`() throws {
      let source = """
        class Open(Recorder):
            def eof_received(self):
                super().eof_received()
                return True
        async def work():
            transport, protocol, peer = await pair(Open)
            with peer:
                peer.shutdown(socket.SHUT_WR)
                await protocol.arrived.wait()
                transport.write(b"late")
                got = await receive(peer, 4)
                transport.close()
                return got, await protocol.lost, protocol.calls
        """
      #expect(try onHost(source) == "(b'late', None, ['made', 'eof', 'lost'])")
    }

    @Test func `close sends what waits, abort drops it`() throws {
      let source = """
        async def end(how):
            transport, protocol, peer = await pair()
            with peer:
                transport.write(b"w" * 3_000_000)
                getattr(transport, how)()
                waits, closing = transport.get_write_buffer_size() > 0, transport.is_closing()
                got = await receive(peer, 3_000_000)
                return waits, closing, len(got) == 3_000_000, await protocol.lost
        async def work():
            return await end("close"), await end("abort")
        """
      #expect(try onHost(source) == "((True, True, True, None), (False, True, False, None))")
    }

    @Test func `writing after the end is refused quietly, and then with a warning`() throws {
      let source = """
        async def work():
            transport, protocol, peer = await pair()
            records = []
            handler = logging.Handler()
            handler.emit = lambda record: records.append(record.getMessage())
            logging.getLogger("asyncio").addHandler(handler)
            with peer:
                transport.abort()
                for _ in range(6):
                    transport.write(b"nobody reads this")
                await protocol.lost
                transport.write(b"nor this")
            logging.getLogger("asyncio").removeHandler(handler)
            return records, transport.is_closing(), repr(transport)[:24]
        """
      #expect(
        try onHost(source)
          == "(['socket.send() raised exception.', 'socket.send() raised exception.', 'socket.send() raised exception.'], True, '<SocketTransport closed ')"
      )
    }

    @Test func `a protocol that raises loses its connection, and only that`() throws {
      let source = """
        class Bad(Recorder):
            def data_received(self, data):
                raise ValueError(data.decode())
        async def work():
            reports = []
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append(context))
            transport, protocol, peer = await pair(Bad)
            other, neighbour, friend = await pair()
            with peer, friend:
                peer.send(b"broken")
                error = await protocol.lost
                friend.send(b"fine")
                await neighbour.arrived.wait()
                other.close()
                await neighbour.lost
            report = reports.pop()
            return (repr(error), report["exception"] is error, report["transport"] is transport, report["message"],
                    reports, neighbour.data)
        """
      #expect(
        try onHost(source)
          == "(\"ValueError('broken')\", True, True, 'Fatal error: protocol.data_received() call failed.', [], b'fine')"
      )
    }

    @Test func `a connection_lost that raises after the last byte is reported, and the loop goes on`() throws
    {
      let source = """
        class Last(Recorder):
            def connection_lost(self, error):
                super().connection_lost(error)
                raise ValueError("lost")
        async def work():
            reports = []
            asyncio.get_running_loop().set_exception_handler(
                lambda loop, context: reports.append(repr(context["exception"])))
            transport, protocol, peer = await pair(Last)
            with peer:
                transport.write(b"z" * 2_000_000)
                transport.close()
                got = await receive(peer, 2_000_001)
                await protocol.lost
            return len(got), reports, transport._sock
        """
      #expect(try onHost(source) == "(2000000, [\"ValueError('lost')\"], None)")
      #expect(try onGuest(source) == "(2000000, [\"ValueError('lost')\"], None)")
    }

    @Test(arguments: ["SystemExit(3)", "KeyboardInterrupt()"])
    func `what ends the program passes through the loop`(_ exception: String) throws {
      let text = try TestPython.program(
        Self.prelude + """
          class Last(Recorder):
              def data_received(self, data):
                  raise \(exception)
          async def work():
              transport, protocol, peer = await pair(Last)
              peer.send(b"end")
              await protocol.lost
          def main():
              try:
                  gale.run(work())
              except BaseException as error:
                  return repr(error)
          """)
      #expect(text == exception)
    }

    @Test func `a buffered protocol gets its bytes in its own memory`() throws {
      let source = """
        class Buffered(asyncio.BufferedProtocol):
            connection_made, connection_lost, eof_received = (
                Recorder.connection_made, Recorder.connection_lost, Recorder.eof_received)
            def __init__(self):
                Recorder.__init__(self)
                self.room = bytearray(8)
            def get_buffer(self, sizehint):
                return self.room
            def buffer_updated(self, count):
                self.calls.append(bytes(self.room[:count]))
                if self.calls[-1] == b"89":
                    self.room = bytearray() if self.data else bytes(8)
                    self.arrived.set()
        async def work():
            reports = []
            asyncio.get_running_loop().set_exception_handler(
                lambda loop, context: reports.append((context["message"], repr(context["exception"]))))
            for data in b"", b"x":
                transport, protocol, peer = await pair(Buffered)
                protocol.data = data
                with peer:
                    peer.send(b"0123456789")
                    await protocol.arrived.wait()
                    peer.send(b"more")
                    error = await protocol.lost
                reports.append((protocol.calls, repr(error)))
            return reports
        """
      let message = "'Fatal error: protocol.get_buffer() call failed.'"
      let readOnly = "\"BufferError('Object is not writable.')\""
      let empty = "\"RuntimeError('get_buffer() returned an empty buffer')\""
      let calls = "['made', b'01234567', b'89', 'lost']"
      #expect(
        try onHost(source)
          == "[(\(message), \(readOnly)), (\(calls), \(readOnly)), (\(message), \(empty)), (\(calls), \(empty))]"
      )
    }

    @Test func `reading pauses and goes on`() throws {
      let source = """
        async def work():
            transport, protocol, peer = await pair()
            with peer:
                transport.pause_reading()
                peer.send(b"early")
                await asyncio.sleep(0.01)
                before, reading = protocol.data, transport.is_reading()
                transport.resume_reading()
                await protocol.arrived.wait()
                transport.close()
                await protocol.lost
            return before, reading, protocol.data
        """
      #expect(try onHost(source) == "(b'', False, b'early')")
    }

    @Test func `a read that is cancelled leaves what comes to the next one`() throws {
      let source = """
        async def work():
            ours, peer = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=ours)
            with peer:
                task = asyncio.create_task(reader.read(100))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                peer.send(b"kept")
                got = await reader.read(100)
                writer.close()
                await writer.wait_closed()
            return task.cancelled(), got
        """
      #expect(try onHost(source) == "(True, b'kept')")
    }

    @Test func `a protocol's calls are in the context in which its connection was made`() throws {
      let source = """
        variable = contextvars.ContextVar("variable")
        class Named(Recorder):
            def data_received(self, data):
                self.calls.append(variable.get("none"))
                self.arrived.set()
        async def work():
            variable.set("ours")
            transport, protocol, peer = await pair(Named)
            variable.set("another")
            with peer:
                peer.send(b"x")
                await protocol.arrived.wait()
                transport.close()
                await protocol.lost
            return protocol.calls
        """
      #expect(try onHost(source) == "['made', 'ours', 'lost']")
    }

    @Test func `nothing is left of a connection that is over, nor of a loop that was forgotten`() throws {
      let text = try TestPython.program(
        Self.prelude + """
          import warnings
          async def over():
              transport, protocol, peer = await pair()
              with peer:
                  peer.send(b"x")
                  await protocol.arrived.wait()
                  transport.write(b"y" * 500_000)
                  transport.abort()
                  await protocol.lost
              return weakref.ref(transport), weakref.ref(protocol)
          class Idle(asyncio.Protocol):
              def connection_made(self, transport):
                  self.transport = transport
          def forgotten():
              loop = gale.EventLoop()
              ours, peer = socket.socketpair()
              async def connect():
                  return await loop.create_connection(Idle, sock=ours)
              transport, protocol = loop.run_until_complete(connect())
              peer.close()
              return weakref.ref(loop), weakref.ref(transport), weakref.ref(protocol)
          def main():
              loop = gale.EventLoop()
              sockets = loop.run_until_complete(over())
              sockets_left = len(loop._sockets)
              loop.close()
              with warnings.catch_warnings(record=True) as warned:
                  warnings.simplefilter("always")
                  references = forgotten()
                  gc.collect()
              gc.collect()
              return ([reference() for reference in sockets], sockets_left, [reference() for reference in references],
                      {warning.category.__name__ for warning in warned})
          """)
      #expect(text == "([None, None], 0, [None, None, None], {'ResourceWarning'})")
    }

    @Test func `the debug mode says who was slow`() throws {
      let source = """
        import time
        class Slow(Recorder):
            def data_received(self, data):
                time.sleep(0.02)
                super().data_received(data)
        async def work():
            loop, records = asyncio.get_running_loop(), []
            soon = loop.call_soon
            handler = logging.Handler()
            handler.emit = lambda record: records.append(record.getMessage())
            logging.getLogger("asyncio").addHandler(handler)
            transport, protocol, peer = await pair(Slow)
            loop.slow_callback_duration = 0.01
            loop.set_debug(True)
            with peer:
                peer.send(b"x")
                await protocol.arrived.wait()
                handle = soon(print)
                handle.cancel()
                transport.close()
                await protocol.lost
            loop.set_debug(False)
            logging.getLogger("asyncio").removeHandler(handler)
            slow = [record for record in records if record.startswith("Executing")]
            return "perform" in slow[0], "created at" in repr(handle), loop.get_debug()
        """
      #expect(try onHost(source) == "(True, True, False)")
    }

    @Test func `timers that are cancelled do not stay, and the others come in order`() throws {
      let source = """
        async def work():
            loop, calls = asyncio.get_running_loop(), []
            for number in range(200):
                loop.call_later(3600, calls.append, number).cancel()
            for number in range(5):
                loop.call_later(0.001 * (5 - number), calls.append, number)
            loop.call_later(0.002, calls.append, "never").cancel()
            await asyncio.sleep(0.02)
            return calls, len(loop._scheduled)
        """
      #expect(try onHost(source) == "([4, 3, 2, 1, 0], 0)")
      #expect(try onGuest(source) == "([4, 3, 2, 1, 0], 0)")
    }

    @Test func `a callback that raises is reported with its handle, and the next ones run`() throws {
      let source = """
        def bad():
            raise ValueError("bad")
        async def work():
            loop, reports, calls = asyncio.get_running_loop(), [], []
            loop.set_exception_handler(lambda loop, context: reports.append(context))
            handle = loop.call_soon(bad)
            loop.call_soon(calls.append, 1, context=contextvars.copy_context())
            await asyncio.sleep(0)
            try:
                loop.call_soon(calls.append, 2, priority=3)
            except TypeError as error:
                calls.append(str(error))
            report = reports.pop()
            return report["handle"] is handle, report["message"].startswith("Exception in callback bad()"), calls
        """
      #expect(
        try onHost(source) == "(True, True, [1, 'call_soon() takes no keyword argument but context'])")
    }
  }
}

#endif
