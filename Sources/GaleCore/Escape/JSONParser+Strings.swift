// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension JSONParser {
  /// Takes a string with its quotes.
  mutating func parseString() throws(JSONError) -> String {
    index &+= 1
    let start = index
    try skipPlainCharacters()
    guard next != ASCII.quote else {
      let text = try decode(bytes[start..<index], at: start)
      index &+= 1
      return text
    }
    return try parseEscapedString(from: start)
  }

  /// Goes to the next quote or backslash.
  private mutating func skipPlainCharacters() throws(JSONError) {
    while let byte = next {
      if byte == ASCII.quote || byte == ASCII.backslash { return }
      guard byte >= 0x20 else { throw error(.controlCharacter) }
      index &+= 1
    }
    throw error(.unexpectedEnd)
  }

  /// Takes the rest of a string that has a backslash; `start` is its first character.
  private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
    var output = Array(bytes[start..<index])
    while next != ASCII.quote {
      try parseEscape(into: &output)
      let plain = index
      try skipPlainCharacters()
      output.append(contentsOf: bytes[plain..<index])
    }
    let text = try decode(output[...], at: start)
    index &+= 1
    return text
  }

  /// - Parameter start: Where the string begins, for the error: escapes make offsets behind them differ.
  private func decode(_ utf8: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let text = String(validatingUTF8: utf8.span) else {
      throw JSONError(code: .invalidUTF8, byteOffset: start)
    }
    return text
  }

  /// Takes a backslash and what belongs to it.
  private mutating func parseEscape(into output: inout [UInt8]) throws(JSONError) {
    index &+= 1
    guard let letter = next else { throw error(.unexpectedEnd) }
    switch letter {
    case ASCII.quote, ASCII.backslash, ASCII.slash: output.append(letter)
    case 0x62: output.append(0x08)
    case 0x66: output.append(0x0C)
    case 0x6E: output.append(0x0A)
    case 0x72: output.append(0x0D)
    case 0x74: output.append(0x09)
    case 0x75: return output.append(utf8Of: try parseUnicodeEscape())
    default: throw error(.invalidEscape)
    }
    index &+= 1
  }

  /// Takes `uXXXX`, or `uXXXX\uXXXX` for a surrogate pair (RFC 8259, section 7).
  private mutating func parseUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let start = index
    let first = try parseCodeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, next == ASCII.backslash {
      index &+= 1
      let second = next == 0x75 ? try parseCodeUnit() : 0
      if (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 &+ ((first & 0x3FF) &<< 10 | second & 0x3FF))
      {
        return scalar
      }
    }
    throw JSONError(code: .invalidEscape, byteOffset: start)
  }

  /// Takes `uXXXX`.
  private mutating func parseCodeUnit() throws(JSONError) -> UInt32 {
    index &+= 1
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next else { throw error(.unexpectedEnd) }
      guard let digit = byte.hexDigitValue else { throw error(.invalidEscape) }
      unit = unit &<< 4 | UInt32(digit)
      index &+= 1
    }
    return unit
  }
}
