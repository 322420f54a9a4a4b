// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The checksum of Castagnoli (RFC 9260, appendix A).
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
  }

  /// The checksum of `bytes`, with those of `zeroed` taken as zero.
  static func checksum(_ bytes: Span<UInt8>, zeroing zeroed: Range<Int> = 0..<0) -> UInt32 {
    var value = ~UInt32(0)
    for at in bytes.indices {
      let byte = zeroed.contains(at) ? 0 : bytes[at]
      value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }
    return ~value
  }
}
