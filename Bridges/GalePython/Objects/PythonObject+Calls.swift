// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

/// Calls, by vectorcall: no tuple of arguments is made.
///
/// All of them throw the exception that the callee raised.
///
/// - Note: Source: PEP 590.
extension PythonObject {
  /// Calls this object without arguments.
  @inlinable
  public borrowing func call(_ python: borrowing Attached) throws(PythonError) -> PythonObject {
    // SAFETY: here and below every argument is kept alive by its owner, and the token shows the lock.
    try unsafe PythonObject(result: cgale_call0(raw), python)
  }

  /// Calls this object with one argument.
  @inlinable
  public borrowing func call(
    _ python: borrowing Attached, _ first: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(result: cgale_call1(raw, first.raw), python)
  }

  /// Calls this object with two arguments.
  @inlinable
  public borrowing func call(
    _ python: borrowing Attached, _ first: borrowing PythonObject, _ second: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(result: cgale_call2(raw, first.raw, second.raw), python)
  }

  /// Calls this object with three arguments.
  @inlinable
  public borrowing func call(
    _ python: borrowing Attached, _ first: borrowing PythonObject, _ second: borrowing PythonObject,
    _ third: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(result: cgale_call3(raw, first.raw, second.raw, third.raw), python)
  }

  /// Calls the method `name`, an interned string, without arguments and without making a bound method.
  @inlinable
  public borrowing func callMethod(
    _ python: borrowing Attached, _ name: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(result: cgale_method0(raw, name.raw), python)
  }

  /// Calls the method `name` with one argument.
  @inlinable
  public borrowing func callMethod(
    _ python: borrowing Attached, _ name: borrowing PythonObject, _ first: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(result: cgale_method1(raw, name.raw, first.raw), python)
  }

  /// Calls the method `name` with two arguments.
  @inlinable
  public borrowing func callMethod(
    _ python: borrowing Attached, _ name: borrowing PythonObject, _ first: borrowing PythonObject,
    _ second: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(result: cgale_method2(raw, name.raw, first.raw, second.raw), python)
  }

  /// Whether this object can be called.
  @inlinable public var isCallable: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe PyCallable_Check(raw) != 0
  }
}

#endif
