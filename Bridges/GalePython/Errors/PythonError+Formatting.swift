// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// How an exception becomes text.
///
/// What fails here must not hide the exception that is being described, so failures become part of the text, or are
/// handed to `sys.unraisablehook`; none of these functions throws.
extension PythonError {
  /// `str(exception)`, or a remark that it failed.
  static func message(of exception: borrowing PythonObject, _ python: borrowing Attached) -> String {
    // SAFETY: the exception is alive, and the token shows the lock; so it is below.
    guard let text = unsafe PyObject_Str(exception.raw) else { return "<\(unprintable(python))>" }
    return Self.text(unsafe PythonObject(owning: text), python)
  }

  /// What `traceback.format_exception` makes of it, or `nil` when that failed.
  static func traceback(of exception: borrowing PythonObject, _ python: borrowing Attached) -> String? {
    guard let formatted = unsafe format(exception) else {
      python.reportUnraisableError(in: exception)
      return nil
    }
    return Self.text(unsafe PythonObject(owning: formatted), python)
  }

  /// `"".join(traceback.format_exception(type, value, traceback))`: this spelling works in every version.
  private static func format(_ exception: borrowing PythonObject) -> PythonPointer? {
    // SAFETY: each call hands over live references and returns a new one or null with an exception set.
    guard let module = unsafe PyImport_ImportModule("traceback") else { return nil }
    defer { unsafe cgale_decref(module) }
    guard let function = unsafe PyObject_GetAttrString(module, "format_exception") else { return nil }
    defer { unsafe cgale_decref(function) }
    let type = unsafe cgale_type_object(cgale_type(exception.raw))
    let trace = unsafe PyException_GetTraceback(exception.raw)
    defer { if let trace = unsafe trace { unsafe cgale_decref(trace) } }
    guard let lines = unsafe cgale_call3(function, type, exception.raw, trace ?? cgale_none()) else {
      return nil
    }
    defer { unsafe cgale_decref(lines) }
    guard let empty = unsafe PyUnicode_FromStringAndSize(nil, 0) else { return nil }
    defer { unsafe cgale_decref(empty) }
    return unsafe PyUnicode_Join(empty, lines)
  }

  /// The status of a `SystemExit`, or `nil`.
  static func exitStatus(of exception: borrowing PythonObject, _ python: borrowing Attached) -> Int32? {
    // SAFETY: see above.
    guard unsafe PyErr_GivenExceptionMatches(exception.raw, cgale_exc_SystemExit()) != 0 else { return nil }
    guard let raw = unsafe PyObject_GetAttrString(exception.raw, "code") else {
      python.reportUnraisableError(in: exception)
      return 1
    }
    let code = unsafe PythonObject(owning: raw)
    if code.isNone { return 0 }
    guard code.isInt else { return 1 }
    var overflow: Int32 = 0
    return Int32(truncatingIfNeeded: unsafe PyLong_AsLongAndOverflow(code.raw, &overflow))
  }

  /// The characters of a `str`; what has no UTF-8 form is escaped.
  private static func text(_ string: borrowing PythonObject, _ python: borrowing Attached) -> String {
    guard let raw = unsafe PyUnicode_AsEncodedString(string.raw, "utf-8", "backslashreplace") else {
      return "<\(unprintable(python))>"
    }
    let bytes = unsafe PythonObject(owning: raw)
    return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// Takes the exception that describing another one raised.
  private static func unprintable(_ python: borrowing Attached) -> String {
    guard let raw = unsafe cgale_error_take() else { return "no description" }
    return "its __str__ raised \(unsafe PythonObject(owning: raw).typeName(python))"
  }
}

#endif
