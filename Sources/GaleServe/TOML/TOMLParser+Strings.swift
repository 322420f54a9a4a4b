// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension TOMLParser {
  /// A text in single or double quotes, once or three times.
  mutating func string() throws(TOMLError) -> String {
    let isLiteral = peek == UInt8(ascii: "'")
    let isLong = isNext("\"\"\"") || isNext("'''")
    at += isLong ? 3 : 1
    if isLong { skipLineEnd() }
    var result: [UInt8] = []
    let quote = isLiteral ? UInt8(ascii: "'") : UInt8(ascii: "\"")
    while let byte = peek {
      if byte == quote, try endString(quote, isLong, &result) {
        return String(decoding: result, as: UTF8.self)
      }
      guard at < bytes.count, byte != quote else { continue }
      if byte == UInt8(ascii: "\\"), !isLiteral {
        at += 1
        try escape(isLong, &result)
      } else if byte == 0x0A || isNext("\r\n") {
        guard isLong else { throw error("a text in quotes ends on its line") }
        skipLineEnd()
        result.append(0x0A)
      } else {
        guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
          throw error("a text has a control character")
        }
        result.append(byte)
        at += 1
      }
    }
    throw error("a text does not end")
  }

  /// Takes a quote, or several: they end the text, or belong to it.
  private mutating func endString(_ quote: UInt8, _ isLong: Bool, _ result: inout [UInt8]) throws(TOMLError)
    -> Bool
  {
    guard isLong else {
      at += 1
      return true
    }
    var count = 0
    while peek == quote {
      count += 1
      at += 1
    }
    guard count <= 5 else { throw error("too many quotes") }
    // Up to two may stand right before the end.
    result += [UInt8](repeating: quote, count: count >= 3 ? count - 3 : count)
    return count >= 3
  }

  private mutating func skipLineEnd() {
    if isNext("\r\n") { at += 1 }
    guard peek == 0x0A else { return }
    at += 1
    line += 1
  }

  private mutating func escape(_ isLong: Bool, _ result: inout [UInt8]) throws(TOMLError) {
    guard let byte = peek else { throw error("a text does not end") }
    at += 1
    switch byte {
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): result.append(byte)
    case UInt8(ascii: "u"): try unicode(4, &result)
    case UInt8(ascii: "U"): try unicode(8, &result)
    default:
      at -= 1
      guard isLong, try skipToText() else {
        throw error("there is no escape like this one: \\ stands for itself as \\\\")
      }
    }
  }

  /// Skips the end of a line and the blanks that follow, behind a backslash.
  private mutating func skipToText() throws(TOMLError) -> Bool {
    skipSpaces()
    guard peek == 0x0A || isNext("\r\n") else { return false }
    while true {
      skipSpaces()
      guard peek == 0x0A || isNext("\r\n") else { return true }
      skipLineEnd()
    }
  }

  private mutating func unicode(_ count: Int, _ result: inout [UInt8]) throws(TOMLError) {
    let digits = bytes[at..<min(bytes.count, at + count)]
    guard digits.count == count, digits.allSatisfy({ $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 6 }),
      let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(number)
    else { throw error("there is no such character") }
    at += count
    result += Array(String(Character(scalar)).utf8)
  }
}
