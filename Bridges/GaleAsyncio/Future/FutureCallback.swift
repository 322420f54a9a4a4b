// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

/// A Swift closure that asyncio calls with a future which is done.
final class FutureCallback {
  private let body: (borrowing Attached, borrowing PythonObject) throws -> Void

  init(_ body: @escaping (borrowing Attached, borrowing PythonObject) throws -> Void) { self.body = body }

  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<FutureCallback> {
    // SAFETY: the function takes the payload that the type is declared with.
    try unsafe PythonType(python, name: "gale.FutureCallback", call: call)
  }

  private static let call: PythonVectorcall = { instance, arguments, flags, _ in
    unsafe Callback.none { (python) throws in
      guard Callback.argumentCount(flags) == 1, let argument = unsafe arguments?[0] else {
        throw PythonException(.typeError, "a future's callback takes the future")
      }
      let future = unsafe PythonObject(borrowing: argument)
      try unsafe PythonType<FutureCallback>.withPayload(of: instance) { try $0.body(python, future) }
    }
  }
}

#endif
