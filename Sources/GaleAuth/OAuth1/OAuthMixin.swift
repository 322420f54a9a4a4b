// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore
public import GaleHTTP
public import GaleWeb
import GaleLoop
import GaleWire
import Crypto

/// Which OAuth 1 a provider speaks: Tornado's `_OAUTH_VERSION`.
public enum OAuthVersion: Sendable, Hashable {
  /// The first one, whose logins can be fixated: for providers that know nothing else.
  case v10
  /// The mended one, which is RFC 5849.
  case v10a
}

/// A handler that signs users in with OAuth 1: Tornado's `OAuthMixin`.
///
/// ```swift
/// final class ExampleLoginHandler: RequestHandler, OAuthMixin {
///   static let requestTokenURL = "https://api.example.com/oauth/request_token"
///   static let authorizeURL = "https://api.example.com/oauth/authorize"
///   static let accessTokenURL = "https://api.example.com/oauth/access_token"
///   let consumerToken = ClientCredentials(key: key, secret: secret)
///
///   func user(for token: OAuthToken) async throws -> JSONValue? {
///     try await oauthRequest("https://api.example.com/me", accessToken: token)
///   }
///   override func get() async throws {
///     guard try queryArgument("oauth_token") != nil else {
///       return try await authorizeRedirect(callbackURI: mine)
///     }
///     let (user, token) = try await authenticatedUser()
/// ```
///
/// The settings need a `cookieSecret`: the request token is kept sealed, each login's under a name of its own. Parameters
/// travel in the header `Authorization`, not in URLs.
public protocol OAuthMixin: RequestHandler {
  /// Where a login begins: Tornado's `_OAUTH_REQUEST_TOKEN_URL`.
  static var requestTokenURL: String { get }
  /// Where users are sent to: Tornado's `_OAUTH_AUTHORIZE_URL`.
  static var authorizeURL: String { get }
  /// Where a login ends: Tornado's `_OAUTH_ACCESS_TOKEN_URL`.
  static var accessTokenURL: String { get }
  /// Which version the provider speaks.
  static var oauthVersion: OAuthVersion { get }
  /// Whether the provider knows by itself where users come back to: Tornado's `_OAUTH_NO_CALLBACKS`.
  static var hasNoCallbacks: Bool { get }
  /// How requests are signed.
  static var signatureMethod: OAuthSignatureMethod { get }
  /// What is signed.
  static var signatureStyle: OAuthSignatureStyle { get }
  /// Whether the provider may be asked without encryption: for tests and development only.
  static var allowsInsecureHTTP: Bool { get }
  /// This application's name and secret: Tornado's `_oauth_consumer_token`.
  var consumerToken: ClientCredentials { get throws }
  /// What requests to the provider are made with: Tornado's `get_auth_http_client`.
  var authHTTPClient: AsyncHTTPClient { get }
  /// Who the user is whose token this is: Tornado's `_oauth_get_user_future`; `nil` for nobody.
  func user(for token: OAuthToken) async throws -> JSONValue?
}

extension OAuthMixin {
  /// The mended version.
  public static var oauthVersion: OAuthVersion { .v10a }
  /// No.
  public static var hasNoCallbacks: Bool { false }
  /// HMAC-SHA1.
  public static var signatureMethod: OAuthSignatureMethod { .hmacSHA1 }
  /// As RFC 5849 says.
  public static var signatureStyle: OAuthSignatureStyle { .rfc5849 }
  /// No.
  public static var allowsInsecureHTTP: Bool { false }
  /// The running loop's client.
  public var authHTTPClient: AsyncHTTPClient { .current }

  /// Begins a login and sends the user to the provider: Tornado's `authorize_redirect`.
  /// - Parameters:
  ///   - callbackURI: Where the provider shall send the user back, absolute or a path of this site; `oob` writes the
  ///     provider's URL as the answer instead, for users who type a number.
  ///   - extraParameters: More arguments for the request token.
  public func authorizeRedirect(
    callbackURI: String? = nil, extraParameters: [String: String] = [:]
  ) async throws {
    try await authorizeRedirect(to: Self.authorizeURL, callbackURI, extraParameters)
  }

  func authorizeRedirect(
    to url: String, _ callbackURI: String?, _ extraParameters: [String: String]
  ) async throws {
    guard callbackURI == nil || !Self.hasNoCallbacks else {
      throw AuthError(.invalidConfiguration, "this provider takes no callback URI")
    }
    let callback = callbackURI.map { $0.hasPrefix("/") ? "\(request.protocol)://\(request.host)\($0)" : $0 }
    var parameters = extraParameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    if Self.oauthVersion == .v10a { parameters.append(("oauth_callback", callback ?? "oob")) }
    let answer = try await post(Self.requestTokenURL, token: nil, parameters)
    // RFC 5849, section 2.1: without this word the provider speaks the old version, which can be fixated.
    guard Self.oauthVersion == .v10 || answer["oauth_callback_confirmed"]?.lowercased() == "true" else {
      throw AuthError(.invalidResponse, "the provider does not confirm the callback")
    }
    let token = try OAuthToken(answer)
    try keepRequestToken(token)
    var fields: FormFields = [("oauth_token", token.key)]
    if Self.oauthVersion == .v10, let callback, callback != "oob" {
      fields.append(("oauth_callback", callback))
    }
    let target = FormText.append(fields, to: url)
    guard callbackURI != "oob" else { return try finish(target) }
    try redirect(to: target)
  }

  /// Who has come back from the provider: Tornado's `get_authenticated_user`.
  /// - Returns: What ``user(for:)`` says, and the access token.
  /// - Throws: ``AuthError`` `.invalidCallback` when this browser has not begun the login, or it has ended already;
  ///   `.refused`.
  public func authenticatedUser() async throws -> (user: JSONValue, token: OAuthToken) {
    if try queryArgument("denied") != nil { throw AuthError(.refused, "the user said no") }
    guard let key = try queryArgument("oauth_token") else {
      throw AuthError(.invalidCallback, "the provider sent no token")
    }
    let requestToken = try takeRequestToken(key)
    var parameters: [(String, String)] = []
    if let verifier = try queryArgument("oauth_verifier") {
      parameters.append(("oauth_verifier", verifier))
    } else if Self.oauthVersion == .v10a {
      throw AuthError(.invalidCallback, "the provider sent no verifier")
    }
    let token = try OAuthToken(try await post(Self.accessTokenURL, token: requestToken, parameters))
    guard let user = try await user(for: token) else { throw AuthError(.refused, "Error getting user") }
    return (user, token)
  }

  /// OAuth's parameters for a request, with its signature: Tornado's `_oauth_request_parameters`.
  /// - Parameters:
  ///   - url: What will be asked.
  ///   - accessToken: The user's.
  ///   - parameters: What else will be sent: the arguments of a form, and those of OAuth itself.
  ///   - method: The method.
  public func oauthRequestParameters(
    _ url: String, accessToken: OAuthToken?, parameters: [(String, String)] = [], method: String = "GET"
  ) throws -> [(String, String)] {
    let consumer = try consumerToken
    var own = [
      ("oauth_consumer_key", consumer.key), ("oauth_signature_method", Self.signatureMethod.rawValue),
      ("oauth_timestamp", String(loop.wallSeconds)), ("oauth_nonce", Secrets.random(byteCount: 16)),
      ("oauth_version", "1.0"),
    ]
    if let accessToken { own.append(("oauth_token", accessToken.key)) }
    own += parameters.filter { $0.0.hasPrefix("oauth_") }
    let others = parameters.filter { !$0.0.hasPrefix("oauth_") }
    let signature = try OAuthSignature.sign(
      method: method, url: url, parameters: own + others, consumer: consumer, token: accessToken,
      by: Self.signatureMethod, style: Self.signatureStyle)
    return own + [("oauth_signature", signature)]
  }

  /// Asks the provider's API in the user's name.
  /// - Parameters:
  ///   - url: What to ask.
  ///   - accessToken: The user's.
  ///   - postArguments: Sent as a form, with POST.
  ///   - arguments: Sent in the URL.
  /// - Returns: The JSON that is answered.
  /// - Throws: ``AuthError``; ``/GaleHTTP/HTTPClientError`` for another status than 2xx.
  public func oauthRequest(
    _ url: String, accessToken: OAuthToken, postArguments: [String: String]? = nil,
    _ arguments: [String: String] = [:]
  ) async throws -> JSONValue {
    let query = arguments.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    let form = postArguments.map { $0.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) } }
    let whole = FormText.append(query, to: url)
    // Tornado's way leaves the URL's arguments out, so they count here.
    let extra = Self.signatureStyle == .rfc5849 ? [] : query.map { ($0.name, $0.value) }
    let parameters = try oauthRequestParameters(
      whole, accessToken: accessToken, parameters: extra + (form ?? []).map { ($0.name, $0.value) },
      method: form == nil ? "GET" : "POST")
    let response = try await oauthFetch.send(
      whole, form: form, headers: [("Authorization", OAuthSignature.header(parameters))])
    try response.rethrow()
    do { return try jsonDecode(response.body, depthLimit: 64) } catch {
      throw AuthError(.invalidResponse, "the provider does not answer with JSON", underlyingError: error)
    }
  }

  /// The fields that a token's place answers.
  private func post(
    _ url: String, token: OAuthToken?, _ parameters: [(String, String)]
  ) async throws -> [String: String] {
    let form = parameters.filter { !$0.0.hasPrefix("oauth_") }.map { (name: $0.0, value: $0.1) }
    let all = try oauthRequestParameters(url, accessToken: token, parameters: parameters, method: "POST")
    let response = try await oauthFetch.send(
      url, form: form, headers: [("Authorization", OAuthSignature.header(all))])
    guard response.status == 200 else {
      throw AuthError(.refused, "the provider answers \(response.status) to a request for a token")
    }
    guard let fields = FormText.decode(response.body) else {
      throw AuthError(.invalidResponse, "the provider does not answer with a form")
    }
    return Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
  }

  private var oauthFetch: AuthFetch {
    // The client belongs to this loop, as this handler does.
    let confined = LoopConfined(authHTTPClient)
    return AuthFetch(client: { confined.value }, allowsInsecureHTTP: Self.allowsInsecureHTTP)
  }

  // MARK: - The request token

  private func requestTokenCookie(_ key: String) -> String {
    "_oauth_request_token_" + Secrets.base64(SHA256.hash(data: Array(key.utf8)).prefix(9))
  }

  private func requestTokenAttributes() -> CookieAttributes {
    CookieAttributes(isSecure: request.protocol == "https", isHTTPOnly: true, sameSite: .lax)
  }

  private func keepRequestToken(_ token: OAuthToken) throws {
    let text = jsonEncode([
      "key": .string(token.key), "secret": .string(token.secret), "at": .string(Self.accessTokenURL),
    ])
    try setSealedCookie(
      requestTokenCookie(token.key), text, expiresIn: LoginAttempt.lifetime,
      attributes: requestTokenAttributes())
  }

  private func takeRequestToken(_ key: String) throws -> OAuthToken {
    request.isQuerySecret = true
    let name = requestTokenCookie(key)
    guard let text = try signedCookie(name, maxAge: LoginAttempt.lifetime, minVersion: .sealed) else {
      throw AuthError(.invalidCallback, "Missing OAuth request token cookie")
    }
    try clearCookie(name)
    guard let value = try? jsonDecode(text), let known = value["key"]?.stringValue,
      let secret = value["secret"]?.stringValue, Secrets.equal(known, key),
      value["at"]?.stringValue == Self.accessTokenURL
    else { throw AuthError(.invalidCallback, "Request token does not match cookie") }
    guard UsedStates.shared.use("oauth1 \(Self.accessTokenURL) \(key)", now: loop.wallSeconds) else {
      throw AuthError(.invalidCallback, "the login has ended already")
    }
    return OAuthToken(key: known, secret: secret)
  }
}

extension OAuthToken {
  /// The token in an answer; the other fields are kept.
  fileprivate init(_ answer: [String: String]) throws(AuthError) {
    guard let key = answer["oauth_token"], let secret = answer["oauth_token_secret"], !key.isEmpty else {
      throw AuthError(.invalidResponse, "the provider gave no token")
    }
    self.init(
      key: key, secret: secret,
      fields: answer.filter { !["oauth_token", "oauth_token_secret"].contains($0.key) })
  }
}

#endif
