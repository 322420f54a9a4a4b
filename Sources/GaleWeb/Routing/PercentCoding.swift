// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Percent-encoding as Tornado's `url_escape` and `url_unescape` do it with `plus=False`.
enum PercentCoding {
  /// Turns `%HH` in `range` of `path` into bytes; leaves a `%` that no two hexadecimal digits follow.
  ///
  /// - Complexity: O(*n*) for *n* bytes in `range`.
  static func decode(_ path: Span<UInt8>, in range: Range<Int>) -> [UInt8] {
    let range = range.clamped(to: 0..<path.count)
    var decoded: [UInt8] = []
    decoded.reserveCapacity(range.count)
    var position = range.lowerBound
    while position < range.upperBound {
      if let byte = escapedByte(path, at: position, before: range.upperBound) {
        decoded.append(byte)
        position += 3
      } else {
        decoded.append(path[position])
        position += 1
      }
    }
    return decoded
  }

  private static func escapedByte(_ path: Span<UInt8>, at position: Int, before end: Int) -> UInt8? {
    guard path[position] == ASCII.percent, end - position > 2 else { return nil }
    guard let high = path[position + 1].hexDigitValue, let low = path[position + 2].hexDigitValue else {
      return nil
    }
    return high << 4 | low
  }

  /// Appends `bytes`, everything but unreserved characters (RFC 3986, section 2.3) and `/` as `%HH`.
  static func appendEscaped(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
    for byte in bytes {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D...0x2F, 0x5F, 0x7E: text.append(byte)
      default: text += [ASCII.percent, hexDigit(byte >> 4), hexDigit(byte & 15)]
      }
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
