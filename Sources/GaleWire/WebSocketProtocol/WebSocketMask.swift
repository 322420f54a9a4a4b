// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The masking of frames that clients send (RFC 6455, section 5.3): Tornado's `_websocket_mask`.
///
/// A key is its four bytes in the order in which they travel, the first in the lowest bits. Every access is inside
/// the bytes that are given, whatever their number.
package enum WebSocketMask {
  /// Masks bytes, or takes the mask off: both are the same.
  /// - Parameter offset: Where in the frame's payload the bytes begin.
  package static func apply(_ key: UInt32, offset: Int = 0, to bytes: inout [UInt8]) {
    // SAFETY: source and target are the same bytes; each is read before it is written.
    unsafe bytes.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      _ = unsafe transfer(base, base, count: bytes.count, key: key, offset: offset)
    }
  }

  /// Copies bytes and masks them on the way.
  /// - Returns: Whether all of them are ASCII after that.
  package static func copy(
    _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer, key: UInt32, offset: Int = 0
  ) -> Bool {
    guard let base = source.baseAddress else { return true }
    return unsafe transfer(base, target, count: source.count, key: key, offset: offset) < 0x80
  }

  /// 32 bytes at a time, then 8, then one.
  /// - Returns: What bits are set in any of the bytes that were written.
  @inline(__always)
  private static func transfer(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, count: Int, key: UInt32, offset: Int
  ) -> UInt8 {
    // SAFETY: `at + width <= count` before each access of `width` bytes.
    let shift = UInt32(truncatingIfNeeded: offset & 3) &* 8
    let turned = shift == 0 ? key : key &>> shift | key &<< (32 &- shift)
    let word = (UInt64(turned) &<< 32 | UInt64(turned)).littleEndian
    let wide = SIMD4<UInt64>(repeating: word)
    var seen = SIMD4<UInt64>()
    var at = 0
    while at &+ 32 <= count {
      let block = unsafe source.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self) ^ wide
      unsafe target.storeBytes(of: block, toByteOffset: at, as: SIMD4<UInt64>.self)
      seen |= block
      at &+= 32
    }
    var union = seen[0] | seen[1] | seen[2] | seen[3]
    while at &+ 8 <= count {
      let block = unsafe source.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ word
      unsafe target.storeBytes(of: block, toByteOffset: at, as: UInt64.self)
      union |= block
      at &+= 8
    }
    var bits: UInt8 = union & 0x8080_8080_8080_8080 == 0 ? 0 : 0x80
    while at < count {
      let byte =
        unsafe source.load(fromByteOffset: at, as: UInt8.self)
        ^ UInt8(truncatingIfNeeded: turned &>> (UInt32(truncatingIfNeeded: at & 3) &* 8))
      unsafe target.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
      bits |= byte
      at &+= 1
    }
    return bits
  }
}
