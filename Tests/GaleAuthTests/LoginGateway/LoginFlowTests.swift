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

@Suite("login: the way of a user", .loop(timeLimit: .seconds(60)))
struct LoginFlowTests {
  @Test func `a user signs in and is known`() async throws {
    let site = try Site()
    #expect(try await site.browser.get("/").text == "nobody")
    let answer = try await site.signIn()
    #expect(answer.status == 303)
    #expect(answer.location == "/")
    #expect(try await site.browser.get("/").text == "Ann")
    #expect(try await site.browser.get("/private").text == "Ann")
  }

  @Test func `an application needs no secret of its own for it`() async throws {
    let site = try Site()
    let server = try HTTPTestServer(Site.routes(site.login))
    let browser = Browser(server)
    let url = try await browser.get("/auth/login").location
    #expect(try await browser.get(site.provider.approve(url)).status == 303)
    #expect(try await browser.get("/private").text == "Ann")
  }

  @Test func `a user whom something else knows is signed in`() async throws {
    let time = TestTime()
    var configuration = Login.Configuration(secret: "a long random text")
    configuration.clock = { time.now }
    let login = Login([try TestProvider().client()], configuration)
    let user = LoginUser(
      provider: "passwords", subject: "7", name: "Ann", isEmailVerified: true, groups: ["staff"])
    let server = try HTTPTestServer(
      Site.routes(login) + [
        URLSpec.get("/in") { handler in
          try login.start(LoginSession(user, lifetime: .seconds(60), now: time.now), in: handler)
          return ""
        }
      ])
    let browser = Browser(server)
    _ = try await browser.get("/in")
    #expect(try await browser.get("/staff").text == "staff")
    #expect(try await browser.get("/admins").status == 403)
    #expect(!user.isEmailVerified)  // There is none.
    time.pass(61)
    #expect(try await browser.get("/staff").status == 302)
  }

  @Test func `no session outlives the login's own limit, whatever was read before`() async throws {
    let time = TestTime()
    var configuration = Login.Configuration(secret: "a long random text")
    configuration.clock = { time.now }
    configuration.sessionLifetime = .seconds(3600)
    let login = Login([try TestProvider().client()], configuration)
    let user = LoginUser(provider: "passwords", subject: "7", name: "Ann")
    let server = try HTTPTestServer(
      Site.routes(login) + [
        URLSpec.get("/in") { handler in
          try login.start(LoginSession(user, lifetime: .seconds(9000), now: time.now), in: handler)
          return ""
        },
        URLSpec.get("/until") { handler in
          login.session(of: handler.request).map { "\($0.expiresAt - $0.startedAt)" } ?? "-"
        },
      ])
    let browser = Browser(server)
    _ = try await browser.get("/in")
    #expect(try await browser.get("/until").text == "3600")
    let expiry = HTTPDate(unixSeconds: time.now + 3600).description
    #expect(browser.attributes["gale_session"]?.contains("expires=\(expiry)") == true)
    time.pass(3599)
    #expect(try await browser.get("/private").text == "Ann")
    time.pass(2)
    #expect(try await browser.get("/private").status == 302)
  }

  @Test func `a session of a longer limit of before ends with the new one, although it is remembered`()
    async throws
  {
    let time = TestTime()
    let before = try Site {
      $0.clock = { time.now }
      $0.sessionLifetime = .seconds(9000)
    }
    let now = try Site(before.provider) {
      $0.clock = { time.now }
      $0.sessionLifetime = .seconds(3600)
    }
    try await before.signIn()
    now.browser.cookies = before.browser.cookies
    time.pass(3599)
    #expect(try await now.browser.get("/private").text == "Ann")
    time.pass(2)
    #expect(try await now.browser.get("/private").status == 302)
    #expect(try await before.browser.get("/private").text == "Ann")
  }

  @Test func `the request to the provider has state, nonce and PKCE`() async throws {
    let site = try Site()
    let url = try await site.begin()
    #expect(url.hasPrefix(site.provider.issuer + "/authorize?"))
    let query = url.query
    #expect(query["response_type"] == "code")
    #expect(query["client_id"] == "gale")
    #expect(query["scope"] == "openid profile email")
    #expect(query["redirect_uri"] == site.server.url("/auth/callback/test"))
    #expect(query["code_challenge_method"] == "S256")
    #expect(query["state"]?.utf8.count == 43)
    #expect(query["nonce"]?.utf8.count == 43)
    #expect(query["code_challenge"]?.utf8.count == 43)
    #expect(Set([query["state"], query["nonce"], query["code_challenge"]]).count == 3)
  }

  @Test func `what the browser keeps meanwhile is sealed`() async throws {
    let site = try Site()
    let url = try await site.begin()
    let name = try #require(site.browser.attempts.first)
    let value = try #require(site.browser.cookies[name])
    #expect(value.hasPrefix("3|"))
    #expect(!value.contains(try #require(url.query["nonce"])))
    let attributes = try #require(site.browser.attributes[name])
    #expect(attributes.contains("HttpOnly"))
    #expect(attributes.contains("SameSite=Lax"))
  }

  @Test func `a page that needs a user leads through the login and back`() async throws {
    let site = try Site()
    let first = try await site.browser.get("/private?a=b&c=d")
    #expect(first.status == 302)
    #expect(first.location == "/auth/login?next=%2Fprivate%3Fa%3Db%26c%3Dd")
    let url = try await site.browser.get(first.location).location
    let back = try await site.browser.get(site.provider.approve(url))
    #expect(back.location == "/private?a=b&c=d")
    #expect(try await site.browser.get(back.location).text == "Ann")
  }

  @Test func `Tornado's requireUser works behind the guard`() async throws {
    let site = try Site()
    #expect(try await site.browser.get("/classic").location == "/auth/login?next=%2Fclassic")
    try await site.signIn()
    #expect(try await site.browser.get("/classic").status == 200)
  }

  @Test func `several tabs sign in at once`() async throws {
    let site = try Site()
    let one = try await site.begin("/auth/login?next=/one")
    let two = try await site.begin("/auth/login?next=/two")
    #expect(site.browser.attempts.count == 2)
    #expect(try await site.browser.get(site.provider.approve(one)).location == "/one")
    #expect(try await site.browser.get(site.provider.approve(two)).location == "/two")
    #expect(site.browser.attempts.isEmpty)
  }

  @Test func `attempts that nobody comes back from do not pile up`() async throws {
    let site = try Site()
    for _ in 0..<10 { _ = try await site.begin() }
    #expect(site.browser.attempts.count == 6)
  }

  @Test(arguments: [
    [("X-Requested-With", "XMLHttpRequest"), ("Accept", "text/html")], [("Accept", "application/json")],
    [("Sec-Fetch-Mode", "cors"), ("Accept", "text/html")], [],
  ])
  func `programs are answered 401 instead of being sent away`(_ headers: [(String, String)]) async throws {
    let site = try Site()
    let answer = try await site.browser.get("/private", headers)
    #expect(answer.status == 401)
    #expect(answer.headers["Www-Authenticate"] == "Session realm=\"login\"")
    #expect(try jsonDecode(answer.text)["login"] == "/auth/login")
    #expect(try await site.browser.post("/private", "", [("Accept", "text/html")]).status == 401)
  }

  @Test func `groups decide`() async throws {
    let site = try Site()
    try await site.signIn()
    #expect(try await site.browser.get("/staff").text == "staff")
    #expect(try await site.browser.get("/admins").status == 403)
  }

  @Test func `who may not sign in gets no session`() async throws {
    let site = try Site { $0.admits = { $0.email?.hasSuffix("@other.example") ?? false } }
    let answer = try await site.signIn()
    #expect(answer.status == 403)
    #expect(answer.text.contains("You were not let in"))
    #expect(try await site.browser.get("/").text == "nobody")
  }

  @Test func `several providers are offered`() async throws {
    let provider = try TestProvider()
    let second = OpenIDClient(
      provider.description.with {
        $0.name = "other"
        $0.title = "<Other>"
      }, provider.configuration())
    let login = Login([provider.client(), second], Login.Configuration(secret: "a long random text"))
    let browser = Browser(try HTTPTestServer(Site.routes(login), settings: Site.settings()))
    let page = try await browser.get("/auth/login?next=/private").text
    #expect(page.contains("/auth/login/test?next=%2Fprivate"))
    #expect(page.contains("Continue with &lt;Other&gt;"))
    let url = try await browser.get("/auth/login/other?next=/private").location
    #expect(try await browser.get(provider.approve(url)).location == "/private")
    #expect(try await browser.get("/auth/login/none").status == 404)
  }

  @Test func `a form that the provider has the browser post is taken`() async throws {
    let provider = try TestProvider()
    let site = try Site(provider, description: provider.description.with { $0.responseMode = .formPost })
    let url = try await site.begin()
    #expect(url.query["response_mode"] == "form_post")
    let form = String(provider.approve(url).drop { $0 != "?" }.dropFirst())
    #expect(try await site.browser.post("/auth/callback/test", form).status == 303)
    #expect(try await site.browser.get("/").text == "Ann")
  }

  @Test func `a provider of OAuth 2 alone says who the user is at its userinfo endpoint`() async throws {
    let provider = try TestProvider()
    var metadata = OpenIDMetadata(
      authorizationEndpoint: provider.issuer + "/authorize", tokenEndpoint: provider.issuer + "/token",
      userinfoEndpoint: provider.issuer + "/userinfo")
    metadata.clientAuthentications = ["client_secret_post"]
    provider.userinfo = ["id": 7, "login": "ann", "avatar": ["url": "https://p.example/7"]]
    let description = OpenIDProvider("plain", metadata: metadata, scopes: ["user"]).with {
      $0.claimNames.subject = "id"
      $0.claimNames.username = "login"
      $0.claimNames.picture = "avatar.url"
    }
    let site = try Site(provider, description: description)
    let url = try await site.begin()
    #expect(url.query["nonce"] == nil)
    #expect(url.query["code_challenge_method"] == "S256")
    #expect(try await site.browser.get(provider.approve(url)).status == 303)
    #expect(try await site.browser.get("/").text == "ann")
    #expect(provider.tokenForms.last?["client_secret"] == provider.secret)
  }

  @Test func `the session ends when its time is over`() async throws {
    let time = TestTime()
    let site = try Site {
      $0.clock = { time.now }
      $0.sessionLifetime = .seconds(3600)
    }
    try await site.signIn()
    time.pass(3599)
    #expect(try await site.browser.get("/").text == "Ann")
    time.pass(2)
    #expect(try await site.browser.get("/").text == "nobody")
  }

  @Test func `a signed session is JSON that Python can read`() async throws {
    let site = try Site { $0.protection = .v2 }
    try await site.signIn()
    let cookie = try #require(site.browser.cookies["gale_session"])
    let bytes = try #require(
      SignedValue.decode(secret: "a long random text", name: "gale_session", value: cookie))
    let session = try jsonDecode(bytes)
    #expect(session["u"]?["subject"] == "ann")
    #expect(try await site.browser.get("/").text == "Ann")
  }

  @Test func `a long session is cut into several cookies`() async throws {
    let site = try Site()
    site.provider.claims["note"] = .string(String(repeating: "x", count: 1500))
    try await site.signIn()
    #expect(site.browser.cookies["gale_session_1"] != nil)
    #expect(try await site.browser.get("/").text == "Ann")
    site.provider.claims["note"] = nil
    try await site.signIn()
    #expect(site.browser.cookies["gale_session_1"] == nil)
    #expect(try await site.browser.get("/").text == "Ann")
    // What is too long for a header is left out: the rest is what counts.
    site.provider.claims["note"] = .string(String(repeating: "x", count: 9000))
    try await site.signIn()
    #expect(try await site.browser.get("/").text == "Ann")
  }

  @Test func `an access token that has ended is refreshed, and the cookie with it`() async throws {
    let time = TestTime()
    let provider = try TestProvider()
    var configuration = provider.configuration()
    configuration.clock = { time.now }
    let site = try Site(provider, configuration: configuration) {
      $0.clock = { time.now }
      $0.keepsTokens = true
    }
    try await site.signIn()
    #expect(try await site.browser.get("/token").text == "access-ann")
    time.pass(61)
    #expect(try await site.browser.get("/token").text == "refreshed-1")
    #expect(try await site.browser.get("/token").text == "refreshed-1")
    #expect(provider.tokenForms.last?["refresh_token"] == "first")
    time.pass(61)
    #expect(try await site.browser.get("/token").text == "refreshed-2")
    #expect(provider.tokenForms.last?["refresh_token"] == "next-1")
  }

  @Test func `without kept tokens there is none`() async throws {
    let site = try Site()
    try await site.signIn()
    #expect(try await site.browser.get("/token").status == 403)
  }
}

#endif
