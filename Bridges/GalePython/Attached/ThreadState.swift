// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Glibc
import Synchronization

/// The CPython thread state that each thread keeps from its first ``Interpreter/attach(_:)`` to its end.
///
/// CPython remembers a thread's state itself, so extension modules that call `PyGILState_Ensure` find the same one.
enum ThreadState {
  /// Ends the thread state of a thread that ends.
  ///
  /// Made before CPython's own key: glibc runs destructors in the order of the keys and forgets each value as it goes,
  /// so CPython still knows this thread while ours runs.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    // SAFETY: the destructor gets the value that `make` stored for the thread that is ending.
    let status = unsafe pthread_key_create(&key) { state in unsafe ThreadState.end(state) }
    precondition(status == 0, "no thread-specific key left for Python's thread states")
    return key
  }()

  /// Whether a `python` started the interpreter: then CPython's key is the older one.
  static let isLent = Atomic<Bool>(false)

  /// Makes the key; to be called before CPython makes its own.
  static func prepare() { _ = key }

  /// This thread's state, made on first use and not attached by this call.
  static func current(of interpreter: OpaquePointer) -> UnsafeMutablePointer<PyThreadState> {
    // SAFETY: both functions may be called without the lock; `interpreter` runs, as the caller passed the gate.
    if let known = unsafe PyGILState_GetThisThreadState() { return unsafe known }
    return unsafe make(in: interpreter)
  }

  @inline(never)
  private static func make(in interpreter: OpaquePointer) -> UnsafeMutablePointer<PyThreadState> {
    // SAFETY: see `current`. CPython binds the new state to this thread.
    guard let state = unsafe PyThreadState_New(interpreter) else {
      preconditionFailure("no memory for a Python thread state")
    }
    if isLent.load(ordering: .relaxed) {
      // SAFETY: as for the key, but before all keys' destructors.
      let status = unsafe cgale_at_thread_end({ state in unsafe ThreadState.end(state) }, state)
      precondition(status == 0, "no memory for what a thread does at its end")
    } else {
      // SAFETY: the value is only read back by this thread's destructor.
      unsafe pthread_setspecific(key, state)
    }
    return unsafe state
  }

  private static func end(_ raw: UnsafeMutableRawPointer?) {
    guard let raw = unsafe raw, Runtime.gate.enter() else { return }
    defer { Runtime.gate.leave() }
    // SAFETY: `make` stored this pointer, on this thread; the gate keeps the interpreter running meanwhile.
    let state = unsafe raw.assumingMemoryBound(to: PyThreadState.self)
    if cgale_is_attached() == 0 { unsafe PyEval_RestoreThread(state) }
    unsafe PyThreadState_Clear(state)
    PyThreadState_DeleteCurrent()
  }
}

#endif
