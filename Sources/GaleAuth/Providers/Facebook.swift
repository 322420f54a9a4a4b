// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Crypto
public import GaleCore
import GaleWeb
import GaleHTTP
import GaleLoop

/// A handler that signs users in with Facebook: Tornado's `FacebookGraphMixin`.
///
/// ```swift
/// final class FacebookLoginHandler: RequestHandler, FacebookGraphMixin {
///   override func get() async throws {
///     guard try queryArgument("code") != nil else {
///       return try authorizeRedirect(redirectURI: mine, clientID: try client.key, scope: ["email"])
///     }
///     let user = try await authenticatedUser(redirectURI: mine)
/// ```
///
/// The application's name and secret are in the settings' `userInfo`, as `facebook_api_key` and `facebook_secret`.
public protocol FacebookGraphMixin: OAuth2Mixin {
  /// Where the API is: Tornado's `_FACEBOOK_BASE_URL`.
  static var facebookBaseURL: String { get }
  /// This application at Facebook.
  var client: ClientCredentials { get throws }
}

extension FacebookGraphMixin {
  /// Facebook's.
  public static var authorizeURL: String { "https://www.facebook.com/dialog/oauth" }
  /// Facebook's.
  public static var accessTokenURL: String { "https://graph.facebook.com/oauth/access_token" }
  /// Facebook's.
  public static var facebookBaseURL: String { "https://graph.facebook.com" }

  /// What the settings say.
  public var client: ClientCredentials {
    get throws {
      guard let key = settings.userInfo["facebook_api_key"] as? String,
        let secret = settings.userInfo["facebook_secret"] as? String
      else { throw HTTPError(500, "You must define 'facebook_api_key' and 'facebook_secret' in userInfo") }
      return ClientCredentials(key: key, secret: secret)
    }
  }

  /// Who has come back from Facebook: Tornado's `get_authenticated_user`.
  /// - Parameters:
  ///   - redirectURI: That with which the user was sent there.
  ///   - extraFields: What to ask for besides id, name, first and last name, locale, picture and link.
  /// - Returns: The fields, `access_token` and `session_expires`, the number of seconds as text.
  public func authenticatedUser(
    redirectURI: String, extraFields: Set<String> = []
  ) async throws -> JSONValue {
    let callback = try authorizationCallback()
    guard callback.redirectURI == redirectURI else {
      throw AuthError(.invalidCallback, "the login was begun for another address")
    }
    let client = try client
    let tokens = try await accessToken(callback, client: client)
    let standard = ["id", "name", "first_name", "last_name", "locale", "picture", "link"]
    let fields = standard + extraFields.subtracting(standard).sorted()
    let user = try await facebookRequest(
      "/me", accessToken: tokens.accessToken,
      [
        "appsecret_proof": FacebookProof.make(tokens.accessToken, secret: client.secret),
        "fields": fields.joined(separator: ","),
      ])
    guard user["id"]?.stringValue != nil else { throw AuthError(.refused, "Error getting user") }
    let known = fields.compactMap { name in user[name].map { JSONMember(name, $0) } }
    let lifetime = tokens.answer["expires_in"]?.intValue.map(String.init) ?? ""
    return .object(
      known + [
        JSONMember("access_token", .string(tokens.accessToken)),
        JSONMember("session_expires", .string(lifetime)),
      ])
  }

  /// Asks the Graph API: Tornado's `facebook_request`.
  /// - Parameters:
  ///   - path: As `/me/feed`.
  ///   - accessToken: The user's.
  ///   - postArguments: Sent as a form, with POST.
  ///   - arguments: Sent in the URL.
  public func facebookRequest(
    _ path: String, accessToken: String? = nil, postArguments: [String: String]? = nil,
    _ arguments: [String: String] = [:]
  ) async throws -> JSONValue {
    try await oauth2Request(
      Self.facebookBaseURL + path, accessToken: accessToken, postArguments: postArguments, arguments)
  }
}

/// What shows the Graph API that a token is in the hands of the application that it was given to.
enum FacebookProof {
  static func make(_ token: String, secret: String) -> String {
    Secrets.hexadecimal(
      HMAC<SHA256>.authenticationCode(
        for: Array(token.utf8), using: SymmetricKey(data: Array(secret.utf8))))
  }
}

#endif
