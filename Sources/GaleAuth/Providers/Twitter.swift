// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleCore
import GaleWeb

/// A handler that signs users in with Twitter's OAuth 1: Tornado's `TwitterMixin`.
///
/// The application's key and secret are in the settings' `userInfo`, as `twitter_consumer_key` and
/// `twitter_consumer_secret`. For OAuth 2 there is ``OpenIDProvider/twitter``.
public protocol TwitterMixin: OAuthMixin {
  /// Where users are sent to who have given their consent already.
  static var authenticateURL: String { get }
  /// Where the API is: Tornado's `_TWITTER_BASE_URL`.
  static var twitterBaseURL: String { get }
}

extension TwitterMixin {
  /// Twitter's.
  public static var requestTokenURL: String { "https://api.twitter.com/oauth/request_token" }
  /// Twitter's.
  public static var accessTokenURL: String { "https://api.twitter.com/oauth/access_token" }
  /// Twitter's.
  public static var authorizeURL: String { "https://api.twitter.com/oauth/authorize" }
  /// Twitter's.
  public static var authenticateURL: String { "https://api.twitter.com/oauth/authenticate" }
  /// Twitter's.
  public static var twitterBaseURL: String { "https://api.twitter.com/1.1" }

  /// What the settings say.
  public var consumerToken: ClientCredentials {
    get throws {
      guard let key = settings.userInfo["twitter_consumer_key"] as? String,
        let secret = settings.userInfo["twitter_consumer_secret"] as? String
      else {
        throw HTTPError(
          500, "You must define 'twitter_consumer_key' and 'twitter_consumer_secret' in userInfo")
      }
      return ClientCredentials(key: key, secret: secret)
    }
  }

  /// As ``OAuthMixin/authorizeRedirect(callbackURI:extraParameters:)``, without asking again who has agreed before:
  /// Tornado's `authenticate_redirect`.
  public func authenticateRedirect(callbackURI: String? = nil) async throws {
    try await authorizeRedirect(to: Self.authenticateURL, callbackURI, [:])
  }

  /// Asks Twitter's API: Tornado's `twitter_request`.
  /// - Parameters:
  ///   - path: `/statuses/user_timeline`, without `.json`, or a URL.
  ///   - accessToken: The user's.
  ///   - postArguments: Sent as a form, with POST.
  ///   - arguments: Sent in the URL.
  public func twitterRequest(
    _ path: String, accessToken: OAuthToken, postArguments: [String: String]? = nil,
    _ arguments: [String: String] = [:]
  ) async throws -> JSONValue {
    let isURL = path.hasPrefix("http:") || path.hasPrefix("https:")
    return try await oauthRequest(
      isURL ? path : Self.twitterBaseURL + path + ".json", accessToken: accessToken,
      postArguments: postArguments, arguments)
  }

  /// The user's own entry, with `username`.
  public func user(for token: OAuthToken) async throws -> JSONValue? {
    let user = try await twitterRequest("/account/verify_credentials", accessToken: token)
    guard let members = user.objectValue, let name = user["screen_name"] else { return nil }
    return .object(members + [JSONMember("username", name)])
  }
}

#endif
