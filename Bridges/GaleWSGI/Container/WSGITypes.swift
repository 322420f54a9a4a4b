// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import Synchronization

/// The Python types that applications get to see; one set serves an interpreter.
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

  /// Those of the first interpreter, made at the first use.
  static func get(_ python: borrowing Attached) throws(PythonError) -> WSGITypes {
    // Making them runs no Python code, so nobody waits for this lock with the interpreter's in hand.
    if let types = made.withLock({ $0 }) { return types }
    let types = try WSGITypes(python, Interpreter.current?.module)
    made.withLock { $0 = types }
    return types
  }

  /// Makes them for the interpreter whose module `gale` is `module`.
  init(_ python: borrowing Attached, _ module: HostModule?) throws(PythonError) {
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
    requestTimeout = module?.requestTimeout
  }
}

#endif
