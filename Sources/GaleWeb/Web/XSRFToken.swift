// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// How the token against forged requests is written: Tornado's `xsrf_cookie_version`.
///
/// Both are read, whichever is written.
public enum XSRFVersion: Int, Sendable, Hashable {
  /// The token's digits.
  case v1 = 1
  /// The token masked anew each time, so that its repetition in compressed pages betrays nothing (BREACH).
  case v2 = 2
}

/// The secret that a page of the site knows and other sites do not, in the forms that Tornado has for it.
struct XSRFToken {
  /// 16 random bytes as a rule.
  let bytes: [UInt8]
  /// When it was made, in Unix seconds.
  let time: Int
  /// Whether the request's cookie held it.
  let isFromCookie: Bool

  /// A fresh token.
  init(now: Int) {
    var random = SystemRandomNumberGenerator()
    self.init(bytes: SignedValue.randomBytes(16, &random), time: now, isFromCookie: false)
  }

  init(bytes: [UInt8], time: Int, isFromCookie: Bool) {
    self.bytes = bytes
    self.time = time
    self.isFromCookie = isFromCookie
  }

  /// Reads a token of either version.
  ///
  /// - Returns: `nil` for what is none, and for an empty one.
  init?(parsing text: String, now: Int) {
    let all = Array(text.utf8)
    guard let dash = all.prefix(5).firstIndex(of: ASCII.pipe), Int(digits: all[..<dash]) != nil,
      all.first != ASCII.zero
    else {
      // Not in digits: very old cookies hold the bytes themselves.
      let bytes = Hexadecimal.decode(all.span, acceptsUpperCase: true) ?? all
      guard !bytes.isEmpty else { return nil }
      self.init(bytes: bytes, time: now, isFromCookie: true)
      return
    }
    let parts = all.split(separator: ASCII.pipe, omittingEmptySubsequences: false).map { Array($0) }
    guard parts.count == 4, parts[0] == [0x32] else { return nil }
    let (maskDigits, maskedDigits) = (parts[1], parts[2])
    guard let mask = Hexadecimal.decode(maskDigits.span, acceptsUpperCase: true), mask.count == 4,
      let masked = Hexadecimal.decode(maskedDigits.span, acceptsUpperCase: true), !masked.isEmpty,
      let time = Int(digits: parts[3])
    else { return nil }
    self.init(bytes: XSRFToken.masked(masked, mask), time: time, isFromCookie: true)
  }

  /// The token's text, masked by `mask` in version 2.
  func text(_ version: XSRFVersion, mask: [UInt8]) -> String {
    let digits =
      switch version {
      case .v1: Hexadecimal.encode(bytes)
      case .v2:
        [0x32, ASCII.pipe] + Hexadecimal.encode(mask) + [ASCII.pipe]
          + Hexadecimal.encode(XSRFToken.masked(bytes, mask)) + [ASCII.pipe] + Array(String(time).utf8)
      }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Whether both are the same, in a time that does not depend on where they differ.
  func matches(_ other: XSRFToken) -> Bool {
    guard bytes.count == other.bytes.count else { return false }
    var difference: UInt8 = 0
    for index in bytes.indices { difference |= bytes[index] ^ other.bytes[index] }
    return difference == 0
  }

  private static func masked(_ bytes: [UInt8], _ mask: [UInt8]) -> [UInt8] {
    bytes.indices.map { bytes[$0] ^ mask[$0 % 4] }
  }
}
