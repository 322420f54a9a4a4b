// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// A thread as Python knows it, for other threads that look at it or interrupt it: in the interpreter that they are
/// attached to.
///
/// The number of a thread that has ended may become another one's: whoever keeps one makes sure that the thread is there.
package struct PythonThread: Hashable, Sendable {
  /// `threading.get_ident()`.
  package let ident: UInt

  /// A thread by its number.
  package init(ident: UInt) { self.ident = ident }

  /// The calling thread.
  package static func current(_ python: borrowing Attached) -> PythonThread {
    PythonThread(ident: UInt(PyThread_get_thread_ident()))
  }

  /// Has `exception`, a class, raised in the thread when it next runs Python code.
  ///
  /// Nothing happens to it inside of a C function, however long that takes; one that was asked for before is replaced.
  ///
  /// - Returns: Whether there is such a thread.
  /// - Note: Source: CPython `PyThreadState_SetAsyncExc`.
  @discardableResult
  package func raise(_ python: borrowing Attached, _ exception: borrowing PythonObject) -> Bool {
    // SAFETY: the class is alive and gets a reference of its own; the token shows the lock.
    unsafe PyThreadState_SetAsyncExc(ident, exception.raw) > 0
  }

  /// Forgets an exception that ``raise(_:_:)`` asked for, and that was not raised yet.
  package func forgetRaised(_ python: borrowing Attached) {
    _ = PyThreadState_SetAsyncExc(ident, nil)
  }

  /// Where the thread is in Python code, the innermost call last, as a traceback shows it; empty when it is not.
  ///
  /// - Throws: What looking for it raised.
  package func stack(_ python: borrowing Attached) throws(PythonError) -> String {
    try PythonStacks.stack(of: ident, python)
  }
}

#endif
