// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("interpreters with a lock of their own (PYS-020)")
  struct SubInterpreterTests {
    let settings: SubInterpreterSettings

    init() throws {
      settings = try TestInterpreter.get().attach { python in try SubInterpreterSettings(python) }
    }

    @Test(.enabled(if: !SubInterpreter.areSupported))
    func `a Python before 3.12 has none, and says so`() async throws {
      let error = await #expect(throws: InterpreterError.self) {
        try await onThread { try SubInterpreter.run(settings) { _, _ in Issue.record("it ran") } }
      }
      #expect(error?.code == .unsupported)
      #expect(
        error?.message
          == "interpreters have locks of their own since CPython 3.12, and this is \(Interpreter.version)")
    }

    /// With `body`'s result, made on a thread of its own.
    private func inOne<Value: Sendable>(
      _ body: @escaping @Sendable (SubInterpreter, PinnedThreadState) throws -> Value
    ) async throws -> Value {
      try await onThread {
        var result: Result<Value, any Error>?
        let ending = try SubInterpreter.run(settings) { interpreter, pinned in
          result = Result { try body(interpreter, pinned) }
        }
        #expect(ending == .complete)
        return try #require(result).get()
      }
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `it has the path and the arguments of the first, and modules of its own`() async throws {
      let facts = "repr((sys.argv, sys.path, sys.prefix, sys.executable))"
      let source = "import sys\nfacts = \(facts)\nmark = hasattr(sys, 'mark')\nsys.mark = True"
      @Sendable func look(_ python: borrowing Attached) throws -> String {
        try python.run(source + "\nresult = facts + str(mark)", result: "result").string(python)
      }
      let own = try await inOne { _, pinned in try pinned.withAttached { python in try look(python) } }
      let second = try await inOne { _, pinned in try pinned.withAttached { python in try look(python) } }
      let first = try TestInterpreter.get().attach { python in
        let text = try look(python)
        _ = try python.run("import sys\ndel sys.mark\nresult = None", result: "result")
        return text
      }
      #expect(own == first && own.hasSuffix("False"))
      #expect(second == own, "the mark went with its interpreter")
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `two run Python at the same time, neither giving its lock away`() async throws {
      let file = temporaryDirectory().appendingPathComponent("marks").path
      #expect(FileManager.default.createFile(atPath: file, contents: Data(count: 2)))
      // Nothing here gives the lock to who waits for it.
      @Sendable func meet(_ own: Int) -> String {
        """
        import mmap, sys, time
        sys.setswitchinterval(1000)
        with open(\"\(file)\", "r+b") as file:
            marks = mmap.mmap(file.fileno(), 2)
        marks[\(own)] = 1
        end = time.monotonic() + 30
        while not marks[\(1 - own)] and time.monotonic() < end:
            pass
        met = marks[\(1 - own)] == 1
        """
      }
      try await withThrowingTaskGroup { group in
        for own in 0...1 {
          group.addTask {
            try await inOne { _, pinned in
              try pinned.withAttached { python in
                try python.run(meet(own), result: "met").isTrue(python)
              }
            }
          }
        }
        for try await met in group { #expect(met) }
      }
    }

    /// An object whose end is noted.
    private static let mortal = """
      import weakref
      class Mortal: pass
      mortal = Mortal()
      import sys
      sys.mortal = weakref.ref(mortal)
      """

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `a reference dropped elsewhere is given up where its object lives`() async throws {
      try await inOne { interpreter, pinned in
        func isAlive() throws -> Bool {
          try pinned.withAttached { python in
            try python.evaluate("__import__('sys').mortal() is not None").isTrue(python)
          }
        }
        var kept: PythonReference? = try pinned.withAttached { python in
          PythonReference(try python.run(Self.mortal, result: "mortal"))
        }
        #expect(kept != nil)
        #expect(try isAlive())
        pinned.detach()
        // On a thread that holds the first one's lock.
        let moved = Moved(kept)
        kept = nil
        try Self.wait {
          try TestInterpreter.get().attach { _ in moved.reference = nil }
          #expect(!Runtime.hasDropped)
        }
        #expect(try !isAlive(), "the queue is emptied by who attaches")
      }
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `a reference of the first one dropped here is given up there`() async throws {
      let first = try TestInterpreter.get()
      let kept = try first.attach { python in PythonReference(try python.list()) }
      func count() throws -> Int { try first.attach { python in kept.object(python).referenceCount } }
      let moved = Moved(try first.attach { python in PythonReference(kept.object(python)) })
      #expect(try count() == 3)
      try await inOne { _, pinned in
        pinned.withAttached { _ in moved.reference = nil }
        #expect(Runtime.hasDropped)
      }
      #expect(try count() == 2)
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `a reference that outlasts it is forgotten`() async throws {
      let moved = Moved(nil)
      try await inOne { _, pinned in
        moved.reference = try pinned.withAttached { python in PythonReference(try python.list()) }
      }
      moved.reference = nil
      #expect(!Runtime.hasDropped)
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `its thread cannot attach to the first one`() async throws {
      let first = try TestInterpreter.get()
      try await inOne { _, pinned in
        for isAttached in [true, false] {
          if isAttached { pinned.attach() } else { pinned.detach() }
          let error = #expect(throws: InterpreterError.self) { try first.attach { _ in } }
          #expect(error?.code == .wrongThread)
        }
      }
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `other threads attach to it until it ends, and see its threads only`() async throws {
      let kept = Kept()
      try await inOne { interpreter, pinned in
        kept.interpreter = interpreter
        #expect(SubInterpreter.running.contains { $0 === interpreter } && interpreter.number > 0)
        let isSame = try pinned.withAttached { python in
          let timeout = try python.importModule("gale").attribute(python, "RequestTimeout")
          return timeout.isIdentical(to: interpreter.module.requestTimeout.object(python))
        }
        #expect(isSame)
        let thread = try pinned.withAttached { python in
          _ = try python.run(
            """
            import sys, threading
            sys.stop = threading.Event()
            def waits_there():
                sys.stop.wait()
            threading.Thread(target=waits_there, name="its own", daemon=False).start()
            result = None
            """, result: "result")
          return PythonThread.current(python)
        }
        pinned.detach()
        try Self.wait {
          let (stacks, own) = try interpreter.attach { python in
            let stacks = try PythonStacks.describe(python)
            _ = try python.run("import sys\nsys.stop.set()\nresult = None", result: "result")
            return (stacks, try thread.stack(python))
          }
          #expect(
            stacks.contains("(its own), most recent call last:\n") && stacks.contains("in waits_there\n"))
          #expect(own.isEmpty, "it is in no Python code")
        }
      }
      let error = try await onThread {
        #expect(throws: InterpreterError.self) { try kept.interpreter?.attach { _ in } }
      }
      #expect(error?.code == .notRunning && SubInterpreter.running.isEmpty)
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `at its end threads are joined, and atexit functions run`() async throws {
      let file = temporaryDirectory().appendingPathComponent("log").path
      try await inOne { _, pinned in
        try pinned.withAttached { python in
          _ = try python.run(
            """
            import atexit, concurrent.futures, threading, time
            def note(text):
                with open(\"\(file)\", "a") as log:
                    log.write(text)
            atexit.register(note, "atexit ")
            def late():
                time.sleep(0.05)
                note("thread ")
            threading.Thread(target=late, daemon=False).start()
            pool = concurrent.futures.ThreadPoolExecutor(2)
            pool.submit(late)
            result = None
            """, result: "result")
        }
      }
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "thread thread atexit ")
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `a daemon that runs on keeps it`() async throws {
      let file = temporaryDirectory().appendingPathComponent("log").path
      let stop = temporaryDirectory().appendingPathComponent("stop").path
      let ending = try await onThread {
        try SubInterpreter.run(settings) { _, pinned in
          pinned.withAttached { python in
            _ = try? python.run(
              """
              import atexit, os, threading, time
              def waits():
                  while not os.path.exists(\"\(stop)\"):
                      time.sleep(0.01)
              threading.Thread(target=waits, daemon=True).start()
              atexit.register(lambda: open(\"\(file)\", "w").write("atexit"))
              result = None
              """, result: "result")
          }
        }
      }
      #expect(ending == .leftToThreads)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "atexit")
      #expect(FileManager.default.createFile(atPath: stop, contents: nil))
    }

    @Test(.enabled(if: SubInterpreter.areSupported))
    func `extension modules that do not support it do no harm, one after the other or at once`() async throws
    {
      let source = """
        import datetime, decimal, json, sqlite3, zoneinfo
        try:
            import _testsinglephase
            result = "imported"
        except ImportError as error:
            result = f"{datetime.date(2026, 1, 2)} {decimal.Decimal('1.50')} {error}"
        """
      let expected =
        "2026-01-02 1.50 module _testsinglephase does not support loading in subinterpreters"
      @Sendable func look() async throws -> String {
        try await inOne { _, pinned in
          try pinned.withAttached { python in try python.run(source, result: "result").string(python) }
        }
      }
      for _ in 0..<3 { #expect(try await look() == expected) }
      try await withThrowingTaskGroup { group in
        for _ in 0..<4 { group.addTask { try await look() } }
        for try await text in group { #expect(text == expected) }
      }
      let first = try TestInterpreter.get().attach { python in
        try python.run(source, result: "result").string(python)
      }
      #expect(first == "imported")
    }

    @Test(.enabled(if: SubInterpreter.areSupported), arguments: [false, true])
    func `extension modules that do not support it are named`(isWrapped: Bool) async throws {
      let name = "needs_extension_\(isWrapped)"
      let importing = "import _testsinglephase\n"
      let wrapped =
        "try:\n    \(importing)except ImportError as error:\n    raise ImportError('no use') from error\n"
      let file = TestInterpreter.modules.appendingPathComponent(name + ".py")
      try (isWrapped ? wrapped : importing).write(to: file, atomically: true, encoding: .utf8)
      let error = try await inOne { _, pinned in
        #expect(throws: PythonLocatorError.self) {
          try pinned.withAttached { python in _ = try PythonLocator("\(name):app").resolve(python) }
        }
      }
      #expect(error?.code == .extensionRefused)
      #expect(
        error?.message
          == "importing \(name) failed: the extension module _testsinglephase does not support interpreters with a "
          + "lock of their own")
      #expect(error?.underlyingError?.traceback.contains("line \(isWrapped ? 4 : 1), in <module>") == true)
      #expect(error?.underlyingError?.typeName == "ImportError")
    }

    /// Runs `body` on another thread, while this one waits.
    private static func wait(_ body: @escaping @Sendable () throws -> Void) throws {
      let done = DispatchSemaphore(value: 0)
      let outcome = Outcome()
      Thread.detachNewThread {
        outcome.result = Result(catching: body)
        done.signal()
      }
      done.wait()
      try outcome.result?.get()
    }
  }
}

// `@unchecked Sendable`: one thread after the other has them, and semaphores or tasks say when.
private final class Moved: @unchecked Sendable {
  var reference: PythonReference?
  init(_ reference: PythonReference?) { self.reference = reference }
}

private final class Kept: @unchecked Sendable { var interpreter: SubInterpreter? }

private final class Outcome: @unchecked Sendable { var result: Result<Void, any Error>? }

#endif
