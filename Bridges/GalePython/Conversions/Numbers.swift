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

  /// A `float`.
  @inlinable
  public borrowing func float(_ value: Double) throws(PythonError) -> PythonObject {
    try unsafe PythonObject(result: PyFloat_FromDouble(value), self)
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

  /// The value of this `float`, or of anything that Python can make one of.
  ///
  /// - Throws: `TypeError` for other objects.
  @inlinable
  public borrowing func double(_ python: borrowing Attached) throws(PythonError) -> Double {
    // SAFETY: see above.
    let value = unsafe PyFloat_AsDouble(raw)
    if value == -1 { try python.checkNoError() }
    return value
  }
}

#endif
