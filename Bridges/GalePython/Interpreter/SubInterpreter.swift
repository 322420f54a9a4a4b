// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Synchronization

/// An interpreter beside the first one with a lock of its own: Python code of both runs at the same time.
///
/// It has modules, `sys.path` and everything else of its own; no object of one may get to another. It belongs to the
/// thread that made it, which is its main thread. Its Python code cannot fork, replace the process or handle signals, and
/// cannot import extension modules that do not say that they support it; it may start threads.
///
/// - Note: Source: PEP 684; CPython `Py_NewInterpreterFromConfig`.
@safe
package final class SubInterpreter: Sendable {
  private let home: SubInterpreterHome
  /// Its module `gale`.
  package let module: HostModule

  /// Whether this Python has them.
  package static var areSupported: Bool { cgale_has_own_locks() != 0 }

  /// Says why there can be none, with what is there instead.
  ///
  /// - Throws: ``InterpreterError`` with `.unsupported`.
  package static func requireSupport() throws(InterpreterError) {
    guard !areSupported else { return }
    throw InterpreterError(
      .unsupported,
      "interpreters have locks of their own since CPython 3.12, and this is \(Interpreter.version)")
  }

  /// CPython's number of it; the first interpreter has 0.
  package let number: Int64

  private static let listed = Mutex<[SubInterpreter]>([])

  /// Those that run.
  package static var running: [SubInterpreter] { listed.withLock { $0 } }

  private init(_ home: SubInterpreterHome, _ module: HostModule) {
    self.home = home
    self.module = module
    number = unsafe PyInterpreterState_GetID(home.raw)
  }

  /// How one came to its end.
  package enum Ending: Sendable, Hashable {
    /// It is gone.
    case complete
    /// Threads are still in it, which cannot be ended; they keep it.
    case leftToThreads
  }

  /// CPython makes one at a time.
  private static let making = Mutex(())

  /// Makes an interpreter on this thread, runs `body` with it, and ends it: joins the threads that are no daemons, and
  /// runs what was registered with `atexit`.
  ///
  /// The thread must not have attached to the first interpreter before: extension modules that look for the thread's
  /// state by themselves (`PyGILState_Ensure`) then find this one's.
  ///
  /// - Parameters:
  ///   - settings: What it takes over from the first.
  ///   - body: Gets the interpreter, and the thread's attachment to it.
  /// - Throws: ``InterpreterError``: `.unsupported`, `.notRunning`, `.wrongThread` or `.startFailed`.
  package static func run(
    _ settings: SubInterpreterSettings, _ body: (SubInterpreter, PinnedThreadState) -> Void
  ) throws(InterpreterError) -> Ending {
    try requireSupport()
    guard Runtime.gate.enter() else { throw .notRunning }
    // SAFETY: may be asked without a lock.
    guard unsafe PinnedThreadState.present == nil && PyGILState_GetThisThreadState() == nil else {
      Runtime.gate.leave()
      throw InterpreterError(.wrongThread, "this thread belongs to another interpreter")
    }
    var reason: UnsafePointer<CChar>?
    // SAFETY: this thread has no state, so it holds no lock; the new one's is held afterwards.
    let made = making.withLock { _ in
      unsafe cgale_new_interpreter(&reason).map { state in UInt(bitPattern: state) }
    }
    guard let made, let state = unsafe UnsafeMutablePointer<PyThreadState>(bitPattern: made),
      let raw = unsafe PyInterpreterState_Get()
    else {
      Runtime.gate.leave()
      let text = unsafe reason.map { unsafe String(cString: $0) } ?? "no reason was given"
      throw InterpreterError(.startFailed, "Python could not make another interpreter: \(text)")
    }
    let home = unsafe SubInterpreterHome(raw)
    let pinned = unsafe PinnedThreadState(home, state)
    let failure = pinned.withAttached { python in setUp(python, home, settings, pinned, body) }
    let ending = end(home, pinned)
    if let failure { throw failure }
    return ending
  }

  /// Does what needs the interpreter running, then `body`.
  ///
  /// In a function of its own, so that nothing of it is left when the interpreter ends.
  private static func setUp(
    _ python: borrowing Attached, _ home: SubInterpreterHome, _ settings: SubInterpreterSettings,
    _ pinned: PinnedThreadState, _ body: (SubInterpreter, PinnedThreadState) -> Void
  ) -> InterpreterError? {
    do throws(PythonError) {
      try FirstLoad.install(python)
      try settings.apply(python)
      let interpreter = SubInterpreter(home, try HostModule(python))
      listed.withLock { $0.append(interpreter) }
      body(interpreter, pinned)
      listed.withLock { $0.removeAll { $0 === interpreter } }
      return nil
    } catch {
      return InterpreterError(.startFailed, "An interpreter could not be set up: \(error.traceback)")
    }
  }

  // MARK: - From other threads

  /// Runs `body` with this interpreter's lock, on a thread that holds none.
  ///
  /// - Throws: ``InterpreterError`` with `.notRunning` once the interpreter ends, or what `body` throws.
  package func attach<Result: ~Copyable & Sendable>(
    _ body: (borrowing Attached) throws -> Result
  ) throws -> Result {
    guard home.gate.enter() else { throw InterpreterError.notRunning }
    defer { home.gate.leave() }
    precondition(cgale_is_attached() == 0, "this thread holds the lock of another interpreter")
    // SAFETY: the gate was passed, so the interpreter is there; the state is this thread's, and ends before the gate is
    // left.
    guard let state = unsafe PyThreadState_New(home.raw) else { throw InterpreterError.notRunning }
    unsafe PyEval_RestoreThread(state)
    defer {
      unsafe PyThreadState_Clear(state)
      PyThreadState_DeleteCurrent()
    }
    return try body(unsafe Attached(assumingLockHeld: ()))
  }

  // MARK: - The end

  /// How long others may still be attached; they do so for moments.
  private static let patience = Duration.seconds(5)

  private static func end(_ home: SubInterpreterHome, _ pinned: PinnedThreadState) -> Ending {
    pinned.withAttached { python in finish(python) }
    pinned.detach()
    let isAlone = home.gate.close(waitingUpTo: patience)
    let state = unsafe pinned.surrender()
    // SAFETY: `surrender` took the lock.
    let python = unsafe Attached(assumingLockHeld: ())
    home.dropped.release(python)
    // CPython ends the process when it shall end an interpreter that other threads are in.
    // SAFETY: the lock is held, so no thread of the interpreter comes or goes.
    guard isAlone, unsafe PyInterpreterState_ThreadHead(home.raw) == state && PyThreadState_Next(state) == nil
    else {
      unsafe PyEval_SaveThread()
      return .leftToThreads
    }
    home.forget()
    unsafe Py_EndInterpreter(state)
    Runtime.gate.leave()
    return .complete
  }

  /// Joins the threads that are no daemons, runs what was registered with `atexit`, and flushes the output: what CPython
  /// does at an interpreter's end, while it is not known yet whether this is one.
  private static func finish(_ python: borrowing Attached) {
    do throws(PythonError) {
      let globals = try python.dictionary()
      _ = try python.importModule("builtins").attribute(python, "exec").call(
        python, try python.string(finishing), globals)
    } catch {
      python.reportUnraisable(error, in: python.none)
    }
  }

  private static let finishing = #"""
    import atexit, sys
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
        # CPython would call it once more, which fails in 3.12.
        threading._shutdown = lambda: None
        # In 3.13 this thread is none that was started there, and what keeps track of it needs the module when it goes.
        vars(getattr(threading, "_thread_local_info", threading)).pop("_track_dummy_thread_ref", None)
    atexit._run_exitfuncs()
    for stream in sys.stdout, sys.stderr:
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
    """#
}

/// What a sub-interpreter takes over from the first one: `sys.argv` and `sys.path`.
package struct SubInterpreterSettings: Sendable {
  /// Both in the form of a Python expression, which can hold what is no Unicode.
  private let text: String

  /// Reads them from the interpreter that this thread is attached to.
  package init(_ python: borrowing Attached) throws(PythonError) {
    let source = "ascii((list(sys.argv), [entry for entry in sys.path if isinstance(entry, str)]))"
    text = try Self.evaluate(source, python).string(python)
  }

  /// Gives them to the interpreter that this thread is attached to.
  func apply(_ python: borrowing Attached) throws(PythonError) {
    let values = try Self.evaluate(text, python)
    let sys = try python.importModule("sys")
    try sys.setAttribute(python, "argv", to: try values.tupleItem(python, at: 0))
    try sys.setAttribute(python, "path", to: try values.tupleItem(python, at: 1))
  }

  private static func evaluate(
    _ expression: String, _ python: borrowing Attached
  ) throws(PythonError) -> PythonObject {
    let globals = try python.dictionary()
    try globals.set(python, try python.interned("sys"), to: try python.importModule("sys"))
    return try python.importModule("builtins").attribute(python, "eval").call(
      python, try python.string(expression), globals)
  }
}

#endif
