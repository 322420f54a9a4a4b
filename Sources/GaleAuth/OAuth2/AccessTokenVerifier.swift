// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore
import GaleHTTP
public import GaleWeb
import GaleWire
import Synchronization
import Crypto

/// What an access token allows.
public struct AccessToken: Sendable, Hashable {
  /// Whose it is; a client's own name for one without a user.
  public let subject: String?
  /// Which client it was given to.
  public let clientID: String?
  /// What it allows.
  public let scopes: Set<String>
  /// When it ends, in seconds since 1970.
  public let expiresAt: Int?
  /// All that is said of it.
  public let claims: JSONValue

  init(_ claims: JSONValue) {
    subject = claims["sub"]?.stringValue
    clientID = claims["client_id"]?.stringValue ?? claims["azp"]?.stringValue
    let list = claims["scope"]?.stringValue?.split(separator: " ").map(String.init)
    // Entra and Okta call it scp, and Okta makes it a list.
    let other = claims["scp"]?.arrayValue?.compactMap(\.stringValue)
    let text = claims["scp"]?.stringValue?.split(separator: " ").map(String.init)
    scopes = Set(list ?? other ?? text ?? [])
    expiresAt = claims["exp"]?.intValue
    self.claims = claims
  }
}

/// Finds out what access tokens allow, for APIs.
///
/// ```swift
/// let tokens = AccessTokenVerifier(client, audience: "https://api.example.com")
/// …
/// override func get() async throws {
///   let token = try await requireBearer(scopes: ["orders:read"], by: tokens)
/// ```
public final class AccessTokenVerifier: Sendable {
  /// How it finds out.
  public enum Way: Sendable, Hashable {
    /// From the token itself, which the provider has signed (RFC 9068).
    case signature
    /// By asking the provider (RFC 7662); what it says is believed for so many seconds.
    case introspection(seconds: Int)
  }

  private struct Known: Sendable {
    let token: AccessToken
    let until: Int
  }

  private static let knownLimit = 4096
  private let client: OpenIDClient
  private let audience: String
  private let way: Way
  private let known = Mutex<[SHA256Digest: Known]>([:])

  /// Creates a verifier.
  /// - Parameters:
  ///   - client: Whose provider gives the tokens; its own credentials are needed for introspection only.
  ///   - audience: What tokens must be for: this API's name at the provider, not that of a client that users sign in with.
  ///   - way: How it finds out.
  public init(_ client: OpenIDClient, audience: String, way: Way = .signature) {
    self.client = client
    self.audience = audience
    self.way = way
  }

  /// What a token allows.
  /// - Throws: ``AuthError`` `.invalidToken`, `.wrongIssuer`; `.providerUnavailable` when it cannot be found out now.
  public func verify(_ token: String) async throws(AuthError) -> AccessToken {
    guard token.utf8.count <= SignedToken.byteLimit else {
      throw AuthError(.invalidToken, "the token is too long")
    }
    switch way {
    case .signature: return try await verifySignature(token)
    case .introspection(let seconds): return try await introspect(token, seconds)
    }
  }

  private func verifySignature(_ text: String) async throws(AuthError) -> AccessToken {
    let token = try await client.verified(text)
    // A token for another purpose is none for an API (RFC 9068, section 2.1).
    guard ["at+jwt", "application/at+jwt", "jwt", nil].contains(token.type) else {
      throw AuthError(.invalidToken, "the token is no access token")
    }
    let metadata = try await client.metadata()
    try IDTokenRules.checkIssuer(token.claims, metadata.issuer, client.provider.issuerClaim)
    try check(token.claims, requiresExpiry: true)
    return AccessToken(token.claims)
  }

  private func introspect(_ text: String, _ seconds: Int) async throws(AuthError) -> AccessToken {
    let key = SHA256.hash(data: Array(text.utf8))
    let now = client.now
    if let known = known.withLock({ $0[key] }), known.until > now { return known.token }
    let claims = try await client.introspect(text)
    if let issuer = claims["iss"]?.stringValue {
      let own = try await client.metadata().issuer
      guard own.isEmpty || issuer == own else {
        throw AuthError(.wrongIssuer, "the token is of another provider")
      }
    }
    try check(claims, requiresExpiry: false)
    let token = AccessToken(claims)
    let until = min(now + seconds, token.expiresAt ?? .max)
    if until > now {
      known.withLock { known in
        if known.count >= Self.knownLimit { known.removeAll(keepingCapacity: true) }
        known[key] = Known(token: token, until: until)
      }
    }
    return token
  }

  private func check(_ claims: JSONValue, requiresExpiry: Bool) throws(AuthError) {
    let (now, skew) = (client.now, client.configuration.clockSkew)
    guard IDTokenRules.audience(claims).contains(audience) else {
      throw AuthError(.invalidToken, "the token is for another service")
    }
    if requiresExpiry || claims["exp"] != nil {
      guard let end = claims["exp"]?.intValue, end > now - skew else {
        throw AuthError(.invalidToken, "the token has expired")
      }
    }
    for name in ["nbf", "iat"] where claims[name] != nil {
      guard let start = claims[name]?.intValue, start <= now + skew else {
        throw AuthError(.invalidToken, "the token is of the future")
      }
    }
  }
}

extension RequestHandler {
  /// The request's access token, without which it goes no further (RFC 6750).
  ///
  /// Only the header `Authorization` is looked at: in URLs tokens would end up in logs.
  /// - Parameters:
  ///   - scopes: All of them must be allowed.
  ///   - verifier: Finds out what the token allows.
  /// - Throws: ``/GaleWeb/HTTPError`` 401 for no token or one that is not valid, 403 for one that does not allow it; 503.
  @discardableResult
  public func requireBearer(
    scopes: Set<String> = [], by verifier: AccessTokenVerifier
  ) async throws -> AccessToken {
    guard let text = bearerToken else { throw challenged(401, nil, "no bearer token") }
    let token: AccessToken
    do {
      token = try await verifier.verify(text)
    } catch {
      guard error.code == .invalidToken || error.code == .wrongIssuer else { throw error }
      throw challenged(401, "error=\"invalid_token\"", error.description)
    }
    guard scopes.isSubset(of: token.scopes) else {
      let wanted = scopes.sorted().joined(separator: " ")
      throw challenged(
        403, "error=\"insufficient_scope\", scope=\"\(wanted)\"", "the token does not allow \(wanted)")
    }
    setCurrentUser(token)
    return token
  }

  private func challenged(_ status: Int, _ parameters: String?, _ message: String) -> HTTPError {
    let challenge = "Bearer" + (parameters.map { " " + $0 } ?? "")
    request.onResponseHead { answered, headers in
      if answered == status { try? headers.set("Www-Authenticate", challenge) }
    }
    return HTTPError(status, message)
  }
}

#endif
