// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What values are signed with: Tornado's `cookie_secret` and `key_version`.
///
/// One text, or several under numbers, of which one signs and all are accepted. So a secret is changed without
/// anybody being logged out: add the new one, sign with it, and remove the old one when its cookies have expired.
///
/// ```swift
/// settings.cookieSecret = "a long random text"
/// settings.cookieSecret = CookieSecret([1: "the old text", 2: "the new text"], signingWith: 2)
/// ```
///
/// A secret is not described: it does not end up in logs.
public struct CookieSecret: Sendable, ExpressibleByStringLiteral, CustomStringConvertible, CustomReflectable {
  enum Keys: Sendable {
    case single([UInt8])
    case numbered([Int: [UInt8]], current: Int)
  }

  let keys: Keys

  /// A single secret, not empty.
  public init(_ text: String) { self.init(Array(text.utf8)) }

  /// A single secret, not empty.
  public init(_ bytes: [UInt8]) {
    precondition(!bytes.isEmpty, "an empty secret protects nothing")
    keys = .single(bytes)
  }

  /// A single secret, not empty.
  public init(stringLiteral text: String) { self.init(text) }

  /// Several secrets by their numbers, which are not negative.
  /// - Parameters:
  ///   - texts: None of them is empty.
  ///   - current: The number of the one that signs.
  public init(_ texts: [Int: String], signingWith current: Int) {
    precondition(texts[current] != nil, "the secret that signs must be one of them")
    precondition(texts.allSatisfy { $0 >= 0 && !$1.isEmpty }, "an empty secret protects nothing")
    keys = .numbered(texts.mapValues { Array($0.utf8) }, current: current)
  }

  /// Says nothing about the secret.
  public var description: String { "CookieSecret" }

  /// Says nothing about the secret.
  public var customMirror: Mirror { Mirror(self, children: [:] as KeyValuePairs<String, Any>) }

  /// The only secret, which alone can sign version 1.
  var single: [UInt8]? {
    guard case .single(let bytes) = keys else { return nil }
    return bytes
  }

  /// The secret that signs, and its number: 0 for a single one.
  var current: (version: Int, key: [UInt8]) {
    switch keys {
    case .single(let bytes): (0, bytes)
    case .numbered(let all, let current): (current, all[current] ?? [])
    }
  }

  /// The secret of a number; a single one goes for every number, as in Tornado.
  func key(version: Int) -> [UInt8]? {
    switch keys {
    case .single(let bytes): bytes
    case .numbered(let all, _): all[version]
    }
  }
}
