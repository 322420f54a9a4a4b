// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Glibc

/// Exceptions that are handed to somebody instead of being raised.
extension Attached {
  /// An exception with a message.
  package borrowing func exception(
    _ kind: PythonException.Kind, _ message: String
  ) throws(PythonError) -> PythonObject {
    // SAFETY: the interpreter keeps its exception classes.
    try unsafe PythonObject(borrowing: kind.classObject).call(self, try string(message))
  }

  /// The `OSError` of an error number of the system's: of the subclass that Python has for it.
  package borrowing func systemError(_ number: Int32) throws(PythonError) -> PythonObject {
    let message = unsafe String(cString: strerror(number))
    // SAFETY: as above.
    return try unsafe PythonObject(borrowing: cgale_exc_OSError()).call(
      self, try int(Int(number)), try string(message))
  }
}

#endif
