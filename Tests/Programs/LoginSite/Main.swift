// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import GaleAuth
import GaleLoop

/// `login-site PORT OIDC OAUTH1 OPENID`: a site with a login at each of three providers, for tests.
@main
enum LoginSite {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let port = UInt16(arguments[1]) else {
      print("usage: login-site PORT OIDC-URL OAUTH1-URL OPENID-URL")
      return
    }
    try run(port, Array(arguments[2...]))
  }

  private nonisolated static func run(_ port: UInt16, _ providers: [String]) throws {
    var client = OpenIDClient.Configuration(id: "gale", authentication: .secret("a-secret-of-the-client"))
    client.allowsInsecureHTTP = true
    let login = Login(
      [OpenIDClient(.issuer(providers[0]).with { $0.fetchesUserinfo = true }, client)],
      Login.Configuration(secret: "a secret of the site, for tests").keepingTokens)
    let application = try Application(
      login.routes + [
        .get("/") { handler in handler.loginUser?.displayName ?? "nobody" }.through(login.optional),
        .get("/private") { handler in
          let user = try handler.requireLogin()
          return "\(user.subject) \(user.email ?? "-")"
        }.through(login.required),
        .get("/token") { handler in try await login.accessToken(handler) },
        URLSpec("/oauth1", OAuth1Handler.self), URLSpec("/openid", OpenIDHandler.self),
      ], settings: settings(providers))
    try application.listen(port: port, address: "127.0.0.1")
    print("listening on http://127.0.0.1:\(port)")
    IOLoop.current.start()
  }

  private nonisolated static func settings(_ providers: [String]) -> Application.Settings {
    var settings = Application.Settings()
    settings.cookieSecret = "a secret of the site, for tests"
    settings.userInfo = ["oauth1": providers[1], "openid": providers[2]]
    return settings
  }
}

extension Login.Configuration {
  fileprivate var keepingTokens: Login.Configuration {
    var copy = self
    copy.keepsTokens = true
    return copy
  }
}

/// Where the providers are is in the settings: handlers' static properties cannot know it.
private enum Providers {
  @TaskLocal static var oauth1 = ""
  @TaskLocal static var openID = ""
}

private final class OAuth1Handler: RequestHandler, OAuthMixin {
  static var requestTokenURL: String { Providers.oauth1 + "/initiate" }
  static var authorizeURL: String { Providers.oauth1 + "/authorize" }
  static var accessTokenURL: String { Providers.oauth1 + "/token" }
  static var allowsInsecureHTTP: Bool { true }
  let consumerToken = ClientCredentials(key: "gale", secret: "a secret & of=the consumer")

  func user(for token: OAuthToken) async throws -> JSONValue? {
    try await oauthRequest(Providers.oauth1 + "/me", accessToken: token, ["a b": "c&d"])
  }

  override func get() async throws {
    try await Providers.$oauth1.withValue(settings.userInfo["oauth1"] as? String ?? "") {
      guard try queryArgument("oauth_token") != nil else {
        return try await authorizeRedirect(callbackURI: "/oauth1")
      }
      write(try await authenticatedUser().user)
    }
  }
}

private final class OpenIDHandler: RequestHandler, OpenIdMixin {
  static var openIDEndpoint: String { Providers.openID + "/openid" }
  static var allowsInsecureHTTP: Bool { true }

  override func get() async throws {
    try await Providers.$openID.withValue(settings.userInfo["openid"] as? String ?? "") {
      guard try queryArgument("openid.mode") != nil else { return try authenticateRedirect() }
      let user = try await authenticatedUser()
      write([
        "id": .string(user.claimedID), "email": .string(user.email ?? "-"), "name": .string(user.name ?? "-"),
      ])
    }
  }
}
