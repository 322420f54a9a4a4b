// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GalePython
import GaleWire

/// The status and the header of an answer, as an application gave them, checked, and in the form in which they travel.
struct AnswerHead {
  /// 0 before there is one.
  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  /// What the application says; −1 when it does not.
  private(set) var contentLength = -1
  private var hasDate = false
  private var hasServer = false

  /// Reads an `http.response.start`.
  /// - Throws: `ValueError` and `TypeError` for what is no header: a line feed in a value, for instance.
  mutating func read(
    _ python: borrowing Attached, _ event: borrowing PythonObject, _ names: ASGINames,
    _ context: HTTPServerContext
  ) throws {
    guard let status = try event.value(python, for: names.status.object(python))?.int(python),
      (200...999).contains(status)
    else { throw PythonException(.valueError, "\"http.response.start\" needs a status from 200") }
    headers = context.takeHeaders()
    if let pairs = try event.value(python, for: names.headers.object(python)) { try read(python, pairs) }
    self.status = status
  }

  private mutating func read(_ python: borrowing Attached, _ pairs: borrowing PythonObject) throws {
    if pairs.isExactList {
      var index = 0
      // Its length is looked at each time: what is no list of pairs of bytes runs code of its own below.
      while unsafe index < pairs.uncheckedListCount {
        try readPair(python, unsafe PythonObject(borrowing: pairs.uncheckedListItem(index)))
        index += 1
      }
    } else {
      let iterator = try pairs.iterator(python)
      while let pair = try iterator.next(python) { try readPair(python, pair) }
    }
  }

  private mutating func readPair(_ python: borrowing Attached, _ pair: consuming PythonObject) throws {
    if pair.isExactTuple, unsafe pair.uncheckedTupleCount == 2 {
      let name = unsafe PythonObject(borrowing: pair.uncheckedTupleItem(0))
      let value = unsafe PythonObject(borrowing: pair.uncheckedTupleItem(1))
      if name.isBytes, value.isBytes { return try add(name, value) }
    } else if pair.isExactList, unsafe pair.uncheckedListCount == 2 {
      let name = unsafe PythonObject(borrowing: pair.uncheckedListItem(0))
      let value = unsafe PythonObject(borrowing: pair.uncheckedListItem(1))
      if name.isBytes, value.isBytes { return try add(name, value) }
    }
    let parts = try pair.items(python)
    guard parts.count == 2 else { throw PythonException(.valueError, "a header is a name and a value") }
    try add(try python.bytes(parts[0]), try python.bytes(parts[1]))
  }

  private mutating func add(_ name: borrowing PythonObject, _ value: borrowing PythonObject)
    throws(PythonException)
  {
    try unsafe name.withUnsafeBytes { (name) throws(PythonException) in
      try unsafe value.withUnsafeBytes { (value) throws(PythonException) in try unsafe add(name, value) }
    }
  }

  private mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer)
    throws(PythonException)
  {
    guard name.count > 0, name.count <= 1024, unsafe name.allSatisfy(HTTPGrammar.isTokenCharacter) else {
      throw PythonException(.valueError, "the name of a header is no token")
    }
    guard unsafe value.allSatisfy(HTTPGrammar.isFieldCharacter) else {
      throw PythonException(.valueError, "the value of a header holds a control character")
    }
    switch name.count {
    case 14 where unsafe Self.equal(name, "content-length"):
      guard contentLength < 0, (1...18).contains(value.count), unsafe value.allSatisfy({ $0 &- 0x30 < 10 })
      else {
        throw PythonException(.valueError, "Content-Length must be one number")
      }
      contentLength = unsafe value.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
      return
    case 4 where unsafe Self.equal(name, "date"): hasDate = true
    case 6 where unsafe Self.equal(name, "server"): hasServer = true
    case 2, 7, 10, 17:
      // The server frames the message and keeps the connection.
      if unsafe Self.isHopByHop(name) { return }
    default: break
    }
    unsafe headers.append(canonicalName: name, value: Self.trim(value))
  }

  private static func isHopByHop(_ name: UnsafeRawBufferPointer) -> Bool {
    for known in ["connection", "keep-alive", "transfer-encoding", "upgrade", "te"] as [StaticString]
    where unsafe equal(name, known) { return true }
    return false
  }

  private static func equal(_ name: UnsafeRawBufferPointer, _ lower: StaticString) -> Bool {
    guard name.count == lower.utf8CodeUnitCount else { return false }
    // SAFETY: both hold `count` bytes. No other character of a token becomes one of these by the bit for lower case.
    for index in 0..<name.count where unsafe name[index] | 0x20 != lower.utf8Start[index] { return false }
    return true
  }

  /// Without the white space around it, which is no part of a value (RFC 9110, section 5.5).
  private static func trim(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = value.count
    while start < end, HTTPGrammar.isBlank(unsafe value[start]) { start += 1 }
    while end > start, HTTPGrammar.isBlank(unsafe value[end - 1]) { end -= 1 }
    return unsafe UnsafeRawBufferPointer(rebasing: value[start..<end])
  }

  /// Notes how long the body is, if the application did not say it.
  mutating func setLength(_ count: Int) {
    if contentLength < 0 { contentLength = count }
  }

  /// Adds what the server says, unless the application did: `Server`, `Date`.
  /// - Parameter count: How long the body is, if that is known, so that whoever sends the head will say so.
  mutating func complete(_ context: HTTPServerContext, saidBySender count: Int? = nil) {
    if contentLength >= 0, contentLength != count {
      headers.append("Content-Length", decimal: contentLength)
    }
    if !hasDate, !hasServer { return context.appendServerFields(to: &headers) }
    if !hasServer, !context.configuration.serverName.isEmpty {
      context.append("Server", Array(context.configuration.serverName.utf8), to: &headers)
    }
    if !hasDate { context.withDate { context.append("Date", $0, to: &headers) } }
  }

  /// Sends a whole answer.
  mutating func respond(_ body: Span<UInt8>, _ request: HTTPServerRequest) throws(HTTPOutputError) {
    complete(request.context, saidBySender: request.isHead ? nil : body.count)
    try request.connection.respond(status, reason: nil, &headers, body, for: request)
    request.context.recycle(headers)
    headers = HTTPHeaders()
  }

  /// Sends the head alone.
  mutating func send(_ request: HTTPServerRequest) throws(HTTPOutputError) {
    complete(request.context)
    try request.connection.writeHeaders(status, reason: nil, headers, for: request)
    headers = HTTPHeaders()
  }
}

#endif
