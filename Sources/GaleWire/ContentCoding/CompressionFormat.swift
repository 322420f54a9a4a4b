// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What is around deflated bytes (RFC 1951).
public enum CompressionFormat: Sendable, Hashable {
  /// A gzip header and a checksum (RFC 1952): the content coding `gzip`.
  case gzip
  /// A zlib header and a checksum (RFC 1950): what the content coding `deflate` should be.
  case zlib
  /// Nothing: permessage-deflate, and what some servers send as `deflate`.
  case raw

  /// The window's size as zlib is told it, together with the format.
  func windowBits(_ bits: Int) -> Int32 {
    switch self {
    case .gzip: Int32(bits + 16)
    case .zlib: Int32(bits)
    case .raw: Int32(-bits)
    }
  }
}
