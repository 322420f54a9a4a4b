// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython
import GaleWire
import Glibc

/// `environ["wsgi.early_hints"]`, as gunicorn has it: takes a list of pairs of a name and a value, and sends them at once
/// as a `103 Early Hints` (RFC 8297).
///
/// One serves all requests of a thread, so that those which do not use it pay nothing: what it sends belongs to the
/// request whose code calls it.
final class EarlyHints {
  /// That of the request which the thread was at last.
  private var exchange: WSGIExchange?
  private let thread = pthread_self()

  /// From now on the thread is at that exchange's request.
  @inline(__always)
  func attach(_ exchange: WSGIExchange) {
    if self.exchange !== exchange { self.exchange = exchange }
  }

  /// `early_hints(headers)`.
  static let call: PythonVectorcall = { instance, arguments, flagged, names in
    unsafe Callback.none { (python) throws in
      let hints = unsafe PythonType<EarlyHints>.withPayload(of: instance) { $0 }
      guard unsafe names == nil, Callback.argumentCount(flagged) == 1, let headers = unsafe arguments?[0]
      else {
        throw PythonException(.typeError, "wsgi.early_hints takes exactly one argument, a list of headers")
      }
      try hints.send(python, unsafe PythonObject(borrowing: headers))
    }
  }

  private func send(_ python: borrowing Attached, _ headers: consuming PythonObject) throws {
    guard pthread_equal(thread, pthread_self()) != 0 else {
      throw PythonException(
        .runtimeError, "wsgi.early_hints is for the thread on which the application was called")
    }
    var fields = HTTPHeaders()
    let pairs = try headers.iterator(python)
    while let pair = try pairs.next(python) { try Self.add(python, pair, to: &fields) }
    // As in gunicorn, hints that come too late are none.
    guard let exchange, !exchange.isOver, !exchange.isHeadSent else { return }
    exchange.transmitHints(fields)
  }

  private static func add(
    _ python: borrowing Attached, _ pair: borrowing PythonObject, to fields: inout HTTPHeaders
  ) throws {
    guard pair.isTuple || pair.isList, try pair.count(python) == 2 else {
      throw PythonException(.typeError, "Each header must be a tuple of a name and a value")
    }
    let parts = try pair.iterator(python)
    guard let first = try parts.next(python), let name = latin1(python, first),
      let second = try parts.next(python), var value = latin1(python, second)
    else {
      throw PythonException(.typeError, "Names and values of headers must be str of Latin-1 characters")
    }
    guard !name.isEmpty, name.allSatisfy(HTTPGrammar.isTokenCharacter) else {
      throw PythonException(.valueError, "The name of a header is no token")
    }
    guard value.allSatisfy(HTTPGrammar.isFieldCharacter) else {
      throw PythonException(.valueError, "The value of a header holds a control character")
    }
    let kind = unsafe name.withUnsafeBytes { unsafe FieldKind($0) }
    guard !kind.isHopByHop, kind != .contentLength else {
      throw PythonException(.assertionError, "Hop-by-hop headers and the length belong to the server")
    }
    value.trim(while: HTTPGrammar.isBlank)
    fields.append(uncheckedName: name, uncheckedValue: value)
  }

  /// The characters of a `str`, or `bytes`, which gunicorn takes, too.
  private static func latin1(_ python: borrowing Attached, _ object: borrowing PythonObject) -> [UInt8]? {
    if object.isBytes { return unsafe object.withUnsafeBytes { unsafe Array($0) } }
    return unsafe object.withUnsafeLatin1(python) { unsafe Array($0) }
  }
}

extension [UInt8] {
  fileprivate mutating func trim(while isBlank: (UInt8) -> Bool) {
    while let last, isBlank(last) { removeLast() }
    self = Array(drop(while: isBlank))
  }
}

#endif
