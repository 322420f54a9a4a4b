// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Crypto
import GaleCore
import GaleHTTP
import JWTKit
import Testing

@testable import GaleAuth

extension AttackTests {
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
}

#endif
