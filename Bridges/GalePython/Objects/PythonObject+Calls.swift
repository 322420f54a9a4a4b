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

  /// Calls this object with one argument and two keyword arguments, whose names are a `tuple`.
  @inlinable
  package borrowing func call(
    _ python: borrowing Attached, _ first: borrowing PythonObject, names: borrowing PythonObject,
    _ second: borrowing PythonObject, _ third: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(
      result: cgale_call1_keywords2(raw, first.raw, names.raw, second.raw, third.raw), python)
  }

  /// Calls this object with one keyword argument, whose name is in a `tuple`.
  @inlinable
  package borrowing func call(
    _ python: borrowing Attached, names: borrowing PythonObject, _ first: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    try unsafe PythonObject(result: cgale_call0_keywords1(raw, names.raw, first.raw), python)
  }

  /// Calls this object with what a ``PythonVectorcall`` got.
  @inlinable
  @unsafe
  package borrowing func call(
    _ python: borrowing Attached, _ arguments: UnsafePointer<PythonPointer?>?, count: Int,
    names: PythonPointer?
  ) throws(PythonError) -> PythonObject {
    try unsafe PythonObject(result: cgale_call_vector(raw, arguments, count, names), python)
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

  /// Whether this is what calling an `async def` function makes.
  @inlinable package var isCoroutine: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe cgale_is_coroutine(raw) != 0
  }

  /// Whether this object can be called.
  @inlinable public var isCallable: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe PyCallable_Check(raw) != 0
  }
}

#endif
