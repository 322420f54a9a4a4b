// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// Takes compressed bytes apart, piece by piece.
///
/// It never makes more than it is asked for, so that what comes out can be held to a limit.
package protocol Decompressor: AnyObject {
  /// The compressed bytes are complete.
  var isAtEnd: Bool { get }
  /// Whether any bytes were taken.
  var isBegun: Bool { get }

  /// Takes bytes of `input` from `offset` on, which moves past them, and appends what comes out.
  ///
  /// It stops when the input is used up, at the end of the compressed bytes, or when `room` bytes came out.
  ///
  /// - Parameter room: The most bytes to append.
  /// - Returns: Whether more may come out without more input.
  /// - Throws: ``CompressionError`` `.corrupt`; `.trailingData` for input after the end.
  func inflate(_ input: Span<UInt8>, _ offset: inout Int, into output: ByteBuffer, room: Int)
    throws(CompressionError) -> Bool
}

extension Decompressor {
  /// Appends everything that `input` gives.
  ///
  /// - Parameter limit: The most bytes that may come out.
  /// - Throws: ``CompressionError``, also `.limitExceeded`.
  package func inflate(_ input: Span<UInt8>, into output: ByteBuffer, limit: Int) throws(CompressionError) {
    var offset = 0
    let start = output.count
    // With room for one byte more, a full room means too much.
    _ = try inflate(input, &offset, into: output, room: limit == .max ? limit : limit + 1)
    guard output.count - start <= limit else {
      throw CompressionError(.limitExceeded, "More than \(limit) bytes after decompression")
    }
  }
}
