// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleTesting
import GaleWeb
import GaleWire
import Testing

@testable import GaleAuth

private class PlainHandler: RequestHandler, OAuth2Mixin {
  @TaskLocal static var base = ""
  class var authorizeURL: String { base + "/authorize" }
  class var accessTokenURL: String { base + "/token" }
  class var allowsInsecureHTTP: Bool { true }
  var mine: String { "\(request.protocol)://\(request.host)\(request.path)" }

  override func get() async throws {
    try await PlainHandler.$base.withValue(settings.userInfo["base"] as? String ?? "") { try await step() }
  }

  func step() async throws {
    guard try queryArgument("state") != nil else {
      return try authorizeRedirect(
        redirectURI: mine, clientID: "gale", scope: ["profile", "email"],
        extraParameters: ["approval_prompt": "auto", "state": "mine"])
    }
    let callback = try authorizationCallback()
    let token = try await accessToken(callback, client: ClientCredentials(key: "gale", secret: "s"))
    let user = try await oauth2Request(
      PlainHandler.base + "/userinfo", accessToken: token.accessToken, ["a": "b c"])
    write(user)
  }
}

private final class GoogleHandler: PlainHandler, GoogleOAuth2Mixin {
  static var provider: OpenIDProvider { OpenIDProvider("google", issuer: base) }

  override func step() async throws {
    guard try queryArgument("code") != nil else {
      return try authorizeRedirect(
        redirectURI: mine, clientID: try client.key, scope: ["profile", "email"],
        extraParameters: ["approval_prompt": "auto"])
    }
    let login = try await authenticatedUser(redirectURI: mine)
    write(["email": .string(login.user.email ?? "-"), "token": .string(login.tokens.accessToken)])
  }
}

private final class FacebookHandler: PlainHandler, FacebookGraphMixin {
  static var facebookBaseURL: String { base + "/graph" }

  override func step() async throws {
    if try queryArgument("bare") != nil {
      return write(["url": .string("\(Self.facebookBaseURL)")])
    }
    guard try queryArgument("code") != nil else {
      return try authorizeRedirect(redirectURI: mine, clientID: try client.key, scope: ["email"])
    }
    write(try await authenticatedUser(redirectURI: mine, extraFields: ["email", "id"]))
  }
}

@Suite("oauth2: mixins", .loop(timeLimit: .seconds(60)))
struct MixinTests {
  private static func browser(_ provider: TestProvider, _ handler: RequestHandler.Type) throws -> Browser {
    var settings = Site.settings()
    settings.userInfo = [
      "base": provider.issuer, "google_oauth": ClientCredentials(key: "gale", secret: provider.secret),
      "facebook_api_key": "gale", "facebook_secret": "secret",
    ]
    return Browser(try HTTPTestServer([URLSpec("/login", handler)], settings: settings))
  }

  @Test func `a user signs in step by step`() async throws {
    let provider = try TestProvider()
    let browser = try Self.browser(provider, PlainHandler.self)
    let url = try await browser.get("/login").location
    let query = url.query
    #expect(query["scope"] == "profile email")
    #expect(query["approval_prompt"] == "auto")
    #expect(query["state"]?.utf8.count == 43)
    #expect(query["code_challenge_method"] == "S256")
    #expect(query["nonce"] == nil)
    let answer = try await browser.get(provider.approve(url))
    #expect(try jsonDecode(answer.text)["sub"] == "ann")
    let form = try #require(provider.tokenForms.first)
    #expect(form["client_id"] == "gale")
    #expect(form["client_secret"] == "s")
    #expect(form["grant_type"] == "authorization_code")
    #expect(form["redirect_uri"] == browser.server.url("/login"))
    #expect(provider.queries["/userinfo"] == "a=b+c")
    #expect(browser.attempts.isEmpty)
  }

  @Test func `a login that this browser has not begun is refused`() async throws {
    let provider = try TestProvider()
    let browser = try Self.browser(provider, PlainHandler.self)
    let callback = provider.approve(try await browser.get("/login").location)
    #expect(try await Browser(browser.server).get(callback).status == 400)
    #expect(provider.tokenForms.isEmpty)
  }

  @Test func `a provider that says no`() async throws {
    let provider = try TestProvider()
    let browser = try Self.browser(provider, PlainHandler.self)
    let state = try await browser.get("/login").location.query["state"] ?? ""
    #expect(try await browser.get("/login?state=\(state)&error=access_denied").status == 403)
    let other = try await browser.get("/login").location.query["state"] ?? ""
    #expect(try await browser.get("/login?state=\(other)").status == 400)
  }

  @Test func `Google's ID token is verified`() async throws {
    let provider = try TestProvider()
    let browser = try Self.browser(provider, GoogleHandler.self)
    let url = try await browser.get("/login").location
    #expect(url.query["scope"] == "openid profile email")
    #expect(url.query["nonce"]?.utf8.count == 43)
    let answer = try jsonDecode(try await browser.get(provider.approve(url)).text)
    #expect(answer["email"] == "ann@example.com")
    #expect(answer["token"] == "access-ann")
    provider.claims["aud"] = "other"
    let again = try await browser.get("/login").location
    #expect(try await browser.get(provider.approve(again)).status == 401)
  }

  @Test func `Facebook's graph is asked with a proof, and the token in the header`() async throws {
    let provider = try TestProvider()
    provider.graph = ["id": "7", "name": "Ann", "email": "ann@example.com", "other": 1]
    let browser = try Self.browser(provider, FacebookHandler.self)
    let url = try await browser.get("/login").location
    let user = try jsonDecode(try await browser.get(provider.approve(url)).text)
    #expect(user["id"] == "7")
    #expect(user["email"] == "ann@example.com")
    #expect(user["other"] == nil)
    #expect(user["access_token"] == "access-ann")
    #expect(user["session_expires"] == "60")
    let query = ("?" + (provider.queries["/graph/me"] ?? "")).query
    #expect(query["fields"] == "id,name,first_name,last_name,locale,picture,link,email")
    #expect(query["appsecret_proof"] == FacebookProof.make("access-ann", secret: "secret"))
    #expect(query["access_token"] == nil)
    #expect(provider.graphAuthorization == "Bearer access-ann")
  }

  @Test func `the proof that Tornado makes`() {
    #expect(
      FacebookProof.make("token", secret: "secret")
        == "e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a")
  }

  @Test func `without settings the handler says which are missing`() async throws {
    let server = try HTTPTestServer([URLSpec("/login", GoogleHandler.self)], settings: Site.settings())
    #expect(try await Browser(server).get("/login").status == 500)
  }
}

#endif
