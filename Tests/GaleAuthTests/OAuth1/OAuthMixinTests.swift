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

/// A provider of OAuth 1.0a that checks every signature.
private final class OAuth1Provider {
  private(set) var server: HTTPTestServer?
  var confirms = true
  var status = 200
  /// What came in `Authorization`, by path.
  var seen: [(path: String, fields: [String: String])] = []
  var queries: [String] = []
  private var nonces: Set<String> = []

  init() throws {
    server = try HTTPTestServer { [unowned self] request in try answer(request) }
  }

  var base: String { server?.url("") ?? "" }

  private func answer(_ request: HTTPServerRequest) throws {
    queries.append(request.query)
    let header = request.headers["Authorization"] ?? ""
    var fields: [String: String] = [:]
    for part in header.dropFirst("OAuth ".count).split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
      guard pair.count == 2 else { continue }
      fields[pair[0]] = urlUnescape(String(pair[1].dropFirst().dropLast()), plus: false)
    }
    let path = request.path
    seen.append((path, fields))
    let tokenSecret = ["request": "request secret", "access": "access secret"][fields["oauth_token"] ?? ""]
    let form = FormText.decode(request.body) ?? []
    let parameters = fields.filter { $0.key != "oauth_signature" }.map { ($0.key, $0.value) }
    let expected = try OAuthSignature.sign(
      method: request.method, url: base + request.uri,
      parameters: parameters + form.map { ($0.name, $0.value) },
      consumer: ClientCredentials(key: "key", secret: "consumer secret"),
      token: tokenSecret.map { OAuthToken(key: "", secret: $0) })
    let isFresh = nonces.insert(fields["oauth_nonce"] ?? "").inserted
    guard fields["oauth_signature"] == expected, isFresh, status == 200 else {
      return try reply(request, 401, "")
    }
    switch path {
    case "/request":
      try reply(
        request, 200,
        "oauth_token=request&oauth_token_secret=request+secret"
          + (confirms ? "&oauth_callback_confirmed=true" : ""))
    case "/access":
      try reply(request, 200, "oauth_token=access&oauth_token_secret=access%20secret&screen_name=ann")
    case "/1.1/account/verify_credentials.json":
      try reply(request, 200, "{\"screen_name\":\"ann\",\"id\":7}")
    default: try reply(request, 200, "{\"form\":\(form.count)}")
    }
  }

  private func reply(_ request: HTTPServerRequest, _ status: Int, _ text: String) throws {
    try request.writeHeaders(status, HTTPHeaders([("Content-Length", "\(text.utf8.count)")]))
    try request.write(Array(text.utf8))
    try request.finish()
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String { String(drop { $0 == " " }) }
}

/// The provider's address is in the settings, as handlers' static properties cannot know a test's.
private class BirdHandler: RequestHandler, TwitterMixin {
  @TaskLocal static var base = ""
  class var requestTokenURL: String { base + "/request" }
  class var accessTokenURL: String { base + "/access" }
  class var authorizeURL: String { base + "/authorize" }
  class var authenticateURL: String { base + "/authenticate" }
  class var twitterBaseURL: String { base + "/1.1" }
  class var allowsInsecureHTTP: Bool { true }

  override func get() async throws {
    let base = settings.userInfo["base"] as? String ?? ""
    try await BirdHandler.$base.withValue(base) {
      switch request.path {
      case "/oob": try await authorizeRedirect(callbackURI: "oob")
      case "/authenticate": try await authenticateRedirect(callbackURI: "/login")
      default:
        guard try queryArgument("oauth_token") != nil || queryArgument("denied") != nil else {
          return try await authorizeRedirect(callbackURI: "/login", extraParameters: ["x_lang": "de"])
        }
        let (user, token) = try await authenticatedUser()
        let posted = try await twitterRequest(
          "/statuses/update", accessToken: token, postArguments: ["status": "a b&c"], ["page": "1 2"])
        write(["user": user, "screen": .string(token.fields["screen_name"] ?? ""), "posted": posted])
      }
    }
  }
}

@Suite("oauth1: login", .loop(timeLimit: .seconds(60)))
struct OAuthMixinTests {
  private static func site(_ provider: OAuth1Provider) throws -> Browser {
    var settings = Site.settings()
    settings.userInfo = [
      "base": provider.base, "twitter_consumer_key": "key", "twitter_consumer_secret": "consumer secret",
    ]
    return Browser(try HTTPTestServer([URLSpec("/.*", BirdHandler.self)], settings: settings))
  }

  @Test func `a user signs in, and the API is asked in its name`() async throws {
    let provider = try OAuth1Provider()
    let browser = try Self.site(provider)
    let first = try await browser.get("/login")
    #expect(first.location == provider.base + "/authorize?oauth_token=request")
    let begin = try #require(provider.seen.first?.fields)
    #expect(begin["oauth_callback"] == browser.server.url("/login"))
    #expect(begin["oauth_consumer_key"] == "key")
    #expect(begin["oauth_version"] == "1.0")
    #expect(browser.cookies.values.allSatisfy { $0.hasPrefix("3|") && !$0.contains("secret") })
    let answer = try await browser.get("/login?oauth_token=request&oauth_verifier=v")
    let page = try jsonDecode(answer.text)
    #expect(page["user"]?["username"] == "ann")
    #expect(page["screen"] == "ann")
    #expect(page["posted"]?["form"] == 1)
    #expect(provider.seen[1].fields["oauth_verifier"] == "v")
    #expect(provider.queries.allSatisfy { !$0.contains("oauth_") })
    #expect(browser.cookies.isEmpty)
  }

  @Test func `who has agreed before is not asked, and who types a number gets the address`() async throws {
    let provider = try OAuth1Provider()
    let browser = try Self.site(provider)
    #expect(
      try await browser.get("/authenticate").location == provider.base + "/authenticate?oauth_token=request")
    #expect(try await browser.get("/oob").text == provider.base + "/authorize?oauth_token=request")
    #expect(provider.seen.last?.fields["oauth_callback"] == "oob")
  }

  @Test func `a callback of another browser's login is refused`() async throws {
    let provider = try OAuth1Provider()
    let browser = try Self.site(provider)
    #expect(try await browser.get("/login?oauth_token=request&oauth_verifier=v").status == 400)
    _ = try await browser.get("/login")
    #expect(try await browser.get("/login?oauth_token=other&oauth_verifier=v").status == 400)
    // Under the name of another token.
    let kept = browser.cookies
    browser.cookies = Dictionary(kept.map { ("_oauth_request_token_other", $0.value) }) { $1 }
    #expect(try await browser.get("/login?oauth_token=request&oauth_verifier=v").status == 400)
    #expect(!provider.seen.contains { $0.path == "/access" })
  }

  @Test func `a callback without a verifier is refused`() async throws {
    let provider = try OAuth1Provider()
    let browser = try Self.site(provider)
    _ = try await browser.get("/login")
    #expect(try await browser.get("/login?oauth_token=request").status == 400)
    #expect(!provider.seen.contains { $0.path == "/access" })
  }

  @Test func `a callback counts once`() async throws {
    let provider = try OAuth1Provider()
    let browser = try Self.site(provider)
    _ = try await browser.get("/login")
    let kept = browser.cookies
    #expect(try await browser.get("/login?oauth_token=request&oauth_verifier=v").status == 200)
    browser.cookies = kept
    #expect(try await browser.get("/login?oauth_token=request&oauth_verifier=v").status == 400)
  }

  @Test func `a provider that does not confirm the callback is not trusted`() async throws {
    let provider = try OAuth1Provider()
    provider.confirms = false
    #expect(try await Self.site(provider).get("/login").status == 502)
  }

  @Test func `a provider that says no`() async throws {
    let provider = try OAuth1Provider()
    let browser = try Self.site(provider)
    #expect(try await browser.get("/login?denied=request").status == 403)
    provider.status = 401
    #expect(try await browser.get("/login").status == 403)
  }
}

#endif
