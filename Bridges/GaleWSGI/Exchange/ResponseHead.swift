// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython
import GaleWire

/// Checks a status and a list of headers, and writes them into an exchange in the form in which they travel.
enum ResponseHead {
  @inline(__always)
  static func read(
    _ python: borrowing Attached, _ status: borrowing PythonObject, _ headers: borrowing PythonObject,
    into exchange: WSGIExchange
  ) throws(PythonException) {
    // SAFETY: the code below reads strings, lists and tuples in place and runs no Python code meanwhile.
    let code = try unsafe status.withUnsafeLatin1(python) { (bytes) throws(PythonException) in
      try unsafe readStatus(bytes, into: exchange)
    }
    guard let code else {
      throw PythonException(.typeError, "The status must be a str of Latin-1 characters")
    }
    if headers.isList {
      let count = unsafe headers.uncheckedListCount
      for index in 0..<count {
        try readPair(python, unsafe PythonObject(borrowing: headers.uncheckedListItem(index)), into: exchange)
      }
    } else if headers.isTuple {
      let count = unsafe headers.uncheckedTupleCount
      for index in 0..<count {
        try readPair(
          python, unsafe PythonObject(borrowing: headers.uncheckedTupleItem(index)), into: exchange)
      }
    } else {
      throw PythonException(.typeError, "The headers must be a list of tuples")
    }
    exchange.status = code
  }

  /// `3DIGIT SP reason-phrase` (RFC 9112, section 4), or three digits alone.
  @inline(__always)
  private static func readStatus(
    _ bytes: UnsafeRawBufferPointer, into exchange: WSGIExchange
  ) throws(PythonException) -> Int {
    guard bytes.count >= 3, unsafe bytes[0].isASCIIDigit, unsafe bytes[1].isASCIIDigit,
      unsafe bytes[2].isASCIIDigit, unsafe bytes.count == 3 || bytes[3] == ASCII.space
    else { throw PythonException(.valueError, "The status must be three digits, a space and a reason") }
    let code = unsafe Int(bytes[0]) * 100 + Int(bytes[1]) * 10 + Int(bytes[2]) - 48 * 111
    guard code >= 200 else { throw PythonException(.valueError, "The status must be from 200 to 999") }
    if code == 200, bytes.count == 6, unsafe bytes[4] == 0x4F, unsafe bytes[5] == 0x4B { return code }
    try unsafe readReason(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(4)), into: exchange)
    return code
  }

  private static func readReason(
    _ bytes: UnsafeRawBufferPointer, into exchange: WSGIExchange
  ) throws(PythonException) {
    guard unsafe bytes.allSatisfy(HTTPGrammar.isFieldCharacter) else {
      throw PythonException(.valueError, "The status holds a control character")
    }
    exchange.reason = unsafe String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
  }

  @inline(__always)
  private static func readPair(
    _ python: borrowing Attached, _ pair: consuming PythonObject, into exchange: WSGIExchange
  ) throws(PythonException) {
    let name: PythonPointer
    let value: PythonPointer
    if pair.isTuple, unsafe pair.uncheckedTupleCount == 2 {
      unsafe name = pair.uncheckedTupleItem(0)
      unsafe value = pair.uncheckedTupleItem(1)
    } else if pair.isList, unsafe pair.uncheckedListCount == 2 {
      unsafe name = pair.uncheckedListItem(0)
      unsafe value = pair.uncheckedListItem(1)
    } else {
      throw PythonException(.typeError, "Each header must be a tuple of a name and a value")
    }
    let nameObject = unsafe PythonObject(borrowing: name)
    let done = try unsafe nameObject.withUnsafeLatin1(python) { (name) throws(PythonException) in
      try unsafe PythonObject(borrowing: value).withUnsafeLatin1(python) { (value) throws(PythonException) in
        guard let kind = unsafe exchange.fieldNames?.kind(python, nameObject, name) else {
          throw PythonException(.valueError, "The name of a header is no token")
        }
        try unsafe add(name, kind, value, to: exchange)
        return true
      }
    }
    guard done != nil, done != .some(nil) else {
      throw PythonException(.typeError, "Names and values of headers must be str of Latin-1 characters")
    }
  }

  @inline(__always)
  private static func add(
    _ name: UnsafeRawBufferPointer, _ kind: FieldKind, _ value: UnsafeRawBufferPointer,
    to exchange: WSGIExchange
  ) throws(PythonException) {
    guard unsafe HTTPGrammar.isFieldText(value) else {
      throw PythonException(.valueError, "The value of a header holds a control character")
    }
    if kind != .plain { try unsafe note(kind, value, in: exchange) }
    unsafe exchange.headers.append(canonicalName: name, value: HTTPGrammar.trimmed(value))
  }

  private static func note(
    _ kind: FieldKind, _ value: UnsafeRawBufferPointer, in exchange: WSGIExchange
  ) throws(PythonException) {
    switch kind {
    case .plain: break
    case .contentLength:
      guard exchange.contentLength < 0, value.count > 0, value.count <= 18,
        unsafe value.allSatisfy({ $0.isASCIIDigit })
      else { throw PythonException(.valueError, "Content-Length must be one number") }
      exchange.contentLength = unsafe value.reduce(0) { $0 * 10 + Int($1 &- ASCII.zero) }
    case .date: exchange.hasDate = true
    case .server: exchange.hasServer = true
    // PEP 3333, "Other HTTP Features".
    case .connection, .hopByHop:
      throw PythonException(.assertionError, "Hop-by-hop headers belong to the server")
    }
  }
}

#endif
