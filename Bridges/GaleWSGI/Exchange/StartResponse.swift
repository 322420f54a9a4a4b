// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython
import GaleWire

/// What `start_response` and `write` do (PEP 3333).
enum StartResponse {
  /// `start_response(status, headers, exc_info=None)`.
  static let call: PythonVectorcall = { instance, arguments, flagged, names in
    unsafe Callback.object { (python) throws in
      let exchange = unsafe PythonType<WSGIExchange>.withPayload(of: instance) { $0 }
      let count = Callback.argumentCount(flagged)
      guard unsafe names == nil, count == 2 || count == 3,
        let status = unsafe arguments?[0], let headers = unsafe arguments?[1]
      else {
        return try unsafe callWithNames(python, exchange, arguments, count, names)
      }
      let excInfo = unsafe count == 3 ? arguments?[2] : nil
      return try unsafe start(
        python, exchange, PythonObject(borrowing: status), PythonObject(borrowing: headers), excInfo)
    }
  }

  /// `write(data)`.
  static let write: PythonVectorcall = { instance, arguments, flagged, names in
    unsafe Callback.none { (python) throws in
      let exchange = unsafe PythonType<WSGIExchange>.withPayload(of: instance) { $0 }
      guard unsafe names == nil, Callback.argumentCount(flagged) == 1, let data = unsafe arguments?[0] else {
        throw PythonException(.typeError, "write() takes exactly one argument, data")
      }
      let bytes = unsafe PythonObject(borrowing: data)
      guard bytes.isBytes else {
        throw PythonException(.typeError, "write() needs bytes, not \(bytes.typeName(python))")
      }
      guard !exchange.isOver else { throw PythonException(.brokenPipeError, "The request is over") }
      guard exchange.isStarted else {
        throw PythonException(.assertionError, "write() before start_response()")
      }
      unsafe bytes.withUnsafeBytes { bytes in
        if bytes.count > 0 { unsafe exchange.send(bytes) }
      }
      exchange.flush()
      exchange.waitUntilDrained(python)
    }
  }

  private static func callWithNames(
    _ python: borrowing Attached, _ exchange: WSGIExchange, _ arguments: UnsafePointer<PythonPointer?>?,
    _ count: Int, _ names: PythonPointer?
  ) throws -> PythonObject {
    var values: [PythonPointer?] = unsafe [nil, nil, nil]
    guard count <= 3 else {
      throw PythonException(.typeError, "start_response() takes at most three arguments")
    }
    for index in 0..<count { unsafe values[index] = arguments?[index] }
    if let names = unsafe names {
      let names = unsafe PythonObject(borrowing: names)
      let nameCount = unsafe names.uncheckedTupleCount
      for index in 0..<nameCount {
        let name = try unsafe PythonObject(borrowing: names.uncheckedTupleItem(index)).string(python)
        guard let place = ["status": 0, "headers": 1, "response_headers": 1, "exc_info": 2][name],
          unsafe values[place] == nil
        else { throw PythonException(.typeError, "start_response() got an unexpected argument \(name)") }
        unsafe values[place] = arguments?[count + index]
      }
    }
    guard let status = unsafe values[0], let headers = unsafe values[1] else {
      throw PythonException(.typeError, "start_response() needs a status and headers")
    }
    return try unsafe start(
      python, exchange, PythonObject(borrowing: status), PythonObject(borrowing: headers), values[2])
  }

  @inline(__always)
  private static func start(
    _ python: borrowing Attached, _ exchange: WSGIExchange, _ status: consuming PythonObject,
    _ headers: consuming PythonObject, _ excInfo: PythonPointer?
  ) throws -> PythonObject {
    guard !exchange.isOver else { throw PythonException(.runtimeError, "The request is over") }
    if let excInfo = unsafe excInfo {
      try unsafe replace(python, exchange, PythonObject(borrowing: excInfo))
    } else if exchange.isStarted {
      throw PythonException(.assertionError, "start_response() was called before, and exc_info is missing")
    }
    do {
      try ResponseHead.read(python, status, headers, into: exchange)
    } catch {
      exchange.clearHeader()
      throw error
    }
    guard let write = exchange.writeFunction else { return python.none }
    return write.object(python)
  }

  /// A call with `exc_info`: replaces what was said before, or raises that exception when it is too late.
  private static func replace(
    _ python: borrowing Attached, _ exchange: WSGIExchange, _ excInfo: borrowing PythonObject
  ) throws {
    if excInfo.isNone {
      guard !exchange.isStarted else {
        throw PythonException(.assertionError, "start_response() was called before, and exc_info is None")
      }
      return
    }
    guard excInfo.isTuple else { throw PythonException(.typeError, "exc_info must be a tuple") }
    guard exchange.isHeadSent else { return exchange.clearHeader() }
    guard unsafe excInfo.uncheckedTupleCount == 3 else {
      throw PythonException(.typeError, "exc_info must be a tuple of three")
    }
    let exception = try excInfo.tupleItem(python, at: 1)
    guard exception.isException else { throw PythonException(.typeError, "exc_info holds no exception") }
    throw PythonError(exception: exception, python)
  }
}

#endif
