// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Checks whether bytes that come in pieces are UTF-8 (RFC 3629), and says so at the first byte that cannot be.
package struct UTF8Validator: Hashable, Sendable {
  /// How many bytes of a character are still to come.
  private var missing: UInt8 = 0
  /// What the next of them may be.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  package init() {}

  /// Whether the bytes so far end with a whole character.
  package var isComplete: Bool { missing == 0 }

  /// Takes the next piece.
  /// - Returns: Whether the bytes so far are the beginning of UTF-8. After `false` there is no going on.
  package mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    // SAFETY: `at + width <= count` before each access of `width` bytes.
    let count = bytes.count
    var at = 0
    while at < count {
      if missing == 0 {
        at = unsafe UTF8Validator.skipASCII(base, from: at, count)
        guard at < count else { break }
        guard begin(unsafe base.load(fromByteOffset: at, as: UInt8.self)) else { return false }
      } else {
        let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
        guard byte >= lowest, byte <= highest else { return false }
        missing &-= 1
        lowest = 0x80
        highest = 0xBF
      }
      at &+= 1
    }
    return true
  }

  /// Takes the next piece.
  package mutating func accepts(_ bytes: Span<UInt8>) -> Bool {
    // SAFETY: lent for the call.
    unsafe bytes.withUnsafeBytes { unsafe accepts($0) }
  }

  /// Takes the first byte of a character (the table in RFC 3629, section 4).
  private mutating func begin(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x00...0x7F: return true
    case 0xC2...0xDF: missing = 1
    case 0xE0...0xEF:
      missing = 2
      if byte == 0xE0 { lowest = 0xA0 } else if byte == 0xED { highest = 0x9F }
    case 0xF0...0xF4:
      missing = 3
      if byte == 0xF0 { lowest = 0x90 } else if byte == 0xF4 { highest = 0x8F }
    default: return false
    }
    return true
  }

  /// Where the first byte after `start` is that is no ASCII, or the end.
  @inline(__always)
  private static func skipASCII(_ base: UnsafeRawPointer, from start: Int, _ count: Int) -> Int {
    var at = start
    let high = SIMD4<UInt64>(repeating: 0x8080_8080_8080_8080)
    while at &+ 32 <= count {
      let found = unsafe base.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self) & high
      if found[0] | found[1] | found[2] | found[3] != 0 { break }
      at &+= 32
    }
    while at &+ 8 <= count {
      let found =
        unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian & 0x8080_8080_8080_8080
      if found != 0 { return at &+ found.trailingZeroBitCount / 8 }
      at &+= 8
    }
    while at < count, unsafe base.load(fromByteOffset: at, as: UInt8.self) < 0x80 { at &+= 1 }
    return at
  }
}
