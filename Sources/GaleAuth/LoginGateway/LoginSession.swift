// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleLoop

/// What a signed-in browser keeps in its cookie.
public struct LoginSession: Sendable, Codable, Hashable {
  /// Another one for each login: whoever knew an old cookie has nothing of the new one.
  public let id: String
  /// Who it is.
  public internal(set) var user: LoginUser
  /// The provider's name for its own session, for back-channel logout.
  public let providerSession: String?
  /// When the user signed in here, in seconds since 1970.
  public let startedAt: Int
  /// When the user must sign in again.
  public internal(set) var expiresAt: Int
  /// The last ID token, so that the provider knows whom to sign out.
  public internal(set) var idToken: String?
  /// Opens the provider's API; only with ``Login/Configuration/keepsTokens``.
  public internal(set) var accessToken: String?
  /// Gets the next one.
  public internal(set) var refreshToken: String?
  /// When the access token ends.
  public internal(set) var accessExpiresAt: Int?

  private enum CodingKeys: String, CodingKey {
    case id, user = "u", providerSession = "sid", startedAt = "iat", expiresAt = "exp", idToken = "idt"
    case accessToken = "at", refreshToken = "rt", accessExpiresAt = "axp"
  }

  /// A session of a user, for ``Login/start(_:in:)``.
  /// - Parameters:
  ///   - user: Who it is.
  ///   - lifetime: How long it lasts, at the most as long as the login's own.
  ///   - now: The time, in seconds since 1970; `nil` for the clock's.
  public init(_ user: LoginUser, lifetime: Duration, now: Int? = nil) {
    let now = now ?? System.wallSeconds
    id = Secrets.random(byteCount: 16)
    self.user = user
    providerSession = nil
    startedAt = now
    expiresAt = now + Int(lifetime.components.seconds)
  }

  init(_ result: LoginResult, providerSession: String?, now: Int, lifetime: Int, keepsTokens: Bool) {
    id = Secrets.random(byteCount: 16)
    user = result.user
    self.providerSession = providerSession
    startedAt = now
    expiresAt = now + lifetime
    idToken = result.tokens.idToken
    if keepsTokens { take(result.tokens) }
  }

  mutating func take(_ tokens: TokenSet) {
    accessToken = tokens.accessToken
    refreshToken = tokens.refreshToken ?? refreshToken
    accessExpiresAt = tokens.expiresAt
    idToken = tokens.idToken ?? idToken
  }

  /// The text for the cookie.
  var text: String {
    get throws { jsonEncode(try JSONValue(encoding: self)) }
  }
}

#endif
