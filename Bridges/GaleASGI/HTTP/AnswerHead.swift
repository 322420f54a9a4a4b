// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GalePython
import GaleWire

/// The status and the header of an answer, as an application gave them, checked, and in the form in which they travel;
/// or fields alone: trailers, and what accepts a WebSocket.
struct AnswerHead {
  /// 0 before there is one.
  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  /// What the application says; −1 when it does not.
  private(set) var contentLength = -1
  private(set) var hasDate = false
  private(set) var hasServer = false

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
    try readFields(python, event, names)
    self.status = status
  }

  /// Adds the fields of an event, but for those that are the server's: it frames the message and keeps the connection.
  /// - Throws: As above.
  mutating func readFields(
    _ python: borrowing Attached, _ event: borrowing PythonObject, _ names: ASGINames
  ) throws {
    if let pairs = try event.value(python, for: names.headers.object(python)) { try read(python, pairs) }
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
    guard unsafe HTTPGrammar.isFieldText(value) else {
      throw PythonException(.valueError, "the value of a header holds a control character")
    }
    switch unsafe FieldKind(name) {
    case .contentLength:
      guard contentLength < 0, (1...18).contains(value.count), unsafe value.allSatisfy({ $0.isASCIIDigit })
      else {
        throw PythonException(.valueError, "Content-Length must be one number")
      }
      contentLength = unsafe value.reduce(0) { $0 * 10 + Int($1 &- ASCII.zero) }
      return
    case .connection: return
    case .date: hasDate = true
    case .server: hasServer = true
    case .plain, .hopByHop: break
    }
    unsafe headers.append(canonicalName: name, value: HTTPGrammar.trimmed(value))
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
    context.appendServerFields(to: &headers, hasDate: hasDate, hasServer: hasServer)
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
