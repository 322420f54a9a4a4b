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

extension AttackTests {
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
