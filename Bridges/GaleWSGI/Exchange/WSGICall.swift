// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

/// A call of the application: the exchange, and the Python objects that belong to it.
final class WSGICall {
  let exchange: WSGIExchange
  let startResponse: PythonReference
  /// What the application returned, while it is not closed.
  var result: PythonReference?
  var iterator: PythonReference?

  init(_ python: borrowing Attached, _ types: WSGITypes, _ exchange: WSGIExchange) throws(PythonError) {
    self.exchange = exchange
    exchange.fieldNames = types.fieldNames
    startResponse = PythonReference(try types.startResponse.instance(python, exchange))
    exchange.writeFunction = PythonReference(try types.write.instance(python, exchange))
  }

  deinit {
    exchange.abandon()
    exchange.writeFunction = nil
  }

  /// Whether the application kept nothing, so that the next request can have the same objects.
  func isReusable(_ python: borrowing Attached) -> Bool {
    // Two references each: the one held for long, and the one that counting needs.
    guard startResponse.object(python).referenceCount == 2, let write = exchange.writeFunction else {
      return false
    }
    return write.object(python).referenceCount == 2
  }
}

#endif
