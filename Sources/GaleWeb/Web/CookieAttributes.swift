// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire
import GaleLoop

/// What a cookie has besides its name and value.
public struct CookieAttributes: Sendable, Hashable {
  /// The host whose subdomains get the cookie, too; `nil` for this host alone.
  public var domain: String?
  /// The beginning of the paths that get the cookie.
  public var path: String?
  /// How long browsers keep it; `nil` until they are closed, or for what the caller of this says.
  public var expiresIn: Duration?
  /// Whether only encrypted connections get it.
  public var isSecure: Bool
  /// Whether it is hidden from scripts.
  public var isHTTPOnly: Bool
  /// On which requests from other sites it is sent; `nil` for the browser's default.
  public var sameSite: SetCookie.SameSite?
  /// Whether each top-level site has its own copy (CHIPS).
  public var isPartitioned: Bool

  /// Attributes of a cookie for the whole site.
  public init(
    domain: String? = nil, path: String? = "/", expiresIn: Duration? = nil, isSecure: Bool = false,
    isHTTPOnly: Bool = false, sameSite: SetCookie.SameSite? = nil, isPartitioned: Bool = false
  ) {
    self.domain = domain
    self.path = path
    self.expiresIn = expiresIn
    self.isSecure = isSecure
    self.isHTTPOnly = isHTTPOnly
    self.sameSite = sameSite
    self.isPartitioned = isPartitioned
  }

  /// A cookie with these attributes, which expires after `lifetime` if they do not say when.
  package func cookie(_ name: String, _ value: String, lifetime: Duration?) -> SetCookie {
    let expires = (expiresIn ?? lifetime).map {
      HTTPDate(unixSeconds: System.wallSeconds.addingReportingOverflow($0.wholeSeconds).partialValue)
    }
    return SetCookie(
      name, value, domain: domain, path: path, expires: expires, isSecure: isSecure, isHTTPOnly: isHTTPOnly,
      sameSite: sameSite, isPartitioned: isPartitioned)
  }
}
