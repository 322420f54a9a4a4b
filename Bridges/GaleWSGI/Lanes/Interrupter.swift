// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Logging
import Synchronization

/// The thread that interrupts others in Python, for those that must not wait for the interpreter's lock.
///
/// There is one for each interpreter. It sleeps until somebody's time is over.
final class Interrupter: Sendable {
  /// That of the first interpreter.
  static let shared = Interrupter(nil)

  /// Gets the interpreter's `gale.RequestTimeout`.
  typealias Job = @Sendable (borrowing Attached, PythonReference) -> Void

  private struct State {
    var jobs: [Job] = []
    var isStarted = false
    var isOver = false
  }

  /// `nil` for the first one.
  private let interpreter: SubInterpreter?
  private let state = Monitor(State())

  init(_ interpreter: SubInterpreter?) { self.interpreter = interpreter }

  /// Has `job` run with the lock, as soon as that can be had.
  func run(_ job: @escaping Job) {
    let mustStart = state.withLock { state in
      state.jobs.append(job)
      defer { state.isStarted = true }
      return !state.isStarted
    }
    state.signal()
    guard mustStart, !startThreadIfPossible(stackSize: 1 << 20, { [self] in work() }) else { return }
    state.withLock { $0.isStarted = false }
    WSGILog.logger.critical("The system has no thread to interrupt one whose time is over")
  }

  /// Lets the thread end: the interpreter does.
  func stop() {
    state.withLock { $0.isOver = true }
    state.broadcast()
  }

  private func work() {
    while true {
      let next: Job?? = state.waitUntil { state in
        if state.isOver { return .some(nil) }
        return state.jobs.isEmpty ? nil : .some(state.jobs.removeFirst())
      }
      guard let job = next ?? nil else { return }
      // Once the interpreter has stopped there is nothing to interrupt.
      if let interpreter {
        let timeout = interpreter.module.requestTimeout
        try? interpreter.attach { python in job(python, timeout) }
      } else if let interpreter = Interpreter.current {
        let timeout = interpreter.module.requestTimeout
        try? interpreter.attach { python in job(python, timeout) }
      }
    }
  }
}

/// A thread's work for one request, as far as others may interrupt it.
///
/// Everything here happens with the interpreter's lock, so each side finds what the other has left; the atomics only say
/// so to the compiler.
struct InterruptibleCall: ~Copyable, Sendable {
  private let thread = Atomic<UInt>(0)
  private let isInterrupted = Atomic<Bool>(false)

  /// The calling thread begins.
  func begin(_ python: borrowing Attached) {
    isInterrupted.store(false, ordering: .relaxed)
    thread.store(PythonThread.current(python).ident, ordering: .relaxed)
  }

  /// The calling thread is back: an exception that did not reach it shall not meet the next request.
  ///
  /// - Returns: Whether it was interrupted.
  @discardableResult
  func end(_ python: borrowing Attached) -> Bool {
    let ident = thread.exchange(0, ordering: .relaxed)
    guard isInterrupted.load(ordering: .relaxed) else { return false }
    PythonThread(ident: ident).forgetRaised(python)
    return true
  }

  /// Has `timeout`, `gale.RequestTimeout`, raised in the thread.
  ///
  /// - Parameter isWanted: Whether the thread is still at the same work.
  /// - Returns: Where it was in Python code; `nil` when it is not at that work.
  func interrupt(
    _ python: borrowing Attached, by timeout: PythonReference, if isWanted: () -> Bool = { true }
  ) -> String? {
    let ident = thread.load(ordering: .relaxed)
    guard ident != 0, isWanted() else { return nil }
    let thread = PythonThread(ident: ident)
    var stack: String
    do throws(PythonError) {
      stack = try thread.stack(python)
    } catch {
      stack = "(its stack cannot be shown: \(error))\n"
    }
    // Showing the stack ran Python code, so the thread may have gone on, and be at the next request.
    guard self.thread.load(ordering: .relaxed) == ident, isWanted() else { return nil }
    isInterrupted.store(true, ordering: .relaxed)
    thread.raise(python, timeout.object(python))
    return stack.isEmpty ? "(in no Python code)\n" : stack
  }
}

#endif
