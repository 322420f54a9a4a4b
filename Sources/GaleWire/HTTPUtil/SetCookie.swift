// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Why a cookie cannot be sent.
public struct CookieError: Error, Hashable, CustomStringConvertible {
  /// The part at fault: `name`, `value`, `domain` or `path`.
  public let attribute: String

  /// What it was to be.
  public let value: String

  /// What to tell a person.
  public var description: String { "invalid cookie \(attribute): \(value.debugDescription)" }
}

/// A cookie to send: what Tornado's `set_cookie` makes.
///
/// A browser tells cookies apart by ``identity``: two with the same name and different paths are two cookies.
public struct SetCookie: Sendable, Hashable {
  /// On which requests from other sites a browser sends the cookie.
  public enum SameSite: String, Sendable, Hashable, CaseIterable {
    /// On none.
    case strict = "Strict"
    /// Only when the user follows a link.
    case lax = "Lax"
    /// On all (`SameSite=None`); browsers then insist on ``SetCookie/isSecure``.
    case unrestricted = "None"
  }

  /// What browsers tell cookies apart by.
  public struct Identity: Sendable, Hashable {
    /// The cookie's name.
    public let name: String
    /// Its `Domain`, if it has one.
    public let domain: String?
    /// Its `Path`, if it has one.
    public let path: String?
  }

  /// The name: letters, digits and any of `!#$%&'*+-.^_|~:` or the backquote.
  public var name: String
  /// The value, which is quoted as needed: any text without U+0000–U+0020.
  public var value: String
  /// The host whose subdomains get the cookie, too; `nil` for this host alone.
  public var domain: String?
  /// The beginning of the paths that get the cookie; `nil` for the directory of the request.
  public var path: String?
  /// When the browser shall forget it; `nil` for when it is closed.
  public var expires: HTTPDate?
  /// After how many seconds (0 and less: at once) the browser shall forget it; wins over ``expires``.
  public var maxAge: Int?
  /// Whether only encrypted connections get it.
  public var isSecure: Bool
  /// Whether it is hidden from scripts.
  public var isHTTPOnly: Bool
  /// On which requests from other sites it is sent; `nil` for the browser's default.
  public var sameSite: SameSite?
  /// Whether each top-level site has its own copy (CHIPS).
  public var isPartitioned: Bool

  /// Makes a cookie; nothing is checked before ``headerValue()``.
  public init(
    _ name: String, _ value: String, domain: String? = nil, path: String? = "/", expires: HTTPDate? = nil,
    maxAge: Int? = nil, isSecure: Bool = false, isHTTPOnly: Bool = false, sameSite: SameSite? = nil,
    isPartitioned: Bool = false
  ) {
    self.name = name
    self.value = value
    self.domain = domain
    self.path = path
    self.expires = expires
    self.maxAge = maxAge
    self.isSecure = isSecure
    self.isHTTPOnly = isHTTPOnly
    self.sameSite = sameSite
    self.isPartitioned = isPartitioned
  }

  /// What browsers tell this cookie apart by.
  public var identity: Identity { Identity(name: name, domain: domain, path: path) }
}

extension SetCookie {
  /// Checks that no part of the cookie can become another attribute or another header.
  ///
  /// - Throws: ``CookieError`` for a name that is none, a value with 00–20 and for `domain` and `path` with
  ///   00–20, `;` or 7F.
  public func validate() throws(CookieError) {
    let nameBytes = name.utf8.span
    guard !name.isEmpty, nameBytes.isMade(of: Self.plainCharacters, range: 0..<nameBytes.count) else {
      throw CookieError(attribute: "name", value: name)
    }
    try check(value, isFreeOf: Self.spaceAndControls, attribute: "value")
    if let domain { try check(domain, isFreeOf: Self.attributeStops, attribute: "domain") }
    if let path { try check(path, isFreeOf: Self.attributeStops, attribute: "path") }
  }

  /// The value of the `Set-Cookie` field, attributes in the order of Python's `http.cookies`.
  ///
  /// - Throws: ``CookieError`` as ``validate()`` does.
  public func headerValue() throws(CookieError) -> String {
    try validate()
    var field = Array(name.utf8)
    field.append(ASCII.equals)
    appendQuotedValue(to: &field)
    appendAttributes(to: &field)
    return String(decoding: field, as: UTF8.self)
  }

  private func appendAttributes(to field: inout [UInt8]) {
    func append(_ name: String, _ value: String = "") {
      field.append(contentsOf: name.utf8)
      field.append(contentsOf: value.utf8)
    }
    if let domain, !domain.isEmpty { append("; Domain=", domain) }
    if let expires { append("; expires=", expires.description) }
    if isHTTPOnly { append("; HttpOnly") }
    if let maxAge { append("; Max-Age=", String(maxAge)) }
    if isPartitioned { append("; Partitioned") }
    if let path, !path.isEmpty { append("; Path=", path) }
    if let sameSite { append("; SameSite=", sameSite.rawValue) }
    if isSecure { append("; Secure") }
  }

  private func check(
    _ text: String, isFreeOf stops: ByteSet, attribute: String
  ) throws(CookieError) {
    let bytes = text.utf8.span
    guard bytes.firstIndex(in: stops, range: 0..<bytes.count) == nil else {
      throw CookieError(attribute: attribute, value: text)
    }
  }

  /// Python's `http.cookies._quote`: characters up to U+00FF are escaped by number, others stay.
  private func appendQuotedValue(to field: inout [UInt8]) {
    let bytes = value.utf8.span
    guard value.isEmpty || !bytes.isMade(of: Self.plainCharacters, range: 0..<bytes.count) else {
      return field.append(contentsOf: value.utf8)
    }
    let plain = Self.quotedCharacters
    field.append(ASCII.quote)
    for scalar in value.unicodeScalars {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      if scalar.value > 0xFF {
        field.append(utf8Of: scalar)
      } else if plain.contains(byte) {
        field.append(byte)
      } else {
        Self.appendEscape(byte, to: &field)
      }
    }
    field.append(ASCII.quote)
  }

  private static func appendEscape(_ byte: UInt8, to field: inout [UInt8]) {
    field.append(ASCII.backslash)
    guard byte != ASCII.quote, byte != ASCII.backslash else { return field.append(byte) }
    field.append(ASCII.zero &+ byte &>> 6)
    field.append(ASCII.zero &+ (byte &>> 3 & 7))
    field.append(ASCII.zero &+ (byte & 7))
  }

  private static let plainCharacters = ByteSet.token.union(ByteSet(characters: ":"))
  private static let quotedCharacters = plainCharacters.union(ByteSet(characters: " ()/<=>?@[]{}"))
  private static let spaceAndControls = ByteSet(0x00...0x20)
  private static let attributeStops = ByteSet(0x00...0x20, 0x7F...0x7F, characters: ";")
}
