// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// The module `gale`, which Python code that is hosted can import: it is there from the interpreter's start.
///
/// A module or package of that name on `sys.path` cannot be imported.
package struct HostModule: Sendable {
  /// `gale.RequestTimeout`: raised in the midst of a request whose time is over.
  ///
  /// A `BaseException`, as `KeyboardInterrupt` is: frameworks turn every `Exception` into an answer.
  package let requestTimeout: PythonReference
  /// The module itself, for what is added to it.
  package let object: PythonReference

  /// Makes the module.
  init(_ python: borrowing Attached) throws(PythonError) {
    // SAFETY: the token shows the lock. The module is borrowed from `sys.modules`; the class is a new reference.
    guard let raw = unsafe PyImport_AddModule("gale") else { throw PythonError.fetch(python) }
    let module = unsafe PythonObject(borrowing: raw)
    let timeout = try unsafe PythonObject(
      result: PyErr_NewExceptionWithDoc(
        "gale.RequestTimeout",
        """
        Raised in a request whose time is over, wherever its code is at that moment.

        Derives from BaseException, so that `except Exception` lets it pass. Catch it to clean up, and raise it again.
        """, cgale_exc_BaseException(), nil), python)
    try module.setAttribute(python, "RequestTimeout", to: timeout)
    try module.setAttribute(python, "__doc__", to: try python.string("What the server Gale offers."))
    requestTimeout = PythonReference(timeout)
    object = PythonReference(module)
  }
}

#endif
