// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore

/// What a provider gives for a code or a refresh token (RFC 6749, section 5.1).
///
/// It is not described: no token ends up in logs.
public struct TokenSet: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// Opens the provider's API.
  public let accessToken: String
  /// Gets the next access token.
  public let refreshToken: String?
  /// Says who the user is; verified where this comes from an ``OpenIDClient``.
  public let idToken: String?
  /// When the access token ends, in seconds since 1970.
  public let expiresAt: Int?
  /// What it may be used for, when the provider says that.
  public let scopes: [String]?
  /// All of the answer.
  public let answer: JSONValue

  init(_ answer: JSONValue, now: Int) throws(AuthError) {
    guard let token = answer["access_token"]?.stringValue, !token.isEmpty else {
      throw AuthError(.invalidResponse, "the token endpoint gave no access token")
    }
    // RFC 6749, section 7.1: a client that does not know a type must not use the token.
    guard answer["token_type"]?.stringValue?.lowercased() ?? "bearer" == "bearer" else {
      throw AuthError(.invalidResponse, "the access token is no bearer token")
    }
    accessToken = token
    refreshToken = answer["refresh_token"]?.stringValue
    idToken = answer["id_token"]?.stringValue
    // Some providers write the number as text.
    let lifetime = answer["expires_in"]?.intValue ?? answer["expires_in"]?.stringValue.flatMap { Int($0) }
    expiresAt = lifetime.map { now + min(max($0, 0), 10 * 365 * 86_400) }
    scopes = answer["scope"]?.stringValue?.split(separator: " ").map(String.init)
    self.answer = answer
  }

  /// Says nothing about the tokens.
  public var description: String { "TokenSet" }

  /// Says nothing about the tokens.
  public var customMirror: Mirror { Mirror(self, children: [:] as KeyValuePairs<String, Any>) }
}

#endif
