// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GalePython
import GaleWire

/// The status and the header of an answer, as an application gave them, checked.
struct ResponseFields {
  let status: Int
  private(set) var headers = HTTPHeaders()

  /// - Throws: `ValueError` and `TypeError` for what is no header: a line feed in a value, for instance.
  init(_ python: borrowing Attached, _ event: borrowing PythonObject, _ names: ASGINames) throws {
    guard let status = try event.value(python, for: names.status.object(python))?.int(python),
      (200...999).contains(status)
    else { throw PythonException(.valueError, "\"http.response.start\" needs a status from 200") }
    self.status = status
    try Self.add(python, event, names, to: &headers)
  }

  /// Adds the fields of an event.
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

  /// Notes how long the body is, if the application did not.
  mutating func setLength(_ count: Int) {
    if !headers.contains("Content-Length") { headers.append("Content-Length", decimal: count) }
  }

  /// With what the server adds: `Server` and `Date`, unless the application gave them.
  func complete(_ request: HTTPServerRequest) -> (status: Int, headers: HTTPHeaders) {
    var headers = headers
    let context = request.context
    let (hasDate, hasServer) = (headers.contains("Date"), headers.contains("Server"))
    if !hasDate, !hasServer {
      context.appendServerFields(to: &headers)
    } else {
      if !hasServer, !context.configuration.serverName.isEmpty {
        context.append("Server", Array(context.configuration.serverName.utf8), to: &headers)
      }
      if !hasDate { context.withDate { context.append("Date", $0, to: &headers) } }
    }
    return (status, headers)
  }
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
