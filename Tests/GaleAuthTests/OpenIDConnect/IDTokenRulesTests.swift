// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import Testing

@testable import GaleAuth

@Suite("openid: rules for ID tokens")
struct IDTokenRulesTests {
  static let now = 1_800_000_000
  static let rules = IDTokenRules(
    issuer: "https://op.example", clientID: "gale", nonce: "n", accessToken: "token", code: "code", now: now)

  static func token(_ changes: [String: JSONValue], _ algorithm: String = "ES256") throws -> SignedToken {
    var members: [String: JSONValue] = [
      "iss": "https://op.example", "sub": "ann", "aud": "gale", "exp": .int(now + 60), "iat": .int(now),
      "nonce": "n",
    ]
    members.merge(changes) { $1 }
    let claims = JSONValue.object(
      members.filter { !$0.value.isNull }.map { JSONMember($0.key, $0.value) })
    let text = AttackTests.token(["alg": .string(algorithm)], claims) { _ in [1] }
    return try SignedToken(text, accepting: SigningAlgorithm.publicKey)
  }

  static let good: [[String: JSONValue]] = [
    [:], ["aud": ["gale"]], ["aud": ["gale", "api"], "azp": "gale"], ["azp": "gale"],
    ["exp": .int(now - 59)], ["iat": .int(now + 60)], ["nbf": .int(now + 60)],
  ]

  @Test(arguments: good)
  func `good ones are taken`(_ changes: [String: JSONValue]) throws {
    try Self.rules.check(try Self.token(changes))
  }

  static let bad: [[String: JSONValue]] = [
    ["iss": "https://op.example/"], ["iss": "http://op.example"], ["iss": .null], ["iss": 1],
    ["iss": ["https://op.example"]], ["aud": "gal"], ["aud": "gale2"], ["aud": .null], ["aud": ["api"]],
    ["aud": [["gale"]]], ["aud": ["gale", "api"]], ["aud": ["gale", "api"], "azp": "api"], ["azp": "api"],
    ["azp": 1], ["exp": .int(now - 60)], ["exp": .null], ["exp": .string("\(now + 60)")], ["exp": 1e308],
    ["exp": .double(Double(now) + 60.5)], ["exp": true], ["iat": .int(now + 61)], ["iat": .null],
    ["iat": "now"], ["nbf": .int(now + 61)], ["nbf": "x"], ["nonce": "N"], ["nonce": .null], ["nonce": 1],
    ["nonce": .null, "nonce_supported": false], ["sub": .null], ["sub": ""], ["sub": 7],
    ["sub": .string(String(repeating: "x", count: 256))], ["at_hash": "x"], ["at_hash": 1], ["c_hash": "x"],
  ]

  @Test(arguments: bad)
  func `bad ones are refused`(_ changes: [String: JSONValue]) throws {
    let token = try Self.token(changes)
    #expect(throws: AuthError.self) { try Self.rules.check(token) }
  }

  @Test(arguments: SigningAlgorithm.publicKey.sorted { $0.rawValue < $1.rawValue })
  func `hashes of token and code are those of the algorithm`(_ algorithm: SigningAlgorithm) throws {
    let hashes: [String: JSONValue] = [
      "at_hash": .string(algorithm.halfHash("token")), "c_hash": .string(algorithm.halfHash("code")),
    ]
    try Self.rules.check(try Self.token(hashes, algorithm.rawValue))
    let swapped: [String: JSONValue] = ["at_hash": .string(algorithm.halfHash("code"))]
    let token = try Self.token(swapped, algorithm.rawValue)
    #expect(throws: AuthError.self) { try Self.rules.check(token) }
  }

  @Test func `the example of the specification`() {
    // OpenID Connect Core 1.0, appendix A.3 and A.4.
    #expect(
      SigningAlgorithm.rs256.halfHash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
        == "77QmUPtjPfzWtF2AnpK9RQ")
    #expect(
      SigningAlgorithm.rs256.halfHash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk")
        == "LDktKdoQak3Pk0cnXxCltA")
  }

  @Test func `how long ago the user signed in`() throws {
    var rules = Self.rules
    rules.maxAge = 100
    try rules.check(try Self.token(["auth_time": .int(Self.now - 160)]))
    for time in [.int(Self.now - 161), .null, "x"] as [JSONValue] {
      let token = try Self.token(["auth_time": time])
      #expect(throws: AuthError.self) { try rules.check(token) }
    }
  }

  @Test func `an issuer for each tenant`() throws {
    var rules = Self.rules
    rules.issuer = "https://op.example/{tenantid}/v2.0"
    rules.issuerClaim = "tid"
    try rules.check(try Self.token(["iss": "https://op.example/a-1/v2.0", "tid": "a-1"]))
    for (issuer, tenant) in [
      ("https://op.example/a-1/v2.0", "b-2"), ("https://op.example//evil/v2.0", "/evil"),
      ("https://op.example/{tenantid}/v2.0", "{tenantid}"), ("https://op.example//v2.0", ""),
    ] {
      let token = try Self.token(["iss": .string(issuer), "tid": .string(tenant)])
      #expect(throws: AuthError.self) { try rules.check(token) }
    }
  }

  static let noTokens = [
    "", ".", "..", "a.b", "a.b.c", "e30.e30.", "e30.e30.AA", "e30.e30.AA.AA", "e30=.e30.AA", "W10.W10.AA",
    String(repeating: "A", count: 20_000),
  ]

  @Test(arguments: noTokens)
  func `what is no token is refused`(_ text: String) {
    #expect(throws: AuthError.self) { try SignedToken(text, accepting: SigningAlgorithm.publicKey) }
  }
}

#endif
