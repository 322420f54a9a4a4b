// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

extension Attached {
  /// An `int`.
  @inlinable
  public borrowing func int(_ value: Int) throws(PythonError) -> PythonObject {
    try unsafe PythonObject(result: PyLong_FromSsize_t(value), self)
  }
}

extension PythonObject {
  /// Whether this is an `int` or one of a subclass, `bool` among them.
  @inlinable public var isInt: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe cgale_is_int(raw) != 0
  }

  /// The value of this `int`.
  ///
  /// - Throws: `TypeError` when it is none, `OverflowError` when it does not fit.
  @inlinable
  public borrowing func int(_ python: borrowing Attached) throws(PythonError) -> Int {
    // SAFETY: this value keeps the object alive, and the token shows the lock.
    let value = unsafe PyLong_AsSsize_t(raw)
    if value == -1 { try python.checkNoError() }
    return value
  }
}

#endif
