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

@Suite("oauth2: bearer tokens for APIs", .loop(timeLimit: .seconds(60)))
struct BearerTests {
  private struct API {
    let provider: TestProvider
    let server: HTTPTestServer

    init(_ way: AccessTokenVerifier.Way = .signature, clock: TestTime = TestTime()) throws {
      let provider = try TestProvider()
      var configuration = provider.configuration()
      configuration.clock = { clock.now }
      let verifier = AccessTokenVerifier(
        OpenIDClient(provider.description, configuration), audience: "https://api.example", way: way)
      self.provider = provider
      var settings = Application.Settings()
      settings.logFunction = { _ in }
      server = try HTTPTestServer(
        [
          .get("/orders") { handler in
            try await handler.requireBearer(scopes: ["orders", "read"], by: verifier).subject ?? "nobody"
          },
          .get("/any") { handler in
            try await handler.requireBearer(by: verifier)
            return "\(try handler.identity(as: AccessToken.self).clientID ?? "-")"
          },
        ], settings: settings)
    }

    func claims(_ changes: [String: JSONValue] = [:]) -> JSONValue {
      var members: [String: JSONValue] = [
        "iss": .string(provider.issuer), "sub": "ann", "aud": ["https://api.example", "other"],
        "exp": .int(System.wallSeconds + 100), "iat": .int(System.wallSeconds), "client_id": "app",
        "scope": "read orders write",
      ]
      members.merge(changes) { $1 }
      return .object(members.filter { !$0.value.isNull }.map { JSONMember($0.key, $0.value) })
    }

    func get(_ path: String, _ token: String?) async throws -> HTTPResponse {
      var headers = HTTPHeaders()
      if let token { try headers.set("Authorization", "Bearer \(token)") }
      return try await server.fetch(path, headers: headers)
    }
  }

  @Test func `a good token opens the door`() async throws {
    let api = try API()
    let answer = try await api.get("/orders", try await api.provider.sign(api.claims(), type: "at+jwt"))
    #expect(answer.status == 200)
    #expect(answer.text == "ann")
    #expect(try await api.get("/any", try await api.provider.sign(api.claims())).text == "app")
  }

  @Test func `without a token the challenge says no more than its scheme`() async throws {
    let api = try API()
    let answer = try await api.get("/orders", nil)
    #expect(answer.status == 401)
    #expect(answer.headers["Www-Authenticate"] == "Bearer")
    #expect(try await api.server.fetch("/orders?access_token=x").status == 401)
  }

  @Test(
    arguments: [
      ["aud": "gale"], ["aud": .null], ["iss": "https://evil.example"], ["exp": 1], ["exp": .null],
      ["exp": "never"], ["nbf": .int(4_000_000_000)], ["iat": .int(4_000_000_000)],
    ] as [[String: JSONValue]])
  func `bad tokens are refused`(_ changes: [String: JSONValue]) async throws {
    let api = try API()
    let answer = try await api.get("/any", try await api.provider.sign(api.claims(changes)))
    #expect(answer.status == 401)
    #expect(answer.headers["Www-Authenticate"] == "Bearer error=\"invalid_token\"")
  }

  @Test func `a logout token is no access token`() async throws {
    let api = try API()
    let token = try await api.provider.sign(api.claims(), type: "logout+jwt")
    #expect(try await api.get("/any", token).status == 401)
    #expect(try await api.get("/any", "opaque").status == 401)
  }

  @Test(
    arguments: [["scope": "read"], ["scope": .null], ["scope": .null, "scp": ["read"]]]
      as [[String: JSONValue]])
  func `a token that allows less is 403 and told so`(_ changes: [String: JSONValue]) async throws {
    let api = try API()
    let answer = try await api.get("/orders", try await api.provider.sign(api.claims(changes)))
    #expect(answer.status == 403)
    #expect(
      answer.headers["Www-Authenticate"] == "Bearer error=\"insufficient_scope\", scope=\"orders read\"")
  }

  @Test(
    arguments: [["scope": .null, "scp": ["read", "orders"]], ["scope": .null, "scp": "read orders"]]
      as [[String: JSONValue]])
  func `scopes under another name count`(_ changes: [String: JSONValue]) async throws {
    let api = try API()
    #expect(try await api.get("/orders", try await api.provider.sign(api.claims(changes))).status == 200)
  }

  @Test func `the provider is asked about opaque tokens, and not each time`() async throws {
    let time = TestTime()
    let api = try API(.introspection(seconds: 30), clock: time)
    api.provider.introspection = [
      "active": true, "sub": "ann", "aud": "https://api.example", "scope": "read orders",
    ]
    for _ in 0..<3 { #expect(try await api.get("/orders", "opaque").text == "ann") }
    #expect(api.provider.asked["/introspect"] == 1)
    api.provider.introspection = ["active": false]
    #expect(try await api.get("/orders", "opaque").status == 200)
    time.pass(30)
    #expect(try await api.get("/orders", "opaque").status == 401)
  }

  @Test(
    arguments: [
      ["active": true, "aud": "other"], ["active": "true", "aud": "https://api.example"], [:],
      ["active": true, "aud": "https://api.example", "exp": 1],
      ["active": true, "aud": "https://api.example", "iss": "https://evil.example"],
    ] as [JSONValue])
  func `what the provider does not vouch for is refused`(_ answer: JSONValue) async throws {
    let api = try API(.introspection(seconds: 0))
    api.provider.introspection = answer
    #expect(try await api.get("/any", "opaque").status == 401)
  }

  @Test func `while the provider is away the answer is 503, not 401`() async throws {
    let api = try API(.introspection(seconds: 0))
    await api.provider.server?.close()
    #expect(try await api.get("/any", "opaque").status == 503)
  }
}

#endif
