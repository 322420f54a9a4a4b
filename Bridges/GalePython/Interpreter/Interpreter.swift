// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Glibc
import Synchronization

/// The CPython interpreter in this process.
///
/// There is one, started at most once: many extension modules do not survive a second start. Beside it there may be
/// sub-interpreters, for WSGI applications in the lane `interpreters`.
@safe
public final class Interpreter: Sendable {
  /// The interpreter's state.
  ///
  /// `nonisolated(unsafe)`: the address never changes, and CPython guards what is behind it.
  nonisolated(unsafe) let raw: OpaquePointer

  /// The state of the thread that started the interpreter.
  ///
  /// `nonisolated(unsafe)`: only ``stop(waitingUpTo:)`` uses it, on that thread.
  private nonisolated(unsafe) let mainState: UnsafeMutablePointer<PyThreadState>

  private let mainThread: pthread_t

  /// The module `gale`.
  package let module: HostModule

  private enum Phase {
    case fresh
    /// A `python` runs this process and lends its interpreter.
    case lent
    /// A thread starts it or takes it over.
    case starting
    case running(Interpreter)
    case over
  }

  private static let phase = Mutex(Phase.fresh)

  private init(
    _ raw: OpaquePointer, _ mainState: UnsafeMutablePointer<PyThreadState>, _ module: HostModule
  ) {
    self.module = module
    unsafe self.raw = raw
    unsafe self.mainState = mainState
    mainThread = pthread_self()
  }

  /// The interpreter, while one runs.
  public static var current: Interpreter? {
    phase.withLock { phase in
      if case .running(let interpreter) = phase { interpreter } else { nil }
    }
  }

  /// Python's version: `3.11.2`.
  public static var version: String {
    // SAFETY: a C string with static storage.
    String(unsafe String(cString: Py_GetVersion()).prefix { $0 != " " })
  }

  /// Says that a `python` runs this process, and that this is its main thread.
  ///
  /// ``start(_:)`` then takes over its interpreter as it is, instead of starting one.
  static func lend() {
    phase.withLock { phase in
      if case .fresh = phase { phase = .lent }
    }
  }

  /// Starts the interpreter on this thread, which becomes Python's main thread, and gives the lock away.
  ///
  /// Python installs no signal handlers: SIGINT and the rest remain the host's. SIGPIPE and SIGXFSZ are ignored, as by `python`.
  ///
  /// In a process that `python` runs, as after `pip install`, this takes over that interpreter with its environment.
  ///
  /// - Throws: ``InterpreterError``. A virtual environment that does not fit is found before anything starts.
  public static func start(
    _ configuration: InterpreterConfiguration = InterpreterConfiguration()
  ) throws(InterpreterError) -> Interpreter {
    switch beginStart() {
    case .takeOver:
      return try settle(failing: .lent) { () throws(InterpreterError) in try takeOver(configuration) }
    case .initialise:
      let startup: Startup
      do throws(InterpreterError) {
        startup = try Startup(configuration)
      } catch {
        phase.withLock { $0 = .fresh }
        throw error
      }
      // The key for thread states has to be older than CPython's own.
      ThreadState.prepare()
      return try settle(failing: .over) { () throws(InterpreterError) in
        let module = try startup.initialise()
        // SAFETY: the interpreter runs now, and this thread holds the lock until it is saved.
        let raw = unsafe PyInterpreterState_Get()
        guard let raw = unsafe raw, let state = unsafe PyEval_SaveThread() else { throw .notRunning }
        return unsafe Interpreter(raw, state, module)
      }
    case .goOn(let interpreter):
      try withLock { (python) throws(InterpreterError) in try LentInterpreter.settle(python, configuration) }
      return interpreter
    case .refuse:
      throw InterpreterError(.alreadyStarted, "a Python interpreter was already started in this process")
    }
  }

  private enum Start {
    case takeOver, initialise
    /// A program of Python's has used the package already, and now starts a server as the command line does.
    case goOn(Interpreter)
    case refuse
  }

  /// Decides what starting means, without waiting for Python's lock: those who hold that may ask for the phase.
  private static func beginStart() -> Start {
    phase.withLock { phase in
      switch phase {
      case .lent:
        phase = .starting
        return .takeOver
      case .fresh where Py_IsInitialized() == 0:
        phase = .starting
        return .initialise
      case .running(let interpreter) where ThreadState.isLent.load(ordering: .relaxed):
        return .goOn(interpreter)
      default: return .refuse
      }
    }
  }

  /// Ends the phase `starting`.
  private static func settle(
    failing: Phase, _ make: () throws(InterpreterError) -> Interpreter
  ) throws(InterpreterError) -> Interpreter {
    do throws(InterpreterError) {
      let interpreter = try make()
      phase.withLock { $0 = .running(interpreter) }
      Runtime.gate.open()
      return interpreter
    } catch {
      phase.withLock { $0 = failing }
      throw error
    }
  }

  /// Takes over the interpreter of the `python` that runs this process.
  private static func takeOver(
    _ configuration: InterpreterConfiguration
  ) throws(InterpreterError) -> Interpreter {
    try withLock { (python) throws(InterpreterError) in
      let interpreter = try make(python)
      try LentInterpreter.settle(python, configuration)
      return interpreter
    }
  }

  /// Takes over the interpreter of the `python` that runs this process as it is: for functions that Python calls.
  ///
  /// - Throws: ``InterpreterError`` about the version, and on another than Python's main thread.
  static func adopt(_ python: borrowing Attached) throws(InterpreterError) {
    while true {
      let before = phase.withLock { phase in
        defer { if case .lent = phase { phase = .starting } }
        return phase
      }
      switch before {
      case .lent:
        _ = try settle(failing: .lent) { () throws(InterpreterError) in try make(python) }
        return
      case .starting: python.detached { _ = usleep(500) }  // The thread that does it wants the lock.
      case .fresh, .running, .over: return
      }
    }
  }

  private static func make(_ python: borrowing Attached) throws(InterpreterError) -> Interpreter {
    ThreadState.isLent.store(true, ordering: .relaxed)
    let module = try LentInterpreter.makeHostModule(python)
    // SAFETY: the token shows the lock; the state is this thread's own.
    guard let state = unsafe PyGILState_GetThisThreadState(), let raw = unsafe PyInterpreterState_Get() else {
      throw .notRunning
    }
    return unsafe Interpreter(raw, state, module)
  }

  /// Runs `body` with the lock of an interpreter that is lent, on a thread of Python's which gave it away.
  private static func withLock<Result>(
    _ body: (borrowing Attached) throws(InterpreterError) -> Result
  ) throws(InterpreterError) -> Result {
    // SAFETY: may be asked without the lock.
    guard let state = unsafe PyGILState_GetThisThreadState() else {
      throw InterpreterError(.wrongThread, "Python's interpreter is taken over on its main thread")
    }
    // SAFETY: this thread's own state, which gave the lock away when it called this program; the other way round at
    // the end.
    unsafe PyEval_RestoreThread(state)
    defer { unsafe PyEval_SaveThread() }
    return try body(unsafe Attached(assumingLockHeld: ()))
  }

  /// Runs `body` with the lock.
  ///
  /// Works on any thread, and inside of functions that Python called. The thread keeps its Python state until it
  /// ends, so `threading.local` values stay.
  ///
  /// - Returns: What `body` returns; Sendable, so that no reference to a Python object leaves the lock's scope.
  /// - Throws: ``InterpreterError`` with `.notRunning` once the interpreter stops, and with `.wrongThread` on threads of a
  ///   sub-interpreter; or what `body` throws.
  public func attach<Result: ~Copyable & Sendable>(
    _ body: (borrowing Attached) throws -> Result
  ) throws -> Result {
    guard Runtime.gate.enter() else { throw InterpreterError.notRunning }
    defer { Runtime.gate.leave() }
    guard !SubInterpreterHome.hasThisThread else {
      throw InterpreterError(.wrongThread, "this thread belongs to a sub-interpreter")
    }
    if cgale_is_attached() != 0 { return try body(unsafe Attached(assumingLockHeld: ())) }
    // SAFETY: the state is this thread's own, which does not hold the lock yet.
    unsafe PyEval_RestoreThread(ThreadState.current(of: raw))
    defer { unsafe PyEval_SaveThread() }
    let python = unsafe Attached(assumingLockHeld: ())
    if Runtime.hasDropped { Runtime.dropped.release(python) }
    return try body(python)
  }

  /// Runs `body` without the lock, if this thread has it: for what waits for others that may want it.
  package static func withoutLock<Result>(_ body: () -> Result) -> Result {
    guard cgale_is_attached() != 0 else { return body() }
    // SAFETY: this thread is attached, and the same state comes back on the same thread.
    let state = unsafe PyEval_SaveThread()
    defer { unsafe PyEval_RestoreThread(state) }
    return body()
  }

  /// Stops the interpreter: waits for attached threads, joins Python's own, runs `atexit` functions, flushes output.
  ///
  /// One that was taken over goes back to its `python`, which does all but the first of this when it ends.
  ///
  /// - Parameter limit: How long to wait for attached threads, pinned thread states and sub-interpreters.
  /// - Throws: ``InterpreterError``: `.wrongThread` and `.stillInUse` leave it running.
  public func stop(waitingUpTo limit: Duration = .seconds(5)) throws(InterpreterError) {
    guard pthread_equal(pthread_self(), mainThread) != 0 else {
      throw InterpreterError(
        .wrongThread, "the Python interpreter must be stopped by the thread that started it")
    }
    guard Self.current != nil else { throw .notRunning }
    guard Runtime.gate.close(waitingUpTo: limit) else {
      throw InterpreterError(.stillInUse, "threads are still attached to the Python interpreter")
    }
    Self.phase.withLock { $0 = .over }
    // SAFETY: nobody else is attached or can become so through the gate, and this is the state's own thread.
    unsafe PyEval_RestoreThread(mainState)
    Runtime.dropped.release(unsafe Attached(assumingLockHeld: ()))
    if ThreadState.isLent.load(ordering: .relaxed) {
      unsafe PyEval_SaveThread()
      return
    }
    guard Py_FinalizeEx() == 0 else {
      throw InterpreterError(
        .stopFailed, "Python could not flush its output or reported another error at its end")
    }
  }
}

#endif
