// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import JWTKit
import Testing

@testable import GaleAuth

@Suite("openid: clients", .loop(timeLimit: .seconds(60)))
struct OpenIDClientTests {
  // MARK: - Discovery

  @Test func `the provider's document is asked for once, and again after a while`() async throws {
    let time = TestTime()
    let provider = try TestProvider()
    var configuration = provider.configuration()
    configuration.clock = { time.now }
    let client = OpenIDClient(provider.description, configuration)
    let metadata = try await client.metadata()
    #expect(metadata.tokenEndpoint == provider.issuer + "/token")
    #expect(metadata.endSessionEndpoint == provider.issuer + "/logout")
    _ = try await client.metadata()
    #expect(provider.asked["/.well-known/openid-configuration"] == 1)
    time.pass(3600)
    _ = try await client.metadata()
    #expect(provider.asked["/.well-known/openid-configuration"] == 2)
    // While it is away, what it said is good for a day.
    await provider.server?.close()
    time.pass(3600)
    #expect(try await client.metadata() == metadata)
    time.pass(86_400)
    await #expect(throws: AuthError.self) { try await client.metadata() }
  }

  @Test func `many who ask at once ask once`() async throws {
    let provider = try TestProvider()
    let client = provider.client()
    async let one = client.metadata()
    async let two = client.metadata()
    async let three = client.metadata()
    #expect(try await [one, two, three].count == 3)
    #expect(provider.asked["/.well-known/openid-configuration"] == 1)
  }

  @Test(
    arguments: [
      ["issuer": "https://evil.example"], ["issuer": .null], ["token_endpoint": .null],
      ["authorization_endpoint": "javascript:alert(1)"], ["jwks_uri": "file:///etc/passwd"],
    ] as [[String: JSONValue]])
  func `a document that is not the issuer's is refused`(_ changes: [String: JSONValue]) async throws {
    let provider = try TestProvider()
    provider.metadata = changes
    let client = provider.client()
    let error = await #expect(throws: AuthError.self) { try await client.metadata() }
    #expect(error?.code == .invalidResponse)
  }

  @Test(arguments: [
    "http://op.example/token", "https://169.254.169.254/token", "https://127.0.0.1/token",
    "https://localhost/t",
    "https://[::1]/token", "https://[fe80::1]/token", "ftp://op.example/",
  ])
  func `a provider does not send us to our own machine, nor to http`(_ url: String) {
    let document: JSONValue = [
      "issuer": "https://op.example", "authorization_endpoint": "https://op.example/a",
      "token_endpoint": .string(url),
    ]
    #expect(throws: AuthError.self) {
      try OpenIDMetadata(document, of: "https://op.example", allowsInsecureHTTP: false)
    }
  }

  @Test func `only https is asked unless told otherwise`() async throws {
    let provider = try TestProvider()
    var configuration = provider.configuration()
    configuration.allowsInsecureHTTP = false
    let client = OpenIDClient(provider.description, configuration)
    let error = await #expect(throws: AuthError.self) { try await client.metadata() }
    #expect(error?.code == .invalidConfiguration)
    #expect(provider.asked.isEmpty)
  }

  // MARK: - Client authentication

  @Test(
    arguments: [
      (["client_secret_basic", "client_secret_post"], true), (["client_secret_post"], false), (nil, true),
      (["private_key_jwt"], true),
    ] as [([String]?, Bool)])
  func `a secret is shown as the provider wants it`(_ methods: [String]?, _ isBasic: Bool) async throws {
    let provider = try TestProvider()
    provider.secret = "s:e&c r%t"
    if let methods {
      provider.metadata["token_endpoint_auth_methods_supported"] = .array(methods.map { .string($0) })
    }
    _ = try await provider.client().clientCredentials(scopes: ["a", "b"])
    let form = try #require(provider.tokenForms.last)
    #expect(form["scope"] == "a b")
    if isBasic {
      // gale:s%3Ae%26c+r%25t
      #expect(provider.authorizations == ["Basic Z2FsZTpzJTNBZSUyNmMrciUyNXQ="])
      #expect(form["client_secret"] == nil)
    } else {
      #expect(provider.authorizations == [nil])
      #expect(form["client_id"] == "gale")
      #expect(form["client_secret"] == "s:e&c r%t")
    }
  }

  @Test func `the ways that are told`() async throws {
    let provider = try TestProvider()
    for authentication in [ClientAuthentication.none, .secretBasic("s"), .secretPost("s")] {
      _ = try await OpenIDClient(provider.description, provider.configuration(authentication))
        .clientCredentials()
    }
    #expect(provider.authorizations == [nil, "Basic Z2FsZTpz", nil])
    #expect(provider.tokenForms.map { $0["client_id"] } == ["gale", nil, "gale"])
    #expect(provider.tokenForms.map { $0["client_secret"] } == [nil, nil, "s"])
  }

  @Test func `a signed token shows who the client is, to this provider alone`() async throws {
    let provider = try TestProvider()
    let own = ES256PrivateKey()
    let key = try await ClientKey(pem: own.pemRepresentation, algorithm: .es256, keyID: "mine")
    let client = OpenIDClient(provider.description, provider.configuration(.privateKey(key)))
    _ = try await client.clientCredentials()
    _ = try await client.clientCredentials()
    let form = try #require(provider.tokenForms.last)
    #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    let text = try #require(form["client_assertion"])
    let keys = JWTKeyCollection()
    await keys.add(ecdsa: own.publicKey)
    let claims = try await keys.verify(text, as: TestProvider.Payload.self).claims
    #expect(claims["iss"] == "gale")
    #expect(claims["sub"] == "gale")
    #expect(claims["aud"]?.stringValue == provider.issuer)
    let (start, end) = (claims["iat"]?.intValue ?? 0, claims["exp"]?.intValue ?? 0)
    #expect(end - start == 60)
    #expect(claims["jti"]?.stringValue?.utf8.count == 22)
    #expect(text != provider.tokenForms.first?["client_assertion"])
  }

  @Test func `Apple's secret is a token of the team's`() async throws {
    let provider = try TestProvider()
    let own = ES256PrivateKey()
    let key = try await ClientKey(pem: own.pemRepresentation, algorithm: .es256, keyID: "ABC")
    let client = OpenIDClient(provider.description, provider.configuration(.apple(key, team: "TEAM")))
    _ = try await client.clientCredentials()
    let text = try #require(provider.tokenForms.last?["client_secret"])
    let keys = JWTKeyCollection()
    await keys.add(ecdsa: own.publicKey)
    let claims = try await keys.verify(text, as: TestProvider.Payload.self).claims
    #expect(claims["iss"] == "TEAM")
    #expect(claims["sub"] == "gale")
    #expect(claims["aud"] == "https://appleid.apple.com")
  }

  @Test func `a key that is none is refused, and none is described`() async throws {
    await #expect(throws: AuthError.self) { try await ClientKey(pem: "x", algorithm: .es256) }
    await #expect(throws: AuthError.self) { try await ClientKey(pem: "x", algorithm: .hs256) }
    #expect("\(ClientAuthentication.secret("hidden"))" == "ClientAuthentication")
    #expect(!String(reflecting: ClientAuthentication.secret("hidden")).contains("hidden"))
  }

  // MARK: - Tokens

  @Test func `refreshing at the same time asks once`() async throws {
    let provider = try TestProvider()
    let client = provider.client()
    async let one = client.refresh("first")
    async let two = client.refresh("first")
    let tokens = try await [one, two, client.refresh("first")]
    #expect(tokens.map(\.accessToken) == ["refreshed-1", "refreshed-1", "refreshed-1"])
    #expect(provider.tokenForms.count == 1)
    #expect(try await client.refresh("next-1").accessToken == "refreshed-2")
  }

  @Test func `a refresh that failed can be tried again`() async throws {
    let provider = try TestProvider()
    let client = provider.client()
    provider.tokenEndpoint = .status(500)
    await #expect(throws: AuthError.self) { try await client.refresh("first") }
    provider.tokenEndpoint = .normal
    #expect(try await client.refresh("first").accessToken == "refreshed-1")
  }

  @Test func `a refreshed ID token is of the same user`() async throws {
    let provider = try TestProvider()
    let client = provider.client()
    let own = try await provider.sign(provider.idClaims(nonce: nil, clientID: "gale"))
    provider.tokenEndpoint = .text("{\"access_token\":\"a\",\"id_token\":\"\(own)\"}")
    #expect(try await client.refresh("one", subject: "ann").idToken == own)
    let error = await #expect(throws: AuthError.self) { try await client.refresh("two", subject: "bob") }
    #expect(error?.code == .invalidToken)
  }

  @Test func `tokens are given back`() async throws {
    let provider = try TestProvider()
    try await provider.client().revoke("token", kind: "access_token")
    #expect(provider.revoked == ["token"])
    provider.metadata["revocation_endpoint"] = .null
    try await provider.client().revoke("other")
    #expect(provider.revoked == ["token"])
  }

  @Test(arguments: ["{\"access_token\":\"a\",\"token_type\":\"mac\"}", "{\"token_type\":\"bearer\"}"])
  func `tokens of a kind that is not known are not used`(_ text: String) async throws {
    let provider = try TestProvider()
    provider.tokenEndpoint = .text(text)
    let client = provider.client()
    let error = await #expect(throws: AuthError.self) { try await client.clientCredentials() }
    #expect(error?.code == .invalidResponse)
  }

  @Test func `an error with status 200 is an error`() async throws {
    let provider = try TestProvider()
    provider.tokenEndpoint = .text("{\"error\":\"bad_verification_code\",\"error_description\":\"expired\"}")
    let client = provider.client()
    let error = await #expect(throws: AuthError.self) { try await client.clientCredentials() }
    #expect(error?.code == .refused)
    #expect(error?.error == "bad_verification_code")
    #expect(error?.errorDescription == "expired")
  }

  @Test func `what is particular to a login goes to the provider`() async throws {
    let provider = try TestProvider()
    var configuration = provider.configuration()
    configuration.redirectURI = "https://app.example/back"
    configuration.acrValues = ["mfa", "pwd"]
    configuration.prompt = "login"
    let client = OpenIDClient(
      provider.description.with { $0.extraParameters = ["access_type": "offline", "state": "forced"] },
      configuration)
    var options = LoginOptions()
    options.maxAge = 60
    options.loginHint = "ann@example.com"
    options.scopes = ["calendar", "email"]
    let (url, attempt) = try await client.begin(redirectURI: "https://other.example/", options)
    let query = url.query
    #expect(query["redirect_uri"] == "https://app.example/back")
    #expect(query["acr_values"] == "mfa pwd")
    #expect(query["prompt"] == "login")
    #expect(query["max_age"] == "60")
    #expect(query["login_hint"] == "ann@example.com")
    #expect(query["scope"] == "openid profile email calendar")
    #expect(query["access_type"] == "offline")
    #expect(query["state"] == attempt.state)
    #expect(attempt.maxAge == 60)
  }

  @Test func `who has signed in too long ago is refused`() async throws {
    let provider = try TestProvider()
    var configuration = provider.configuration()
    configuration.maxAge = 60
    let site = try Site(provider, configuration: configuration)
    #expect(try await site.signIn().status == 303)
    provider.claims["auth_time"] = .int(provider.now - 1000)
    #expect(try await site.signIn().status == 401)
  }

  // MARK: - ID tokens that come in other ways

  @Test func `an ID token from elsewhere is verified as that of a login is`() async throws {
    let provider = try TestProvider()
    let client = provider.client()
    let token = try await provider.sign(provider.idClaims(nonce: "n", clientID: "gale"))
    #expect(try await client.claims(ofIDToken: token, nonce: "n")["email"] == "ann@example.com")
    #expect(try await client.claims(ofIDToken: token, nonce: nil)["sub"] == "ann")
    await #expect(throws: AuthError.self) { try await client.claims(ofIDToken: token, nonce: "m") }
    let foreign = try await provider.sign(provider.idClaims(nonce: "n", clientID: "other"))
    await #expect(throws: AuthError.self) { try await client.claims(ofIDToken: foreign, nonce: "n") }
    let changed = String(token.dropLast(8)) + "AAAAAAAA"
    await #expect(throws: AuthError.self) { try await client.claims(ofIDToken: changed, nonce: "n") }
    provider.claims["auth_time"] = .int(provider.now - 1000)
    let old = try await provider.sign(provider.idClaims(nonce: "n", clientID: "gale"))
    await #expect(throws: AuthError.self) { try await client.claims(ofIDToken: old, nonce: "n", maxAge: 60) }
  }

  @Test func `a provider of OAuth 2 alone has none`() async throws {
    let client = OpenIDClient(.github(), id: "x", authentication: .none)
    let error = await #expect(throws: AuthError.self) {
      try await client.claims(ofIDToken: "a.b.c", nonce: nil)
    }
    #expect(error?.code == .invalidConfiguration)
  }

  // MARK: - Keys

  @Test func `a key that cannot be used hides no other`() async throws {
    let provider = try TestProvider()
    provider.otherKeys = [
      ["kty": "RSA", "n": "!", "e": "!", "alg": "RS256"],
      ["kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"],
      ["kty": "oct", "k": "AAAA"], 7, [:],
    ]
    let site = try Site(provider)
    #expect(try await site.signIn().status == 303)
  }

  @Test func `an RSA key without a word about its algorithm serves those that are accepted`() async throws {
    // Made with OpenSSL.
    let key: JSONValue = [
      "kty": "RSA",
      "n": .string(
        "spe47f2TixSThWcW0lo9-k14ZaHOiWOHM9Mfsu2Q1ZoZxNu22YHgSD1I-X35q0WexGrSYe3DSBqEtFrJIrTHK_tY05_1Bdk6"
          + "Kt2VVpWO5371ceM6ZAy5d-PfTRPiPvfctdlswuxIJNQtU6z2Cq4g9FlzU2KMrrEdBrASiPSx5ixEEMoucOnTRolPKAfNFZgA"
          + "X2w7zNkfRSkSiY72REjXzYp9QAKDTTBFYfl5hVeQrnA_0AhpwJv0Cg31a0mED_bFlWE239Aq0-3CKr4sg0KaEurO6PWBWXNV"
          + "c1RDY1Afsn0QEwX4zlobwhTeR7mEtGcIy5tHe5zYvn4SrnRZRVuK4w"), "e": "AQAB",
    ]
    let text =
      "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLCJleHAiOjEzMDA4MTkzODB9.H5vLtgEVD7-QxI-EQ5lRiTjhQdTawyGaDv"
      + "cTK3zwqJYK9I8UYFqwUYe3g1R6Frpf1Bu7ijXltT9qjgkQkm2Zj_zF9TWKhrUxmVsbk8UTIMnHH8TidHLshwzZWNbN6hyyQb"
      + "YdKFXtlZrqLb45Tf79_h0TWD5YwcrBuZsaqPIA1sOEBExgMLnCLarZuk8Mk1vcpWZxoK1rSYdy2iNXTtTqgEnBEmtubLdWQ6"
      + "vG6x3fspjo2xYBB-4PE0mjGZMBmPp7u2If6LD4JLR-LfnyDWzHgu3Vih6u1C-NDG24snfLwZfurpRdQ53nYCdFIpYencNMMu"
      + "NR6I7xS5iQH2lv-9puig"
    let keys = try await KeySet(["keys": [key]], accepting: SigningAlgorithm.publicKey)
    let token = try SignedToken(text, accepting: SigningAlgorithm.publicKey)
    #expect(keys.verify(token))
    let others = try await KeySet(["keys": [key]], accepting: [.ps256])
    #expect(!others.knows(token))
  }

  @Test func `Ed25519 is verified`() async throws {
    let own = try EdDSA.PrivateKey(curve: .ed25519)
    let collection = JWTKeyCollection()
    await collection.add(eddsa: own)
    let text = try await collection.sign(TestProvider.Payload(claims: ["a": 1]))
    let x = Secrets.base64(Array(own.publicKey.rawRepresentation))
    let keys = try await KeySet(
      ["keys": [["kty": "OKP", "crv": "Ed25519", "x": .string(x)]]], accepting: SigningAlgorithm.publicKey)
    #expect(keys.verify(try SignedToken(text, accepting: SigningAlgorithm.publicKey)))
  }

  @Test func `a short secret is none for HMAC`() async {
    await #expect(throws: AuthError.self) { try await KeySet(secret: "short", accepting: [.hs256]) }
  }
}

#endif
