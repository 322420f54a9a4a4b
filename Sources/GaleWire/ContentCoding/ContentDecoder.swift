// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// Undoes a message's content coding (RFC 9110, section 8.4) as the body comes.
package final class ContentDecoder {
  /// The name that the coding has in `Content-Encoding`.
  package let coding: String
  private var inflater: Inflater?
  /// The first byte of a `deflate` body, until there is a second one.
  private var held: UInt8?
  private var total = 0
  private let limit: Int

  /// - Parameters:
  ///   - coding: A value of `Content-Encoding`, in any case of letters: `gzip`, `x-gzip` or `deflate`.
  ///   - limit: The most bytes that the body may have when it is decoded.
  /// - Returns: `nil` for other codings, also for several.
  package init?(coding: String, limit: Int) {
    self.limit = limit
    switch coding.lowercased() {
    case "gzip", "x-gzip":
      self.coding = "gzip"
      inflater = Inflater(.gzip)
    case "deflate": self.coding = "deflate"
    default: return nil
    }
  }

  /// Appends what `input` gives.
  /// - Throws: ``CompressionError``, with `.limitExceeded` for a body that is too large.
  package func decode(_ input: Span<UInt8>, into output: ByteBuffer) throws(CompressionError) {
    guard !input.isEmpty else { return }
    if inflater == nil { try chooseInflater(input, output) }
    guard let inflater else { return }
    let before = output.count
    try inflater.inflate(input, into: output, limit: limit - total)
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
    self.inflater = inflater
    if let held { try inflater.inflate([held].span, into: output, limit: limit) }
  }

  /// The body is complete.
  /// - Throws: ``CompressionError`` `.truncated` when the data are not. No bytes at all are no error.
  package func finish() throws(CompressionError) {
    guard held == nil || inflater != nil, inflater.map({ $0.isAtEnd || !$0.isBegun }) ?? true
    else {
      throw CompressionError(.truncated, "The \(coding) data end too early")
    }
  }
}
