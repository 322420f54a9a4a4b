// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// Undoes a message's content coding (RFC 9110, section 8.4) as the body comes.
package final class ContentDecoder {
  private let coding: ContentCoding
  /// None for `deflate` until its format is known.
  private var decompressor: (any Decompressor)?
  /// The first byte of a `deflate` body, until there is a second one.
  private var held: UInt8?
  private var total = 0
  private let limit: Int

  /// - Parameters:
  ///   - coding: A value of `Content-Encoding`, in any case of letters, also `x-gzip`.
  ///   - limit: The most bytes that the body may have when it is decoded.
  /// - Returns: `nil` for codings that this build does not know, also for several.
  package init?(coding: String, limit: Int) {
    guard let coding = ContentCoding(named: coding) else { return nil }
    self.coding = coding
    self.limit = limit
    decompressor = ContentDecoder.decompressor(coding)
  }

  private static func decompressor(_ coding: ContentCoding) -> (any Decompressor)? {
    switch coding {
    case .gzip: return Inflater(.gzip)
    case .deflate: return nil
    case .brotli:
      #if Brotli
      return BrotliDecompressor()
      #else
      return nil
      #endif
    case .zstd:
      #if Zstd
      return ZstdDecompressor()
      #else
      return nil
      #endif
    }
  }

  /// Appends what `input` gives.
  /// - Throws: ``CompressionError``, with `.limitExceeded` for a body that is too large.
  package func decode(_ input: Span<UInt8>, into output: ByteBuffer) throws(CompressionError) {
    guard !input.isEmpty else { return }
    if decompressor == nil { try chooseInflater(input, output) }
    guard let decompressor else { return }
    let before = output.count
    try decompressor.inflate(input, into: output, limit: limit - total)
    total += output.count - before
  }

  /// `deflate` is zlib's format, but some servers send raw data: the first two bytes tell (RFC 1950, section 2.2).
  private func chooseInflater(_ input: Span<UInt8>, _ output: ByteBuffer) throws(CompressionError) {
    guard let first = held ?? (input.count > 1 ? input[0] : nil) else {
      held = input[0]
      return
    }
    let second = held == nil ? input[1] : input[0]
    let isZlib = first & 15 == 8 && (Int(first) << 8 | Int(second)) % 31 == 0
    let inflater = Inflater(isZlib ? .zlib : .raw)
    decompressor = inflater
    if let held { try inflater.inflate([held].span, into: output, limit: limit) }
  }

  /// The body is complete.
  /// - Throws: ``CompressionError`` `.truncated` when the data are not. No bytes at all are no error.
  package func finish() throws(CompressionError) {
    guard held == nil || decompressor != nil, decompressor.map({ $0.isAtEnd || !$0.isBegun }) ?? true
    else {
      throw CompressionError(.truncated, "The \(coding.rawValue) data end too early")
    }
  }
}
