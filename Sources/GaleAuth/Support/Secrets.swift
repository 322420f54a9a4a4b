// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Crypto
import GaleCore

/// Random texts, and texts that are compared without telling where they differ.
enum Secrets {
  /// `byteCount` random bytes in base64url: 43 characters for 32.
  static func random(byteCount: Int = 32) -> String {
    var random = SystemRandomNumberGenerator()
    return base64((0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &random) })
  }

  static func base64(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Base64.encode(Array(bytes).span, .url), as: UTF8.self)
  }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Hexadecimal.encode(bytes), as: UTF8.self)
  }

  /// `nil` for what is not base64url without filling.
  static func decode(_ text: some StringProtocol) -> [UInt8]? { Base64.decode(Array(text.utf8).span, .url) }

  /// The challenge for a verifier: S256 (RFC 7636, section 4.2).
  static func challenge(_ verifier: String) -> String { base64(SHA256.hash(data: Array(verifier.utf8))) }

  /// Takes the same time wherever they differ.
  static func equal(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
  }
}

#endif
