// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

extension PythonError {
  /// The extension module that CPython refused to import into a sub-interpreter, if that is the reason for this exception
  /// or for one that it followed: packages often raise one of their own instead.
  ///
  /// - Note: Source: CPython `_PyImport_CheckSubinterpIncompatibleExtensionAllowed`, whose `ImportError` has no more than
  ///   its words: "module %s does not support loading in subinterpreters".
  func refusedExtension(_ python: borrowing Attached) -> String? {
    guard var exception = exception?.object(python) else { return nil }
    for _ in 0..<32 {
      if let name = Self.refusedExtension(in: Self.message(of: exception, python)) { return name }
      // SAFETY: the exception is alive, and the token shows the lock. Both return new references or null.
      let before = unsafe PyException_GetCause(exception.raw) ?? PyException_GetContext(exception.raw)
      guard let before = unsafe before else { return nil }
      exception = unsafe PythonObject(owning: before)
    }
    return nil
  }

  private static func refusedExtension(in message: String) -> String? {
    let end = " does not support loading in subinterpreters"
    guard message.hasPrefix("module "), message.hasSuffix(end) else { return nil }
    return String(message.dropFirst("module ".count).dropLast(end.count))
  }
}

#endif
