// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore

/// Who has signed in, as far as the provider tells.
public struct LoginUser: Sendable, Hashable, Codable {
  /// The provider's name.
  public let provider: String
  /// Who the provider is; empty for OAuth 2 alone.
  public let issuer: String
  /// Who it is at the provider, for ever: the key for accounts, together with ``provider``.
  public let subject: String
  /// How the user is called.
  public let name: String?
  /// The name for logging in.
  public let username: String?
  /// The e-mail address, which the user may have made up unless ``isEmailVerified``.
  public let email: String?
  /// Whether the provider has verified the address.
  public let isEmailVerified: Bool
  /// The URL of a picture.
  public let picture: String?
  /// The groups that the user is in.
  public let groups: [String]
  /// Everything that the provider tells, without what belongs to the token itself.
  public private(set) var claims: JSONValue

  /// Of the token, not of the user.
  private static let technical: Set<String> = [
    "iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "c_hash", "s_hash", "jti", "sid",
    "session_state", "typ", "rh", "uti", "aio",
  ]

  /// A user whom something else than a provider of OpenID Connect knows: a database of passwords, for example.
  /// - Parameters:
  ///   - provider: Who knows the user; in place of a provider's name.
  ///   - issuer: See ``issuer``.
  ///   - subject: See ``subject``.
  ///   - name: See ``name``.
  ///   - username: See ``username``.
  ///   - email: See ``email``.
  ///   - isEmailVerified: See ``isEmailVerified``; never without an address.
  ///   - picture: See ``picture``.
  ///   - groups: See ``groups``.
  ///   - claims: See ``claims``.
  public init(
    provider: String, issuer: String = "", subject: String, name: String? = nil, username: String? = nil,
    email: String? = nil, isEmailVerified: Bool = false, picture: String? = nil, groups: [String] = [],
    claims: JSONValue = [:]
  ) {
    self.provider = provider
    self.issuer = issuer
    self.subject = subject
    self.name = name
    self.username = username
    self.email = email
    self.isEmailVerified = isEmailVerified && email != nil
    self.picture = picture
    self.groups = groups
    self.claims = claims
  }

  init(_ claims: JSONValue, _ provider: OpenIDProvider, _ issuer: String) throws(AuthError) {
    let names = provider.claimNames
    func text(_ path: String) -> String? {
      switch claims.at(path) {
      case .string(let text)?: text.isEmpty ? nil : text
      case .int(let number)?: String(number)
      default: nil
      }
    }
    guard let subject = text(names.subject) else {
      throw AuthError(.invalidResponse, "\(provider.name) does not say who the user is")
    }
    self.provider = provider.name
    self.issuer = claims["iss"]?.stringValue ?? issuer
    self.subject = subject
    name = text(names.name)
    username = text(names.username)
    email = text(names.email)
    let verified = claims.at(names.isEmailVerified)
    // Apple and Cognito write it as text.
    isEmailVerified =
      email != nil
      && (verified?.boolValue ?? verified?.stringValue.map { $0 == "true" } ?? provider.verifiesEmails)
    picture = text(names.picture)
    switch claims.at(names.groups) {
    case .array(let values)?: groups = values.compactMap(\.stringValue)
    case .string(let one)?: groups = [one]
    default: groups = []
    }
    self.claims = .object((claims.objectValue ?? []).filter { !Self.technical.contains($0.key) })
  }

  /// The same user without ``claims``.
  var withoutClaims: LoginUser {
    var copy = self
    copy.claims = [:]
    return copy
  }

  /// One of the ``claims``.
  public subscript(claim: String) -> JSONValue? { claims.at(claim) }

  /// What to show as the user's name.
  public var displayName: String { name ?? username ?? email ?? subject }
}

#endif
