// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

/// Proof that this thread holds the interpreter's lock (PyO3's `Python<'py>`).
///
/// Everything that calls into CPython takes a borrowed `Attached`, so a call without the lock cannot be written. The
/// token can be neither copied nor stored, nor captured by an escaping closure or a task; it holds no data and costs
/// nothing to pass.
///
/// - Note: Source: CPython, "Thread State and the Global Interpreter Lock".
public struct Attached: ~Copyable {
  /// Claims that this thread holds the lock.
  ///
  /// For functions that CPython calls, and for threads that stay attached.
  @inlinable
  @unsafe
  package init(assumingLockHeld: ()) {}

  /// Gives the lock away while `body` runs, for anything that waits or computes without Python.
  ///
  /// `body` is `@Sendable`, which keeps this token and every ``PythonObject`` out of it.
  ///
  /// - Throws: What `body` throws, once the lock is held again.
  /// - Note: Source: CPython `PyEval_SaveThread`, `PyEval_RestoreThread`.
  @inlinable
  public borrowing func detached<Result: ~Copyable, Failure: Error>(
    _ body: @Sendable () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the token says that this thread is attached, and the same state comes back on the same thread.
    let state = unsafe PyEval_SaveThread()
    defer { unsafe PyEval_RestoreThread(state) }
    return try body()
  }
}

extension Attached {
  /// Gives the lock away while `body` runs a loop of this thread, whose callbacks may take it by the thread's
  /// ``PinnedThreadState``, and may leave it taken.
  package borrowing func detachedForLoop(_ body: () -> Void) {
    let pinned = PinnedThreadState.present
    if let pinned, unsafe pinned.isAttached {
      pinned.detach()
      body()
      pinned.attach()
      return
    }
    // SAFETY: as for `detached`. A pinned state that was made or attached meanwhile is this thread's.
    let state = unsafe PyEval_SaveThread()
    body()
    PinnedThreadState.present?.detach()
    unsafe PyEval_RestoreThread(state)
  }
}

@available(*, unavailable, message: "the interpreter's lock belongs to one thread")
extension Attached: Sendable {}

#endif
