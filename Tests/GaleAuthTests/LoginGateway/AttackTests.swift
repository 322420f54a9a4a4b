// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Crypto
import GaleCore
import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import GaleWire
import JWTKit
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

  // MARK: - Tokens

  /// A token whose parts are as given.
  static func token(_ header: JSONValue, _ claims: JSONValue, _ sign: ([UInt8]) -> [UInt8]) -> String {
    let text = [header, claims].map { Secrets.base64(Array(jsonEncode($0).utf8)) }.joined(separator: ".")
    return text + "." + Secrets.base64(sign(Array(text.utf8)))
  }

  @Test(arguments: ["none", "None", "nOnE", "HS256", "", "RS256", "ES384"])
  func `a token decides nothing about how it is signed`(_ algorithm: String) async throws {
    let site = try Site()
    site.provider.makeIDToken = { claims in
      Self.token(["alg": .string(algorithm), "kid": "key-1"], claims) { _ in
        algorithm.lowercased() == "none" ? [] : [1, 2, 3]
      }
    }
    #expect(try await site.signIn().status == 401)
    #expect(try await site.browser.get("/").text == "nobody")
  }

  @Test(arguments: [0, 1, 2])
  func `a public key is no secret for HMAC`(_ form: Int) async throws {
    let provider = try TestProvider()
    var configuration = provider.configuration(.secret(String(repeating: "s", count: 40)))
    configuration.algorithms = [.es256, .hs256]  // As careless as it may be.
    let site = try Site(provider, configuration: configuration)
    provider.makeIDToken = { claims in
      let key: [UInt8] =
        switch form {
        case 0: Array(provider.key.publicKey.pemRepresentation.utf8)
        case 1: Array(jsonEncode(provider.publicKey).utf8)
        default: Array("key-1".utf8)
        }
      return Self.token(["alg": "HS256", "kid": "key-1"], claims) {
        Array(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: key)))
      }
    }
    #expect(try await site.signIn().status == 401)
    // With the client's secret it would be right.
    provider.makeIDToken = { claims in
      Self.token(["alg": "HS256"], claims) {
        Array(
          HMAC<SHA256>.authenticationCode(
            for: $0, using: SymmetricKey(data: Array(String(repeating: "s", count: 40).utf8))))
      }
    }
    #expect(try await site.signIn().status == 303)
  }

  @Test func `HMAC is refused unless it is configured`() async throws {
    let provider = try TestProvider()
    let secret = String(repeating: "s", count: 40)
    let site = try Site(provider, configuration: provider.configuration(.secret(secret)))
    provider.makeIDToken = { claims in
      Self.token(["alg": "HS256"], claims) {
        Array(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: Array(secret.utf8))))
      }
    }
    #expect(try await site.signIn().status == 401)
  }

  @Test func `a token that another key has signed is refused`() async throws {
    let site = try Site()
    let other = try TestProvider()
    site.provider.makeIDToken = { try await other.sign($0) }
    #expect(try await site.signIn().status == 401)
  }

  @Test func `a key that the token brings along is not used`() async throws {
    let site = try Site()
    let mine = ES256PrivateKey()
    let point = mine.parameters
    site.provider.makeIDToken = { claims in
      let keys = JWTKeyCollection()
      await keys.add(ecdsa: mine)
      return try await keys.sign(
        TestProvider.Payload(claims: claims),
        header: [
          "jwk": .object([
            "kty": .string("EC"), "crv": .string("P-256"), "x": .string(point?.x ?? ""),
            "y": .string(point?.y ?? ""),
          ]), "jku": .string("https://evil.example/keys"),
        ])
    }
    #expect(try await site.signIn().status == 401)
  }

  @Test func `critical extensions are refused`() async throws {
    let site = try Site()
    let provider = site.provider
    provider.makeIDToken = { claims in
      let keys = JWTKeyCollection()
      await keys.add(ecdsa: provider.key)
      return try await keys.sign(
        TestProvider.Payload(claims: claims), header: ["crit": .array([.string("b64")]), "b64": .bool(false)])
    }
    #expect(try await site.signIn().status == 401)
  }

  @Test func `a flood of unknown keys does not become a flood of requests`() async throws {
    let time = TestTime()
    let provider = try TestProvider()
    var configuration = provider.configuration()
    configuration.clock = { time.now }
    let client = OpenIDClient(provider.description, configuration)
    _ = try await client.verified(try await provider.sign(["a": 1]))
    #expect(provider.asked["/keys"] == 1)
    for number in 0..<20 {
      let token = Self.token(["alg": "ES256", "kid": "unknown-\(number)"], [:]) { _ in [1] }
      await #expect(throws: AuthError.self) { try await client.verified(token) }
    }
    #expect(provider.asked["/keys"] == 1)
    // After a while one of them has us look again, once.
    time.pass(301)
    for number in 0..<20 {
      let token = Self.token(["alg": "ES256", "kid": "unknown-\(number)"], [:]) { _ in [1] }
      await #expect(throws: AuthError.self) { try await client.verified(token) }
    }
    #expect(provider.asked["/keys"] == 2)
  }

  @Test func `a provider that has changed its key is followed`() async throws {
    let time = TestTime()
    let provider = try TestProvider()
    var configuration = provider.configuration()
    configuration.clock = { time.now }
    let client = OpenIDClient(provider.description, configuration)
    _ = try await client.verified(try await provider.sign(["a": 1]))
    (provider.key, provider.keyID) = (ES256PrivateKey(), "key-2")
    time.pass(301)
    _ = try await client.verified(try await provider.sign(["a": 1]))
    #expect(provider.asked["/keys"] == 2)
  }

  @Test func `a userinfo about somebody else is refused`() async throws {
    let provider = try TestProvider()
    let site = try Site(provider, description: provider.description.with { $0.fetchesUserinfo = true })
    try await site.signIn()
    #expect(try await site.browser.get("/").text == "Ann")
    provider.userinfo = ["sub": "bob"]
    #expect(try await site.signIn().status == 401)
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

  // MARK: - Hostile and broken providers

  @Test func `a token endpoint that redirects is not followed`() async throws {
    let site = try Site()
    site.provider.tokenEndpoint = .redirect(site.provider.issuer + "/elsewhere")
    #expect(try await site.signIn().status == 502)
    #expect(site.provider.asked["/elsewhere"] == nil)
  }

  @Test func `a token endpoint that is silent is not waited for`() async throws {
    let provider = try TestProvider()
    provider.tokenEndpoint = .silence
    var configuration = provider.configuration()
    configuration.timeout = .milliseconds(300)
    let client = OpenIDClient(provider.description, configuration)
    var metadata = OpenIDMetadata(
      issuer: provider.issuer, authorizationEndpoint: provider.issuer + "/authorize",
      tokenEndpoint: provider.issuer + "/token")
    metadata.clientAuthentications = ["client_secret_basic"]
    let error = await #expect(throws: AuthError.self) {
      try await client.token([("grant_type", "authorization_code")], metadata)
    }
    #expect(error?.code == .providerUnavailable)
  }

  @Test func `a gigabyte from the token endpoint is not read`() async throws {
    let site = try Site()
    site.provider.tokenEndpoint = .endless
    #expect(try await site.signIn().status == 502)
  }

  @Test(arguments: ["<html>", "", "[]", "{}", "{\"access_token\":7}", "{\"access_token\":\"a\"}"])
  func `an answer that is none is no login`(_ text: String) async throws {
    let site = try Site()
    site.provider.tokenEndpoint = .text(text)
    #expect(try await site.signIn().status == 502)
    #expect(try await site.browser.get("/").text == "nobody")
  }

  @Test func `a provider that is down gives a page to try again from, and no loop`() async throws {
    let site = try Site()
    await site.provider.server?.close()
    let answer = try await site.browser.get("/auth/login")
    #expect(answer.status == 503)
    #expect(answer.headers["Location"] == nil)
    #expect(answer.headers["Retry-After"] == "10")
    #expect(answer.text.contains("<a href=\"/auth/login\">Try again</a>"))
  }

  @Test func `a provider that comes back is asked again`() async throws {
    let site = try Site()
    site.provider.tokenEndpoint = .status(500)
    #expect(try await site.signIn().status == 503)
    site.provider.tokenEndpoint = .normal
    #expect(try await site.signIn().status == 303)
  }

  @Test func `what a provider says of an error is escaped and cut`() async throws {
    let site = try Site()
    let state = try await site.begin().query["state"] ?? ""
    let long = urlEscape("<script>alert(1)</script>\r\nX: y" + String(repeating: "z", count: 3000))
    let answer = try await site.browser.get(
      "/auth/callback/test?state=\(state)&error=access_denied&error_description=\(long)")
    #expect(answer.status == 403)
    #expect(!answer.text.contains("<script>"))
    #expect(answer.text.contains("&lt;script&gt;"))
    #expect(answer.text.utf8.count < 2500)
    #expect(site.provider.asked["/token"] == nil)
  }

  @Test func `codes do not end up in the log`() async throws {
    let site = try Site()
    let expected = ExpectLog(
      "gale.general", "400 GET /auth/callback/test?... (127.0.0.1): invalidCallback")
    _ = try await expected.during { try await site.browser.get("/auth/callback/test?code=hidden&state=x") }
    #expect(!(expected.records.first?.message.contains("hidden") ?? true))
  }

  @Test(arguments: ["/auth/callback/test", "/auth/callback/other"])
  func `codes do not end up in the access log`(_ path: String) async throws {
    let site = try Site()
    let server = try HTTPTestServer(Site.routes(site.login))  // With the log that servers have.
    let expected = ExpectLog("gale.access", "")
    let general = ExpectLog("gale.general", "", isRequired: false)
    _ = try await general.during {
      try await expected.during { try await Browser(server).get(path + "?code=hidden&state=x") }
    }
    #expect(expected.records.first?.message.contains(" GET \(path)?... (127.0.0.1) ") == true)
    #expect(!(expected.records + general.records).contains { $0.message.contains("hidden") })
  }

  @Test func `pages of the login are not kept, framed or referred to`() async throws {
    let site = try Site()
    let answer = try await site.browser.get("/auth/callback/test?code=secret&state=x")
    #expect(answer.headers["Cache-Control"] == "no-store")
    #expect(answer.headers["Referrer-Policy"] == "no-referrer")
    #expect(answer.headers["X-Frame-Options"] == "DENY")
  }
}

#endif
