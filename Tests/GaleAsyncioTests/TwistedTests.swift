// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Glibc
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// TWI-001 to TWI-003, TWI-005, TWI-006, BRI-017; whole servers are in `interop/tests/check_guests.py`.
  @Suite("Twisted", .enabled(if: TestPython.has("twisted"), "Twisted is not installed"))
  struct TwistedTests {
    /// What `main(reactor)` results in.
    private func text(_ source: String) throws -> String {
      try withAsyncio { asyncio in
        let twisted = try TwistedReactor(on: asyncio)
        return try await run(twisted, source)
      }
    }

    private func run(_ twisted: TwistedReactor, _ source: String) async throws -> String {
      try await twisted.asyncio.run({ python in
        let space = try TestPython.namespace(python, "from twisted.internet import defer, task\n" + source)
        guard let main = try space.value(python, for: try python.interned("main")) else {
          return python.none
        }
        return try main.call(python, twisted.reactor.object(python))
      }) { python, result in try result.description(python) }
    }

    @Test func `Swift awaits a Deferred`() throws {
      let source = """
        def main(reactor):
            return task.deferLater(reactor, 0.001, lambda: "later")
        """
      #expect(try text(source) == "later")
    }

    @Test func `its failure is thrown`() throws {
      let source = """
        def main(reactor):
            return defer.fail(ValueError("failed"))
        """
      let error = #expect(throws: PythonError.self) { try text(source) }
      #expect(error?.typeName == "ValueError" && error?.message == "failed")
    }

    @Test func `coroutines of asyncio's and Twisted's await each other`() throws {
      let source = """
        async def inner():
            await asyncio.sleep(0.001)
            return 20
        async def twisted(reactor):
            number = await defer.Deferred.fromFuture(asyncio.ensure_future(inner()))
            await task.deferLater(reactor, 0.001, lambda: None)
            return number + 1
        async def main(reactor):
            deferred = defer.ensureDeferred(twisted(reactor))
            return 2 * await deferred.asFuture(asyncio.get_running_loop())
        """
      #expect(try text(source) == "42")
    }

    @Test func `cancelling in Swift cancels the Deferred`() throws {
      let seen = try withAsyncio { asyncio in
        let twisted = try TwistedReactor(on: asyncio)
        let seen = try asyncio.withPython { python in PythonReference(try python.list()) }
        let wait = asyncio.loop.spawn {
          _ = try await asyncio.run { python in
            let space = try TestPython.namespace(
              python,
              """
              from twisted.internet import defer
              def main(seen):
                  return defer.Deferred(lambda deferred: seen.append("cancelled"))
              """)
            return try space.value(python, for: try python.interned("main"))?.call(
              python, seen.object(python)) ?? python.none
          }
        }
        await asyncio.loop.moment()
        wait.cancel()
        await wait.value
        try await twisted.stop()
        return try asyncio.withPython { python in try seen.object(python).description(python) }
      }
      #expect(seen == "['cancelled']")
    }

    @Test func `threads, processes and delayed calls come back to the loop`() throws {
      let source = """
        from twisted.internet import protocol, threads
        class Process(protocol.ProcessProtocol):
            def __init__(self): self.output, self.ended = b"", defer.Deferred()
            def outReceived(self, data): self.output += data
            def processEnded(self, reason): self.ended.callback(reason.value.exitCode)
        @defer.inlineCallbacks
        def main(reactor):
            value = yield threads.deferToThreadPool(reactor, reactor.getThreadPool(), lambda: "thread")
            process = Process()
            reactor.spawnProcess(process, "echo", ["echo", "process"])
            code = yield process.ended
            called = defer.Deferred()
            reactor.callFromThread(called.callback, "called")
            last = yield called
            return value, process.output, code, last
        """
      #expect(try text(source) == "('thread', b'process\\n', 0, 'called')")
    }

    @Test func `files that epoll refuses are polled`() throws {
      let source = """
        import os, tempfile
        from twisted.internet import abstract, fdesc
        class Reading(abstract.FileDescriptor):
            def __init__(self, reactor, file):
                super().__init__(reactor)
                self.file, self.done = file, defer.Deferred()
            def fileno(self): return self.file.fileno()
            def doRead(self):
                self.stopReading()
                self.done.callback(self.file.read())
        def main(reactor):
            file = tempfile.TemporaryFile()
            file.write(b"text")
            file.seek(0)
            reading = Reading(reactor, file)
            reading.startReading()
            return reading.done
        """
      #expect(try text(source) == "b'text'")
    }

    @Test func `running it again is refused, and stopping it is the host's business`() throws {
      let (name, stops) = try withAsyncio { asyncio in
        var stops = 0
        asyncio.stopRequested = { _ in stops += 1 }
        let twisted = try TwistedReactor(on: asyncio)
        let name = try await run(
          twisted,
          """
          async def main(reactor):
              try:
                  reactor.run()
              except Exception as error:
                  name = type(error).__name__
              done = asyncio.get_running_loop().create_future()
              reactor.addSystemEventTrigger("after", "shutdown", done.set_result, None)
              reactor.stop()
              await done
              return name
          """)
        return (name, stops)
      }
      #expect(name == "ReactorAlreadyRunning")
      #expect(stops == 1)
    }

    @Test func `stop waits for what is to be done at the end, and the loop goes on`() throws {
      let (seen, again) = try withAsyncio { asyncio in
        let twisted = try TwistedReactor(on: asyncio)
        let source = """
          seen = []
          def main(reactor):
              def end():
                  seen.append("asked")
                  return task.deferLater(reactor, 0.002, seen.append, "ended")
              reactor.addSystemEventTrigger("before", "shutdown", end)
              globals_of[0] = seen
              return defer.succeed(None)
          """
        let holder = try asyncio.withPython { python in
          let list = try python.list()
          try list.append(python, python.none)
          return PythonReference(list)
        }
        try await asyncio.run { python in
          let space = try TestPython.namespace(
            python, "from twisted.internet import defer, task\n" + source)
          try space.set(python, try python.interned("globals_of"), to: holder.object(python))
          return try space.value(python, for: try python.interned("main"))?.call(
            python, twisted.reactor.object(python)) ?? python.none
        }
        try await twisted.stop()
        try await twisted.stop()
        let seen = try asyncio.withPython { python in try holder.object(python).description(python) }
        let next = try TwistedReactor(on: asyncio)
        return (seen, try await run(next, "def main(reactor): return defer.succeed('again')"))
      }
      #expect(seen == "[['asked', 'ended']]")
      #expect(again == "again")
    }

    @Test func `one of a process can be Twisted's own`() throws {
      let (isSame, message) = try withAsyncio { asyncio in
        // Whichever Twisted made by itself for an earlier test.
        let modules = try asyncio.withPython { python in
          PythonReference(try python.importModule("sys").attribute(python, "modules"))
        }
        try asyncio.withPython { python in
          _ = try modules.object(python).callMethod(
            python, try python.interned("pop"), try python.string("twisted.internet.reactor"), python.none)
        }
        let twisted = try TwistedReactor.install(on: asyncio)
        return try asyncio.withPython { python in
          let name = try python.string("twisted.internet.reactor")
          let installed = try modules.object(python).value(python, for: name) ?? python.none
          let isSame = installed.isIdentical(to: twisted.reactor.object(python))
          let space = try TestPython.namespace(
            python,
            """
            def main():
                loop = gale.new_event_loop()
                try:
                    gale.twisted.install(loop)
                except RuntimeError as error:
                    return str(error)
                finally:
                    loop.close()
            """)
          let main = try space.value(python, for: try python.interned("main"))
          return (isSame, try main?.call(python).description(python) ?? "")
        }
      }
      #expect(isSame)
      #expect(message.contains("another reactor already"))
    }

    // MARK: - Names

    /// A name server for `…example`, as a program of Twisted's; `main` results in its port.
    private static let server = """
      from twisted.internet import defer
      from twisted.names import dns, error, server
      class Names:
          def query(self, query, timeout=None):
              name = query.name.name.lower()
              def answer(record):
                  header = dns.RRHeader(name, record.TYPE, dns.IN, 60, record, auth=True)
                  return defer.succeed(([header], [], []))
              if name == b"alias.example": return answer(dns.Record_CNAME(b"both.example", 60))
              if name == b"both.example" and query.type == dns.A: return answer(dns.Record_A("192.0.2.1", 60))
              if name == b"both.example" and query.type == dns.AAAA: return answer(dns.Record_AAAA("2001:db8::1", 60))
              if name == b"four.example" and query.type == dns.A: return answer(dns.Record_A("192.0.2.4", 60))
              if name == b"broken.example": return defer.fail(RuntimeError("broken"))
              if name == b"silent.example": return defer.Deferred()
              return defer.fail(error.DomainError(name))
      def main(reactor):
          factory = server.DNSServerFactory(clients=[Names()])
          factory.noisy = False
          protocol = dns.DNSDatagramProtocol(factory, reactor=reactor)
          port = reactor.listenUDP(0, protocol, interface="127.0.0.1")
          return defer.succeed(port.getHost().port)
      """

    private func resolve(
      _ name: String, _ family: AddressFamily?, timeout: Duration = .seconds(15)
    ) throws -> [String] {
      try withAsyncio { asyncio in
        let twisted = try TwistedReactor(on: asyncio)
        let port = UInt16(try await run(twisted, Self.server)) ?? 0
        let hosts = try asyncio.withPython { python in
          try TestPython.call(
            python,
            """
            import tempfile
            def main():
                file = tempfile.NamedTemporaryFile("w", delete=False)
                print("192.0.2.7 listed.example other.example", "2001:db8::7 listed.example", sep="\\n", file=file)
                file.close()
                return file.name
            """
          ).string(python)
        }
        defer { _ = unsafe unlink(hosts) }
        let resolver = try TwistedResolver(
          servers: [try SocketAddress(host: "127.0.0.1", port: port)], hostsFile: hosts, timeout: timeout,
          on: asyncio)
        defer { resolver.close() }
        let addresses = try await resolver.resolve(name, port: 443, family: family)
        guard addresses.allSatisfy({ $0.port == 443 }) else { return ["wrong port"] }
        return addresses.map(\.host)
      }
    }

    @Test(arguments: [
      ("both.example", AddressFamily?.none, ["192.0.2.1", "2001:db8::1"]),
      ("both.example", .ipv4, ["192.0.2.1"]), ("both.example", .ipv6, ["2001:db8::1"]),
      ("BOTH.example.", nil, ["192.0.2.1", "2001:db8::1"]),
      ("alias.example", nil, ["192.0.2.1", "2001:db8::1"]),
      ("four.example", nil, ["192.0.2.4"]), ("listed.example", nil, ["192.0.2.7", "2001:db8::7"]),
      ("other.example", .ipv4, ["192.0.2.7"]), ("127.0.0.1", nil, ["127.0.0.1"]), ("::1", .ipv6, ["::1"]),
    ])
    func `names are resolved by Twisted`(_ name: String, _ family: AddressFamily?, _ expected: [String])
      throws
    {
      #expect(try resolve(name, family) == expected)
    }

    @Test(arguments: [
      ("none.example", AddressFamily?.none, LoopError.Code.resolution),
      ("four.example", .ipv6, .resolution), ("broken.example", nil, .resolverFailure),
      ("silent.example", nil, .timedOut), ("127.0.0.1", .ipv6, .resolution), ("", nil, .invalidArgument),
      ("a..example", nil, .resolution),
    ])
    func `what cannot be resolved says why`(_ name: String, _ family: AddressFamily?, _ code: LoopError.Code)
      throws
    {
      let error = #expect(throws: LoopError.self) {
        try resolve(name, family, timeout: code == .timedOut ? .milliseconds(50) : .seconds(15))
      }
      #expect(error?.code == code, "\(error as Any)")
    }

    @Test func `a resolver that is closed resolves nothing`() throws {
      let code = try withAsyncio { asyncio in
        let resolver = try TwistedResolver(on: asyncio)
        resolver.close()
        do {
          _ = try await resolver.resolve("both.example", port: 80)
          return LoopError.Code?.none
        } catch let error as LoopError {
          return error.code
        }
      }
      #expect(code == .resolverFailure)
    }
  }
}

#endif
