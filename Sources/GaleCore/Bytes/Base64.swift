// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Base64 (RFC 4648), in its standard form and in the one for URLs and file names.
package enum Base64 {
  /// Which characters stand for 62 and 63, and whether the end is filled up.
  package enum Form: Sendable, Hashable {
    /// `+` and `/`, filled up with `=`.
    case standard
    /// `-` and `_`, not filled up.
    case url
  }

  /// The text of `bytes`.
  /// - Complexity: O(*n*).
  package static func encode(_ bytes: Span<UInt8>, _ form: Form = .standard) -> [UInt8] {
    let digits = form == .standard ? standardDigits : urlDigits
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let count = min(3, bytes.count &- index)
      var group: UInt32 = 0
      for offset in 0..<3 {
        group = group &<< 8 | (offset < count ? UInt32(bytes[index &+ offset]) : 0)
      }
      for position in 0..<4 {
        if position <= count {
          result.append(digits[Int(group &>> UInt32(18 &- 6 &* position) & 63)])
        } else if form == .standard {
          result.append(ASCII.equals)
        }
      }
      index &+= 3
    }
    return result
  }

  /// The bytes that `text` stands for.
  ///
  /// Nothing but the form's own characters is taken: no white space, no filling where none belongs.
  /// - Returns: `nil` for what is not in this form.
  /// - Complexity: O(*n*).
  package static func decode(_ text: Span<UInt8>, _ form: Form = .standard) -> [UInt8]? {
    var end = text.count
    if form == .standard {
      guard end.isMultiple(of: 4) else { return nil }
      if end > 0, text[end &- 1] == ASCII.equals { end &-= 1 }
      if end > 0, end < text.count, text[end &- 1] == ASCII.equals { end &-= 1 }
    }
    guard end % 4 != 1 else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(end / 4 * 3 + 2)
    var group: UInt32 = 0
    for index in 0..<end {
      guard let value = value(of: text[index], form) else { return nil }
      group = group &<< 6 | value
      guard index % 4 == 3 else { continue }
      for shift in [16, 8, 0] as [UInt32] { result.append(UInt8(truncatingIfNeeded: group &>> shift)) }
      group = 0
    }
    // Bits that stand for nothing must be zero, or one value would have several texts.
    switch end % 4 {
    case 2:
      guard group & 0xF == 0 else { return nil }
      result.append(UInt8(truncatingIfNeeded: group &>> 4))
    case 3:
      guard group & 0x3 == 0 else { return nil }
      result.append(UInt8(truncatingIfNeeded: group &>> 10))
      result.append(UInt8(truncatingIfNeeded: group &>> 2))
    default: break
    }
    return result
  }

  private static func value(of byte: UInt8, _ form: Form) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte &- 0x41)
    case 0x61...0x7A: UInt32(byte &- 0x61 &+ 26)
    case 0x30...0x39: UInt32(byte &- 0x30 &+ 52)
    case 0x2B where form == .standard, 0x2D where form == .url: 62
    case 0x2F where form == .standard, 0x5F where form == .url: 63
    default: nil
    }
  }

  private static let standardDigits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlDigits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}
