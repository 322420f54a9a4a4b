// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Reads the head of a response (RFC 9112, sections 2 to 6), line by line.
///
/// A pure value: it is shown the bytes from the head's first one on, again with more of them when it could
/// not go on, and says how long the head is once it is there.
///
/// It is as strict as its counterpart for requests, but for what a client has to put up with: folded lines
/// (RFC 9112, section 5.2), one length that is said several times (RFC 9110, section 8.6), and transfer codings
/// that do not end with `chunked` are refused with a code of their own.
package struct ResponseHeadReader {
  private let limits: HTTPLimits
  /// Where the next unread line begins, from the start of the head.
  private var position = 0
  private var sawStatusLine = false
  /// Whether the last field line may go on in the next line.
  private var isFieldOpen = false
  /// What stands between the parts of folded values, to be blanked.
  private var folds: [Range<Int>] = []
  private var isFolded = false
  private var codings = 0
  private var head = ResponseHead()

  package init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
  }

  /// Whether nothing of a head was seen yet.
  package var isFresh: Bool { !sawStatusLine }

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

  /// Takes the head that was read, and is ready for the next one.
  ///
  /// The head is good until ``recycle(_:)``.
  package mutating func take(_ input: Span<UInt8>) throws(HTTPInputError) -> ResponseHead {
    try checkFraming()
    // SAFETY: the borrowed bytes are copied before the closure returns.
    unsafe input.extracting(first: position).withUnsafeBufferPointer {
      unsafe head.bytes.append(contentsOf: $0)
    }
    for fold in folds { for at in fold { head.bytes[at] = ASCII.space } }
    let taken = head
    head = ResponseHead()
    reset()
    return taken
  }

  /// Takes a head back that nobody holds any more, to read the next one into.
  package mutating func recycle(_ spent: ResponseHead) {
    guard isFresh, spent.bytes.capacity <= 8192 else { return }
    spent.clear()
    head = spent
  }

  /// Forgets what it has read of a head.
  package mutating func reset() {
    if sawStatusLine { head.clear() }
    position = 0
    sawStatusLine = false
    isFieldOpen = false
    folds.removeAll()
    isFolded = false
    codings = 0
  }

  private mutating func readLines(_ input: Span<UInt8>) throws(HTTPInputError) -> Bool {
    if !sawStatusLine {
      guard try readStatusLine(input) else { return false }
      sawStatusLine = true
    }
    while true {
      guard position < input.count else { return false }
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

  // MARK: - The status line

  /// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112, section 4).
  private mutating func readStatusLine(_ input: Span<UInt8>) throws(HTTPInputError) -> Bool {
    let name: [13 of UInt8] = [0x48, 0x54, 0x54, 0x50, 0x2F, 0, 0x2E, 0, 0x20, 0, 0, 0, 0x20]  // HTTP/_._ ___
    for index in 0..<min(input.count, 13) {
      guard name[index] == 0 ? input[index].isASCIIDigit : input[index] == name[index] else {
        throw malformedLine
      }
      // Before it is asked how the line goes on: later versions may have another one.
      if index == 5, input[5] != 0x31 {
        throw HTTPInputError(.unsupportedVersion, "HTTP version is not supported")
      }
    }
    guard input.count > 13 else { return false }
    let end = HTTPGrammar.endOfFieldValue(input, from: 13)
    guard end <= limits.requestLine else { throw HTTPInputError(.headersTooLarge, "Status line is too long") }
    guard end < input.count else { return false }
    guard input[end] == ASCII.carriageReturn else { throw malformedLine }
    guard end + 1 < input.count else { return false }
    guard input[end + 1] == ASCII.lineFeed else { throw malformedLine }
    if input[7] > ASCII.zero { head.traits.insert(.http11) }
    head.status =
      Int(input[9] &- ASCII.zero) * 100 + Int(input[10] &- ASCII.zero) * 10 + Int(input[11] &- ASCII.zero)
    guard head.status >= 100 else { throw malformedLine }
    head.reason = 13..<end
    position = end + 2
    return true
  }

  private var malformedLine: HTTPInputError {
    HTTPInputError(.invalidStartLine, "Malformed HTTP status line")
  }

  // MARK: - Field lines

  private enum Line { case line, end, incomplete }

  private mutating func readFieldLine(_ input: Span<UInt8>) throws(HTTPInputError) -> Line {
    let start = position
    if HTTPGrammar.isBlank(input[start]) { return try readFold(input) }
    try closeField(input)
    var at = start
    while at < input.count, HTTPGrammar.isTokenCharacter(input[at]) { at += 1 }
    guard at - start < limits.fieldLine || input.count - start <= limits.fieldLine else { throw tooLarge }
    guard at < input.count else { return .incomplete }
    if at == start { return try readEnd(input) }
    guard input[at] == ASCII.colon else { throw HTTPInputError(.invalidHeader, "Invalid header name") }
    let name = start..<at
    guard let value = try readValue(input, from: at + 1, of: start) else { return .incomplete }
    guard head.fields.count < limits.fieldCount, name.count <= Int(UInt16.max) else { throw tooLarge }
    head.fields.append(
      HTTPField(
        nameStart: start, nameCount: name.count, valueStart: value.lowerBound, valueCount: value.count))
    isFieldOpen = true
    return .line
  }

  /// Reads to the end of a line that began at `start`.
  /// - Returns: The value without the blanks around it, or `nil` when more bytes are needed.
  private mutating func readValue(
    _ input: Span<UInt8>, from first: Int, of start: Int
  ) throws(HTTPInputError) -> Range<Int>? {
    var valueStart = first
    while valueStart < input.count, HTTPGrammar.isBlank(input[valueStart]) { valueStart += 1 }
    let end = HTTPGrammar.endOfFieldValue(input, from: valueStart)
    guard end - start <= limits.fieldLine else { throw tooLarge }
    guard end < input.count else { return nil }
    guard input[end] == ASCII.carriageReturn else {
      throw end - start < limits.fieldLine ? invalidValue : tooLarge
    }
    guard end + 1 < input.count else { return nil }
    guard input[end + 1] == ASCII.lineFeed else { throw invalidValue }
    position = end + 2
    return input.trimmed(valueStart..<end)
  }

  private var invalidValue: HTTPInputError { HTTPInputError(.invalidHeader, "Invalid header value") }

  /// obs-fold (RFC 9112, section 5.2): the value goes on, behind blanks.
  private mutating func readFold(_ input: Span<UInt8>) throws(HTTPInputError) -> Line {
    guard isFieldOpen, let last = head.fields.indices.last else {
      throw HTTPInputError(.invalidHeader, "White space before the first header field")
    }
    // The field line began with its name: all of it together has one limit.
    let field = head.fields[last]
    guard let value = try readValue(input, from: position, of: Int(field.nameStart)) else {
      return .incomplete
    }
    isFolded = true
    let before = field.value
    if before.isEmpty {
      folds.append(before.lowerBound..<value.lowerBound)
      head.fields[last].valueStart = UInt32(truncatingIfNeeded: value.lowerBound)
      head.fields[last].valueCount = UInt32(truncatingIfNeeded: value.count)
    } else if !value.isEmpty {
      folds.append(before.upperBound..<value.lowerBound)
      head.fields[last].valueCount = UInt32(truncatingIfNeeded: value.upperBound - before.lowerBound)
    }
    return .line
  }

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

  /// The last field line is complete: keeps what it says if it steers the connection.
  private mutating func closeField(_ input: Span<UInt8>) throws(HTTPInputError) {
    guard isFieldOpen, let field = head.fields.last else { return }
    isFieldOpen = false
    let wasFolded = isFolded
    isFolded = false
    let (name, value) = (field.name, field.value)
    switch name.count {
    case 10 where HTTPGrammar.equals(input, name, "connection"):
      noteConnection(input, value)
    case 14 where HTTPGrammar.equals(input, name, "content-length"):
      guard !wasFolded else { throw invalidLength }
      try noteLength(input, value)
    case 17 where HTTPGrammar.equals(input, name, "transfer-encoding"):
      codings += 1
      guard !wasFolded, HTTPGrammar.equals(input, value, "chunked") else {
        throw HTTPInputError(
          value.isEmpty ? .invalidFraming : .unsupportedTransferCoding, "Unsupported Transfer-Encoding")
      }
      head.traits.insert(.chunked)
    default: break
    }
  }

  private mutating func noteConnection(_ input: Span<UInt8>, _ value: Range<Int>) {
    // A line end is no part of an option: in a folded list it is a blank.
    var start = value.lowerBound
    while start < value.upperBound {
      var end = start
      while end < value.upperBound, input[end] != ASCII.carriageReturn { end += 1 }
      HTTPGrammar.forEachOption(input, start..<end) { option in
        switch option.count {
        case 5 where HTTPGrammar.equals(input, option, "close"): head.traits.insert(.close)
        case 7 where HTTPGrammar.equals(input, option, "upgrade"): head.traits.insert(.upgrade)
        case 10 where HTTPGrammar.equals(input, option, "keep-alive"): head.traits.insert(.keepAlive)
        default: break
        }
      }
      start = end + 2
    }
  }

  /// Digits, or the same digits several times as a list (RFC 9110, section 8.6).
  private mutating func noteLength(_ input: Span<UInt8>, _ value: Range<Int>) throws(HTTPInputError) {
    var start = value.lowerBound
    repeat {
      var end = start
      while end < value.upperBound, input[end] != ASCII.comma { end += 1 }
      let length = try number(input, input.trimmed(start..<end))
      guard head.contentLength < 0 || head.contentLength == length else {
        throw HTTPInputError(.invalidFraming, "Content-Lengths differ")
      }
      head.contentLength = length
      start = end + 1
    } while start <= value.upperBound
  }

  private var invalidLength: HTTPInputError {
    HTTPInputError(.invalidFraming, "Invalid Content-Length")
  }

  private func number(_ input: Span<UInt8>, _ digits: Range<Int>) throws(HTTPInputError) -> Int {
    guard !digits.isEmpty else { throw invalidLength }
    var length = 0
    for at in digits {
      guard input[at].isASCIIDigit else { throw invalidLength }
      let (shifted, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carried) = shifted.addingReportingOverflow(Int(input[at] &- ASCII.zero))
      guard !overflow, !carried else { throw HTTPInputError(.bodyTooLarge, "Content-Length too long") }
      length = sum
    }
    return length
  }

  /// RFC 9112, sections 6.1 and 6.3: what the head says as a whole.
  private func checkFraming() throws(HTTPInputError) {
    if head.traits.contains(.chunked) {
      guard codings == 1, head.contentLength < 0, head.traits.contains(.http11) else {
        throw HTTPInputError(
          .invalidFraming,
          "Transfer-Encoding is repeated, beside a Content-Length, or in an HTTP/1.0 response")
      }
    }
    guard head.status < 200 || head.status == 204 else { return }
    guard !head.traits.contains(.chunked), head.contentLength <= 0 else {
      throw HTTPInputError(.invalidFraming, "Response with status \(head.status) should not have a body")
    }
  }
}
