// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Glibc

/// Reads the head of a request (RFC 9112, sections 2 to 5), strictly, line by line.
///
/// A pure value: it is shown the bytes from the head's first one on, again with more of them when it
/// could not go on, and says how long the head is once it is there. It reads where the bytes lie and
/// copies them once, at the end.
package struct RequestHeadReader {
  private let limits: HTTPLimits
  /// Where the next unread line begins, from the start of the head.
  private var position = 0
  private var emptyLines = 0
  private var sawRequestLine = false
  private var head = RequestHead()
  private var spare: RequestHead?
  private var hosts = 0
  private var lengths = 0
  private var codings = 0
  /// A Host that was found to be right.
  private var lastHost: [UInt8] = []

  package init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
  }

  /// Reads on.
  ///
  /// `input` begins with the head's first byte.
  /// - Returns: How many bytes the head takes, or `nil` when more are needed.
  /// - Throws: The first thing that is wrong with it, even before the head is complete.
  package mutating func read(_ input: Span<UInt8>) throws(HTTPInputError) -> Int? {
    // What lies beyond a limit is never looked at: the outcome does not depend on how the bytes arrive.
    guard try readLines(input.extracting(first: limits.head)) else {
      guard input.count <= limits.head else { throw tooLarge }
      return nil
    }
    return position
  }

  private mutating func readLines(_ input: Span<UInt8>) throws(HTTPInputError) -> Bool {
    if !sawRequestLine {
      guard try readRequestLine(input) else { return false }
      sawRequestLine = true
    }
    while true {
      switch try readFieldLine(input) {
      case .line: continue
      case .end: return true
      case .incomplete: return false
      }
    }
  }

  private var tooLarge: HTTPInputError {
    HTTPInputError(.headersTooLarge, "Header fields are too large or too many")
  }

  /// How many bytes at the beginning were skipped because they are empty lines; 0 once more has come.
  package var emptyByteCount: Int { sawRequestLine ? 0 : position }

  /// Takes the head that was read, and is ready for the next one.
  package mutating func take(_ input: Span<UInt8>) throws(HTTPInputError) -> RequestHead {
    try checkFraming()
    // SAFETY: the borrowed bytes are copied before the closure returns.
    unsafe input.extracting(first: position).withUnsafeBufferPointer {
      unsafe head.bytes.append(contentsOf: $0)
    }
    let taken = head
    reset(with: spare ?? RequestHead())
    spare = nil
    return taken
  }

  /// Takes an object that nobody holds any more, to read the next head into.
  package mutating func recycle(from heads: inout [RequestHead]) {
    guard spare == nil, let head = heads.popLast(), head.bytes.capacity <= 8192 else { return }
    head.clear()
    spare = head
  }

  private mutating func reset(with next: RequestHead) {
    position = 0
    emptyLines = 0
    sawRequestLine = false
    head = next
    hosts = 0
    lengths = 0
    codings = 0
  }

  // MARK: - The request line

  private mutating func readRequestLine(_ input: Span<UInt8>) throws(HTTPInputError) -> Bool {
    guard try skipEmptyLines(input) else { return false }
    var at = position
    let end = min(input.count, position + limits.requestLine)
    while at < end, HTTPGrammar.isTokenCharacter(input[at]) { at += 1 }
    guard at < end else { return try incompleteRequestLine(input) }
    guard input[at] == ASCII.space, at > position else { throw malformedLine }
    head.method = position..<at
    at += 1
    let targetStart = at
    var query = -1
    while at < end, HTTPGrammar.isTargetCharacter(input[at]) {
      if input[at] == ASCII.questionMark, query < 0 { query = at }
      if input[at] == 0x23 { throw HTTPInputError(.invalidStartLine, "Request target has a fragment") }
      at += 1
    }
    guard at < end else { return try incompleteRequestLine(input) }
    guard input[at] == ASCII.space, at > targetStart else { throw malformedLine }
    head.target = targetStart..<at
    return try readVersion(input, from: at + 1, query: query)
  }

  /// RFC 9112, section 2.2: an empty line or two before the request are ignored.
  private mutating func skipEmptyLines(_ input: Span<UInt8>) throws(HTTPInputError) -> Bool {
    while position < input.count, input[position] == ASCII.carriageReturn {
      guard position + 1 < input.count else { return false }
      guard input[position + 1] == ASCII.lineFeed, emptyLines < 2 else { throw malformedLine }
      emptyLines += 1
      position += 2
    }
    return position < input.count
  }

  private func incompleteRequestLine(_ input: Span<UInt8>) throws(HTTPInputError) -> Bool {
    guard input.count - position <= limits.requestLine else { throw targetTooLong }
    return false
  }

  private var malformedLine: HTTPInputError {
    HTTPInputError(.invalidStartLine, "Malformed HTTP request line")
  }

  private var targetTooLong: HTTPInputError {
    HTTPInputError(.targetTooLong, "Request line is too long")
  }

  private mutating func readVersion(
    _ input: Span<UInt8>, from start: Int, query: Int
  ) throws(HTTPInputError) -> Bool {
    let name: [9 of UInt8] = [0x48, 0x54, 0x54, 0x50, 0x2F, 0x31, 0x2E, 0, 0]  // HTTP/1.
    if start + 10 <= input.count, start + 8 - position <= limits.requestLine, isHTTP11(input, at: start) {
      head.traits.insert(.http11)
      position = start + 10
      try readTarget(input, query: query)
      return true
    }
    let available = min(input.count - start, 8)
    for index in 0..<available {
      guard start + index - position < limits.requestLine else { throw targetTooLong }
      let byte = input[start + index]
      if index == 5 || index == 7 {
        guard byte.isASCIIDigit else { throw malformedLine }
      } else if byte != name[index] {
        throw malformedLine
      }
    }
    guard available == 8, start + 10 <= input.count else {
      if available == 8, start + 8 < input.count, input[start + 8] != ASCII.carriageReturn {
        throw malformedLine
      }
      return false
    }
    guard input[start + 8] == ASCII.carriageReturn, input[start + 9] == ASCII.lineFeed else {
      throw malformedLine
    }
    guard input[start + 5] == 0x31 else {
      throw HTTPInputError(.unsupportedVersion, "HTTP version is not supported")
    }
    if input[start + 7] > ASCII.zero { head.traits.insert(.http11) }
    position = start + 10
    try readTarget(input, query: query)
    return true
  }

  /// What nearly every request line ends with: `HTTP/1.1` and CRLF.
  private func isHTTP11(_ input: Span<UInt8>, at start: Int) -> Bool {
    // SAFETY: the caller has checked that there are 10 bytes.
    let word = unsafe UInt64(
      littleEndian: input.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
    return word == 0x312E_312F_5054_5448 && input[start + 8] == ASCII.carriageReturn
      && input[start + 9] == ASCII.lineFeed
  }

  /// RFC 9112, section 3.2: which of the four forms the target has.
  private mutating func readTarget(_ input: Span<UInt8>, query: Int) throws(HTTPInputError) {
    let method = head.method
    head.methodKind = RequestMethod(input, method)
    if head.methodKind == .head { head.traits.insert(.head) }
    let target = head.target
    let pathEnd = query < 0 ? target.upperBound : query
    head.query = query < 0 ? target.upperBound..<target.upperBound : query + 1..<target.upperBound
    if input[target.lowerBound] == ASCII.slash {
      head.path = target.lowerBound..<pathEnd
    } else if target.count == 1, input[target.lowerBound] == 0x2A {
      guard HTTPGrammar.isExactly(input, method, "OPTIONS") else { throw malformedLine }
      head.path = target
    } else {
      try readAbsoluteTarget(input, pathEnd: pathEnd)
    }
  }

  private mutating func readAbsoluteTarget(_ input: Span<UInt8>, pathEnd: Int) throws(HTTPInputError) {
    let target = head.target
    var at: Int
    if HTTPGrammar.hasPrefix(input, target, "http://") {
      at = target.lowerBound + 7
    } else if HTTPGrammar.hasPrefix(input, target, "https://") {
      at = target.lowerBound + 8
    } else {
      throw HTTPInputError(.invalidStartLine, "Request target is neither a path nor a URL")
    }
    let start = at
    while at < pathEnd, input[at] != ASCII.slash { at += 1 }
    guard HTTPGrammar.isHost(input, start..<at) else { throw invalidHost }
    head.traits.insert(.absoluteForm)
    head.host = start..<at
    head.path = at..<pathEnd
  }

  private var invalidHost: HTTPInputError { HTTPInputError(.invalidHeader, "Invalid Host header") }

  // MARK: - Field lines

  private enum Line { case line, end, incomplete }

  private mutating func readFieldLine(_ input: Span<UInt8>) throws(HTTPInputError) -> Line {
    let start = position
    var at = start
    while at < input.count, HTTPGrammar.isTokenCharacter(input[at]) { at += 1 }
    guard at - start < limits.fieldLine || input.count - start <= limits.fieldLine else { throw tooLarge }
    guard at < input.count else { return .incomplete }
    if at == start { return try readEnd(input) }
    guard input[at] == ASCII.colon else {
      throw HTTPInputError(.invalidHeader, "Invalid header name")
    }
    let name = start..<at
    at += 1
    while at < input.count, HTTPGrammar.isBlank(input[at]) { at += 1 }
    let valueStart = at
    at = HTTPGrammar.endOfFieldValue(input, from: at)
    guard at - start <= limits.fieldLine else { throw tooLarge }
    guard at < input.count else { return .incomplete }
    guard input[at] == ASCII.carriageReturn else {
      throw at - start < limits.fieldLine ? invalidValue : tooLarge
    }
    guard at + 1 < input.count else { return .incomplete }
    guard input[at + 1] == ASCII.lineFeed else { throw invalidValue }
    var valueEnd = at
    while valueEnd > valueStart, HTTPGrammar.isBlank(input[valueEnd - 1]) { valueEnd -= 1 }
    position = at + 2
    guard head.fields.count < limits.fieldCount, name.count <= Int(UInt16.max) else { throw tooLarge }
    head.fields.append(
      HTTPField(
        nameStart: start, nameCount: name.count, valueStart: valueStart, valueCount: valueEnd - valueStart))
    try note(input, name, valueStart..<valueEnd)
    return .line
  }

  private var invalidValue: HTTPInputError { HTTPInputError(.invalidHeader, "Invalid header value") }

  private mutating func readEnd(_ input: Span<UInt8>) throws(HTTPInputError) -> Line {
    guard input[position] == ASCII.carriageReturn else {
      throw HTTPInputError(.invalidHeader, "Invalid header line")
    }
    guard position + 1 < input.count else { return .incomplete }
    guard input[position + 1] == ASCII.lineFeed else {
      throw HTTPInputError(.invalidHeader, "Invalid end of the header")
    }
    position += 2
    return .end
  }

  /// Whether the value is the one that was checked last: a server has few names.
  private func isKnownHost(_ input: Span<UInt8>, _ value: Range<Int>) -> Bool {
    guard value.count == lastHost.count, value.count > 0 else { return false }
    return unsafe input.extracting(value).withUnsafeBytes { value in
      unsafe lastHost.withUnsafeBytes { last in
        guard let first = value.baseAddress, let other = last.baseAddress else { return false }
        return unsafe memcmp(first, other, value.count) == 0
      }
    }
  }

  private mutating func isNewHost(_ input: Span<UInt8>, _ value: Range<Int>) -> Bool {
    guard HTTPGrammar.isHost(input, value) else { return false }
    lastHost.removeAll(keepingCapacity: true)
    for index in value.prefix(256) { lastHost.append(input[index]) }
    return true
  }

  /// Keeps what the fields that steer the connection say.
  private mutating func note(
    _ input: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>
  ) throws(HTTPInputError) {
    switch name.count {
    case 4 where HTTPGrammar.equals(input, name, "host"):
      hosts += 1
      guard hosts == 1, isKnownHost(input, value) || isNewHost(input, value) else { throw invalidHost }
      if !head.traits.contains(.absoluteForm) { head.host = value }
    case 6 where HTTPGrammar.equals(input, name, "expect"):
      guard HTTPGrammar.equals(input, value, "100-continue") else {
        throw HTTPInputError(.expectationFailed, "Expectation is not supported")
      }
      head.traits.insert(.expectContinue)
    case 10 where HTTPGrammar.equals(input, name, "connection"):
      noteConnection(input, value)
    case 14 where HTTPGrammar.equals(input, name, "content-length"):
      lengths += 1
      head.contentLength = try parseLength(input, value)
    case 17 where HTTPGrammar.equals(input, name, "transfer-encoding"):
      codings += 1
      guard HTTPGrammar.equals(input, value, "chunked") else {
        throw HTTPInputError(
          value.isEmpty ? .invalidFraming : .unsupportedTransferCoding, "Unsupported Transfer-Encoding")
      }
      head.traits.insert(.chunked)
    default: break
    }
  }

  private mutating func noteConnection(_ input: Span<UInt8>, _ value: Range<Int>) {
    HTTPGrammar.forEachOption(input, value) { option in
      switch option.count {
      case 5 where HTTPGrammar.equals(input, option, "close"): head.traits.insert(.close)
      case 7 where HTTPGrammar.equals(input, option, "upgrade"): head.traits.insert(.upgrade)
      case 10 where HTTPGrammar.equals(input, option, "keep-alive"): head.traits.insert(.keepAlive)
      default: break
      }
    }
  }

  /// RFC 9110, section 8.6: digits and nothing else; one line only.
  private func parseLength(_ input: Span<UInt8>, _ value: Range<Int>) throws(HTTPInputError) -> Int {
    guard lengths == 1, !value.isEmpty, value.allSatisfy({ input[$0].isASCIIDigit }) else {
      throw HTTPInputError(.invalidFraming, "Invalid Content-Length")
    }
    var length = 0
    for at in value {
      let (shifted, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carried) = shifted.addingReportingOverflow(Int(input[at] &- ASCII.zero))
      guard !overflow, !carried else { throw HTTPInputError(.bodyTooLarge, "Content-Length too long") }
      length = sum
    }
    return length
  }

  /// RFC 9112, sections 3.2 and 6.3: what the head says as a whole.
  private func checkFraming() throws(HTTPInputError) {
    if head.traits.contains(.http11), hosts == 0 {
      throw HTTPInputError(.invalidHeader, "Missing Host header")
    }
    guard head.traits.contains(.chunked) else { return }
    guard codings == 1, lengths == 0, head.traits.contains(.http11) else {
      throw HTTPInputError(
        .invalidFraming, "Transfer-Encoding is repeated, beside a Content-Length, or in an HTTP/1.0 request")
    }
  }
}
