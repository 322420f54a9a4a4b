// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Glibc

/// A thread's attachment to the interpreter that outlasts single calls.
///
/// A worker thread that stays attached from request to request pays one branch for each, where
/// ``Interpreter/attach(_:)`` takes the lock and gives it back. CPython takes the lock from an attached thread only
/// while that runs Python code, so detach before waiting for anything.
///
/// A thread has one, which everybody there shares: two that did not know of each other would wait for the lock that
/// their own thread holds. Belongs to that thread, and must be given up there. While it lives the interpreter cannot
/// stop. A thread that made a sub-interpreter has that one's.
@safe
@usableFromInline
package final class PinnedThreadState {
  private let state: UnsafeMutablePointer<PyThreadState>
  /// The sub-interpreter; `nil` for the first interpreter.
  let home: SubInterpreterHome?

  /// Whether this thread holds the lock through this object.
  ///
  /// Unchecked: only loaded and stored, never passed `inout`, so that accesses cannot overlap; checking would cost
  /// more than all the rest of ``withAttached(_:)``.
  @exclusivity(unchecked) @usableFromInline package internal(set) var isAttached = false

  /// How long this thread waited for the lock, in nanoseconds, since that was last asked for; −1 when it did not.
  private var waited: Int64 = -1

  /// How long the thread waited for the lock when it last took it; `nil` when that was asked for already.
  package func takeWait() -> Int64? {
    guard waited >= 0 else { return nil }
    defer { waited = -1 }
    return waited
  }

  /// The one of this thread; if there is none, registers the thread with the interpreter, detached.
  ///
  /// - Throws: ``InterpreterError`` with `.notRunning`.
  package static func ofThread(_ interpreter: Interpreter) throws(InterpreterError) -> PinnedThreadState {
    if let present { return present }
    let made = try PinnedThreadState(interpreter)
    unsafe pthread_setspecific(key, Unmanaged.passUnretained(made).toOpaque())
    return made
  }

  /// The one of this thread, if there is one.
  static var present: PinnedThreadState? {
    // SAFETY: the value is this thread's own, which `deinit` takes away on the same thread.
    unsafe pthread_getspecific(key).map {
      unsafe Unmanaged<PinnedThreadState>.fromOpaque($0).takeUnretainedValue()
    }
  }

  /// Where each thread keeps a pointer to its own, uncounted.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = unsafe pthread_key_create(&key, nil)
    precondition(status == 0, "no thread-specific key left for Python's thread states")
    return key
  }()

  private init(_ interpreter: Interpreter) throws(InterpreterError) {
    guard Runtime.gate.enter() else { throw .notRunning }
    // SAFETY: the gate was passed, so the interpreter runs and its state pointer is valid.
    unsafe state = ThreadState.current(of: interpreter.raw)
    home = nil
  }

  /// That of the thread that has just made a sub-interpreter, and holds its lock.
  init(_ home: SubInterpreterHome, _ state: UnsafeMutablePointer<PyThreadState>) {
    unsafe self.state = state
    self.home = home
    unsafe isAttached = true
    unsafe pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    detach()
    pthread_setspecific(Self.key, nil)
    if home == nil { Runtime.gate.leave() }
  }

  /// Gives the thread state up, with the lock in hand, to who ends the sub-interpreter.
  func surrender() -> UnsafeMutablePointer<PyThreadState> {
    attach()
    unsafe isAttached = false
    return unsafe state
  }

  /// Takes the lock if this thread does not have it; waits for it.
  @inlinable
  package func attach() {
    if unsafe !isAttached { attachNow() }
  }

  /// Gives the lock away if this thread has it.
  @inlinable
  package func detach() {
    if unsafe isAttached { detachNow() }
  }

  /// Runs `body` with the lock, which this thread keeps afterwards.
  @inlinable
  package func withAttached<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Attached) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if unsafe !isAttached { attachNow() }
    // SAFETY: attached just now or before; only this thread detaches.
    return try body(unsafe Attached(assumingLockHeld: ()))
  }

  /// Whether this thread holds the lock, but not through this object: it runs Python code that called Swift.
  package var isHeldByCaller: Bool { unsafe !isAttached && cgale_is_attached() != 0 }

  /// Runs `body` with the lock that this thread holds by itself.
  package func withLockOfCaller<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Attached) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(cgale_is_attached() != 0, "this thread does not hold Python's lock")
    // SAFETY: looked at by the line above; nobody gives it away before `body` returns.
    return try body(unsafe Attached(assumingLockHeld: ()))
  }

  @usableFromInline
  func attachNow() {
    assert(unsafe PyGILState_GetThisThreadState() == state, "a pinned thread state left its thread")
    // SAFETY: `state` is this thread's own, and the thread does not hold the lock.
    let start = Self.now
    unsafe PyEval_RestoreThread(state)
    waited = Self.now - start
    unsafe isAttached = true
    // SAFETY: attached by the lines above.
    if let home {
      if home.dropped.arePending { home.dropped.release(unsafe Attached(assumingLockHeld: ())) }
    } else if Runtime.hasDropped {
      Runtime.dropped.release(unsafe Attached(assumingLockHeld: ()))
    }
  }

  private static var now: Int64 {
    var time = timespec()
    // SAFETY: the call fills the structure.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  @usableFromInline
  func detachNow() {
    // SAFETY: this thread holds the lock through `state`.
    unsafe PyEval_SaveThread()
    unsafe isAttached = false
  }
}

@available(*, unavailable, message: "a thread state belongs to one thread")
extension PinnedThreadState: Sendable {}

#endif
