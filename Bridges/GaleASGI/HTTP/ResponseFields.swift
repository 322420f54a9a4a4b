// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import GaleWire

/// Fields that an application gave besides those of an answer's head: trailers, and what accepts a WebSocket.
enum ResponseFields {
  /// Adds the fields of an event.
  /// - Throws: `ValueError` and `TypeError` for what is no header.
  static func add(
    _ python: borrowing Attached, _ event: borrowing PythonObject, _ names: ASGINames,
    to headers: inout HTTPHeaders
  ) throws {
    guard let pairs = try event.value(python, for: names.headers.object(python)) else { return }
    let iterator = try pairs.iterator(python)
    while let pair = try iterator.next(python) {
      let parts = try pair.items(python)
      guard parts.count == 2 else { throw PythonException(.valueError, "a header is a name and a value") }
      let name = String(decoding: parts[0], as: UTF8.self)
      // The server frames the message and keeps the connection.
      if hopByHop.contains(name.lowercased()) { continue }
      do throws(HTTPInputError) {
        try add(name, parts[1], to: &headers)
      } catch {
        throw PythonException(.valueError, error.description)
      }
    }
  }

  private static func add(_ name: String, _ value: [UInt8], to headers: inout HTTPHeaders)
    throws(HTTPInputError)
  {
    if let text = String(validating: value, as: UTF8.self) { return try headers.add(name, text) }
    // Not UTF-8: checked as what Latin-1 makes of it, and sent as it is.
    var checked = HTTPHeaders()
    try checked.add(name, String(String.UnicodeScalarView(value.map { Unicode.Scalar($0) })))
    let name = Array(name.utf8)
    // SAFETY: the arrays lend their bytes for the call.
    unsafe name.withUnsafeBytes { name in
      unsafe value.withUnsafeBytes { unsafe headers.append(canonicalName: name, value: $0) }
    }
  }

  private static let hopByHop: Set = ["connection", "keep-alive", "transfer-encoding", "upgrade", "te"]
}

extension PythonObject {
  /// The `bytes` of any iterable of them; a `str` counts as its UTF-8.
  borrowing func items(_ python: borrowing Attached) throws -> [[UInt8]] {
    var items: [[UInt8]] = []
    let iterator = try iterator(python)
    while let item = try iterator.next(python) {
      items.append(item.isString ? Array(try item.string(python).utf8) : try item.bytes(python))
    }
    return items
  }
}

#endif
