// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// Contexts (PEP 567).
extension Attached {
  /// Makes `context` this thread's, until ``leave(_:)``.
  ///
  /// - Throws: `RuntimeError` when somebody is in it already.
  package borrowing func enter(_ context: borrowing PythonObject) throws(PythonError) {
    // SAFETY: the context is alive, and the token shows the lock; so it is below.
    try check(unsafe PyContext_Enter(context.raw))
  }

  /// Goes back to the context before `context`, which must be this thread's.
  package borrowing func leave(_ context: borrowing PythonObject) throws(PythonError) {
    try check(unsafe PyContext_Exit(context.raw))
  }
}

#endif
