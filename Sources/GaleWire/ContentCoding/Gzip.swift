// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Takes gzip data apart as they come: Tornado's `util.GzipDecompressor`.
///
/// Several gzip members one after the other are one (RFC 1952, section 2.2).
public struct GzipDecompressor: ~Copyable {
  private let inflater = Inflater(.gzip)
  /// Compressed bytes that a limit left unused: give them again, before what comes after them.
  public private(set) var unconsumedTail: [UInt8] = []
  private var hasMore = false

  /// A decompressor at the start of gzip data.
  public init() {}

  /// Takes some of the data.
  ///
  /// - Parameters:
  ///   - bytes: The next bytes.
  ///   - limit: The most bytes that may come out; what is left of `bytes` is ``unconsumedTail`` then. `nil` for no limit.
  /// - Returns: What came out.
  /// - Throws: ``CompressionError`` `.corrupt`, `.trailingData`.
  public mutating func decompress(_ bytes: [UInt8], limit: Int? = nil) throws(CompressionError) -> [UInt8] {
    precondition(limit ?? 1 > 0, "a limit is at least one byte")
    let output = ByteBuffer(capacity: min(limit ?? .max, max(bytes.count * 2, 512)))
    var offset = 0
    hasMore = try inflater.inflate(bytes.span, &offset, into: output, room: limit ?? .max)
    unconsumedTail = Array(bytes[offset...])
    return output.take(output.count)
  }

  /// Whether a limit has kept something back that comes out without more input.
  public var hasPendingOutput: Bool { hasMore }

  /// Says that there are no more bytes, like Tornado's `flush`.
  ///
  /// - Throws: ``CompressionError`` `.truncated` when the data are not complete.
  public consuming func finish() throws(CompressionError) {
    guard inflater.isAtEnd else { throw CompressionError(.truncated, "The gzip data end too early") }
  }
}

/// Compresses bytes in one go, in gzip's format.
///
/// - Parameter level: From 1 (fast) to 9 (small).
package func gzip(_ bytes: Span<UInt8>, level: Int = 6) -> [UInt8] {
  let output = ByteBuffer(capacity: bytes.count / 2 + 64)
  Deflater(.gzip, level: level).deflate(bytes, into: output, flush: .finish)
  return output.take(output.count)
}
