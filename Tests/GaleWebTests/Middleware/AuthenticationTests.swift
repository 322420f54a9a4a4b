// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import Testing

private struct Account: Sendable, Equatable { var name: String }

@Suite("web: Basic and Bearer (SWF-033)")
struct AuthenticationTests {
  private static let basic = BasicAuthentication(realm: #"the "admin" area"#) { credentials, _ in
    credentials.match(username: "ada", password: "pass:wörd") ? Account(name: credentials.username) : nil
  }

  private static let bearer = BearerAuthentication(realm: "api") { token, _ in
    token == "secret" ? Account(name: "robot") : nil
  }

  private static let routes: [URLSpec] = [
    .group("/basic", [.get("") { handler in try handler.identity(as: Account.self).name }]).through(basic),
    .group("/bearer", [.get("") { handler in try handler.identity(as: Account.self).name }]).through(bearer),
    .get("/plain") { handler in
      "\(handler.basicCredentials?.username ?? "-") \(handler.bearerToken ?? "-")"
    },
    .get("/nobody") { handler in try handler.identity(as: Account.self).name },
    .mount("/app", EchoDelegate()).through(basic),
  ]

  @Test func `who has the password comes in`() throws {
    // printf 'ada:pass:wörd' | base64
    let header = "Authorization: bAsIc YWRhOnBhc3M6d8O2cmQ="
    try serving(Self.routes) { server async throws in
      #expect(try await server.fetch("GET", "/basic", [header]).text == "ada")
      #expect(try await server.fetch("GET", "/app/x", [header]).status == 203)
      #expect(try await server.fetch("GET", "/plain", [header]).text == "ada -")
    }
  }

  @Test(arguments: [
    nil, "Basic", "Basic ", "Basic !!!", "Basic YWRh", "Basic YWRhOnBhc3M=", "Basic YWRhOg==",
    "Bearer secret",
    "Basic /w==", "Basic OnBhc3M6d8O2cmQ=",
  ])
  func `others are asked for one`(authorization: String?) throws {
    try serving(Self.routes) { server async throws in
      let headers = authorization.map { ["Authorization: \($0)"] } ?? []
      for target in ["/basic", "/app/x"] {
        let answer = try await server.fetch("GET", target, headers)
        #expect(answer.status == 401)
        #expect(answer["WWW-Authenticate"] == #"Basic realm="the \"admin\" area", charset="UTF-8""#)
      }
    }
  }

  @Test func `a token comes in, a wrong one is told apart from none`() throws {
    try serving(Self.routes) { server async throws in
      #expect(try await server.fetch("GET", "/bearer", ["Authorization: Bearer secret"]).text == "robot")
      #expect(try await server.fetch("GET", "/plain", ["Authorization: bearer  abc"]).text == "- abc")
      let none = try await server.fetch("GET", "/bearer")
      #expect(none.status == 401 && none["WWW-Authenticate"] == #"Bearer realm="api""#)
      let wrong = try await server.fetch("GET", "/bearer", ["Authorization: Bearer wrong"])
      #expect(wrong.status == 401)
      #expect(wrong["WWW-Authenticate"] == #"Bearer realm="api", error="invalid_token""#)
    }
  }

  @Test func `an identity that nobody has found is the program's error`() throws {
    try serving(Self.routes) { server async throws in
      #expect(try await server.fetch("GET", "/nobody").status == 500)
    }
  }
}
