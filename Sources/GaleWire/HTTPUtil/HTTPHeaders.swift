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
/// The fields stay in the form in which they travel: one block of lines and a table of places in it. It is
/// copied out in one piece, and a value becomes a `String` only when somebody asks for it.
public struct HTTPHeaders: Sendable {
  /// `nil` while there has been no field.
  private var block: HeaderBlock?

  /// No fields.
  public init() {}

  /// Adds `pairs` in order.
  /// - Throws: ``HTTPInputError`` for a name or value that may not stand in a header.
  public init(_ pairs: [(String, String)]) throws(HTTPInputError) {
    for (name, value) in pairs { try add(name, value) }
  }

  /// A copy of the fields that stand somewhere in `bytes`, as the parser found them.
  package init(bytes: [UInt8], fields: [HTTPField]) {
    let block = HeaderBlock(byteCapacity: bytes.count, fieldCapacity: fields.count)
    unsafe bytes.withUnsafeBufferPointer { bytes in
      for field in fields where !field.isRemoved {
        unsafe block.append(
          UnsafeBufferPointer(rebasing: bytes[field.name]), UnsafeBufferPointer(rebasing: bytes[field.value]))
      }
    }
    self.block = block
  }

  /// The fields of `other`, with room for more.
  package init(copying other: HTTPHeaders, extraByteCount: Int, extraFieldCount: Int) {
    guard let source = other.block else { return }
    block = HeaderBlock(
      copying: source, byteCapacity: source.count + extraByteCount,
      fieldCapacity: source.fieldCount + extraFieldCount)
  }

  /// Becomes a copy of `other`, in the memory that it has.
  package mutating func copy(_ other: HTTPHeaders) {
    guard let source = other.block else { return removeAll() }
    if isKnownUniquelyReferenced(&block) {
      block?.copy(source)
    } else {
      block = HeaderBlock(copying: source)
    }
  }

  /// Makes sure that the block is there and nobody else's.
  @inline(__always)
  private mutating func makeOwned() {
    if !isKnownUniquelyReferenced(&block) { replaceBlock() }
  }

  @inline(never)
  private mutating func replaceBlock() {
    if let shared = block {
      block = HeaderBlock(copying: shared)
    } else {
      block = HeaderBlock(byteCapacity: 256, fieldCapacity: 8)
    }
  }

  // MARK: - Reading

  /// How many field lines there are.
  public var count: Int {
    guard let block else { return 0 }
    var live = 0
    for index in 0..<block.fieldCount where !block[index].isRemoved { live += 1 }
    return live
  }

  /// Whether there are none.
  public var isEmpty: Bool { count == 0 }

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
    guard let block else { return nil }
    var name = name
    return name.withUTF8 { unsafe block.index(of: $0) }.map { HTTPHeaders.text(block, block[$0].value) }
  }

  /// The values of all lines called `name`, in order: Tornado's `get_list`.
  public func values(_ name: String) -> [String] {
    var result: [String] = []
    forEachValue(of: name) { result.append($0) }
    return result
  }

  /// Whether there is a line called `name`.
  public func contains(_ name: String) -> Bool {
    guard let block else { return false }
    var name = name
    return name.withUTF8 { unsafe block.index(of: $0) } != nil
  }

  private func forEachValue(of name: String, _ body: (String) -> Void) {
    guard let block else { return }
    var name = name
    name.withUTF8 { wanted in
      var next = unsafe block.index(of: wanted)
      while let index = next {
        body(HTTPHeaders.text(block, block[index].value))
        next = unsafe block.index(of: wanted, from: index + 1)
      }
    }
  }

  /// Whether there is a line called `name`; for names that are known when the code is written.
  @inline(__always)
  package func has(_ name: StaticString) -> Bool {
    guard let block else { return false }
    return unsafe block.index(of: HTTPHeaders.bytes(of: name)) != nil
  }

  /// Lends the value of the only line called `name`; `nil` when there is none, or more than one.
  package func withSingleValue<R>(_ name: StaticString, _ body: (Span<UInt8>?) -> R) -> R? {
    guard let block, let index = unsafe block.index(of: HTTPHeaders.bytes(of: name)) else { return nil }
    if unsafe block.index(of: HTTPHeaders.bytes(of: name), from: index + 1) != nil { return body(nil) }
    return unsafe block.withBytes(block[index].value) { unsafe body(Span(_unsafeElements: $0)) }
  }

  @inline(__always)
  private static func bytes(of name: StaticString) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }

  private static func text(_ block: HeaderBlock, _ range: Range<Int>) -> String {
    unsafe block.withBytes(range) { unsafe decode(Array($0)[...]) }
  }

  /// UTF-8 where that is what the bytes are, ISO 8859-1 otherwise (RFC 9110, section 5.5).
  package static func decode(_ bytes: ArraySlice<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
  }

  // MARK: - Writing

  /// Adds a line, like Tornado's `HTTPHeaders.add`.
  ///
  /// The name is written in `Http-Header-Case`.
  /// - Throws: ``HTTPInputError`` when the name is no token (RFC 9110, section 5.6.2), or the value
  ///   holds a control character or begins or ends with white space.
  public mutating func add(_ name: String, _ value: String) throws(HTTPInputError) {
    try HTTPHeaders.check(name, value)
    appendChecked(name, value)
  }

  private static func check(_ name: String, _ value: String) throws(HTTPInputError) {
    var name = name
    guard name.withUTF8({ unsafe isToken($0) }) else {
      throw HTTPInputError(.invalidHeader, "Invalid header name \(name.debugDescription)")
    }
    try check(value, of: name)
  }

  private static func check(_ value: String, of name: String) throws(HTTPInputError) {
    var value = value
    guard value.withUTF8({ unsafe isFieldValue($0) }) else {
      throw HTTPInputError(.invalidHeader, "Invalid header value for \(name): \(value.debugDescription)")
    }
  }

  private static func isToken(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard !name.isEmpty, name.count <= Int(UInt16.max) else { return false }
    for index in name.indices where !HTTPGrammar.isTokenCharacter(unsafe name[index]) { return false }
    return true
  }

  private static func isFieldValue(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = unsafe value.first, let last = unsafe value.last else { return true }
    guard !HTTPGrammar.isBlank(first), !HTTPGrammar.isBlank(last) else { return false }
    // SAFETY: the string lends its bytes for the call.
    return HTTPGrammar.endOfFieldValue(unsafe Span(_unsafeElements: value), from: 0) == value.count
  }

  private mutating func appendChecked(_ name: String, _ value: String) {
    makeOwned()
    var name = name
    var value = value
    name.withUTF8 { name in
      value.withUTF8 { value in
        guard let block else { return }
        let start = block.count
        unsafe block.append(name, value)
        if unsafe !HTTPHeaders.isCanonical(name) { block.makeCanonical(start..<start + name.count) }
      }
    }
  }

  private static func isCanonical(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    var upper = true
    for index in name.indices {
      let byte = unsafe name[index]
      if upper ? byte &- 0x61 < 26 : byte &- 0x41 < 26 { return false }
      upper = byte == ASCII.hyphen
    }
    return true
  }

  /// Replaces all lines called `name` by one.
  /// - Throws: As ``add(_:_:)``.
  public mutating func set(_ name: String, _ value: String) throws(HTTPInputError) {
    var name = name
    guard let found = name.withUTF8({ unsafe block?.index(of: $0) }) else { return try add(name, value) }
    // A name that is there already needs no check.
    try HTTPHeaders.check(value, of: name)
    makeOwned()
    var value = value
    if let block, found == block.fieldCount - 1 {
      value.withUTF8 { unsafe block.replaceLastValue($0) }
    } else {
      remove(name)
      appendChecked(name, value)
    }
  }

  /// Removes all lines called `name`.
  public mutating func remove(_ name: String) {
    var name = name
    name.withUTF8 { unsafe remove($0) }
  }

  /// Removes all lines called `name`.
  package mutating func remove(_ name: StaticString) {
    unsafe remove(HTTPHeaders.bytes(of: name))
  }

  private mutating func remove(_ name: UnsafeBufferPointer<UInt8>) {
    guard let first = unsafe block?.index(of: name) else { return }
    makeOwned()
    var next: Int? = first
    while let index = next {
      block?.remove(at: index)
      next = unsafe block?.index(of: name, from: index)
    }
  }

  /// Removes all lines and keeps the room that they took.
  package mutating func removeAll() {
    if isKnownUniquelyReferenced(&block) { block?.removeAll() } else { block = nil }
  }

  /// Adds a line whose name and value are known to be right, in the case in which the name is given.
  package mutating func append(_ name: StaticString, _ value: StaticString) {
    makeOwned()
    unsafe block?.append(HTTPHeaders.bytes(of: name), HTTPHeaders.bytes(of: value))
  }

  /// Adds a line whose name and value are known to be right, in the case in which the name is given.
  package mutating func append(_ name: StaticString, text value: String) {
    makeOwned()
    var value = value
    value.withUTF8 { unsafe block?.append(HTTPHeaders.bytes(of: name), $0) }
  }

  /// Adds a line from bytes that were checked already.
  package mutating func append(canonicalName name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    makeOwned()
    unsafe block?.append(name.assumingMemoryBound(to: UInt8.self), value.assumingMemoryBound(to: UInt8.self))
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
    makeOwned()
    unsafe digits.span.extracting(at...).withUnsafeBufferPointer { value in
      unsafe block?.append(HTTPHeaders.bytes(of: name), value)
    }
  }

  package mutating func append<Name: Collection<UInt8>, Value: Collection<UInt8>>(
    uncheckedName name: Name, uncheckedValue value: Value
  ) {
    makeOwned()
    guard let block else { return }
    let start = block.count
    for byte in name { block.appendByte(byte) }
    let nameCount = block.count - start
    block.makeCanonical(start..<start + nameCount)
    block.appendSeparator()
    for byte in value { block.appendByte(byte) }
    block.finishLine(nameStart: start, nameCount: nameCount)
  }

  /// Lends the bytes of all lines, and the places of names and values in them, removed lines included.
  @inline(__always)
  package func withFields<R>(
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<HTTPField>) -> R
  ) -> R {
    guard let block else {
      return unsafe body(UnsafeBufferPointer(start: nil, count: 0), UnsafeBufferPointer(start: nil, count: 0))
    }
    return unsafe block.withFields(body)
  }

  /// Appends the field lines, each ended by CRLF, without the empty line.
  @inline(__always)
  package func write(to buffer: ByteBuffer) {
    block?.write(to: buffer)
  }
}

extension HTTPHeaders: Sequence {
  /// The lines in order, names in `Http-Header-Case`: Tornado's `get_all`.
  public func makeIterator() -> AnyIterator<(name: String, value: String)> {
    guard let block else { return AnyIterator { nil } }
    var next = 0
    return AnyIterator {
      while next < block.fieldCount {
        let field = block[next]
        next += 1
        if !field.isRemoved {
          return (HTTPHeaders.canonicalName(block, field), HTTPHeaders.text(block, field.value))
        }
      }
      return nil
    }
  }

  private static func canonicalName(_ block: HeaderBlock, _ field: HTTPField) -> String {
    var upper = true
    let name = unsafe block.withBytes(field.name) { name in
      unsafe name.map { byte in
        defer { upper = byte == ASCII.hyphen }
        let lower = byte.asciiLowercased
        return upper && lower &- 0x61 < 26 ? lower & 0xDF : lower
      }
    }
    return String(decoding: name, as: UTF8.self)
  }
}

extension HTTPHeaders: CustomStringConvertible, Equatable {
  /// The text that logs and messages show.
  public var description: String {
    map { "\($0.name): \($0.value)\n" }.joined()
  }

  /// Whether both are equal.
  public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
  }
}
