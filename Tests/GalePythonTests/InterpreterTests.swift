// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Synchronization
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("interpreter")
  struct InterpreterTests {
    let interpreter: Interpreter

    init() throws { interpreter = try TestInterpreter.get() }

    @Test func `cannot be started twice`() {
      let error = #expect(throws: InterpreterError.self) { try Interpreter.start() }
      #expect(error?.code == .alreadyStarted)
      #expect(Interpreter.current === interpreter)
    }

    @Test func `sys says what python would say`() throws {
      let facts = try interpreter.attach { python in
        let facts = try python.evaluate(
          "(lambda s: [s.executable, s.prefix, s.base_prefix, s.argv, s.path[0]])(__import__('sys'))")
        return try facts.description(python)
      }
      let expected = "['gale-tests', 'argument'], '\(TestInterpreter.modules.path)']"
      #expect(facts.hasSuffix(expected))
      #expect(facts.contains("/bin/python\(PythonVersion.embedded)', "))
    }

    @Test func `a program started by sys executable is the same Python`() throws {
      let version = try interpreter.attach { python in
        let source =
          "__import__('subprocess').check_output([__import__('sys').executable, '-c', 'import sys; print(sys.version)'])"
        let output = try python.evaluate(source)
        let expected = try python.evaluate("__import__('sys').version.encode() + b'\\n'")
        return (try output.bytes(python), try expected.bytes(python))
      }
      #expect(version.0 == version.1)
    }

    @Test func `attach works from many threads at once`() async throws {
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for thread in 0..<8 {
          group.addTask {
            try await onThread {
              var sum = 0
              for _ in 0..<200 {
                sum += try interpreter.attach { python in try python.evaluate("1 + \(thread)").int(python) }
              }
              return sum
            }
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(total == 200 * (8 + 28))
    }

    @Test func `attach nests`() throws {
      let value = try interpreter.attach { _ in
        try interpreter.attach { python in try python.evaluate("6 * 7").int(python) }
      }
      #expect(value == 42)
    }

    @Test func `a thread keeps its thread-local values between attachments`() async throws {
      let value = try await onThread {
        try interpreter.attach { python in
          _ = try python.run(
            "import sys, threading; sys._gale_local = threading.local(); sys._gale_local.x = 7", result: "x")
        }
        return try interpreter.attach { python in
          try python.evaluate("__import__('sys')._gale_local.x").int(python)
        }
      }
      #expect(value == 7)
      let isSeenElsewhere = try await onThread {
        try interpreter.attach { python in
          try python.evaluate("hasattr(__import__('sys')._gale_local, 'x')").isTrue(python)
        }
      }
      #expect(!isSeenElsewhere)
    }

    @Test func `a thread that ends gives its thread state back`() async throws {
      try interpreter.attach { python in
        _ = try python.run(
          """
          import sys, threading
          sys._gale_ended = []
          class Mark:
            def __del__(self): sys._gale_ended.append(1)
          sys._gale_threads = threading.local()
          sys._gale_mark = Mark
          """, result: "x")
      }
      for _ in 0..<20 {
        try await onThread {
          try interpreter.attach { python in
            _ = try python.run("import sys; sys._gale_threads.mark = sys._gale_mark()", result: "x")
          }
        }
      }
      var ended = 0
      for _ in 0..<200 where ended < 20 {
        ended = try interpreter.attach { python in
          try python.evaluate("len(__import__('sys')._gale_ended)").int(python)
        }
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(ended == 20)
    }

    @Test func `detached lets another thread in`() throws {
      let answer = try interpreter.attach { python in
        python.detached {
          let value = Mutex(0)
          let isDone = DispatchSemaphore(value: 0)
          Thread.detachNewThread {
            let result = try? interpreter.attach { python in try python.evaluate("40 + 2").int(python) }
            value.withLock { $0 = result ?? -1 }
            isDone.signal()
          }
          isDone.wait()
          return value.withLock { $0 }
        }
      }
      #expect(answer == 42)
    }

    @Test func `a pinned thread stays attached until it detaches`() async throws {
      try await onThread {
        let pinned = try PinnedThreadState.ofThread(interpreter)
        #expect(!pinned.isAttached)
        for number in 0..<100 {
          let value = try pinned.withAttached { (python) throws(PythonError) in
            try python.evaluate("\(number) * 2").int(python)
          }
          #expect(value == number * 2)
          #expect(pinned.isAttached)
        }
        pinned.detach()
        #expect(!pinned.isAttached)
        pinned.detach()
        // Another thread can have the lock now, and so can this one in the ordinary way.
        #expect(try interpreter.attach { python in try python.evaluate("1").int(python) } == 1)
        pinned.attach()
        pinned.attach()
        #expect(pinned.isAttached)
      }
      #expect(try interpreter.attach { python in try python.evaluate("2").int(python) } == 2)
    }

    @Test func `everybody on a thread shares its pinned state`() async throws {
      try await onThread {
        var first: PinnedThreadState? = try .ofThread(interpreter)
        let second = try PinnedThreadState.ofThread(interpreter)
        #expect(first === second)
        first?.attach()
        second.attach()
        #expect(second.isAttached)
        second.detach()
        #expect(first?.isAttached == false)
        first = nil
        #expect(try PinnedThreadState.ofThread(interpreter) === second)
      }
      try await onThread {
        let value = try PinnedThreadState.ofThread(interpreter).withAttached { (python) throws(PythonError) in
          try python.evaluate("3").int(python)
        }
        #expect(value == 3)
      }
    }
  }
}

#endif
