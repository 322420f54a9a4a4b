// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// Where one field line stands in a block of bytes.
package struct HTTPField: Hashable, Sendable {
  package var nameStart: UInt32
  package var valueStart: UInt32
  package var valueCount: UInt32
  package var nameCount: UInt16
  /// Whether the line is followed directly by the next live one, with CRLF between them.
  package var isRemoved = false

  package init(nameStart: Int, nameCount: Int, valueStart: Int, valueCount: Int) {
    self.nameStart = UInt32(truncatingIfNeeded: nameStart)
    self.nameCount = UInt16(truncatingIfNeeded: nameCount)
    self.valueStart = UInt32(truncatingIfNeeded: valueStart)
    self.valueCount = UInt32(truncatingIfNeeded: valueCount)
  }

  package var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
  package var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
}

/// An ordered, case-insensitive multimap of header fields, like Tornado's `HTTPHeaders`.
///
/// The fields stay in the form in which they travel: one block of bytes and a table of places in it.
/// A received block is taken as it is, a block to be sent is copied out in one piece, and a value
/// becomes a `String` only when somebody asks for it.
public struct HTTPHeaders: Sendable {
  package private(set) var bytes: [UInt8]
  package private(set) var fields: [HTTPField]
  /// Whether `bytes` is exactly the field lines in order, each ended by CRLF, and none was removed.
  private var isContiguous: Bool
  /// Whether `bytes` is exactly the field lines in order, removed ones among them.
  private let hasLineForm: Bool

  /// No fields.
  public init() {
    bytes = []
    fields = []
    isContiguous = true
    hasLineForm = true
  }

  /// Adds `pairs` in order.
  /// - Throws: ``HTTPInputError`` for a name or value that may not stand in a header.
  public init(_ pairs: [(String, String)]) throws(HTTPInputError) {
    self.init()
    for (name, value) in pairs { try add(name, value) }
  }

  /// Fields that stand somewhere in `bytes`, as the parser found them.
  package init(bytes: [UInt8], fields: [HTTPField]) {
    self.bytes = bytes
    self.fields = fields
    isContiguous = false
    hasLineForm = false
  }

  /// The fields of `other`, with room for more.
  package init(copying other: HTTPHeaders, extraByteCount: Int, extraFieldCount: Int) {
    self.init()
    reserve(byteCount: other.bytes.count + extraByteCount, fieldCount: other.fields.count + extraFieldCount)
    bytes.append(contentsOf: other.bytes)
    fields.append(contentsOf: other.fields)
    isContiguous = other.isContiguous
  }

  /// Becomes a copy of `other`, in the memory that it has.
  package mutating func copy(_ other: HTTPHeaders) {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: other.bytes)
    fields.append(contentsOf: other.fields)
    isContiguous = other.isContiguous
  }

  package mutating func reserve(byteCount: Int, fieldCount: Int) {
    bytes.reserveCapacity(byteCount)
    fields.reserveCapacity(fieldCount)
  }

  // MARK: - Reading

  /// How many field lines there are.
  public var count: Int { fields.count { !$0.isRemoved } }

  /// Whether there are none.
  public var isEmpty: Bool { !fields.contains { !$0.isRemoved } }

  /// All values of `name`, joined by commas as RFC 9110, section 5.2, allows; `nil` when it is absent.
  public subscript(name: String) -> String? {
    var result: String?
    forEachValue(of: name) { value in
      if let before = result { result = before + "," + value } else { result = value }
    }
    return result
  }

  /// The value of the first line called `name`.
  public func first(_ name: String) -> String? {
    index(of: name).map { string(fields[$0].value) }
  }

  /// The values of all lines called `name`, in order: Tornado's `get_list`.
  public func values(_ name: String) -> [String] {
    var result: [String] = []
    forEachValue(of: name) { result.append($0) }
    return result
  }

  /// Whether there is a line called `name`.
  public func contains(_ name: String) -> Bool { index(of: name) != nil }

  private func forEachValue(of name: String, _ body: (String) -> Void) {
    for field in fields where matches(field, name) { body(string(field.value)) }
  }

  /// Whether there is a line called `name`; for names that are known when the code is written.
  package func has(_ name: StaticString) -> Bool { index(of: name) != nil }

  package func index(of name: StaticString) -> Int? {
    for at in fields.indices where fields[at].matches(name, in: bytes) { return at }
    return nil
  }

  /// Removes all lines called `name`.
  package mutating func remove(_ name: StaticString) {
    for at in fields.indices where fields[at].matches(name, in: bytes) {
      fields[at].isRemoved = true
      isContiguous = false
    }
  }

  package func index(of name: String) -> Int? {
    fields.firstIndex { matches($0, name) }
  }

  private func matches(_ field: HTTPField, _ name: String) -> Bool {
    var name = name
    return name.withUTF8 { unsafe isCalled($0, field) }
  }

  package func string(_ range: Range<Int>) -> String {
    HTTPHeaders.decode(bytes[range])
  }

  /// UTF-8 where that is what the bytes are, ISO 8859-1 otherwise (RFC 9110, section 5.5).
  package static func decode(_ bytes: ArraySlice<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
  }

  // MARK: - Writing

  /// Adds a line, like Tornado's `HTTPHeaders.add`. The name is written in `Http-Header-Case`.
  /// - Throws: ``HTTPInputError`` when the name is no token (RFC 9110, section 5.6.2), or the value
  ///   holds a control character or begins or ends with white space.
  public mutating func add(_ name: String, _ value: String) throws(HTTPInputError) {
    let start = bytes.count
    var name = name
    var value = value
    let isGoodName = name.withUTF8 { unsafe appendName($0) }
    bytes.append(contentsOf: HTTPHeaders.separator)
    let isGoodValue = value.withUTF8 { unsafe appendValue($0) }
    guard isGoodName, isGoodValue else {
      bytes.removeSubrange(start...)
      throw isGoodName
        ? HTTPInputError(.invalidHeader, "Invalid header value for \(name): \(value.debugDescription)")
        : HTTPInputError(.invalidHeader, "Invalid header name \(name.debugDescription)")
    }
    finishLine(nameStart: start, nameCount: name.utf8.count, valueCount: value.utf8.count)
  }

  private static let separator: [UInt8] = [ASCII.colon, ASCII.space]

  /// Appends a name in its canonical case; `false` when it is no token.
  private mutating func appendName(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard !name.isEmpty, name.count <= Int(UInt16.max) else { return false }
    var upper = true
    var isCanonical = true
    for index in 0..<name.count {
      let byte = unsafe name[index]
      guard HTTPGrammar.isTokenCharacter(byte) else { return false }
      if upper ? byte &- 0x61 < 26 : byte &- 0x41 < 26 { isCanonical = false }
      upper = byte == ASCII.hyphen
    }
    let start = bytes.count
    unsafe bytes.append(contentsOf: name)
    if !isCanonical { makeCanonical(from: start) }
    return true
  }

  /// Puts the name that begins at `start` and ends with the block into `Http-Header-Case`.
  private mutating func makeCanonical(from start: Int) {
    var upper = true
    for at in start..<bytes.count {
      let lower = bytes[at].asciiLowercased
      bytes[at] = upper && lower &- 0x61 < 26 ? lower & 0xDF : lower
      upper = lower == ASCII.hyphen
    }
  }

  /// Appends a value; `false` when it may not stand in a header.
  private mutating func appendValue(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = unsafe value.first, let last = unsafe value.last else { return true }
    guard !HTTPGrammar.isBlank(first), !HTTPGrammar.isBlank(last) else { return false }
    // SAFETY: the string lends its bytes for the call.
    let span = unsafe Span(_unsafeElements: value)
    guard HTTPGrammar.endOfFieldValue(span, from: 0) == value.count else { return false }
    unsafe bytes.append(contentsOf: value)
    return true
  }

  /// Replaces all lines called `name` by one.
  /// - Throws: As ``add(_:_:)``.
  public mutating func set(_ name: String, _ value: String) throws(HTTPInputError) {
    let before = fields.count
    try add(name, value)
    remove(name, before: before)
  }

  /// Removes all lines called `name`.
  public mutating func remove(_ name: String) {
    remove(name, before: fields.count)
  }

  private mutating func remove(_ name: String, before end: Int) {
    var name = name
    name.withUTF8 { wanted in
      for at in 0..<end where unsafe isCalled(wanted, fields[at]) {
        fields[at].isRemoved = true
        isContiguous = false
      }
    }
  }

  /// Whether the name of `field` is `wanted`, whatever the case of letters.
  @inline(__always)
  private func isCalled(_ wanted: UnsafeBufferPointer<UInt8>, _ field: HTTPField) -> Bool {
    guard Int(field.nameCount) == wanted.count, !field.isRemoved else { return false }
    for index in 0..<wanted.count
    where unsafe bytes[Int(field.nameStart) &+ index].asciiLowercased != wanted[index].asciiLowercased { return false }
    return true
  }

  /// Removes all lines and keeps the room that they took.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    isContiguous = true
  }

  /// Adds a line whose name and value are known to be right, in the case in which the name is given.
  package mutating func append(_ name: StaticString, _ value: StaticString) {
    name.withUTF8Buffer { name in
      value.withUTF8Buffer { value in
        unsafe append(canonicalName: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
      }
    }
  }

  /// Adds a line from bytes that were checked already.
  package mutating func append(canonicalName name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let start = bytes.count
    unsafe bytes.append(contentsOf: name)
    bytes.append(ASCII.colon)
    bytes.append(ASCII.space)
    unsafe bytes.append(contentsOf: value)
    finishLine(nameStart: start, nameCount: name.count, valueCount: value.count)
  }

  /// Adds a line called `name` whose value is a number.
  package mutating func append(_ name: StaticString, decimal number: Int) {
    var digits: [20 of UInt8] = .init(repeating: 0)
    var at = 20
    var rest = number.magnitude
    repeat {
      at -= 1
      digits[at] = UInt8(truncatingIfNeeded: rest % 10) &+ ASCII.zero
      rest /= 10
    } while rest > 0
    let start = bytes.count
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(ASCII.colon)
    bytes.append(ASCII.space)
    for index in at..<20 { bytes.append(digits[index]) }
    finishLine(nameStart: start, nameCount: name.utf8CodeUnitCount, valueCount: 20 - at)
  }

  package mutating func append<Name: Collection<UInt8>, Value: Collection<UInt8>>(
    uncheckedName name: Name, uncheckedValue value: Value
  ) {
    let start = bytes.count
    var upper = true
    for byte in name {
      let lower = byte.asciiLowercased
      bytes.append(upper && lower &- 0x61 < 26 ? lower & 0xDF : lower)
      upper = byte == ASCII.hyphen
    }
    bytes.append(ASCII.colon)
    bytes.append(ASCII.space)
    bytes.append(contentsOf: value)
    let nameCount = name.count
    finishLine(nameStart: start, nameCount: nameCount, valueCount: bytes.count - start - nameCount - 2)
  }

  private mutating func finishLine(nameStart: Int, nameCount: Int, valueCount: Int) {
    bytes.append(ASCII.carriageReturn)
    bytes.append(ASCII.lineFeed)
    fields.append(
      HTTPField(
        nameStart: nameStart, nameCount: nameCount, valueStart: nameStart + nameCount + 2,
        valueCount: valueCount))
  }

  /// Appends the field lines, each ended by CRLF, without the empty line.
  package func write(to buffer: ByteBuffer) {
    if isContiguous {
      buffer.append(bytes)
      return
    }
    guard !hasLineForm else { return writeRuns(to: buffer) }
    for field in fields where !field.isRemoved {
      buffer.append(bytes[field.name])
      buffer.append(": " as StaticString)
      buffer.append(bytes[field.value])
      buffer.append("\r\n" as StaticString)
    }
  }

  /// Writes what lies between removed lines, each time in one piece.
  private func writeRuns(to buffer: ByteBuffer) {
    var start = 0
    for field in fields where field.isRemoved {
      buffer.append(bytes[start..<Int(field.nameStart)])
      start = field.value.upperBound + 2
    }
    buffer.append(bytes[start...])
  }
}

extension HTTPHeaders: Sequence {
  /// The lines in order, names in `Http-Header-Case`: Tornado's `get_all`.
  public func makeIterator() -> AnyIterator<(name: String, value: String)> {
    var rest = fields.makeIterator()
    return AnyIterator { [self] in
      while let field = rest.next() {
        if !field.isRemoved { return (canonicalName(field), string(field.value)) }
      }
      return nil
    }
  }

  private func canonicalName(_ field: HTTPField) -> String {
    var upper = true
    let name = bytes[field.name].map { byte in
      defer { upper = byte == ASCII.hyphen }
      let lower = byte.asciiLowercased
      return upper && lower &- 0x61 < 26 ? lower & 0xDF : lower
    }
    return String(decoding: name, as: UTF8.self)
  }
}

extension HTTPHeaders: CustomStringConvertible, Equatable {
  public var description: String {
    map { "\($0.name): \($0.value)\n" }.joined()
  }

  public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
  }
}
