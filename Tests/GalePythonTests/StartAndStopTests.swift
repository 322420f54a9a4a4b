// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

@testable import GalePython

extension GalePythonTests {
  /// Each in a process of its own, since an interpreter starts once.
  @Suite("interpreter: start and stop")
  struct StartAndStopTests {
    @Test func `an interpreter leaves the host's signals alone, even when the app imports signal`() async {
      await #expect(processExitsWith: .success) {
        signal(SIGINT, SIG_DFL)
        let interpreter = try Interpreter.start()
        try interpreter.attach { python in _ = try python.importModule("signal") }
        for number in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] {
          var action = sigaction()
          unsafe sigaction(number, nil, &action)
          let handler = unsafe action.__sigaction_handler.sa_handler
          guard handler == nil else { fatalError("signal \(number) is handled") }
        }
      }
    }

    @Test func `runs atexit functions, then refuses to attach or start`() async throws {
      let file = temporaryDirectory().appendingPathComponent("done").path
      await #expect(processExitsWith: .success) { [file = file as String] in
        let interpreter = try Interpreter.start()
        let kept = try interpreter.attach { python in
          let source = "import atexit; atexit.register(lambda: open('\(file)', 'w').close())"
          _ = try python.run(source, result: "x")
          return PythonReference(try python.list())
        }
        try interpreter.stop()
        guard FileManager.default.fileExists(atPath: file) else { fatalError("atexit did not run") }
        do {
          try interpreter.attach { _ in }
          fatalError("attached after stop")
        } catch let error as InterpreterError {
          guard error.code == .notRunning, Interpreter.current == nil else { fatalError("\(error)") }
        }
        do {
          _ = try Interpreter.start()
          fatalError("started twice")
        } catch let error as InterpreterError {
          guard error.code == .alreadyStarted else { fatalError("\(error)") }
        }
        // Dropping a reference now must do nothing.
        withExtendedLifetime(kept) {}
      }
    }

    @Test func `is refused on other threads, and while threads are attached`() async {
      await #expect(processExitsWith: .success) {
        let interpreter = try Interpreter.start()
        let isAttached = DispatchSemaphore(value: 0)
        let mayEnd = DispatchSemaphore(value: 0)
        let hasEnded = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          do throws(InterpreterError) {
            try interpreter.stop()
            fatalError("stopped on another thread")
          } catch { guard error.code == .wrongThread else { fatalError("\(error)") } }
          try? interpreter.attach { python in
            python.detached {
              isAttached.signal()
              mayEnd.wait()
            }
          }
          hasEnded.signal()
        }
        isAttached.wait()
        do throws(InterpreterError) {
          try interpreter.stop(waitingUpTo: .milliseconds(20))
          fatalError("stopped under a thread's feet")
        } catch { guard error.code == .stillInUse else { fatalError("\(error)") } }
        _ = try interpreter.attach { python in try python.evaluate("1").int(python) }
        mayEnd.signal()
        hasEnded.wait()
        try interpreter.stop()
      }
    }
  }
}

#endif
