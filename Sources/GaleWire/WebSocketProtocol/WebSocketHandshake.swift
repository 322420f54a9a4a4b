// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// The values of the opening handshake (RFC 6455, section 4).
package enum WebSocketHandshake {
  /// What a key is hashed with.
  package static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// The answer to a client's key: Tornado's `compute_accept_value`.
  /// - Parameter sha1: Hashes bytes; GaleWire has no hash functions of its own.
  package static func acceptValue(for key: String, sha1: ([UInt8]) -> [UInt8]) -> String {
    text(sha1(Array(key.utf8) + Array(guid.utf8)))
  }

  /// A fresh key of a client: 16 random bytes.
  package static func makeKey() -> String {
    var generator = SystemRandomNumberGenerator()
    return text((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: Base64.encode(bytes.span), as: UTF8.self)
  }

  /// Whether this is the Base64 of 16 bytes, as a key must be.
  package static func isKey(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 24 && Base64.decode(bytes.span)?.count == 16
  }
}
