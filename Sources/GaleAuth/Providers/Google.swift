// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleWeb
import GaleHTTP
import GaleLoop
import Synchronization

/// A handler that signs users in with Google: Tornado's `GoogleOAuth2Mixin`.
///
/// The client's name and secret are in the settings' `userInfo`, as `google_oauth`.
///
/// ```swift
/// final class GoogleLoginHandler: RequestHandler, GoogleOAuth2Mixin {
///   override func get() async throws {
///     let mine = "https://app.example.com/auth/google"
///     guard try queryArgument("code") != nil else {
///       return try authorizeRedirect(redirectURI: mine, clientID: try client.key, scope: ["profile", "email"])
///     }
///     let login = try await authenticatedUser(redirectURI: mine)
/// ```
public protocol GoogleOAuth2Mixin: OAuth2Mixin {
  /// Whose tokens are believed.
  static var provider: OpenIDProvider { get }
  /// This application at Google: Tornado's `get_google_oauth_settings`.
  var client: ClientCredentials { get throws }
}

extension GoogleOAuth2Mixin {
  /// Google.
  public static var provider: OpenIDProvider { .google }
  /// Google's.
  public static var authorizeURL: String { "https://accounts.google.com/o/oauth2/v2/auth" }
  /// Google's.
  public static var accessTokenURL: String { "https://www.googleapis.com/oauth2/v4/token" }
  /// Google's: Tornado's `_OAUTH_USERINFO_URL`.
  public static var userinfoURL: String { "https://www.googleapis.com/oauth2/v1/userinfo" }

  /// What the settings say.
  public var client: ClientCredentials {
    get throws {
      guard let client = settings.userInfo["google_oauth"] as? ClientCredentials else {
        throw HTTPError(500, "You must define 'google_oauth' as ClientCredentials in userInfo")
      }
      return client
    }
  }

  /// Sends the user to Google; `openid` is always asked for, so that there is an ID token.
  public func authorizeRedirect(
    redirectURI: String, clientID: String, scope: [String] = [], responseType: String = "code",
    extraParameters: [String: String] = [:]
  ) throws {
    try authorizeRedirect(
      redirectURI: redirectURI, clientID: clientID,
      scope: scope.contains("openid") ? scope : ["openid"] + scope, responseType: responseType,
      extraParameters: extraParameters, issuer: Self.provider.issuer ?? "")
  }

  /// Who has come back from Google, by the ID token, which is verified: Tornado's `get_authenticated_user`.
  /// - Parameter redirectURI: That with which the user was sent there.
  /// - Throws: ``AuthError``
  public func authenticatedUser(redirectURI: String) async throws -> LoginResult {
    let callback = try authorizationCallback()
    guard callback.redirectURI == redirectURI else {
      throw AuthError(.invalidCallback, "the login was begun for another address")
    }
    let client = MixinClients.client(Self.provider, try client, allowsInsecureHTTP: Self.allowsInsecureHTTP)
    return try await client.complete(
      callback.attempt, AuthorizationResponse(code: callback.code, issuer: try queryArgument("iss")))
  }
}

/// Clients of mixins, which are handlers and so live no longer than a request.
enum MixinClients {
  private static let clients = Mutex<[ClientCredentials: OpenIDClient]>([:])

  static func client(
    _ provider: OpenIDProvider, _ credentials: ClientCredentials, allowsInsecureHTTP: Bool
  ) -> OpenIDClient {
    clients.withLock { clients in
      if let client = clients[credentials], client.provider.issuer == provider.issuer { return client }
      var configuration = OpenIDClient.Configuration(
        id: credentials.key, authentication: .secret(credentials.secret))
      configuration.allowsInsecureHTTP = allowsInsecureHTTP
      let client = OpenIDClient(provider, configuration)
      clients[credentials] = client
      return client
    }
  }
}

#endif
