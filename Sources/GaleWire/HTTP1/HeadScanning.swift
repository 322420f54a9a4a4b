// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What the readers of both kinds of heads ask of the bytes.
extension HTTPGrammar {
  /// Calls `body` for each option of a list (RFC 9110, section 5.6.1), without the blanks around it.
  @inline(__always)
  static func forEachOption(_ input: Span<UInt8>, _ value: Range<Int>, _ body: (Range<Int>) -> Void) {
    var start = value.lowerBound
    while start < value.upperBound {
      var end = start
      while end < value.upperBound, input[end] != ASCII.comma { end += 1 }
      body(input.trimmed(start..<end))
      start = end + 1
    }
  }

  /// Whether the bytes are `text`, whatever the case of letters.
  ///
  /// `text` is ASCII.
  static func equals(_ input: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    range.count == text.utf8CodeUnitCount && hasPrefix(input, range, text)
  }

  /// Whether the bytes are `text`.
  static func isExactly(_ input: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      wanted.indices.allSatisfy { unsafe input[range.lowerBound + $0] == wanted[$0] }
    }
  }

  /// Whether the bytes begin with `text`, whatever the case of letters.
  static func hasPrefix(_ input: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count >= text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      if unsafe input[range.lowerBound] | 0x20 != wanted[0] | 0x20 { return false }
      for index in 1..<wanted.count
      where unsafe input[range.lowerBound + index].asciiLowercased != wanted[index].asciiLowercased {
        return false
      }
      return true
    }
  }

  /// The first byte from `start` on that may not stand in a field value: its CR, when all is well.
  ///
  /// Eight bytes at a time: values are where most bytes of a head are. The subtraction borrows out of
  /// every byte that is under 0x20, and out of some above one; so only the lowest hit counts.
  @inlinable
  package static func endOfFieldValue(_ input: Span<UInt8>, from start: Int) -> Int {
    var at = start
    let high: UInt64 = 0x8080_8080_8080_8080
    while at + 8 <= input.count {
      // SAFETY: the 8 bytes lie within the span, as was just checked.
      let word = unsafe UInt64(
        littleEndian: input.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
      let deleted = word ^ 0x7F7F_7F7F_7F7F_7F7F
      let hits =
        (((word &- 0x2020_2020_2020_2020) & ~word) | ((deleted &- 0x0101_0101_0101_0101) & ~deleted)) & high
      guard hits != 0 else {
        at += 8
        continue
      }
      at += hits.trailingZeroBitCount / 8
      guard input[at] == 0x09 else { return at }
      at += 1
    }
    while at < input.count, isFieldCharacter(input[at]) { at += 1 }
    return at
  }

  /// uri-host [ ":" port ] (RFC 9110, section 7.2; RFC 3986, section 3.2.2), the host not empty.
  package static func isHost(_ input: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var at = range.lowerBound
    let end = range.upperBound
    guard at < end else { return false }
    if input[at] == 0x5B {  // [
      at += 1
      let start = at
      while at < end, input[at] != 0x5D { at += 1 }
      guard at < end, isIPLiteral(input, start..<at) else { return false }
      at += 1
    } else {
      while at < end, isRegisteredNameCharacter(input[at]) { at += 1 }
      guard at > range.lowerBound else { return false }
    }
    if at == end { return true }
    guard input[at] == ASCII.colon else { return false }
    var port = 0
    for index in at + 1..<end {
      guard input[index].isASCIIDigit else { return false }
      port = port * 10 + Int(input[index] &- ASCII.zero)
      guard port <= 65535 else { return false }
    }
    return true
  }

  /// unreserved, "%", sub-delims without the comma: what stands in a registered name.
  private static func isRegisteredNameCharacter(_ byte: UInt8) -> Bool {
    // Bit n of the two words stands for byte n and byte 64 + n: letters, digits, -._~ and %!$&'()*+;=
    let low: UInt64 = 0x2BFF_6FF2_0000_0000
    let high: UInt64 = 0x47FF_FFFE_87FF_FFFE
    return byte < 64 ? low & (1 << UInt64(byte)) != 0 : byte < 128 && high & (1 << UInt64(byte & 63)) != 0
  }

  /// IPv6address or IPvFuture between brackets, by its characters and colons.
  private static func isIPLiteral(_ input: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count >= 2 else { return false }
    if input[range.lowerBound] | 0x20 == 0x76 {  // v
      return range.dropFirst().allSatisfy { isRegisteredNameCharacter(input[$0]) || input[$0] == ASCII.colon }
    }
    var colons = 0
    for at in range {
      if input[at] == ASCII.colon {
        colons += 1
      } else if input[at].hexDigitValue == nil, input[at] != 0x2E {
        return false
      }
    }
    return (2...8).contains(colons)
  }
}
