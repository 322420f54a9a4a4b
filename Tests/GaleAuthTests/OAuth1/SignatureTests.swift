// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Testing

@testable import GaleAuth

@Suite("oauth1: signatures")
struct SignatureTests {
  @Test func `the base string of RFC 5849, section 3.4.1.1`() throws {
    let base = try OAuthSignature.baseString(
      method: "post", url: "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
      parameters: [
        ("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"), ("c2", ""), ("a3", "2 q"),
      ], style: .rfc5849)
    #expect(
      base == "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%2525"
        + "3D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_sig"
        + "nature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7")
  }

  @Test func `the signature of RFC 5849, section 1.2`() throws {
    let signature = try OAuthSignature.sign(
      method: "GET", url: "http://photos.example.net/photos?file=vacation.jpg&size=original",
      parameters: [
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"), ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131202"), ("oauth_nonce", "chapoH"),
      ], consumer: ClientCredentials(key: "dpf43f3p2l4k3l03", secret: "kd94hf93k423kf44"),
      token: OAuthToken(key: "nnch734d00sl2jdk", secret: "pfkkdhi9sl3r4s00"))
    #expect(signature == "MdpQcU8iPSUjWoN/UDMsK2sui9I=")
  }

  @Test(arguments: [
    (OAuthSignatureStyle.tornado10, "22MTxhuOb8InaSrptCVgNmicswg="),
    (.tornado, "bdlgiJTz3869SoCd/wLNzLo0TBE="),
  ])
  func `what Tornado makes`(_ style: OAuthSignatureStyle, _ expected: String) throws {
    let signature = try OAuthSignature.sign(
      method: "GET", url: "http://Example.com:80/a?b=1",
      parameters: [("oauth_nonce", "n"), ("z", "a b"), ("a", "é")],
      consumer: ClientCredentials(key: "ck", secret: "cs/"), token: OAuthToken(key: "t", secret: "ts&"),
      style: style)
    #expect(signature == expected)
  }

  @Test func `the other ways to sign`() throws {
    let consumer = ClientCredentials(key: "k", secret: "a&b")
    func sign(_ method: OAuthSignatureMethod) throws -> String {
      try OAuthSignature.sign(
        method: "GET", url: "https://x.example/", parameters: [], consumer: consumer,
        token: OAuthToken(key: "t", secret: "c d"), by: method)
    }
    #expect(try sign(.plaintext) == "a%26b&c%20d")
    #expect(try sign(.hmacSHA256).utf8.count == 44)
    #expect(try sign(.hmacSHA1).utf8.count == 28)
  }

  @Test(arguments: [
    ("a-._~9Z", "a-._~9Z"), (" +%/", "%20%2B%25%2F"), ("é", "%C3%A9"), ("", ""), ("\u{7f}", "%7F"),
  ])
  func `escapes`(_ text: String, _ expected: String) {
    #expect(OAuthSignature.escape(text) == expected)
  }

  @Test func `what is no URL is not signed`() {
    #expect(throws: AuthError.self) {
      try OAuthSignature.sign(
        method: "GET", url: "x", parameters: [], consumer: ClientCredentials(key: "k", secret: "s"))
    }
  }
}

#endif
