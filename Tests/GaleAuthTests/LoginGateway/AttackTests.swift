// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import GaleWire
import Testing

@testable import GaleAuth

/// Each of these fails when its defence is removed.
@Suite("login: attacks", .loop(timeLimit: .seconds(60)))
struct AttackTests {
  // MARK: - State, nonce, code

  @Test(arguments: ["", "state=", "state=x", "state=" + String(repeating: "A", count: 43)])
  func `a callback without a state of this browser's is refused`(_ state: String) async throws {
    let site = try Site()
    _ = try await site.begin()
    let answer = try await site.browser.get("/auth/callback/test?code=x&\(state)")
    #expect(answer.status == 400)
    #expect(answer.text.contains("not begun in this browser"))
    #expect(site.provider.asked["/token"] == nil)
  }

  @Test func `login CSRF: another browser's callback signs nobody in`() async throws {
    let site = try Site()
    let attacker = Browser(site.server)
    let url = try await attacker.get("/auth/login").location
    let callback = site.provider.approve(url)
    // The victim is led to the attacker's callback, with a login of its own under way.
    _ = try await site.begin()
    #expect(try await site.browser.get(callback).status == 400)
    #expect(try await site.browser.get("/").text == "nobody")
    #expect(site.provider.asked["/token"] == nil)
  }

  @Test func `a callback counts once, even for a browser that has kept its cookies`() async throws {
    let site = try Site()
    site.provider.isCareless = true
    let callback = site.provider.approve(try await site.begin())
    let kept = site.browser.cookies
    #expect(try await site.browser.get(callback).status == 303)
    #expect(try await site.browser.get(callback).status == 400)  // Its cookie is gone.
    let thief = Browser(site.server)
    thief.cookies = kept
    #expect(try await thief.get(callback).status == 400)
    #expect(site.provider.asked["/token"] == 1)
    #expect(try await site.browser.get("/").text == "Ann")
  }

  @Test func `an attempt is good for ten minutes`() async throws {
    let site = try Site()
    let callback = site.provider.approve(try await site.begin())
    let name = try #require(site.browser.attempts.first)
    let value = try #require(site.browser.cookies[name])
    let attempt = try #require(
      SignedValue.decode(secret: "a long random text", name: name, value: value))
    func sealed(secondsAgo: Int) -> String {
      SignedValue.create(
        secret: "a long random text", name: name, value: attempt, version: .sealed,
        now: System.wallSeconds - secondsAgo)
    }
    site.browser.cookies[name] = sealed(secondsAgo: 660)
    #expect(try await site.browser.get(callback).status == 400)
    site.browser.cookies[name] = sealed(secondsAgo: 540)
    #expect(try await site.browser.get(callback).status == 303)
  }

  @Test func `a code of another login is useless here: the verifier does not fit`() async throws {
    let site = try Site()
    let victim = Browser(site.server)
    let stolen = site.provider.approve(try await victim.get("/auth/login").location).query["code"] ?? ""
    // The attacker puts the victim's code into a callback of its own.
    let own = site.provider.approve(try await site.begin()).query["state"] ?? ""
    let answer = try await site.browser.get("/auth/callback/test?code=\(stolen)&state=\(own)")
    #expect(answer.status == 403)
    #expect(try await site.browser.get("/").text == "nobody")
    let verifiers = site.provider.tokenForms.map { $0["code_verifier"]?.utf8.count }
    #expect(verifiers == [43])
  }

  @Test func `a code of another login is refused although the provider does not look at PKCE`() async throws {
    let site = try Site()
    site.provider.isCareless = true
    let victim = Browser(site.server)
    let stolen = site.provider.approve(try await victim.get("/auth/login").location).query["code"] ?? ""
    let own = site.provider.approve(try await site.begin()).query["state"] ?? ""
    let answer = try await site.browser.get("/auth/callback/test?code=\(stolen)&state=\(own)")
    #expect(answer.status == 401)  // The nonce is the victim's.
    #expect(try await site.browser.get("/").text == "nobody")
  }

  // MARK: - Issuers

  @Test func `mix-up: an answer that names another issuer goes nowhere`() async throws {
    let site = try Site()
    let callback = site.provider.approve(try await site.begin(), adding: [("iss", "https://evil.example")])
    #expect(try await site.browser.get(callback).status == 400)
    #expect(site.provider.asked["/token"] == nil)
    let own = site.provider.approve(try await site.begin(), adding: [("iss", site.provider.issuer)])
    #expect(try await site.browser.get(own).status == 303)
  }

  @Test func `mix-up: an answer without the issuer that the provider promises goes nowhere`() async throws {
    let site = try Site()
    site.provider.metadata["authorization_response_iss_parameter_supported"] = true
    #expect(try await site.browser.get(site.provider.approve(try await site.begin())).status == 400)
    #expect(site.provider.asked["/token"] == nil)
  }

  @Test func `mix-up: a callback of one provider does not end a login with another`() async throws {
    let (honest, evil) = (try TestProvider(), try TestProvider())
    let other = OpenIDClient(evil.description.with { $0.name = "evil" }, evil.configuration())
    let login = Login([honest.client(), other], Login.Configuration(secret: "a long random text"))
    let browser = Browser(try HTTPTestServer(Site.routes(login), settings: Site.settings()))
    let callback = honest.approve(try await browser.get("/auth/login/test").location)
    let moved = "/auth/callback/evil?" + callback.drop { $0 != "?" }.dropFirst()
    #expect(try await browser.get(moved).status == 400)
    #expect(evil.asked["/token"] == nil)
  }

  @Test func `mix-up: a login with one client does not end as one with another, at the same provider either`()
    async throws
  {
    let provider = try TestProvider()
    let other = OpenIDClient(provider.description.with { $0.name = "other" }, provider.configuration())
    let login = Login([provider.client(), other], Login.Configuration(secret: "a long random text"))
    let browser = Browser(try HTTPTestServer(Site.routes(login), settings: Site.settings()))
    let callback = provider.approve(try await browser.get("/auth/login/test").location)
    let moved = "/auth/callback/other?" + callback.drop { $0 != "?" }.dropFirst()
    #expect(try await browser.get(moved).status == 400)
    #expect(provider.asked["/token"] == nil)
  }

  @Test func `mix-up: a login does not end with a provider that has taken the place of another`() async throws
  {
    let (before, after) = (try TestProvider(), try TestProvider())
    let site = try Site(before)
    let callback = before.approve(try await site.begin())
    let login = Login([after.client()], Login.Configuration(secret: "a long random text"))
    let browser = Browser(try HTTPTestServer(Site.routes(login), settings: Site.settings()))
    browser.cookies = site.browser.cookies
    #expect(try await browser.get(callback).status == 400)
    #expect(after.asked["/token"] == nil)
  }

  @Test func `a state of which only the beginning is right is refused`() async throws {
    let site = try Site()
    let callback = site.provider.approve(try await site.begin())
    let state = try #require(callback.query["state"])
    try #require(callback.hasSuffix("state=" + state))
    let other = callback.dropLast() + (state.last == "A" ? "E" : "A")
    #expect(try await site.browser.get(String(other)).status == 400)
    #expect(site.provider.asked["/token"] == nil)
  }

  @Test func `a form is taken only from a provider that sends forms`() async throws {
    let site = try Site()
    let callback = site.provider.approve(try await site.begin())
    let form = String(callback.drop { $0 != "?" }.dropFirst())
    #expect(try await site.browser.post("/auth/callback/test", form).status == 405)
    #expect(site.provider.asked["/token"] == nil)
    #expect(try await site.browser.get(callback).status == 303)
  }

  // MARK: - Cookies

  @Test func `a session of another secret is none`() async throws {
    let provider = try TestProvider()
    let one = try Site(provider)
    let two = try Site(provider, secret: "another random text")
    try await one.signIn()
    two.browser.cookies = one.browser.cookies
    #expect(try await two.browser.get("/").text == "nobody")
  }

  @Test func `a sealed value under another name is none`() async throws {
    let site = try Site()
    try await site.signIn()
    let session = try #require(site.browser.cookies["gale_session"])
    // As an attempt, and as the session of a site that shares the secret.
    let url = try await site.begin()
    let attempt = try #require(site.browser.attempts.first)
    let value = try #require(site.browser.cookies[attempt])
    site.browser.cookies[attempt] = session
    #expect(try await site.browser.get(site.provider.approve(url)).status == 400)
    site.browser.cookies["gale_session"] = value
    #expect(try await site.browser.get("/").text == "nobody")
    let other = try Site(site.provider) { $0.cookieName = "other_session" }
    other.browser.cookies["other_session"] = session
    #expect(try await other.browser.get("/").text == "nobody")
  }

  @Test func `a signed cookie is not taken where sealed ones are`() async throws {
    let site = try Site()
    try await site.signIn()
    let sealed = try #require(site.browser.cookies["gale_session"])
    let text = try #require(
      SignedValue.decode(secret: "a long random text", name: "gale_session", value: sealed))
    site.browser.cookies["gale_session"] = SignedValue.create(
      secret: "a long random text", name: "gale_session", value: text, version: .v2)
    #expect(try await site.browser.get("/").text == "nobody")
  }

  @Test func `each login has a session of its own`() async throws {
    let site = try Site()
    try await site.signIn()
    let first = site.browser.cookies["gale_session"]
    try await site.signIn()
    #expect(site.browser.cookies["gale_session"] != first)
  }

  // MARK: - Open redirects

  @Test(arguments: [
    "//evil.example", "/%5Cevil.example", "https://evil.example", "https:evil.example", "/%09/evil.example",
    "javascript:alert(1)", "evil", "///evil.example", "%2F%2Fevil.example", "/auth/logout",
  ])
  func `next leads nowhere else`(_ next: String) async throws {
    let site = try Site { $0.afterLogin = "/home" }
    let answer = try await site.signIn(next: next)
    #expect(answer.status == 303)
    #expect(answer.location == "/home")
  }
}

#endif
