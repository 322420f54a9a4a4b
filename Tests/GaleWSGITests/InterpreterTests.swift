// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import GaleHTTP
import GaleLoop
import GalePython
import Testing

@testable import GaleWSGI

extension GaleWSGITests {
  @Suite("the lane `interpreters` (PYS-020)")
  struct InterpreterTests {
    private static func make(
      _ lane: WSGILane, _ locator: String = "isolated:app", timeout: Duration = .seconds(60),
      grace: Duration = .seconds(30)
    ) throws -> WSGIContainer {
      _ = try TestServer.interpreter()
      return try WSGIContainer(
        importing: PythonLocator(locator), lane: lane, requestTimeout: timeout, interruptGrace: grace)
    }

    private struct Facts: Decodable {
      let count: Int
      let thread: UInt
      let multithread: Bool
      let multiprocess: Bool
    }

    private static func facts(_ port: UInt16) throws -> Facts {
      try JSONDecoder().decode(Facts.self, from: Data(try RawClient.get(port, "/").body))
    }

    /// The numbers of the interpreters that run.
    private static var numbers: Set<Int64> { Set(SubInterpreter.running.map(\.number)) }

    private static func waitForEnd(of interpreters: Set<Int64>) {
      for _ in 0..<2000 where !numbers.isDisjoint(with: interpreters) { usleep(5_000) }
    }

    private static func temporaryFile(_ bytes: Int = 0) -> String {
      let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
      precondition(FileManager.default.createFile(atPath: path, contents: Data(count: bytes)))
      return path
    }

    @Test("is refused by a Python before 3.12", .enabled(if: !SubInterpreter.areSupported))
    func old() throws {
      let error = #expect(throws: InterpreterError.self) { try Self.make(.interpreters(2)) }
      #expect(error?.code == .unsupported)
      #expect(error?.message.hasSuffix("since CPython 3.12, and this is \(Interpreter.version)") == true)
    }

    @Test("other lanes can be had for what is imported, too", arguments: [WSGILane.inline, .threads(2)])
    func imported(_ lane: WSGILane) throws {
      let port = try TestServer.serve(try Self.make(lane, "isolated:make()"))
      #expect(try Self.facts(port).count > 0)
      let error = #expect(throws: PythonLocatorError.self) { try Self.make(lane, "isolated:missing") }
      #expect(error?.code == .attributeMissing)
    }

    /// What two requests say that want to meet while neither gives its lock away.
    private static func meet(_ port: UInt16, seconds: Double) throws -> [String] {
      let file = temporaryFile(2)
      let clients = try (0...1).map { _ in try RawClient(port) }
      for (own, client) in clients.enumerated() {
        client.send("GET /meet?file=\(file)&own=\(own)&s=\(seconds) HTTP/1.1\r\nHost: a\r\n\r\n")
      }
      return try clients.map { try $0.read().text }
    }

    @Test("two requests run Python at the same time", .enabled(if: SubInterpreter.areSupported))
    func parallel() throws {
      let port = try TestServer.serve(try Self.make(.interpreters(2)))
      #expect(try Self.meet(port, seconds: 15) == ["met\n", "met\n"])
    }

    @Test("in the lane `threads` they do not")
    func serial() throws {
      let port = try TestServer.serve(try Self.make(.threads(2)))
      #expect(try Self.meet(port, seconds: 0.2) == ["alone\n", "alone\n"])
    }

    @Test("each has its own state", .enabled(if: SubInterpreter.areSupported))
    func state() throws {
      let container = try Self.make(.interpreters(2))
      let port = try TestServer.serve(container)
      #expect(try Self.meet(port, seconds: 15) == ["met\n", "met\n"], "each has had one")
      var counts: [UInt: [Int]] = [:]
      for _ in 0..<6 {
        let facts = try Self.facts(port)
        counts[facts.thread, default: []].append(facts.count)
        #expect(!facts.multithread && facts.multiprocess)
      }
      for (_, seen) in counts { #expect(seen == Array(2..<seen.count + 2)) }
      #expect(container.isMultiprocess && container.statistics.isThreaded)
      #expect(container.statistics.threads == 2 && container.statistics.requests == 8)
    }

    @Test("one alone is no other process", .enabled(if: SubInterpreter.areSupported))
    func alone() throws {
      let container = try WSGIContainer(
        importing: PythonLocator("isolated:app"), lane: .interpreters(1), multiprocess: false)
      #expect(try !Self.facts(TestServer.serve(container)).multiprocess)
    }

    @Test("interrupts what computes too long, and uses it again", .enabled(if: SubInterpreter.areSupported))
    func interrupted() throws {
      let container = try Self.make(.interpreters(1), timeout: .milliseconds(300))
      let port = try TestServer.serve(container)
      let before = try Self.facts(port)
      _ = TestLog.take()
      #expect(try RawClient.get(port, "/spin?s=50").status == 504)
      let log = try #require(TestLog.wait(for: "Interrupted GET /spin?s=50 (127.0.0.1) ["))
      #expect(log.contains(", in spin\n"), "\(log)")
      let after = try Self.facts(port)
      #expect(after.thread == before.thread && after.count == before.count + 2)
      #expect(container.statistics.timedOut == 1 && container.statistics.lostThreads == 0)
    }

    @Test("another takes the place of one that does not come back", .enabled(if: SubInterpreter.areSupported))
    func lost() throws {
      let container = try Self.make(.interpreters(1), timeout: .milliseconds(300), grace: .milliseconds(100))
      let port = try TestServer.serve(container)
      let before = try Self.facts(port)
      _ = TestLog.take()
      #expect(try RawClient.get(port, "/sleep?s=3").status == 504)
      _ = try #require(TestLog.wait(for: "A thread does not come back from Python ("))
      // The new one may take its time to import the application.
      var after = try RawClient.get(port, "/")
      while after.status == 503 || after.status == 504 { after = try RawClient.get(port, "/") }
      let facts = try JSONDecoder().decode(Facts.self, from: Data(after.body))
      #expect(facts.thread != before.thread && facts.count == 1)
      #expect(container.statistics.stuck == 1)
      _ = try #require(TestLog.wait(for: "A lost thread is back from Python: GET /sleep?s=3 (127.0.0.1) ["))
    }

    @Test(
      "at the end atexit functions run, and requests are refused", .enabled(if: SubInterpreter.areSupported))
    func end() throws {
      let container = try Self.make(.interpreters(2))
      let port = try TestServer.serve(container)
      let file = Self.temporaryFile()
      #expect(try Self.meet(port, seconds: 15) == ["met\n", "met\n"])
      #expect(try RawClient.get(port, "/atexit?file=\(file)").text == "registered\n")
      #expect(try Self.shutDown(container))
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "over\n")
      let refused = try RawClient.get(port, "/")
      #expect(refused.status == 503 && refused.header("retry-after") == "1")
      #expect(try Self.shutDown(container), "it is over")
    }

    /// On a loop of a thread of its own.
    private static func shutDown(_ container: WSGIContainer) throws -> Bool {
      let result = Monitor<Result<Bool, any Error>?>(nil)
      startThread {
        let loop = IOLoop.current
        let outcome = Result {
          try loop.runSync { await container.shutDown(on: loop, grace: .seconds(30)) }
        }
        result.withLock { $0 = outcome }
        result.broadcast()
      }
      return try result.waitUntil { $0 }.get()
    }

    @Test("ends with its container", .enabled(if: SubInterpreter.areSupported))
    func released() throws {
      let before = Self.numbers
      var container: WSGIContainer? = try Self.make(.interpreters(2))
      let own = Self.numbers.subtracting(before)
      #expect(own.count == 2)
      #expect(container != nil)
      container = nil
      Self.waitForEnd(of: own)
      #expect(Self.numbers.isDisjoint(with: own))
    }

    @Test(
      "says why an application cannot be imported, and leaves nothing",
      .enabled(if: SubInterpreter.areSupported))
    func failing() throws {
      let before = Self.numbers
      let error = #expect(throws: PythonLocatorError.self) {
        try Self.make(.interpreters(3), "isolated:missing")
      }
      #expect(error?.code == .attributeMissing && error?.message == "isolated has no attribute missing")
      let extensionError = #expect(throws: PythonLocatorError.self) {
        try Self.make(.interpreters(3), "_testsinglephase:look_up_self")
      }
      #expect(extensionError?.code == .extensionRefused)
      Self.waitForEnd(of: Self.numbers.subtracting(before))
      #expect(Self.numbers.isSubset(of: before))
    }

    @Test(
      "what is imported late and refused is the application's affair",
      .enabled(if: SubInterpreter.areSupported))
    func late() throws {
      let port = try TestServer.serve(try Self.make(.interpreters(1)))
      let text = "ImportError: module _testsinglephase does not support loading in subinterpreters\n"
      #expect(try RawClient.get(port, "/import?name=_testsinglephase").text == text)
      #expect(try RawClient.get(port, "/import?name=sqlite3").text == "imported\n")
    }

    @Test("refuses what there is no room for", .enabled(if: SubInterpreter.areSupported))
    func full() throws {
      let container = try Self.make(.interpreters(1, queueLimit: 1))
      let port = try TestServer.serve(container)
      let clients = try (0..<3).map { _ in try RawClient(port) }
      for (index, client) in clients.enumerated() {
        client.send("GET /sleep?s=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        // One runs, one waits, one is refused.
        for _ in 0..<2000 where !Self.has(container.statistics, index) { usleep(5_000) }
      }
      #expect(try clients.map { try $0.read().status } == [200, 200, 503])
      #expect(container.statistics.refused == 1)
    }

    private static func has(_ statistics: WSGILaneStatistics, _ index: Int) -> Bool {
      switch index {
      case 0: statistics.running == 1
      case 1: statistics.queued == 1
      default: statistics.refused == 1
      }
    }
  }
}

#endif
