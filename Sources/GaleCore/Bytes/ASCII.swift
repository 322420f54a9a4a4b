// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The bytes that protocols give names to (RFC 5234, appendix B.1).
package enum ASCII {
  package static let tab: UInt8 = 0x09
  package static let lineFeed: UInt8 = 0x0A
  package static let carriageReturn: UInt8 = 0x0D
  package static let space: UInt8 = 0x20
  package static let quote: UInt8 = 0x22
  package static let percent: UInt8 = 0x25
  package static let ampersand: UInt8 = 0x26
  package static let plus: UInt8 = 0x2B
  package static let comma: UInt8 = 0x2C
  package static let hyphen: UInt8 = 0x2D
  package static let slash: UInt8 = 0x2F
  package static let zero: UInt8 = 0x30
  package static let colon: UInt8 = 0x3A
  package static let semicolon: UInt8 = 0x3B
  package static let equals: UInt8 = 0x3D
  package static let questionMark: UInt8 = 0x3F
  package static let backslash: UInt8 = 0x5C
}

extension UInt8 {
  /// Whether this is `0`–`9` (RFC 5234 DIGIT).
  @inlinable package var isASCIIDigit: Bool { self &- 0x30 < 10 }

  /// This letter in lower case; every other byte unchanged.
  @inlinable package var asciiLowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

  /// The value of this hexadecimal digit (RFC 5234 HEXDIG, either case), or `nil`.
  @inlinable package var hexDigitValue: UInt8? {
    switch self {
    case 0x30...0x39: self &- 0x30
    case 0x41...0x46: self &- 0x37
    case 0x61...0x66: self &- 0x57
    default: nil
    }
  }
}
