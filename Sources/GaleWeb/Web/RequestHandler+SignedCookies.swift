// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP

extension RequestHandler {
  // MARK: - Signed cookies

  /// Sets a cookie that the client cannot change unnoticed: Tornado's `set_signed_cookie` (`set_secure_cookie`).
  ///
  /// - Parameters:
  ///   - name: The cookie's name, which is signed with it.
  ///   - value: The client can read it, unless `version` is ``SignedValue/Version/sealed``.
  ///   - expiresIn: How long browsers keep it; `nil` until they are closed. How long it is accepted says the
  ///     `maxAge` of ``signedCookie(_:value:maxAge:minVersion:)``.
  ///   - version: How it is protected.
  ///   - attributes: The rest; its ``CookieAttributes/expiresIn`` wins when it is set.
  /// - Throws: ``HTTPError`` 500 without ``Application/Settings/cookieSecret``; ``/GaleWire/CookieError``.
  public func setSignedCookie(
    _ name: String, _ value: String, expiresIn: Duration? = .days(30),
    version: SignedValue.Version = SignedValue.defaultVersion,
    attributes: CookieAttributes = CookieAttributes()
  ) throws {
    try setSignedCookie(
      name, Array(value.utf8), expiresIn: expiresIn, version: version, attributes: attributes)
  }

  /// As ``setSignedCookie(_:_:expiresIn:version:attributes:)``, of any bytes.
  public func setSignedCookie(
    _ name: String, _ value: [UInt8], expiresIn: Duration? = .days(30),
    version: SignedValue.Version = SignedValue.defaultVersion,
    attributes: CookieAttributes = CookieAttributes()
  ) throws {
    let signed = try createSignedValue(name, value, version: version)
    try setCookie(attributes.cookie(name, signed, lifetime: expiresIn))
  }

  /// Sets a cookie that the client can neither change nor read.
  ///
  /// A signed cookie of ``SignedValue/Version/sealed``, hidden from scripts unless `attributes` are given.
  /// ``signedCookie(_:value:maxAge:minVersion:)`` with that as `minVersion` reads it and nothing else.
  public func setSealedCookie(
    _ name: String, _ value: String, expiresIn: Duration? = .days(30),
    attributes: CookieAttributes = CookieAttributes(isHTTPOnly: true)
  ) throws {
    try setSignedCookie(name, value, expiresIn: expiresIn, version: .sealed, attributes: attributes)
  }

  /// As ``setSealedCookie(_:_:expiresIn:attributes:)``, with another secret than the application's, if there is one.
  package func setSealedCookie(
    _ name: String, _ value: String, secret: CookieSecret?, expiresIn: Duration?, attributes: CookieAttributes
  ) throws {
    let sealed = SignedValue.create(
      secret: try secret ?? cookieSecret, name: name, value: Array(value.utf8), version: .sealed)
    try setCookie(attributes.cookie(name, sealed, lifetime: expiresIn))
  }

  /// The value of a sealed cookie of the request that was set with the same secret; `nil` as
  /// ``signedCookie(_:value:maxAge:minVersion:)``.
  package func sealedCookie(_ name: String, secret: CookieSecret?, maxAge: Duration) throws -> String? {
    let secret = try secret ?? cookieSecret
    guard let value = cookie(name) else { return nil }
    return SignedValue.decode(secret: secret, name: name, value: value, maxAge: maxAge, minVersion: .sealed)
      .flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The value of a signed cookie of the request: Tornado's `get_signed_cookie` (`get_secure_cookie`).
  ///
  /// - Parameters:
  ///   - name: The cookie's name.
  ///   - value: A signed value from elsewhere, instead of the cookie's.
  ///   - maxAge: How old it may be.
  ///   - minVersion: The oldest version that is accepted.
  /// - Returns: `nil` when there is none, it is not valid, or it is no UTF-8.
  /// - Throws: ``HTTPError`` 500 without ``Application/Settings/cookieSecret``.
  public func signedCookie(
    _ name: String, value: String? = nil, maxAge: Duration = SignedValue.defaultMaxAge,
    minVersion: SignedValue.Version = SignedValue.defaultMinVersion
  ) throws -> String? {
    try signedCookieBytes(name, value: value, maxAge: maxAge, minVersion: minVersion).flatMap {
      String(validating: $0, as: UTF8.self)
    }
  }

  /// As ``signedCookie(_:value:maxAge:minVersion:)``, of any bytes.
  public func signedCookieBytes(
    _ name: String, value: String? = nil, maxAge: Duration = SignedValue.defaultMaxAge,
    minVersion: SignedValue.Version = SignedValue.defaultMinVersion
  ) throws -> [UInt8]? {
    let secret = try cookieSecret
    guard let value = value ?? cookie(name) else { return nil }
    return SignedValue.decode(
      secret: secret, name: name, value: value, maxAge: maxAge, minVersion: minVersion)
  }

  /// The number of the secret that a signed cookie names: Tornado's `get_signed_cookie_key_version`.
  ///
  /// Nothing is verified.
  /// - Returns: `nil` for no cookie, version 1, and what is no signed value.
  /// - Throws: ``HTTPError`` 500 without ``Application/Settings/cookieSecret``.
  public func signedCookieKeyVersion(_ name: String, value: String? = nil) throws -> Int? {
    _ = try cookieSecret
    return (value ?? cookie(name)).flatMap(SignedValue.keyVersion)
  }

  /// Signs a value for use elsewhere than in a cookie: Tornado's `create_signed_value`.
  /// - Throws: ``HTTPError`` 500 without ``Application/Settings/cookieSecret``.
  public func createSignedValue(
    _ name: String, _ value: [UInt8], version: SignedValue.Version = SignedValue.defaultVersion
  ) throws -> String {
    SignedValue.create(secret: try cookieSecret, name: name, value: value, version: version)
  }

  private var cookieSecret: CookieSecret {
    get throws { try requireSetting(\.cookieSecret, "cookieSecret", for: "signed cookies") }
  }

  // MARK: - Settings

  /// A setting that something cannot do without: Tornado's `require_setting`.
  /// - Throws: ``HTTPError`` 500 that names the setting and the feature in the log.
  public func requireSetting<Value>(
    _ path: KeyPath<Application.Settings, Value?>, _ name: String, for feature: String = "this feature"
  ) throws -> Value {
    guard let value = application.settings[keyPath: path] else {
      throw HTTPError(
        500, "You must define the '\(name)' setting in your application to use \(feature)")
    }
    return value
  }
}
