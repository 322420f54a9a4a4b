// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import Testing

@testable import GaleAuth

@Suite("providers: presets")
struct PresetTests {
  static let all: [OpenIDProvider] = [
    .google, .microsoft(), .microsoft(tenant: "organizations"), .microsoft(tenant: "consumers"),
    .microsoft(tenant: "72f988bf-86f1-41af-91ab-2d7cd011db47"), .gitlab(), .apple,
    .keycloak("https://sso.example", realm: "main"), .auth0("x.eu.auth0.com"), .okta("x.okta.com"),
    .okta("x.okta.com", server: "default"), .linkedIn, .line, .github(), .github("https://git.example"),
    .facebook, .discord, .twitter, .naver, .kakao, .issuer("https://sso.example"),
  ]

  @Test(arguments: all.indices)
  func `each is whole, and asks over https only`(_ index: Int) throws {
    let provider = Self.all[index]
    #expect(provider.name.utf8.allSatisfy { $0.isAlphanumeric || $0 == 0x2D })
    #expect(!provider.title.isEmpty)
    let urls =
      [provider.issuer, provider.discoveryURL] + [
        provider.metadata?.authorizationEndpoint, provider.metadata?.tokenEndpoint,
        provider.metadata?.userinfoEndpoint,
      ]
    for url in urls.compactMap({ $0 }) {
      #expect(url.hasPrefix("https://"))
      _ = try AuthFetch.place(url.split(separator: "{").joined(), false)
    }
    #expect((provider.issuer == nil) == (provider.metadata != nil))
    #expect(provider.issuer == nil || provider.scopes.contains("openid"))
    #expect((provider.issuer?.contains("{tenantid}") ?? false) == (provider.issuerClaim != nil))
  }

  @Test func `issuers as the providers write them`() {
    #expect(
      OpenIDProvider.keycloak("https://sso.example", realm: "main").issuer
        == "https://sso.example/realms/main")
    #expect(OpenIDProvider.auth0("x.eu.auth0.com").issuer == "https://x.eu.auth0.com/")
    #expect(
      OpenIDProvider.okta("x.okta.com", server: "default").issuer == "https://x.okta.com/oauth2/default")
    #expect(OpenIDProvider.microsoft().issuer == "https://login.microsoftonline.com/{tenantid}/v2.0")
    #expect(
      OpenIDProvider.microsoft().discoveryURL
        == "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration")
  }

  static let users: [(OpenIDProvider, JSONValue, [String?])] = [
    (
      .github(), ["id": 7, "login": "ann", "name": "Ann", "email": "a@x.example", "avatar_url": "u"],
      ["7", "Ann", "ann", "a@x.example", "true"]
    ),
    (
      .discord,
      ["id": "7", "username": "ann", "global_name": "Ann", "email": "a@x.example", "verified": true],
      ["7", "Ann", "ann", "a@x.example", "true"]
    ),
    (
      .facebook, ["id": "7", "name": "Ann", "email": "a@x.example"],
      ["7", "Ann", nil, "a@x.example", "false"]
    ),
    (.twitter, ["data": ["id": "7", "name": "Ann", "username": "ann"]], ["7", "Ann", "ann", nil, "false"]),
    (
      .naver, ["response": ["id": "7", "name": "Ann", "nickname": "a", "email": "a@x.example"]],
      ["7", "Ann", "a", "a@x.example", "false"]
    ),
    (
      .apple, ["sub": "7", "email": "a@x.example", "email_verified": "true"],
      ["7", nil, nil, "a@x.example", "true"]
    ),
    (
      .google, ["sub": "7", "email": "a@x.example", "email_verified": false],
      ["7", nil, nil, "a@x.example", "false"]
    ),
  ]

  @Test(arguments: users.indices)
  func `who the user is`(_ index: Int) throws {
    let (provider, claims, expected) = Self.users[index]
    let user = try LoginUser(claims, provider, "")
    #expect([user.subject, user.name, user.username, user.email, "\(user.isEmailVerified)"] == expected)
  }

  @Test func `a description of nobody is refused`() {
    #expect(throws: AuthError.self) { try LoginUser(["name": "Ann"], .google, "") }
    #expect(throws: AuthError.self) { try LoginUser(["sub": ""], .google, "") }
  }
}

#endif
