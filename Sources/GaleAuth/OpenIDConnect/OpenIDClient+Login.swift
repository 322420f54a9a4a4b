// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore
import GaleHTTP

/// What is particular to one login.
public struct LoginOptions: Sendable, Hashable {
  /// Where the user wants to go, a path of this site.
  public var next: String?
  /// As ``OpenIDClient/Configuration/prompt``.
  public var prompt: String?
  /// As ``OpenIDClient/Configuration/maxAge``.
  public var maxAge: Int?
  /// As ``OpenIDClient/Configuration/acrValues``.
  public var acrValues: [String]?
  /// Who it probably is: an e-mail address as a rule.
  public var loginHint: String?
  /// More that is asked for.
  public var scopes: [String] = []
  /// More arguments for the provider.
  public var extraParameters: [String: String] = [:]

  /// Nothing particular.
  public init() {}
}

/// What a provider has the browser bring back (RFC 6749, section 4.1.2).
struct AuthorizationResponse {
  var code: String?
  var state: String?
  var issuer: String?
  var error: String?
  var errorDescription: String?
}

/// Who has signed in, and with what.
public struct LoginResult: Sendable {
  /// The user.
  public let user: LoginUser
  /// The tokens.
  public let tokens: TokenSet
  /// Where the user wanted to go.
  public let next: String?
  /// The provider's name for its session.
  let providerSession: String?
}

extension OpenIDClient {
  /// Where to send a browser, and what it must keep meanwhile.
  func begin(
    redirectURI: String, _ options: LoginOptions = LoginOptions()
  ) async throws(AuthError) -> (url: String, attempt: LoginAttempt) {
    let metadata = try await metadata()
    let maxAge = options.maxAge ?? configuration.maxAge
    let attempt = LoginAttempt(
      provider: provider.name, issuer: metadata.issuer, redirectURI: configuration.redirectURI ?? redirectURI,
      next: options.next, maxAge: maxAge)
    var scopes: [String] = []
    for scope in provider.scopes + options.scopes where !scopes.contains(scope) { scopes.append(scope) }
    var fields: FormFields = [
      ("response_type", "code"), ("client_id", configuration.id), ("redirect_uri", attempt.redirectURI),
      ("state", attempt.state), ("code_challenge", Secrets.challenge(attempt.verifier)),
      ("code_challenge_method", "S256"),
    ]
    if !scopes.isEmpty { fields.append(("scope", scopes.joined(separator: " "))) }
    if provider.issuer != nil { fields.append(("nonce", attempt.nonce)) }
    if provider.responseMode == .formPost { fields.append(("response_mode", "form_post")) }
    if let prompt = options.prompt ?? configuration.prompt { fields.append(("prompt", prompt)) }
    if let maxAge { fields.append(("max_age", String(maxAge))) }
    let acrValues = options.acrValues ?? configuration.acrValues
    if !acrValues.isEmpty { fields.append(("acr_values", acrValues.joined(separator: " "))) }
    if let hint = options.loginHint { fields.append(("login_hint", hint)) }
    for (name, value) in provider.extraParameters.merging(options.extraParameters, uniquingKeysWith: { $1 })
      .sorted(by: { $0.key < $1.key }) where !fields.contains(where: { $0.name == name })
    {
      fields.append((name, value))
    }
    return (FormText.append(fields, to: metadata.authorizationEndpoint), attempt)
  }

  /// Who comes back from an attempt.
  func complete(
    _ attempt: LoginAttempt, _ response: AuthorizationResponse
  ) async throws(AuthError) -> LoginResult {
    let metadata = try await metadata()
    try checkIssuer(response, metadata, attempt)
    if let error = response.error {
      throw AuthError(refusal: error, response.errorDescription, by: provider.name)
    }
    guard let code = response.code, !code.isEmpty else {
      throw AuthError(.invalidCallback, "the provider sent neither a code nor an error")
    }
    let tokens = try await token(
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", attempt.redirectURI),
        ("code_verifier", attempt.verifier),
      ], metadata)
    let claims = try await claims(tokens, attempt, code: code, metadata)
    return LoginResult(
      user: try LoginUser(claims, provider, metadata.issuer), tokens: tokens, next: attempt.next,
      providerSession: claims["sid"]?.stringValue)
  }

  /// RFC 9207, section 2.4: the answer is of the provider that was asked, or the code goes nowhere.
  private func checkIssuer(
    _ response: AuthorizationResponse, _ metadata: OpenIDMetadata, _ attempt: LoginAttempt
  ) throws(AuthError) {
    guard attempt.issuer == metadata.issuer else {
      throw AuthError(.wrongIssuer, "the login was begun with another issuer")
    }
    guard provider.issuer != nil else { return }
    if let issuer = response.issuer {
      // With an issuer for each tenant, the answer names the tenant's.
      let isTenant = provider.issuerClaim != nil && metadata.issuer.contains("{tenantid}")
      guard issuer == metadata.issuer || isTenant else {
        throw AuthError(.wrongIssuer, "the answer is of another provider than \(metadata.issuer)")
      }
    } else if metadata.sendsIssuer {
      throw AuthError(.wrongIssuer, "the answer does not say whose it is, although \(metadata.issuer) would")
    }
  }

  /// What is known of the user, from the ID token and the userinfo endpoint.
  private func claims(
    _ tokens: TokenSet, _ attempt: LoginAttempt, code: String, _ metadata: OpenIDMetadata
  ) async throws(AuthError) -> JSONValue {
    guard provider.issuer != nil else { return try await userinfo(tokens.accessToken, subject: nil) }
    guard let text = tokens.idToken else {
      throw AuthError(.invalidResponse, "\(provider.name) gave no ID token")
    }
    let token = try await verified(text)
    try rules(metadata, nonce: attempt.nonce, maxAge: attempt.maxAge, tokens.accessToken, code).check(token)
    guard provider.fetchesUserinfo, metadata.userinfoEndpoint != nil else { return token.claims }
    let more = try await userinfo(tokens.accessToken, subject: token.claims["sub"]?.stringValue)
    // What was signed wins.
    let own = token.claims.objectValue ?? []
    let added = (more.objectValue ?? []).filter { member in !own.contains { $0.key == member.key } }
    return .object(own + added)
  }

  func rules(
    _ metadata: OpenIDMetadata, nonce: String?, maxAge: Int?, _ accessToken: String?, _ code: String?
  ) -> IDTokenRules {
    IDTokenRules(
      issuer: metadata.issuer, issuerClaim: provider.issuerClaim, clientID: configuration.id, nonce: nonce,
      maxAge: maxAge, accessToken: accessToken, code: code, now: now, skew: configuration.clockSkew)
  }

  /// What the provider tells of the user whose token this is (OpenID Connect Core, section 5.3).
  /// - Parameters:
  ///   - accessToken: The user's.
  ///   - subject: Whom it must be about, by the ID token; `nil` only for a provider of OAuth 2 alone.
  /// - Throws: ``AuthError`` `.invalidToken` when it is about somebody else.
  public func userinfo(_ accessToken: String, subject: String?) async throws(AuthError) -> JSONValue {
    guard let url = try await metadata().userinfoEndpoint else {
      throw AuthError(.invalidConfiguration, "\(provider.name) has no userinfo endpoint")
    }
    let answer = try await fetch.object(url, headers: [("Authorization", "Bearer \(accessToken)")])
    if let subject {
      guard answer["sub"]?.stringValue == subject else {
        throw AuthError(.invalidToken, "the userinfo is about another user than the ID token")
      }
    }
    return answer
  }
}

#endif
