// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Makes the head of a request of the fields that HTTP/2 carries (RFC 9113, section 8.3): the same value that
/// an HTTP/1 request is read into.
///
/// A pure value: it is given one decoded field after the other, counts each before it keeps anything of it, and
/// says at the end what the request is, or the first thing that was wrong with it.
package struct RequestHeadBuilder {
  private struct PseudoFields: OptionSet {
    let rawValue: UInt8
    static let method = PseudoFields(rawValue: 1)
    static let scheme = PseudoFields(rawValue: 2)
    static let path = PseudoFields(rawValue: 4)
    static let authority = PseudoFields(rawValue: 8)
  }

  private let limits: HTTPLimits
  private let head: RequestHead
  private var failure: HTTPInputError?
  private var pseudoFields: PseudoFields = []
  private var sawField = false
  private var sawHost = false
  private var sawLength = false
  private var fieldCount = 0
  /// The values of the cookie fields so far, joined.
  private var cookies: [UInt8] = []
  /// What was decoded so far: names, values, and 32 bytes for each field (RFC 9113, section 6.5.2).
  package private(set) var decodedByteCount = 0

  /// Starts with an object that nobody holds any more, if there is one.
  package init(limits: HTTPLimits = HTTPLimits(), recycling head: RequestHead? = nil) {
    self.limits = limits
    if let head, head.bytes.capacity <= 8192 {
      head.clear()
      self.head = head
    } else {
      self.head = RequestHead()
    }
  }

  /// Takes the next field.
  package mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    decodedByteCount += name.count + value.count + 32
    guard failure == nil else { return }
    do throws(HTTPInputError) {
      guard decodedByteCount <= limits.head else { throw tooLarge }
      if name.count > 0, name[0] == ASCII.colon {
        try addPseudoField(name, value)
      } else {
        sawField = true
        try addField(name, value)
      }
    } catch {
      failure = error
    }
  }

  /// The request, once all its fields are there.
  /// - Parameter endsStream: Whether no body follows.
  /// - Throws: What is wrong with it.
  package mutating func finish(endsStream: Bool) throws(HTTPInputError) -> RequestHead {
    if let failure { throw failure }
    guard pseudoFields.isSuperset(of: [.method, .scheme, .path]) else { throw malformed }
    guard pseudoFields.contains(.authority) || sawHost else {
      throw HTTPInputError(.invalidHeader, "Missing :authority or Host header")
    }
    let bytes = head.bytes
    head.methodKind = RequestMethod(bytes.span, head.method)
    if head.methodKind == .head { head.traits.insert(.head) }
    let isAsterisk = bytes[head.path.lowerBound] != ASCII.slash
    guard !isAsterisk || head.methodKind == .options else { throw malformed }
    head.traits.formUnion([.http11, .http2])
    if endsStream {
      guard head.contentLength <= 0 else { throw invalidLength }
    } else if head.contentLength < 0 {
      head.traits.insert(.chunked)
    }
    if !cookies.isEmpty {
      append("cookie", cookies.span)
      cookies = []
    }
    return head
  }

  private var tooLarge: HTTPInputError {
    HTTPInputError(.headersTooLarge, "Header fields are too large or too many")
  }

  private var malformed: HTTPInputError {
    HTTPInputError(.invalidStartLine, "Malformed HTTP/2 request: pseudo-header fields")
  }

  private var invalidLength: HTTPInputError {
    HTTPInputError(.invalidFraming, "Invalid Content-Length")
  }

  // MARK: - Pseudo-header fields

  private mutating func addPseudoField(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(HTTPInputError) {
    guard !sawField else { throw malformed }
    switch name.count {
    case 7 where equals(name, ":method"):
      try note(.method)
      guard isToken(value) else { throw malformed }
      try checkLine(value.count)
      head.method = append(value)
    case 7 where equals(name, ":scheme"):
      try note(.scheme)
      guard equals(value, "http") || equals(value, "https") else {
        throw HTTPInputError(.invalidStartLine, "Request target is of a scheme that is not served")
      }
    case 5 where equals(name, ":path"):
      try note(.path)
      try addPath(value)
    case 10 where equals(name, ":authority"):
      try note(.authority)
      try addHost(value)
    default: throw malformed
    }
  }

  private mutating func note(_ field: PseudoFields) throws(HTTPInputError) {
    guard pseudoFields.insert(field).inserted else { throw malformed }
  }

  /// The request line that HTTP/1 would have.
  private func checkLine(_ count: Int) throws(HTTPInputError) {
    guard head.method.count + head.target.count + count + 10 <= limits.requestLine else {
      throw HTTPInputError(.targetTooLong, "Request line is too long")
    }
  }

  private mutating func addPath(_ value: Span<UInt8>) throws(HTTPInputError) {
    try checkLine(value.count)
    guard value.count > 0, value[0] == ASCII.slash || equals(value, "*") else {
      throw HTTPInputError(.invalidStartLine, "Request target is no path")
    }
    var query = -1
    for at in value.indices {
      guard HTTPGrammar.isTargetCharacter(value[at]), value[at] != 0x23 else { throw malformed }
      if query < 0, value[at] == ASCII.questionMark { query = at }
    }
    let target = append(value)
    head.target = target
    let pathEnd = query < 0 ? target.upperBound : target.lowerBound + query
    head.path = target.lowerBound..<pathEnd
    head.query = query < 0 ? target.upperBound..<target.upperBound : pathEnd + 1..<target.upperBound
  }

  /// The authority, which becomes the Host field: applications look for it there.
  private mutating func addHost(_ value: Span<UInt8>) throws(HTTPInputError) {
    guard HTTPGrammar.isHost(value, value.indices) else {
      throw HTTPInputError(.invalidHeader, "Invalid Host header")
    }
    try countField(4, value.count)
    head.host = append("host", value)
  }

  // MARK: - Fields

  private mutating func addField(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(HTTPInputError) {
    guard isToken(name), isLowerCase(name) else {
      throw HTTPInputError(.invalidHeader, "Invalid header name")
    }
    guard isFieldValue(value) else { throw HTTPInputError(.invalidHeader, "Invalid header value") }
    guard !isConnectionSpecific(name, value) else {
      throw HTTPInputError(.invalidHeader, "A field of the connection's own in an HTTP/2 request")
    }
    switch name.count {
    case 4 where equals(name, "host"): return try addHostField(value)
    case 6 where equals(name, "cookie"): return try addCookie(value)
    case 6 where equals(name, "expect"):
      guard equals(value, "100-continue") else {
        throw HTTPInputError(.expectationFailed, "Expectation is not supported")
      }
      head.traits.insert(.expectContinue)
    case 14 where equals(name, "content-length"):
      guard !sawLength else { throw invalidLength }
      sawLength = true
      head.contentLength = try parseLength(value)
    default: break
    }
    try countField(name.count, value.count)
    append(name, value)
  }

  /// RFC 9113, section 8.3.1: both may be there if they say the same.
  private mutating func addHostField(_ value: Span<UInt8>) throws(HTTPInputError) {
    guard !sawHost else { throw HTTPInputError(.invalidHeader, "Invalid Host header") }
    sawHost = true
    guard pseudoFields.contains(.authority) else { return try addHost(value) }
    let host = head.bytes[head.host]
    guard host.count == value.count, value.indices.allSatisfy({ host[host.startIndex + $0] == value[$0] })
    else {
      throw HTTPInputError(.invalidHeader, "Host differs from :authority")
    }
  }

  /// Clients send a cookie header in pieces, which are joined again (RFC 9113, section 8.2.3).
  private mutating func addCookie(_ value: Span<UInt8>) throws(HTTPInputError) {
    guard cookies.count + value.count + 10 <= limits.fieldLine else { throw tooLarge }
    if cookies.isEmpty {
      try countField(6, value.count)
    } else {
      cookies.append(ASCII.semicolon)
      cookies.append(ASCII.space)
    }
    // SAFETY: copied before the closure returns.
    unsafe value.withUnsafeBufferPointer { unsafe cookies.append(contentsOf: $0) }
  }

  private mutating func countField(_ nameCount: Int, _ valueCount: Int) throws(HTTPInputError) {
    fieldCount += 1
    guard fieldCount <= limits.fieldCount, nameCount + valueCount + 2 <= limits.fieldLine,
      nameCount <= Int(UInt16.max)
    else { throw tooLarge }
  }

  /// RFC 9113, section 8.2.2.
  private func isConnectionSpecific(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
    switch name.count {
    case 2: equals(name, "te") && !equals(value, "trailers")
    case 7: equals(name, "upgrade")
    case 10: equals(name, "connection") || equals(name, "keep-alive")
    case 16: equals(name, "proxy-connection")
    case 17: equals(name, "transfer-encoding")
    default: false
    }
  }

  private func parseLength(_ value: Span<UInt8>) throws(HTTPInputError) -> Int {
    guard value.count > 0 else { throw invalidLength }
    var length = 0
    for at in value.indices {
      guard value[at].isASCIIDigit else { throw invalidLength }
      let (shifted, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carried) = shifted.addingReportingOverflow(Int(value[at] &- ASCII.zero))
      guard !overflow, !carried else { throw HTTPInputError(.bodyTooLarge, "Content-Length too long") }
      length = sum
    }
    return length
  }

  // MARK: - Bytes

  private func isToken(_ bytes: Span<UInt8>) -> Bool {
    bytes.count > 0 && bytes.indices.allSatisfy { HTTPGrammar.isTokenCharacter(bytes[$0]) }
  }

  private func isLowerCase(_ name: Span<UInt8>) -> Bool {
    name.indices.allSatisfy { name[$0] &- 0x41 >= 26 }
  }

  private func isFieldValue(_ value: Span<UInt8>) -> Bool {
    guard value.count > 0 else { return true }
    return !HTTPGrammar.isBlank(value[0]) && !HTTPGrammar.isBlank(value[value.count - 1])
      && HTTPGrammar.endOfFieldValue(value, from: 0) == value.count
  }

  /// Whether the bytes are `text`.
  private func equals(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      for at in bytes.indices where unsafe bytes[at] != wanted[at] { return false }
      return true
    }
  }

  /// Returns where the bytes stand.
  @discardableResult
  private func append(_ bytes: Span<UInt8>) -> Range<Int> {
    let start = head.bytes.count
    // SAFETY: copied before the closure returns.
    unsafe bytes.withUnsafeBufferPointer { unsafe head.bytes.append(contentsOf: $0) }
    return start..<head.bytes.count
  }

  /// Returns where the value stands.
  @discardableResult
  private func append(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Range<Int> {
    addLine(append(name), value)
  }

  @discardableResult
  private func append(_ name: StaticString, _ value: Span<UInt8>) -> Range<Int> {
    let start = head.bytes.count
    name.withUTF8Buffer { unsafe head.bytes.append(contentsOf: $0) }
    return addLine(start..<head.bytes.count, value)
  }

  /// Ends the line in the form that it has in HTTP/1.
  private func addLine(_ name: Range<Int>, _ value: Span<UInt8>) -> Range<Int> {
    head.bytes.append(ASCII.colon)
    head.bytes.append(ASCII.space)
    let place = append(value)
    head.bytes.append(ASCII.carriageReturn)
    head.bytes.append(ASCII.lineFeed)
    head.fields.append(
      HTTPField(
        nameStart: name.lowerBound, nameCount: name.count, valueStart: place.lowerBound,
        valueCount: place.count))
    return place
  }
}
