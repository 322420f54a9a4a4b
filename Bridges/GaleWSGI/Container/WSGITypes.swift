// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import Synchronization

/// The Python types that applications get to see; one set serves the whole process.
struct WSGITypes: Sendable {
  let startResponse: PythonType<WSGIExchange>
  let write: PythonType<WSGIExchange>
  let earlyHints: PythonType<EarlyHints>
  let input: PythonType<RequestInput>
  let errors: PythonType<ErrorStream>
  let fileWrapper: PythonType<FileWrapper>
  let fileWrapperFactory: PythonType<FileWrapperFactory>
  let fieldNames: FieldNames
  /// `gale.RequestTimeout`.
  let requestTimeout: PythonReference?

  private static let made = Mutex<WSGITypes?>(nil)

  /// The types, made at the first use.
  static func get(_ python: borrowing Attached) throws(PythonError) -> WSGITypes {
    // Making them runs no Python code, so nobody waits for this lock with the interpreter's in hand.
    if let types = made.withLock({ $0 }) { return types }
    let types = try WSGITypes(python)
    made.withLock { $0 = types }
    return types
  }

  private init(_ python: borrowing Attached) throws(PythonError) {
    // SAFETY: the functions take the payload that the type is declared with.
    startResponse = try unsafe PythonType(python, name: "gale.StartResponse", call: StartResponse.call)
    write = try unsafe PythonType(python, name: "gale.Write", call: StartResponse.write)
    earlyHints = try unsafe PythonType(python, name: "gale.EarlyHints", call: EarlyHints.call)
    input = try RequestInput.makeType(python)
    errors = try ErrorStream.makeType(python)
    fileWrapper = try FileWrapper.makeType(python)
    fileWrapperFactory = try unsafe PythonType(
      python, name: "gale.FileWrapperFactory", call: FileWrapperFactory.call)
    fieldNames = FieldNames(python)
    requestTimeout = Interpreter.current?.module.requestTimeout
  }
}

#endif
