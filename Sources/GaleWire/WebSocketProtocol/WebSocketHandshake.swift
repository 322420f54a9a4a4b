// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The values of the opening handshake (RFC 6455, section 4).
package enum WebSocketHandshake {
  /// What a key is hashed with.
  package static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// The answer to a client's key: Tornado's `compute_accept_value`.
  /// - Parameter sha1: Hashes bytes; GaleWire has no hash functions of its own.
  package static func acceptValue(for key: String, sha1: ([UInt8]) -> [UInt8]) -> String {
    base64(sha1(Array(key.utf8) + Array(guid.utf8)))
  }

  /// A fresh key of a client: 16 random bytes.
  package static func makeKey() -> String {
    var generator = SystemRandomNumberGenerator()
    return base64((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  /// Whether this is the Base64 of 16 bytes, as a key must be.
  package static func isKey(_ text: String) -> Bool {
    let bytes = text.utf8
    guard bytes.count == 24, text.hasSuffix("=="), let last = bytes.dropLast(2).last else { return false }
    // Of the last character's six bits only the first two are used.
    guard "AQgw".utf8.contains(last) else { return false }
    return bytes.dropLast(2).allSatisfy { alphabet.contains($0) }
  }

  /// The value of `Authorization` for `user:password` (RFC 7617).
  package static func basic(_ credentials: String) -> String { "Basic " + base64(Array(credentials.utf8)) }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// RFC 4648, section 4.
  static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var at = 0
    while at < bytes.count {
      let rest = bytes.count - at
      let group =
        UInt32(bytes[at]) << 16 | (rest > 1 ? UInt32(bytes[at + 1]) << 8 : 0)
        | (rest > 2 ? UInt32(bytes[at + 2]) : 0)
      for index in 0..<4 {
        let digit = alphabet[Int(group >> UInt32(18 - 6 * index)) & 63]
        text.append(index <= rest ? digit : UInt8(ascii: "="))
      }
      at += 3
    }
    return String(decoding: text, as: UTF8.self)
  }
}
