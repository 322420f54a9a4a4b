// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

@_spi(_Unicode) import Swift

/// A user's name and password joined for basic authentication (RFC 7617, section 2), as UTF-8: Tornado's
/// `encode_username_password`.
///
/// Letters with accents are one character each where there is one (normal form C), however they were put in: RFC 8265.
/// - Parameters:
///   - username: The name; may not hold a colon, which would end it.
///   - password: The password.
public func encodeUsernamePassword(_ username: String, _ password: String) -> [UInt8] {
  normalForm(username) + [0x3A] + normalForm(password)
}

private func normalForm(_ text: String) -> [UInt8] {
  // Text of ASCII is in each normal form already.
  guard text.utf8.contains(where: { $0 >= 0x80 }) else { return Array(text.utf8) }
  var result = ""
  for scalar in text._nfc { result.unicodeScalars.append(scalar) }
  return Array(result.utf8)
}
