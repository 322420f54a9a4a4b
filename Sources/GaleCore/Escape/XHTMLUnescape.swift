// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Replaces HTML's character references by what they stand for: Tornado's `xhtml_unescape`.
///
/// Decimal and hexadecimal references follow HTML's error rules (0 and surrogates become U+FFFD, 0x80–0x9F
/// are read as Windows-1252, other control characters and noncharacters vanish). Names are those of HTML 4
/// (252), plus `apos` and the upper-case `AMP COPY GT LT QUOT REG`; the rest of HTML 5's 2,231 names stays
/// as it is, like every unknown name. Names below U+0100 also count without their semicolon, as in browsers.
///
/// - Complexity: O(*n*).
/// - Note: Source: WHATWG HTML, section 13.2.5.72 and following; Python's `html.unescape`.
public func xhtmlUnescape(_ text: String) -> String {
  let source = text.utf8.span
  guard source.firstIndex(of: ASCII.ampersand, in: 0..<source.count) != nil else { return text }
  var output: [UInt8] = []
  output.reserveCapacity(source.count)
  var index = 0
  while index < source.count {
    if source[index] == ASCII.ampersand, let next = appendReference(source, at: index, to: &output) {
      index = next
    } else {
      output.append(source[index])
      index &+= 1
    }
  }
  return String(decoding: output, as: UTF8.self)
}

/// Appends what the reference at `start` stands for.
///
/// - Returns: The offset behind it, or `nil` when there is no reference.
private func appendReference(_ source: Span<UInt8>, at start: Int, to output: inout [UInt8]) -> Int? {
  guard start &+ 1 < source.count else { return nil }
  return source[start &+ 1] == 0x23
    ? appendNumericReference(source, at: start &+ 2, to: &output)
    : appendNamedReference(source, at: start &+ 1, to: &output)
}

private func appendNumericReference(_ source: Span<UInt8>, at start: Int, to output: inout [UInt8]) -> Int? {
  let isHexadecimal = start < source.count && source[start].asciiLowercased == 0x78
  var index = isHexadecimal ? start &+ 1 : start
  let firstDigit = index
  var number: UInt32 = 0
  while index < source.count, let digit = source[index].hexDigitValue, isHexadecimal || digit < 10 {
    // Beyond Unicode it stays beyond Unicode, however many digits follow.
    if number <= 0x10FFFF { number = number &* (isHexadecimal ? 16 : 10) &+ UInt32(digit) }
    index &+= 1
  }
  guard index > firstDigit else { return nil }
  if let scalar = referencedScalar(number) { output.append(utf8Of: scalar) }
  return index < source.count && source[index] == ASCII.semicolon ? index &+ 1 : index
}

/// The longest name at `start`: with its semicolon any, without it only one below U+0100.
private func appendNamedReference(_ source: Span<UInt8>, at start: Int, to output: inout [UInt8]) -> Int? {
  let alphanumerics = ByteSet.alphanumerics
  var end = start
  let limit = min(source.count, start &+ HTMLEntities.longestName)
  while end < limit, alphanumerics.contains(source[end]) { end &+= 1 }
  if end < source.count, source[end] == ASCII.semicolon,
    let scalar = HTMLEntities.scalar(named: source.text(in: start..<end))
  {
    output.append(utf8Of: scalar)
    return end &+ 1
  }
  end = min(end, start &+ HTMLEntities.longestLegacyName)
  while end > start &+ 1 {
    let name = source.text(in: start..<end)
    if let scalar = HTMLEntities.scalar(named: name), scalar.value < 0x100, name != "apos" {
      output.append(utf8Of: scalar)
      return end
    }
    end &-= 1
  }
  return nil
}

/// What a numeric reference stands for by HTML's rules, or `nil` for nothing at all.
private func referencedScalar(_ number: UInt32) -> Unicode.Scalar? {
  switch number {
  case 0: return "\u{FFFD}"
  case 0x0D: return "\r"
  case 0x80...0x9F: return windows1252[Int(number &- 0x80)]
  case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF: return nil
  case _ where number <= 0x10FFFF && number & 0xFFFE == 0xFFFE: return nil
  default: return Unicode.Scalar(number) ?? "\u{FFFD}"
  }
}

/// What Windows-1252 has at 0x80–0x9F; its five gaps are the control characters themselves.
private let windows1252: [Unicode.Scalar] = [
  "\u{20AC}", "\u{81}", "\u{201A}", "\u{0192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}",
  "\u{02C6}", "\u{2030}", "\u{0160}", "\u{2039}", "\u{0152}", "\u{8D}", "\u{017D}", "\u{8F}",
  "\u{90}", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}",
  "\u{02DC}", "\u{2122}", "\u{0161}", "\u{203A}", "\u{0153}", "\u{9D}", "\u{017E}", "\u{0178}",
]
