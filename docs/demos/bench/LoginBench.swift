// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import GaleAuth
import Glibc

/// What a login costs: the wall in front of an application, and the validation of ID tokens.
enum LoginBench {
  private static let secret: CookieSecret = "a secret that this program and bench.py share"

  /// A wall that lets nobody through without a session.
  static func wall(
    around target: any HTTPServerConnectionDelegate
  ) throws -> any HTTPServerConnectionDelegate {
    try LoginWall(
      Login([OpenIDClient(.google, id: "bench", authentication: .none)], Login.Configuration(secret: secret)),
      around: target)
  }

  /// The cookie of a session, as a browser has it: `--login-cookie`.
  static func cookie() throws -> String {
    let user = LoginUser(
      provider: "google", issuer: "https://accounts.google.com", subject: "110169484474386276334",
      name: "Jane Doe", email: "janedoe@example.com", isEmailVerified: true, groups: ["staff", "readers"],
      claims: [
        "sub": "110169484474386276334", "name": "Jane Doe", "email": "janedoe@example.com",
        "email_verified": true, "groups": ["staff", "readers"], "locale": "en",
      ])
    let session = LoginSession(user, lifetime: .seconds(12 * 3600))
    let text = jsonEncode(try JSONValue(encoding: session))
    return "gale_session="
      + SignedValue.create(
        secret: secret, name: "gale_session", value: Array(text.utf8), version: .sealed)
  }

  /// `--tokens ISSUER CLIENT NONCE TOKEN...`: prints how many of each are validated in a second of processor time.
  static func tokens(_ arguments: [String]) throws {
    guard arguments.count > 3 else { throw HTTPError(400, "--tokens ISSUER CLIENT NONCE TOKEN...") }
    var configuration = OpenIDClient.Configuration(id: arguments[1], authentication: .none)
    configuration.allowsInsecureHTTP = true
    let client = OpenIDClient(.issuer(arguments[0]), configuration)
    let nonce = arguments[2]
    for token in arguments[3...] {
      try IOLoop.current.runSync {
        let name = try await check(client, token, nonce)
        var fastest = Double.infinity
        for _ in 0..<20 {
          let start = clock()
          for _ in 0..<200 { _ = try await client.claims(ofIDToken: token, nonce: nonce) }
          fastest = min(fastest, Double(clock() - start) / Double(CLOCKS_PER_SEC) / 200)
        }
        print("\(name) \(1 / fastest)")
      }
    }
  }

  /// The token's algorithm, once it is seen that wrong ones are refused.
  private static func check(
    _ client: OpenIDClient, _ token: String, _ nonce: String
  ) async throws -> String {
    for (wrong, other) in [(token, "another"), (String(token.dropLast(8)) + "AAAAAAAA", nonce)] {
      do {
        _ = try await client.claims(ofIDToken: wrong, nonce: other)
        throw HTTPError(500, "a wrong token was taken")
      } catch is AuthError {}
    }
    let header = token.prefix { $0 != "." }
    guard let bytes = Base64.decode(Array(header.utf8).span, .url),
      let name = try jsonDecode(bytes)["alg"]?.stringValue
    else { throw HTTPError(500, "no token") }
    return name
  }
}
