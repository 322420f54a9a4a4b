// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore
public import GaleHTTP
public import GaleWeb
import GaleLoop
import GaleWire

/// A client's name and secret at a provider: Tornado's `{"key": …, "secret": …}`.
public struct ClientCredentials: Sendable, Hashable, CustomStringConvertible {
  /// The name.
  public let key: String
  /// The secret.
  public let secret: String

  /// Creates credentials.
  public init(key: String, secret: String) {
    self.key = key
    self.secret = secret
  }

  /// Says nothing about the secret.
  public var description: String { "ClientCredentials(\(key))" }
}

/// What an OAuth 2 provider has sent back to a login that this browser began.
public struct OAuth2Callback: Sendable {
  /// Becomes a token.
  public let code: String
  /// What the token endpoint must be shown with it: `code_verifier`.
  public let verifier: String
  /// Where the code was sent to, which the token endpoint must be told too.
  public let redirectURI: String
  let attempt: LoginAttempt
}

/// A handler that signs users in with OAuth 2, step by step: Tornado's `OAuth2Mixin`.
///
/// State and PKCE belong to it, which Tornado leaves out. The settings need a `cookieSecret`. With a provider of OpenID
/// Connect, ``Login`` does all of it.
///
/// ```swift
/// final class ExampleLoginHandler: RequestHandler, OAuth2Mixin {
///   static let authorizeURL = "https://login.example.com/authorize"
///   static let accessTokenURL = "https://login.example.com/token"
///
///   override func get() async throws {
///     guard try queryArgument("state") != nil else {
///       return try authorizeRedirect(redirectURI: mine, clientID: "gale", scope: ["profile"])
///     }
///     let callback = try authorizationCallback()
///     let token = try await accessToken(callback, client: ClientCredentials(key: "gale", secret: secret))
///     let user = try await oauth2Request("https://api.example.com/me", accessToken: token.accessToken)
/// ```
public protocol OAuth2Mixin: RequestHandler {
  /// Where users are sent to: Tornado's `_OAUTH_AUTHORIZE_URL`.
  static var authorizeURL: String { get }
  /// Where codes become tokens: Tornado's `_OAUTH_ACCESS_TOKEN_URL`.
  static var accessTokenURL: String { get }
  /// What requests to the provider are made with: Tornado's `get_auth_http_client`.
  var authHTTPClient: AsyncHTTPClient { get }
  /// Whether the provider may be asked without encryption: for tests and development only.
  static var allowsInsecureHTTP: Bool { get }
}

extension OAuth2Mixin {
  /// The running loop's client.
  public var authHTTPClient: AsyncHTTPClient { .current }
  /// No.
  public static var allowsInsecureHTTP: Bool { false }

  /// Sends the user to the provider: Tornado's `authorize_redirect`.
  /// - Parameters:
  ///   - redirectURI: Where the provider shall send the user back; the provider must know it.
  ///   - clientID: This application's name at the provider.
  ///   - scope: What is asked for.
  ///   - responseType: `code`, unless the provider has something of its own.
  ///   - extraParameters: More arguments for the provider.
  public func authorizeRedirect(
    redirectURI: String, clientID: String, scope: [String] = [], responseType: String = "code",
    extraParameters: [String: String] = [:]
  ) throws {
    try authorizeRedirect(
      redirectURI: redirectURI, clientID: clientID, scope: scope, responseType: responseType,
      extraParameters: extraParameters, issuer: "")
  }

  func authorizeRedirect(
    redirectURI: String, clientID: String, scope: [String], responseType: String,
    extraParameters: [String: String], issuer: String
  ) throws {
    let next = try queryArgument("next").flatMap { isLocalRedirectTarget($0) ? $0 : nil }
    let attempt = LoginAttempt(
      provider: Self.authorizeURL, issuer: issuer, redirectURI: redirectURI, next: next)
    var fields: FormFields = [
      ("response_type", responseType), ("redirect_uri", redirectURI), ("client_id", clientID),
      ("state", attempt.state), ("code_challenge", Secrets.challenge(attempt.verifier)),
      ("code_challenge_method", "S256"),
    ]
    if scope.contains("openid") { fields.append(("nonce", attempt.nonce)) }
    for (name, value) in extraParameters.sorted(by: { $0.key < $1.key })
    where !fields.contains(where: { $0.name == name }) {
      fields.append((name, value))
    }
    if !scope.isEmpty { fields.append(("scope", scope.joined(separator: " "))) }
    try keep(attempt)
    try redirect(to: FormText.append(fields, to: Self.authorizeURL))
  }

  /// What the provider has sent back; the login that it belongs to has ended with this.
  /// - Throws: ``AuthError`` `.invalidCallback` when this browser has not begun it, `.refused` when the provider said no.
  public func authorizationCallback() throws -> OAuth2Callback {
    let attempt = try takeAttempt(state: try queryArgument("state"), provider: Self.authorizeURL)
    if let error = try queryArgument("error") {
      throw AuthError(refusal: error, try queryArgument("error_description"), by: "the provider")
    }
    guard let code = try queryArgument("code"), !code.isEmpty else {
      throw AuthError(.invalidCallback, "the provider sent no code")
    }
    return OAuth2Callback(
      code: code, verifier: attempt.verifier, redirectURI: attempt.redirectURI, attempt: attempt)
  }

  /// The request that makes a token of a code: Tornado's `_oauth_request_token_url`.
  ///
  /// A form instead of a URL, in which secrets would end up in logs.
  public func accessTokenRequest(
    _ callback: OAuth2Callback, client: ClientCredentials, extraParameters: [String: String] = [:]
  ) throws -> HTTPRequest {
    var fields: FormFields = [
      ("grant_type", "authorization_code"), ("redirect_uri", callback.redirectURI), ("code", callback.code),
      ("code_verifier", callback.verifier), ("client_id", client.key), ("client_secret", client.secret),
    ]
    fields += extraParameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    var request = HTTPRequest(Self.accessTokenURL, method: "POST", body: .text(FormText.encode(fields)))
    try request.headers.set("Content-Type", "application/x-www-form-urlencoded")
    return request
  }

  /// Makes a token of a code.
  /// - Throws: ``AuthError``
  public func accessToken(_ callback: OAuth2Callback, client: ClientCredentials) async throws -> TokenSet {
    let response = try await authFetch.send(try accessTokenRequest(callback, client: client))
    let answer = try AuthFetch.object(response)
    if let error = answer["error"]?.stringValue {
      throw AuthError(refusal: error, answer["error_description"]?.stringValue, by: "the token endpoint")
    }
    guard response.status == 200 else {
      throw AuthError(.invalidResponse, "the token endpoint answers \(response.status)")
    }
    return try TokenSet(answer, now: loop.wallSeconds)
  }

  /// Asks the provider's API: Tornado's `oauth2_request`.
  ///
  /// The token travels in the header `Authorization`, never in the URL.
  /// - Parameters:
  ///   - url: What to ask.
  ///   - accessToken: The user's; `nil` for what needs none.
  ///   - postArguments: Sent as a form, with POST.
  ///   - arguments: Sent in the URL.
  /// - Returns: The JSON that is answered.
  /// - Throws: ``AuthError``; ``/GaleHTTP/HTTPClientError`` for another status than 2xx.
  public func oauth2Request(
    _ url: String, accessToken: String? = nil, postArguments: [String: String]? = nil,
    _ arguments: [String: String] = [:]
  ) async throws -> JSONValue {
    let fields = arguments.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    let form = postArguments.map { $0.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) } }
    let response = try await authFetch.send(
      FormText.append(fields, to: url), form: form,
      headers: accessToken.map { [("Authorization", "Bearer \($0)")] } ?? [])
    try response.rethrow()
    do { return try jsonDecode(response.body, depthLimit: 64) } catch {
      throw AuthError(.invalidResponse, "the provider does not answer with JSON", underlyingError: error)
    }
  }

  var authFetch: AuthFetch {
    let client = authHTTPClient
    // The client belongs to this loop, as this handler does.
    let confined = LoopConfined(client)
    return AuthFetch(client: { confined.value }, allowsInsecureHTTP: Self.allowsInsecureHTTP)
  }
}

#endif
