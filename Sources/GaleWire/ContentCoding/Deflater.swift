// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CZlib
package import GaleCore

/// Deflates bytes, piece by piece, with zlib.
package final class Deflater {
  /// What a piece ends with.
  package enum Flush: Sendable {
    /// Nothing: the compressor may keep bytes back.
    case none
    /// All bytes so far can be inflated; ends with 00 00 FF FF (RFC 7692, section 7.2.1).
    case sync
    /// The end.
    case finish

    var raw: Int32 {
      switch self {
      case .none: Z_NO_FLUSH
      case .sync: Z_SYNC_FLUSH
      case .finish: Z_FINISH
      }
    }
  }

  private let stream: ZlibStream

  /// - Parameters:
  ///   - level: From 0 (store) over 1 (fast) to 9 (small).
  ///   - windowBits: 8 to 15. 8 becomes 9, as zlib has no raw window of 8 bits; its matches in one of 9 reach back
  ///     250 bytes at most (512 less 262 of look-ahead), so that an 8-bit window is enough to read them.
  ///   - memoryLevel: 1 to 9; zlib takes 2^(windowBits + 2) + 2^(memoryLevel + 9) bytes.
  package init(
    _ format: CompressionFormat, level: Int = 6, windowBits: Int = 15, memoryLevel: Int = 8
  ) {
    stream = ZlibStream(
      deflating: format.windowBits(max(windowBits, 9)), level: level, memoryLevel: memoryLevel)
  }

  /// Forgets everything, to begin with other bytes.
  package func reset() { unsafe stream.reset(deflateReset) }

  /// Compresses `input` and appends what comes out.
  package func deflate(_ input: Span<UInt8>, into output: ByteBuffer, flush: Flush) {
    var offset = 0
    while true {
      let (status, isFull) = unsafe stream.run(
        CZlib.deflate, flush: flush.raw, input, &offset, output, room: .max)
      // Not full: all input is in, and all that the flush asks for is out.
      if status != Z_OK || !isFull { return }
    }
  }
}
