// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// How the characters of a translation file are stored.
public enum TextEncoding: Sendable, Hashable {
  /// UTF-8, with a byte order mark or without.
  case utf8
  /// UTF-16; a byte order mark says in which order, which is little-endian without one.
  case utf16
  /// ISO 8859-1.
  case latin1

  /// The encoding that a byte order mark tells, UTF-8 without one.
  static func detect(_ bytes: [UInt8]) -> TextEncoding {
    bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) ? .utf16 : .utf8
  }

  /// The text that `bytes` are, without the byte order mark; `nil` for what is not in this encoding.
  func decode(_ bytes: [UInt8]) -> String? {
    switch self {
    case .latin1: return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    case .utf8:
      let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
      return String(validating: bytes.dropFirst(hasMark ? 3 : 0), as: UTF8.self)
    case .utf16:
      guard bytes.count.isMultiple(of: 2) else { return nil }
      let isBig = bytes.starts(with: [0xFE, 0xFF])
      let hasMark = isBig || bytes.starts(with: [0xFF, 0xFE])
      let units = stride(from: hasMark ? 2 : 0, to: bytes.count, by: 2).map { index in
        let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
        return isBig ? first << 8 | second : second << 8 | first
      }
      return String(validating: units, as: UTF16.self)
    }
  }
}
