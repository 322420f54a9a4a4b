// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWire
import Testing

@testable import GaleAuth

@Suite("login: signing out", .loop(timeLimit: .seconds(60)))
struct LogoutTests {
  @Test func `signing out asks first, then ends the session here and at the provider`() async throws {
    let site = try Site { $0.keepsTokens = true }
    try await site.signIn()
    let page = try await site.browser.get("/auth/logout")
    #expect(page.status == 200)
    #expect(page.text.contains("<form method=\"post\">"))
    #expect(try await site.browser.get("/").text == "Ann")
    let answer = try await site.browser.post("/auth/logout")
    #expect(answer.location.hasPrefix(site.provider.issuer + "/logout?"))
    #expect(answer.location.query["post_logout_redirect_uri"] == site.server.url("/"))
    #expect(answer.location.query["client_id"] == "gale")
    #expect(answer.location.query["id_token_hint"]?.split(separator: ".").count == 3)
    #expect(try await site.browser.get("/").text == "nobody")
    #expect(site.provider.revoked == ["first"])
  }

  @Test func `signing out works while the provider is away`() async throws {
    let site = try Site { $0.keepsTokens = true }
    try await site.signIn()
    await site.provider.server?.close()
    #expect(try await site.browser.post("/auth/logout").status == 303)
    #expect(try await site.browser.get("/").text == "nobody")
  }

  @Test func `who is not signed in is not asked`() async throws {
    let site = try Site { $0.afterLogout = "/bye" }
    #expect(try await site.browser.get("/auth/logout").location == "/bye")
    #expect(try await site.browser.post("/auth/logout").location == "/bye")
  }

  @Test(arguments: [[("Sec-Fetch-Site", "cross-site")], [("Origin", "https://evil.example")]])
  func `a page of another site cannot sign a user out`(_ headers: [(String, String)]) async throws {
    let site = try Site()
    try await site.signIn()
    #expect(try await site.browser.post("/auth/logout", "", headers).status == 403)
    #expect(try await site.browser.get("/").text == "Ann")
  }

  private func notice(_ site: Site, _ changes: [String: JSONValue] = [:]) async throws -> String {
    var claims: [String: JSONValue] = [
      "iss": .string(site.provider.issuer), "aud": "gale", "iat": .int(System.wallSeconds),
      "exp": .int(System.wallSeconds + 60), "jti": "1", "sid": "session-1",
      "events": ["http://schemas.openid.net/event/backchannel-logout": [:]],
    ]
    claims.merge(changes) { $1 }
    return try await site.provider.sign(
      .object(claims.filter { !$0.value.isNull }.map { JSONMember($0.key, $0.value) }), type: "logout+jwt")
  }

  @Test(arguments: [["sid": "session-1"], ["sid": .null, "sub": "ann"]] as [[String: JSONValue]])
  func `the provider can end a session, or all of a user's`(_ whom: [String: JSONValue]) async throws {
    let site = try Site()
    try await site.signIn()
    let answer = try await site.browser.post(
      "/auth/backchannel/test", "logout_token=\(try await notice(site, whom))")
    #expect(answer.status == 200)
    #expect(try await site.browser.get("/").text == "nobody")
  }

  @Test(
    arguments: [
      ["aud": "other"], ["iss": "https://evil.example"], ["nonce": "x"], ["events": [:]], ["events": .null],
      ["iat": 1], ["iat": .null], ["exp": 1], ["sid": .null],
      ["sid": "another"], ["sid": .null, "sub": "bob"],
    ] as [[String: JSONValue]])
  func `what is no logout of this session leaves it`(_ changes: [String: JSONValue]) async throws {
    let site = try Site()
    try await site.signIn()
    let answer = try await site.browser.post(
      "/auth/backchannel/test", "logout_token=\(try await notice(site, changes))")
    let isOther = changes["sid"] == "another" || changes["sub"] == "bob"
    #expect(answer.status == (isOther ? 200 : 400))
    #expect(try await site.browser.get("/").text == "Ann")
  }

  @Test func `an unsigned word does not count`() async throws {
    let site = try Site()
    try await site.signIn()
    let token = try await notice(site)
    let forged = token.split(separator: ".").dropLast().joined(separator: ".") + ".AAAA"
    #expect(try await site.browser.post("/auth/backchannel/test", "logout_token=\(forged)").status == 400)
    #expect(try await site.browser.post("/auth/backchannel/test").status == 400)
    #expect(try await site.browser.get("/").text == "Ann")
  }

  @Test func `a session that is begun after the logout is not ended by it`() throws {
    let memory = LogoutMemory()
    memory.end(LogoutNotice(issuer: "i", subject: "s", session: nil), at: 100)
    func session(startedAt: Int) throws -> LoginSession {
      let text = """
        {"id":"x","u":{"provider":"p","issuer":"i","subject":"s","isEmailVerified":false,"groups":[],\
        "claims":{}},"iat":\(startedAt),"exp":1000}
        """
      return try jsonDecode(text).decode(as: LoginSession.self)
    }
    #expect(memory.isEnded(try session(startedAt: 99)))
    #expect(memory.isEnded(try session(startedAt: 100)))
    #expect(!memory.isEnded(try session(startedAt: 101)))
  }
}

#endif
