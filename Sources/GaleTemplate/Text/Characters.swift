// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension UInt8 {
  /// Whether this is `0`–`9`.
  var isDigit: Bool { self &- 0x30 < 10 }

  /// This letter in lower case; every other byte unchanged.
  var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

  /// The value of this hexadecimal digit, or `nil`.
  var hexadecimalValue: UInt8? {
    switch self {
    case 0x30...0x39: self &- 0x30
    case 0x41...0x46: self &- 0x37
    case 0x61...0x66: self &- 0x57
    default: nil
    }
  }
}

extension Unicode.Scalar {
  /// What Python's `str.isspace` and `\s` take for white space.
  package var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      true
    default: false
    }
  }
}
