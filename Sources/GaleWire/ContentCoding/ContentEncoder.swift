// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// Compresses a message's body as it comes.
package final class ContentEncoder {
  private enum Compressor {
    case zlib(Deflater)
    #if Brotli
    case brotli(BrotliCompressor)
    #endif
    #if Zstd
    case zstd(ZstdCompressor)
    #endif
  }

  private let compressor: Compressor

  /// Creates an encoder that takes about as long as gzip does at its usual level.
  ///
  /// - Parameters:
  ///   - coding: A coding that this build knows.
  ///   - byteCount: How long the body is, if that is known.
  package init(_ coding: ContentCoding, byteCount: Int? = nil) {
    switch coding {
    case .gzip: compressor = .zlib(Deflater(.gzip))
    case .deflate: compressor = .zlib(Deflater(.zlib))
    case .brotli:
      #if Brotli
      compressor = .brotli(BrotliCompressor(byteCount: byteCount))
      #else
      preconditionFailure("brotli needs the package trait Brotli")
      #endif
    case .zstd:
      #if Zstd
      compressor = .zstd(ZstdCompressor(byteCount: byteCount))
      #else
      preconditionFailure("zstd needs the package trait Zstd")
      #endif
    }
  }

  /// Compresses `input` and appends what comes out.
  package func encode(_ input: Span<UInt8>, into output: ByteBuffer, flush: Deflater.Flush) {
    switch compressor {
    case .zlib(let deflater): deflater.deflate(input, into: output, flush: flush)
    #if Brotli
    case .brotli(let compressor): compressor.compress(input, into: output, flush: flush)
    #endif
    #if Zstd
    case .zstd(let compressor): compressor.compress(input, into: output, flush: flush)
    #endif
    }
  }

  /// Compresses bytes in one go.
  package static func encode(_ bytes: Span<UInt8>, _ coding: ContentCoding) -> [UInt8] {
    let output = ByteBuffer(capacity: bytes.count / 2 + 64)
    ContentEncoder(coding, byteCount: bytes.count).encode(bytes, into: output, flush: .finish)
    return output.take(output.count)
  }
}
