// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-009.
@Suite("httpclient: credentials")
struct ClientAuthenticationTests {
  @Test(arguments: [
    ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    ("test", "123£", "Basic dGVzdDoxMjPCow=="),
    ("", "", "Basic Og=="), ("a", "bc", "Basic YTpiYw=="), ("ab", "", "Basic YWI6"),
  ])
  func `basic credentials are the name and the password`(_ name: String, _ password: String, _ value: String)
  {
    #expect(BasicAuthentication.value(HTTPCredentials(username: name, password: password)) == value)
  }

  /// RFC 7616, section 3.9.1.
  @Test(arguments: [
    ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
  ])
  func `the RFC's example has the RFC's answer`(_ algorithm: String, _ response: String) throws {
    let challenge = try #require(
      DigestAuthentication(challenges: [
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=\(algorithm), "
          + "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
      ]))
    let value = challenge.response(
      HTTPCredentials(username: "Mufasa", password: "Circle of Life", mode: .digest), method: "GET",
      target: "/dir/index.html", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    #expect(value.contains("response=\"\(response)\""))
    #expect(value.hasPrefix("Digest username=\"Mufasa\", realm=\"http-auth@example.org\""))
    #expect(value.contains("qop=auth, nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\""))
    #expect(value.hasSuffix("opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""))
  }

  @Test func `the best of several challenges is answered`() throws {
    let both = DigestAuthentication(challenges: [
      "Basic realm=\"a, b\", Digest realm=r, nonce=\"old\", Digest realm=r, nonce=\"new\\\"\", algorithm=SHA-256"
    ])
    #expect(both?.nonce == "new\"")
    for field in [
      "Basic realm=\"x\"", "Digest realm=x", "Digest realm=x, nonce=y, algorithm=SHA-512", "", "Digest",
      "Digest realm=x, nonce=y, qop=auth-int", ",,,", "Digest realm=\"x", "=", "\"",
    ] {
      #expect(DigestAuthentication(challenges: [field]) == nil, "\(field)")
    }
  }

  /// A server that checks MD5 digests by RFC 7616, and gives each nonce out once.
  private static func digestServer(_ accepted: String, stale: Bool = false) -> (HTTPServerRequest) ->
    any HTTPMessageDelegate
  {
    var asked = 0
    return { _ in
      Exchange { request in
        if let value = request.headers["Authorization"], value.contains(accepted), !stale || asked > 1 {
          return request.answer("welcome \(value.contains("uri=\"\(request.uri)\""))")
        }
        asked += 1
        let isStale = stale && asked > 1 ? ", stale=true" : ""
        request.answer(
          "who are you", status: 401,
          [("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\(asked)\", qop=\"auth\"\(isStale)")])
      }
    }
  }

  @Test func `a digest challenge is answered, and the answer is all that is seen`() throws {
    try withClient(start: Self.digestServer("username=\"me\"")) { bench, server async throws in
      var streamed = ""
      let response = try await bench.fetch("/a?b") {
        $0.credentials = HTTPCredentials(username: "me", password: "x", mode: .digest)
        $0.streamingCallback = { streamed += String(decoding: $0, as: UTF8.self) }
      }
      #expect(response.status == 200)
      #expect(streamed == "welcome true")
      #expect(server.context.connectionCount == 1)
    }
  }

  @Test func `wrong credentials are shown once`() throws {
    try withClient(start: Self.digestServer("username=\"somebody else\"")) { bench, server async throws in
      let error = await bench.failure {
        $0.credentials = HTTPCredentials(username: "me", password: "x", mode: .digest)
      }
      #expect(error?.status == 401)
      #expect(server.context.requestCount == 2)
      #expect(await bench.failure()?.status == 401)  // Without any.
    }
  }

  @Test func `a stale nonce is replaced`() throws {
    try withClient(start: Self.digestServer("nonce=\"n2\"", stale: true)) { bench, server async throws in
      let response = try await bench.fetch("/") {
        $0.credentials = HTTPCredentials(username: "me", password: "x", mode: .digest)
      }
      #expect(response.text == "welcome true")
      #expect(server.context.requestCount == 3)
    }
  }

  @Test func `credentials in the URL are basic ones, and the header wins`() throws {
    try withClient { bench, _ async throws in
      let url = bench.base.replacing("//", with: "//me:sec%20ret@")
      let response = try await bench.client.fetch(url)
      #expect(response.sent("Authorization") == "Basic bWU6c2VjIHJldA==")
      #expect(response.sent("Host")?.contains("me") == false)
      let own = try await bench.fetch("/", headers: [("Authorization", "Bearer x")]) {
        $0.credentials = HTTPCredentials(username: "a", password: "b")
      }
      #expect(own.sent("Authorization") == "Bearer x")
    }
  }
}
