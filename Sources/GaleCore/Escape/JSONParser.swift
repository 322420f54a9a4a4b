// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A recursive descent over RFC 8259's grammar.
struct JSONParser {
  let bytes: [UInt8]
  var index = 0
  private var depthLeft: Int

  init(bytes: [UInt8], depthLimit: Int) {
    self.bytes = bytes
    depthLeft = depthLimit
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  mutating func parseDocument() throws(JSONError) -> JSONValue {
    skipSpace()
    let value = try parseValue()
    skipSpace()
    guard index == bytes.count else { throw error(.trailingData) }
    return value
  }

  func error(_ code: JSONError.Code) -> JSONError { JSONError(code: code, byteOffset: index) }

  /// The byte to read next, or `nil` at the end.
  var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// The mistake that the byte to read next, or the end, is.
  var unexpected: JSONError { error(index < bytes.count ? .unexpectedByte : .unexpectedEnd) }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index &+= 1 }
  }

  private mutating func parseValue() throws(JSONError) -> JSONValue {
    switch next {
    case ASCII.quote: return .string(try parseString())
    case 0x7B: return try parseObject()
    case 0x5B: return try parseArray()
    case 0x74: return try parseWord("true", .bool(true))
    case 0x66: return try parseWord("false", .bool(false))
    case 0x6E: return try parseWord("null", .null)
    case .some(ASCII.hyphen), .some(0x30...0x39): return try parseNumber()
    default: throw unexpected
    }
  }

  private mutating func parseWord(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for byte in word.utf8 {
      guard next == byte else { throw unexpected }
      index &+= 1
    }
    return value
  }

  private mutating func enter() throws(JSONError) {
    guard depthLeft > 0 else { throw error(.tooDeep) }
    depthLeft &-= 1
    index &+= 1
    skipSpace()
  }

  /// Takes the `,` between two things, or the closing bracket.
  ///
  /// - Returns: Whether the array or object goes on.
  private mutating func parseSeparator(closing: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    guard let byte = next, byte == ASCII.comma || byte == closing else { throw unexpected }
    index &+= 1
    if byte == ASCII.comma {
      skipSpace()
      return true
    }
    depthLeft &+= 1
    return false
  }

  private mutating func parseArray() throws(JSONError) -> JSONValue {
    try enter()
    var elements: [JSONValue] = []
    if next == 0x5D {
      index &+= 1
      depthLeft &+= 1
      return .array(elements)
    }
    repeat {
      elements.append(try parseValue())
    } while try parseSeparator(closing: 0x5D)
    return .array(elements)
  }

  private mutating func parseObject() throws(JSONError) -> JSONValue {
    try enter()
    var members: [JSONMember] = []
    if next == 0x7D {
      index &+= 1
      depthLeft &+= 1
      return .object(members)
    }
    repeat {
      members.append(try parseMember())
    } while try parseSeparator(closing: 0x7D)
    return .object(members)
  }

  private mutating func parseMember() throws(JSONError) -> JSONMember {
    guard next == ASCII.quote else { throw unexpected }
    let key = try parseString()
    skipSpace()
    guard next == ASCII.colon else { throw unexpected }
    index &+= 1
    skipSpace()
    return JSONMember(key, try parseValue())
  }
}

// MARK: - Numbers

extension JSONParser {
  private mutating func parseNumber() throws(JSONError) -> JSONValue {
    let start = index
    var isInteger = true
    if next == ASCII.hyphen { index &+= 1 }
    if next == ASCII.zero { index &+= 1 } else { try skipDigits() }
    if next == 0x2E {
      isInteger = false
      index &+= 1
      try skipDigits()
    }
    if next == 0x65 || next == 0x45 {
      isInteger = false
      index &+= 1
      if next == ASCII.plus || next == ASCII.hyphen { index &+= 1 }
      try skipDigits()
    }
    return try number(in: start..<index, isInteger: isInteger)
  }

  private mutating func skipDigits() throws(JSONError) {
    guard let first = next, first.isASCIIDigit else { throw unexpected }
    while let byte = next, byte.isASCIIDigit { index &+= 1 }
  }

  private func number(in range: Range<Int>, isInteger: Bool) throws(JSONError) -> JSONValue {
    let outOfRange = JSONError(code: .numberOutOfRange, byteOffset: range.lowerBound)
    guard range.count <= 4096 else { throw outOfRange }
    let text = String(decoding: bytes[range], as: UTF8.self)
    if isInteger, let value = Int(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else { throw outOfRange }
    return .double(value)
  }
}
