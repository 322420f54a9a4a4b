// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Foundation
import Synchronization
import Testing

@testable import GalePython

extension GalePythonTests {
  /// In processes that hold an interpreter before Gale asks for one, as `python` does that has Gale as a module.
  @Suite("interpreter: lent by a python")
  struct LentInterpreterTests {
    @Test func `is taken over as it is, and goes back`() async {
      await #expect(processExitsWith: .success) {
        let state = unsafe startPython("import sys; sys.mine = 'kept'; sys.path.append('/last')")
        Interpreter.lend()
        var configuration = InterpreterConfiguration()
        configuration.arguments = ["gale", "ä"]
        configuration.pathAdditions = ["/first", "/second"]
        let interpreter = try Interpreter.start(configuration)
        try interpreter.attach { python in
          let facts = try python.evaluate(
            "(lambda sys: repr((sys.mine, sys.argv, sys.path[:2], sys.path[-1])))(__import__('sys'))")
          let text = try facts.string(python)
          guard text == "('kept', ['gale', 'ä'], ['/first', '/second'], '/last')" else { fatalError(text) }
        }
        guard Interpreter.current === interpreter else { fatalError("not current") }
        try interpreter.stop()
        guard Py_IsInitialized() != 0, Interpreter.current == nil else { fatalError("ended with Gale") }
        unsafe PyEval_RestoreThread(state)
        guard unsafe PyRun_SimpleStringFlags("assert sys.mine == 'kept'", nil) == 0 else {
          fatalError("not as before")
        }
        guard Py_FinalizeEx() == 0 else { fatalError("no clean end") }
      }
    }

    @Test func `is not taken without being lent`() async {
      await #expect(processExitsWith: .success) {
        _ = unsafe startPython("pass")
        do {
          _ = try Interpreter.start()
          fatalError("taken")
        } catch let error as InterpreterError {
          guard error.code == .alreadyStarted else { fatalError("\(error)") }
        }
      }
    }

    @Test func `serves from no other virtual environment than its own`() async throws {
      let path = try VirtualEnvironmentTests.make()
      await #expect(processExitsWith: .success) { [path = path as String] in
        _ = unsafe startPython("pass")
        Interpreter.lend()
        var configuration = InterpreterConfiguration()
        configuration.virtualEnvironment = .path(path)
        do {
          _ = try Interpreter.start(configuration)
          fatalError("accepted")
        } catch let error as InterpreterError {
          guard error.code == .virtualEnvironmentMismatch, error.message.contains(path) else {
            fatalError("\(error)")
          }
        }
        configuration.virtualEnvironment = .automatic
        _ = try Interpreter.start(configuration)
      }
    }

    @Test func `is taken over on its main thread only`() async {
      await #expect(processExitsWith: .success) {
        _ = unsafe startPython("pass")
        Interpreter.lend()
        try await onThread {
          do {
            _ = try Interpreter.start()
            fatalError("taken over elsewhere")
          } catch let error as InterpreterError {
            guard error.code == .wrongThread else { fatalError("\(error)") }
          }
        }
      }
    }

    /// As one that imports the package while the main thread takes the interpreter over, and waits for the lock.
    @Test(.timeLimit(.minutes(5))) func `a thread that holds the lock may ask for it meanwhile`() async {
      await #expect(processExitsWith: .success) {
        _ = unsafe startPython("pass")
        Interpreter.lend()
        Thread.detachNewThread {
          let state = PyGILState_Ensure()
          Asking.isHeld.store(true, ordering: .releasing)
          usleep(20_000)  // For the other thread to begin; if it has not, there is less to see.
          _ = Interpreter.current
          // SAFETY: it is held since above.
          do { try Interpreter.adopt(unsafe Attached(assumingLockHeld: ())) } catch { fatalError("\(error)") }
          guard Interpreter.current != nil else { fatalError("not taken over") }
          PyGILState_Release(state)
          Asking.isDone.store(true, ordering: .releasing)
        }
        while !Asking.isHeld.load(ordering: .acquiring) { usleep(500) }
        let interpreter = try Interpreter.start()
        while !Asking.isDone.load(ordering: .acquiring) { usleep(500) }
        guard Interpreter.current === interpreter else { fatalError("another one") }
      }
    }

    /// A finalizer that is called back through C asks CPython for the thread's state, which must still be known then.
    @Test(.timeLimit(.minutes(5)))
    func `a thread that ends gives its state back while CPython still knows the thread`() async {
      await #expect(processExitsWith: .success) {
        _ = unsafe startPython(
          """
          import ctypes, sys, threading
          sys.ended = []
          class Mark:
            def __del__(self): ctypes.CFUNCTYPE(None)(lambda: sys.ended.append(1))()
          sys.threads = threading.local()
          sys.mark = Mark
          """)
        Interpreter.lend()
        let interpreter = try Interpreter.start()
        for _ in 0..<8 {
          try await onThread {
            try interpreter.attach { python in
              _ = try python.run("import sys; sys.threads.mark = sys.mark()", result: "x")
            }
          }
        }
        var ended = 0
        while ended < 8 {
          ended = try interpreter.attach { python in
            try python.evaluate("len(__import__('sys').ended)").int(python)
          }
          try await Task.sleep(for: .milliseconds(5))
        }
      }
    }
  }
}

/// What two threads tell each other.
private enum Asking {
  static let isHeld = Atomic(false)
  static let isDone = Atomic(false)
}

/// Starts CPython as `python` does, runs `source`, and gives the lock away.
private func startPython(_ source: String) -> UnsafeMutablePointer<PyThreadState>? {
  // SAFETY: nothing else has to do with CPython in this process yet.
  Py_InitializeEx(0)
  guard unsafe PyRun_SimpleStringFlags(source, nil) == 0 else { fatalError("the source failed") }
  return unsafe PyEval_SaveThread()
}

#endif
