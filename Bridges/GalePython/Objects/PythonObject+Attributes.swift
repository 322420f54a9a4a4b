// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

extension PythonObject {
  /// The attribute `name`, an interned string.
  ///
  /// - Throws: `AttributeError`, or what a descriptor raised.
  @inlinable
  public borrowing func attribute(
    _ python: borrowing Attached, _ name: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: both objects are kept alive by their owners, and the token shows the lock; so it is below.
    try unsafe PythonObject(result: PyObject_GetAttr(raw, name.raw), python)
  }

  /// The attribute `name`.
  ///
  /// - Throws: `AttributeError`, or what a descriptor raised.
  public borrowing func attribute(
    _ python: borrowing Attached, _ name: String
  ) throws(PythonError) -> PythonObject {
    try attribute(python, try python.interned(name))
  }

  /// The attribute `name`, an interned string, or `nil` when there is none.
  ///
  /// No `AttributeError` is ever made, which makes this the way to look for optional methods such as `close`.
  ///
  /// - Throws: What looking it up raised, other than `AttributeError`.
  @inlinable
  public borrowing func attributeIfPresent(
    _ python: borrowing Attached, _ name: borrowing PythonObject
  ) throws(PythonError) -> PythonObject? {
    // SAFETY: see above.
    if let found = unsafe cgale_optional_attribute(raw, name.raw) {
      return unsafe PythonObject(owning: found)
    }
    try python.checkNoError()
    return nil
  }

  /// Sets the attribute `name`.
  public borrowing func setAttribute(
    _ python: borrowing Attached, _ name: String, to value: borrowing PythonObject
  ) throws(PythonError) {
    let key = try python.interned(name)
    // SAFETY: see above.
    try python.check(unsafe PyObject_SetAttr(raw, key.raw, value.raw))
  }

  /// The name of this object's class, without its module.
  public borrowing func typeName(_ python: borrowing Attached) -> String {
    // SAFETY: `tp_name` is a C string that lives as long as the type, which the object keeps alive.
    let name = unsafe String(cString: cgale_type(raw).pointee.tp_name)
    return name.split(separator: ".").last.map(String.init) ?? name
  }

  /// Whether this object is an instance of `type`, a class or a tuple of classes: Python's `isinstance`.
  public borrowing func isInstance(
    _ python: borrowing Attached, of type: borrowing PythonObject
  ) throws(PythonError) -> Bool {
    // SAFETY: see above.
    let answer = unsafe PyObject_IsInstance(raw, type.raw)
    try python.check(answer)
    return answer != 0
  }

  /// Python's `bool()`.
  @inlinable
  public borrowing func isTrue(_ python: borrowing Attached) throws(PythonError) -> Bool {
    // SAFETY: see above.
    let answer = unsafe PyObject_IsTrue(raw)
    try python.check(answer)
    return answer != 0
  }
}

extension Attached {
  /// Throws the exception that is set, if one is.
  ///
  /// For C functions that return null both at the end and on failure.
  @inlinable
  package borrowing func checkNoError() throws(PythonError) {
    // SAFETY: the token shows the lock; the result is only compared with null.
    if unsafe PyErr_Occurred() != nil { throw PythonError.fetch(self) }
  }

  /// Imports a module by its dotted name, like `importlib.import_module`.
  public borrowing func importModule(_ name: String) throws(PythonError) -> PythonObject {
    let name = try string(name)
    // SAFETY: `name` is alive until the call is over.
    return try unsafe PythonObject(result: PyImport_Import(name.raw), self)
  }
}

#endif
