// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Bytes as hexadecimal digits in lower case, two for each.
package enum Hexadecimal {
  /// The digits of `bytes`.
  /// - Complexity: O(*n*).
  package static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for byte in bytes {
      result.append(digit(byte &>> 4))
      result.append(digit(byte & 15))
    }
    return result
  }

  /// The bytes that `text` stands for.
  /// - Parameter acceptsUpperCase: Whether `A`…`F` are digits too.
  /// - Returns: `nil` for anything but pairs of digits.
  /// - Complexity: O(*n*).
  package static func decode(_ text: Span<UInt8>, acceptsUpperCase: Bool = false) -> [UInt8]? {
    guard text.count.isMultiple(of: 2) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 2)
    var index = 0
    while index < text.count {
      guard let high = value(of: text[index], acceptsUpperCase),
        let low = value(of: text[index &+ 1], acceptsUpperCase)
      else { return nil }
      result.append(high &<< 4 | low)
      index &+= 2
    }
    return result
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x57 &+ value }

  private static func value(of byte: UInt8, _ acceptsUpperCase: Bool) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte &- 0x30
    case 0x61...0x66: byte &- 0x57
    case 0x41...0x46 where acceptsUpperCase: byte &- 0x37
    default: nil
    }
  }
}
