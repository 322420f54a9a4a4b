// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension ConfigReader {
  /// One text or several in a row, which are one; `nil` when there is none here.
  mutating func readTexts() throws(OptionError) -> String? {
    var result: [UInt8]?
    while let start = textStart() {
      at = start.quote
      result = try (result ?? []) + readText(isRaw: start.isRaw)
      skipBlanks()
    }
    return result.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Where the quotes of a text begin: here, or behind `r` or `u`.
  private func textStart() -> (quote: Int, isRaw: Bool)? {
    func isQuote(_ index: Int) -> Bool {
      index < bytes.count && (bytes[index] == ASCII.quote || bytes[index] == UInt8(ascii: "'"))
    }
    guard let byte = peek else { return nil }
    if isQuote(at) { return (at, false) }
    let prefix = byte.asciiLowercased
    guard prefix == UInt8(ascii: "r") || prefix == UInt8(ascii: "u"), isQuote(at + 1) else { return nil }
    return (at + 1, prefix == UInt8(ascii: "r"))
  }

  private mutating func readText(isRaw: Bool) throws(OptionError) -> [UInt8] {
    let quote = bytes[at]
    let isLong = at + 2 < bytes.count && bytes[at + 1] == quote && bytes[at + 2] == quote
    let end = [UInt8](repeating: quote, count: isLong ? 3 : 1)
    at += end.count
    var result: [UInt8] = []
    while true {
      guard let byte = peek, isLong || byte != ASCII.lineFeed else { throw error("the text has no end") }
      if byte == quote, bytes[at...].starts(with: end) {
        at += end.count
        return result
      }
      at += 1
      if byte == ASCII.backslash {
        try readEscape(isRaw: isRaw, into: &result)
      } else {
        result.append(byte)
      }
    }
  }

  private mutating func readEscape(isRaw: Bool, into result: inout [UInt8]) throws(OptionError) {
    guard let byte = peek else { throw error("the text has no end") }
    at += 1
    guard !isRaw else {
      result += [ASCII.backslash, byte]
      return
    }
    switch byte {
    case ASCII.lineFeed: break
    case ASCII.backslash, ASCII.quote, UInt8(ascii: "'"): result.append(byte)
    case UInt8(ascii: "a"): result.append(0x07)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(ASCII.lineFeed)
    case UInt8(ascii: "r"): result.append(ASCII.carriageReturn)
    case UInt8(ascii: "t"): result.append(ASCII.tab)
    case UInt8(ascii: "v"): result.append(0x0B)
    case UInt8(ascii: "x"): try readScalar(digits: 2, into: &result)
    case UInt8(ascii: "u"): try readScalar(digits: 4, into: &result)
    case UInt8(ascii: "U"): try readScalar(digits: 8, into: &result)
    case UInt8(ascii: "N"): throw error("names of characters are not read")
    case 0x30...0x37:
      at -= 1
      let digits = bytes[at...].prefix(3).prefix { (0x30...0x37).contains($0) }
      at += digits.count
      try append(digits.reduce(0) { $0 * 8 + UInt32($1 - ASCII.zero) }, to: &result)
    default: result += [ASCII.backslash, byte]  // As Python does.
    }
  }

  private mutating func readScalar(digits count: Int, into result: inout [UInt8]) throws(OptionError) {
    let digits = bytes[at...].prefix(count).compactMap(\.hexDigitValue)
    guard digits.count == count else { throw error("the escape is too short") }
    at += count
    try append(digits.reduce(0) { $0 << 4 | UInt32($1) }, to: &result)
  }

  private func append(_ value: UInt32, to result: inout [UInt8]) throws(OptionError) {
    guard let scalar = Unicode.Scalar(value) else { throw error("the escape is no character") }
    result += Array(String(scalar).utf8)
  }
}
