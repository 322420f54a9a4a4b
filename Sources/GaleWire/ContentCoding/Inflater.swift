// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CZlib
package import GaleCore

/// Takes deflated bytes apart, piece by piece, with zlib.
///
/// It never makes more than it is asked for, so that what comes out can be held to a limit.
package final class Inflater: Decompressor {
  private let format: CompressionFormat
  private let stream: ZlibStream
  /// The compressed bytes are complete; more may be given only to a gzip inflater (another member).
  package private(set) var isAtEnd = false
  /// Whether any bytes were taken.
  package private(set) var isBegun = false

  /// - Parameter windowBits: The largest window that the other side may use, 8 to 15.
  package init(_ format: CompressionFormat, windowBits: Int = 15) {
    self.format = format
    // An inflater with a larger window understands a smaller one; zlib has raw windows from 9 bits on.
    stream = ZlibStream(inflating: format.windowBits(max(windowBits, 9)))
  }

  /// Forgets everything, to begin with other bytes.
  package func reset() {
    isAtEnd = false
    isBegun = false
    unsafe stream.reset(inflateReset)
  }

  /// Takes bytes of `input` from `offset` on, which moves past them, and appends what comes out.
  ///
  /// It stops when the input is used up, at the end of the compressed bytes, or when `room` bytes came out.
  ///
  /// - Parameter room: The most bytes to append.
  /// - Returns: Whether more may come out without more input.
  /// - Throws: ``CompressionError`` `.corrupt`; `.trailingData` for input after the end.
  package func inflate(_ input: Span<UInt8>, _ offset: inout Int, into output: ByteBuffer, room: Int)
    throws(CompressionError) -> Bool
  {
    var room = room
    while true {
      if isAtEnd {
        guard offset < input.count else { return false }
        try beginMember(input, offset)
      }
      guard room > 0 else { return offset < input.count || isBegun }
      let before = output.count
      let start = offset
      let (status, isFull) = unsafe stream.run(
        CZlib.inflate, flush: Z_NO_FLUSH, input, &offset, output, room: room)
      room -= output.count - before
      isBegun = isBegun || offset > start
      switch status {
      case Z_STREAM_END: isAtEnd = true
      case Z_OK: break
      case Z_BUF_ERROR: return false  // Neither input nor anything left to say.
      default: throw CompressionError(.corrupt, "The \(format) data are not valid")
      }
      if !isAtEnd, !isFull, offset == input.count { return false }
    }
  }

  /// Several gzip members one after the other are one (RFC 1952, section 2.2).
  private func beginMember(_ input: Span<UInt8>, _ offset: Int) throws(CompressionError) {
    guard format == .gzip, input[offset] == 0x1F else {
      throw CompressionError(.trailingData, "Something follows the end of the \(format) data")
    }
    reset()
  }
}
