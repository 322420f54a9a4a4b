// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
package import GalePython
import Logging

/// Where a pool's threads have the application from.
enum ApplicationSource: Sendable {
  /// An object of the first interpreter, which all threads call.
  case given(PythonReference)
  /// Each thread has an interpreter of its own and imports it there.
  case imported(ApplicationImport)

  /// Whether threads have interpreters, and so locks, of their own.
  var isImported: Bool {
    if case .imported = self { true } else { false }
  }
}

/// How an application gets into an interpreter.
package struct ApplicationImport: Sendable {
  /// Throws what is wrong with the application.
  package typealias Verification = @Sendable (borrowing Attached, borrowing PythonObject) throws -> Void

  let locator: PythonLocator
  let settings: SubInterpreterSettings
  let verify: Verification
}

extension WorkerPool {
  /// A thread of the first interpreter.
  func serve(_ application: PythonReference) {
    noteThread(isRunning: true)
    defer { noteThread(isRunning: false) }
    do {
      guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
      let pinned = try PinnedThreadState.ofThread(interpreter)
      Worker(self, pinned, application, nil, .shared).run()
      pinned.detach()
    } catch {
      WSGILog.logger.error("No interpreter for a WSGI application: \(error)")
    }
  }

  // MARK: - Interpreters

  private struct Start: Sendable {
    var ready = 0
    var failure: (any Error)?
  }

  /// Starts the threads, each with an interpreter into which the application is imported: one, and when that can serve,
  /// the others.
  ///
  /// - Throws: Why one cannot serve; then none does.
  func startInterpreters() throws {
    guard case .imported(let application) = source, begin() else { return }
    let start = Monitor(Start())
    for (present, wanted) in [(0, 1), (1, threads)] {
      for _ in present..<wanted {
        let isStarted = startThreadIfPossible { [self] in
          serve(application) { failure in
            start.withLock { start in
              start.ready += 1
              if start.failure == nil { start.failure = failure }
            }
            start.broadcast()
          }
        }
        guard isStarted else {
          stop()
          throw InterpreterError.noThread
        }
      }
      // Extension modules may want the lock of the first interpreter while they are imported.
      Interpreter.withoutLock { start.waitUntil { $0.ready >= wanted ? () : nil } }
      if let failure = start.withLock({ $0.failure }) {
        stop()
        throw failure
      }
    }
  }

  /// A thread with an interpreter of its own.
  ///
  /// - Parameter report: Told once whether it can serve.
  func serve(_ application: ApplicationImport, _ report: (sending (any Error)?) -> Void) {
    noteThread(isRunning: true)
    defer { noteThread(isRunning: false) }
    do throws(InterpreterError) {
      let ending = try SubInterpreter.run(application.settings) { interpreter, pinned in
        serve(application, interpreter, pinned, report)
      }
      if ending == .leftToThreads {
        WSGILog.logger.notice("Threads of the application go on in an interpreter that has served its time")
      }
    } catch {
      report(error)
    }
  }

  private func serve(
    _ application: ApplicationImport, _ interpreter: SubInterpreter, _ pinned: PinnedThreadState,
    _ report: (sending (any Error)?) -> Void
  ) {
    let interrupter = Interrupter(interpreter)
    defer { interrupter.stop() }
    let worker: Worker
    do {
      let (object, types) = try pinned.withAttached { python in
        let object = try application.locator.resolve(python)
        try application.verify(python, object)
        return (PythonReference(object), try WSGITypes(python, interpreter.module))
      }
      worker = Worker(self, pinned, object, types, interrupter)
    } catch {
      return report(error)
    }
    report(nil)
    worker.run()
  }
}

#endif
