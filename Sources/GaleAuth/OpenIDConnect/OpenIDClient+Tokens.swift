// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore
import GaleHTTP
import Synchronization

extension OpenIDClient {
  /// What an ID token says that has reached this server in another way than a login of its own, from an app on a phone for
  /// example: verified as that of a login is.
  /// - Parameters:
  ///   - text: The token.
  ///   - nonce: What was asked to be in it; without one anybody's token for this client is taken, whenever it was made.
  ///   - maxAge: How long ago the user may have signed in, in seconds.
  /// - Throws: ``AuthError`` `.invalidToken`, `.wrongIssuer`; `.providerUnavailable` when its keys are not known.
  public func claims(
    ofIDToken text: String, nonce: String?, maxAge: Int? = nil
  ) async throws(AuthError) -> JSONValue {
    let metadata = try await metadata()
    guard provider.issuer != nil else {
      throw AuthError(.invalidConfiguration, "\(provider.name) has no ID tokens")
    }
    let token = try await verified(text)
    try rules(metadata, nonce: nonce, maxAge: maxAge, nil, nil).check(token)
    return token.claims
  }

  /// Asks the token endpoint.
  func token(_ fields: FormFields, _ metadata: OpenIDMetadata) async throws(AuthError) -> TokenSet {
    try TokenSet(try await post(fields, to: metadata.tokenEndpoint, metadata), now: now)
  }

  /// Posts a form as this client, and returns the object that is answered.
  private func post(
    _ fields: FormFields, to url: String, _ metadata: OpenIDMetadata, mayBeEmpty: Bool = false
  ) async throws(AuthError) -> JSONValue {
    var form = fields
    let headers = try await configuration.authentication.apply(
      to: &form, clientID: configuration.id, metadata, now: now)
    let response = try await fetch.send(url, form: form, headers: headers)
    if mayBeEmpty, response.status == 200 { return [:] }
    let answer = try? AuthFetch.object(response)
    // GitHub answers errors with 200.
    if let error = answer?["error"]?.stringValue {
      throw AuthError(refusal: error, answer?["error_description"]?.stringValue, by: provider.name)
    }
    guard response.status == 200, let answer else {
      throw AuthError(
        .invalidResponse, "the endpoint of \(provider.name) answers \(response.status), and no JSON object")
    }
    return answer
  }

  /// New tokens for a refresh token (RFC 6749, section 6).
  ///
  /// However many ask with the same token at the same time, the provider is asked once: one that lets a refresh token be
  /// used once would else take the second for a thief.
  /// - Parameters:
  ///   - refreshToken: What the provider gave. The one in the result, if there is one, takes its place.
  ///   - subject: Whose it is: a new ID token must be of the same user.
  /// - Throws: ``AuthError``; `.refused` when the user has to sign in again.
  public func refresh(_ refreshToken: String, subject: String? = nil) async throws(AuthError) -> TokenSet {
    try await refreshes.run(refreshToken, now: now) { [self] in
      do throws(AuthError) {
        let metadata = try await metadata()
        let tokens = try await token(
          [("grant_type", "refresh_token"), ("refresh_token", refreshToken)], metadata)
        if let text = tokens.idToken, provider.issuer != nil {
          let token = try await verified(text)
          try rules(metadata, nonce: nil, maxAge: nil, tokens.accessToken, nil).check(token)
          guard subject == nil || token.claims["sub"]?.stringValue == subject else {
            throw AuthError(.invalidToken, "the refreshed token is of another user")
          }
        }
        return .success(tokens)
      } catch {
        return .failure(error)
      }
    }
  }

  /// A token for this application itself, without a user (RFC 6749, section 4.4).
  public func clientCredentials(scopes: [String] = []) async throws(AuthError) -> TokenSet {
    var fields: FormFields = [("grant_type", "client_credentials")]
    if !scopes.isEmpty { fields.append(("scope", scopes.joined(separator: " "))) }
    return try await token(fields, try await metadata())
  }

  /// Gives a token back (RFC 7009); does nothing where the provider has no endpoint for that.
  /// - Parameters:
  ///   - token: An access token or a refresh token.
  ///   - kind: `access_token` or `refresh_token`, so that the provider finds it sooner.
  public func revoke(_ token: String, kind: String? = nil) async throws(AuthError) {
    let metadata = try await metadata()
    guard let url = metadata.revocationEndpoint else { return }
    let hint: FormFields = kind.map { [("token_type_hint", $0)] } ?? []
    _ = try await post([("token", token)] + hint, to: url, metadata, mayBeEmpty: true)
  }

  /// What a token is good for (RFC 7662): its claims.
  /// - Throws: ``AuthError`` `.invalidToken` for one that is not active.
  public func introspect(_ token: String) async throws(AuthError) -> JSONValue {
    let metadata = try await metadata()
    guard let url = metadata.introspectionEndpoint else {
      throw AuthError(.invalidConfiguration, "\(provider.name) has no introspection endpoint")
    }
    let answer = try await post([("token", token)], to: url, metadata)
    guard answer["active"]?.boolValue == true else {
      throw AuthError(.invalidToken, "the token is not active")
    }
    return answer
  }
}

/// Refreshes under way, and those of the last moments: tabs come with the old cookie for a while.
final class RefreshFlights: Sendable {
  private struct Entry: Sendable {
    let flight = SingleFlight<TokenSet>()
    let startedAt: Int
    var tokens: TokenSet?
  }

  private static let keptSeconds = 30
  private static let countLimit = 10_000
  private let entries = Mutex<[String: Entry]>([:])

  func run(
    _ refreshToken: String, now: Int, _ work: @escaping @Sendable () async -> Result<TokenSet, AuthError>
  ) async throws(AuthError) -> TokenSet {
    let entry = entries.withLock { entries in
      if let entry = entries[refreshToken], now - entry.startedAt <= Self.keptSeconds { return entry }
      if entries.count >= Self.countLimit {
        entries = entries.filter { now - $0.value.startedAt <= Self.keptSeconds }
      }
      let entry = Entry(startedAt: now)
      entries[refreshToken] = entry
      return entry
    }
    if let tokens = entry.tokens { return tokens }
    do {
      let tokens = try await entry.flight.run(work)
      entries.withLock { $0[refreshToken]?.tokens = tokens }
      return tokens
    } catch {
      entries.withLock { $0[refreshToken] = nil }
      throw error
    }
  }
}

#endif
