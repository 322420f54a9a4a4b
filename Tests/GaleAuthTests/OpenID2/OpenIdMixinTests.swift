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

private final class OpenIDHandler: RequestHandler, OpenIdMixin {
  @TaskLocal static var base = ""
  static var openIDEndpoint: String { base + "/openid" }
  static var allowsInsecureHTTP: Bool { true }

  override func get() async throws {
    try await OpenIDHandler.$base.withValue(settings.userInfo["base"] as? String ?? "") {
      guard try queryArgument("openid.mode") != nil else { return try authenticateRedirect() }
      let user = try await authenticatedUser()
      write([
        "id": .string(user.claimedID), "name": .string(user.name ?? "-"), "email": .string(user.email ?? "-"),
        "locale": .string(user.locale ?? "-"), "username": .string(user.username ?? "-"),
        "first": .string(user.firstName ?? "-"),
      ])
    }
  }
}

@Suite("openid2: login", .loop(timeLimit: .seconds(60)))
struct OpenIdMixinTests {
  private final class Provider {
    private(set) var server: HTTPTestServer?
    var verdict = "ns:http://specs.openid.net/auth/2.0\nis_valid:true\n"
    var forms: [FormFields] = []

    init() throws {
      server = try HTTPTestServer { [unowned self] request in
        forms.append(FormText.decode(request.body) ?? [])
        try request.writeHeaders(200, HTTPHeaders([("Content-Length", "\(verdict.utf8.count)")]))
        try request.write(Array(verdict.utf8))
        try request.finish()
      }
    }

    var base: String { server?.url("") ?? "" }

    /// A positive answer to the request that a browser was sent with.
    func answer(_ url: String, _ changes: [String: String?] = [:]) -> FormFields {
      var fields: [String: String] = [
        "openid.ns": "http://specs.openid.net/auth/2.0", "openid.mode": "id_res",
        "openid.op_endpoint": base + "/openid", "openid.claimed_id": base + "/id/7",
        "openid.identity": base + "/id/7", "openid.return_to": url.query["openid.return_to"] ?? "",
        "openid.response_nonce": nonce(), "openid.assoc_handle": "1", "openid.sig": "x",
        "openid.ns.ext1": "http://openid.net/srv/ax/1.0", "openid.ext1.mode": "fetch_response",
        "openid.ext1.type.a": "http://axschema.org/contact/email", "openid.ext1.value.a": "ann@example.com",
        "openid.ext1.type.b": "http://axschema.org/namePerson/first", "openid.ext1.value.b": "Ann",
        "openid.ext1.type.c": "http://axschema.org/namePerson/last", "openid.ext1.value.c": "Ott",
        "openid.ext1.type.d": "http://axschema.org/pref/language", "openid.ext1.value.d": "DE",
        "openid.signed":
          "op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle,ns.ext1,ext1.mode,"
          + "ext1.type.a,ext1.value.a,ext1.type.b,ext1.value.b,ext1.type.c,ext1.value.c,ext1.type.d,ext1.value.d",
      ]
      for (name, value) in changes { fields[name] = value }
      return fields.map { (name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    private func nonce() -> String {
      HTTPDate(unixSeconds: System.wallSeconds).iso8601 + Secrets.random(byteCount: 6)
    }
  }

  private static func site(_ provider: Provider) throws -> Browser {
    var settings = Site.settings()
    settings.userInfo = ["base": provider.base]
    return Browser(try HTTPTestServer([URLSpec("/login", OpenIDHandler.self)], settings: settings))
  }

  private static func path(_ url: String, _ fields: FormFields) -> String {
    let back = url.query["openid.return_to"] ?? ""
    return FormText.append(fields, to: String(back.dropFirst("http://".count).drop { $0 != "/" }))
  }

  @Test func `a user signs in`() async throws {
    let provider = try Provider()
    let browser = try Self.site(provider)
    let url = try await browser.get("/login").location
    #expect(url.hasPrefix(provider.base + "/openid?"))
    #expect(url.query["openid.mode"] == "checkid_setup")
    #expect(url.query["openid.realm"] == browser.server.url("/"))
    #expect(url.query["openid.return_to"]?.hasPrefix(browser.server.url("/login?gale.state=")) == true)
    #expect(url.query["openid.ax.required"] == "firstname,fullname,lastname,email,language,username")
    #expect(url.query["openid.ax.type.email"] == "http://axschema.org/contact/email")
    let answer = try await browser.get(Self.path(url, provider.answer(url)))
    let user = try jsonDecode(answer.text)
    #expect(user["id"]?.stringValue == provider.base + "/id/7")
    #expect(user["name"] == "Ann Ott")
    #expect(user["first"] == "Ann")
    #expect(user["email"] == "ann@example.com")
    #expect(user["locale"] == "de")
    #expect(user["username"] == "-")
    let form = try #require(provider.forms.first)
    #expect(form.first { $0.name == "openid.mode" }?.value == "check_authentication")
    #expect(form.first { $0.name == "openid.sig" }?.value == "x")
    #expect(!form.contains { $0.name == "gale.state" })
  }

  static let bad: [[String: String?]] = [
    ["openid.return_to": "http://evil.example/login"], ["openid.op_endpoint": "http://evil.example/openid"],
    ["openid.claimed_id": "http://evil.example/id/7"], ["openid.claimed_id": nil], ["openid.signed": nil],
    ["openid.signed": "op_endpoint,claimed_id,identity,response_nonce,assoc_handle"],
    ["openid.signed": "op_endpoint,return_to,response_nonce,assoc_handle"],
    ["openid.signed": "op_endpoint,return_to,response_nonce,claimed_id,identity"],
    ["openid.signed": "op_endpoint,return_to,response_nonce,claimed_id,assoc_handle"],
    ["openid.response_nonce": "2020-01-01T00:00:00Zx"], ["openid.response_nonce": "x"],
    ["openid.response_nonce": "2099-01-01T00:00:00Zx"], ["openid.ns": nil],
    ["openid.ns": "http://openid.net/signon/1.1"], ["openid.mode": "setup"],
  ]

  @Test(arguments: bad)
  func `an answer that is not to this login is refused`(_ changes: [String: String?]) async throws {
    let provider = try Provider()
    let browser = try Self.site(provider)
    let url = try await browser.get("/login").location
    let answer = try await browser.get(Self.path(url, provider.answer(url, changes)))
    #expect(answer.status == 401 || answer.status == 400)
    #expect(provider.forms.isEmpty)
  }

  @Test(arguments: [
    "is_valid:false\n", "", "error:x is_valid:true\n", "x is_valid:true", "is_valid:true \n",
    "is_valid: true\n",
    "is_valid:true\nis_valid:false\n", "error:no\nis_valid:true\n", "<html>is_valid:true</html>",
  ])
  func `only the exact word of the provider counts`(_ verdict: String) async throws {
    let provider = try Provider()
    provider.verdict = verdict
    let browser = try Self.site(provider)
    let url = try await browser.get("/login").location
    #expect(try await browser.get(Self.path(url, provider.answer(url))).status == 401)
    #expect(provider.forms.count == 1)
  }

  @Test func `an answer counts once, and only where the login was begun`() async throws {
    let provider = try Provider()
    let browser = try Self.site(provider)
    let url = try await browser.get("/login").location
    let answer = provider.answer(url)
    let other = Browser(browser.server)
    #expect(try await other.get(Self.path(url, answer)).status == 400)
    #expect(try await browser.get(Self.path(url, answer)).status == 200)
    #expect(try await browser.get(Self.path(url, answer)).status == 400)
    // The same nonce in another login of the same browser.
    let next = try await browser.get("/login").location
    let nonce = answer.first { $0.name == "openid.response_nonce" }?.value
    let replayed = provider.answer(next, ["openid.response_nonce": nonce])
    #expect(try await browser.get(Self.path(next, replayed)).status == 400)
  }

  @Test func `attributes that are not signed do not count, nor do repeated fields`() async throws {
    let provider = try Provider()
    let browser = try Self.site(provider)
    let url = try await browser.get("/login").location
    let signed = "op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"
    let answer = try await browser.get(Self.path(url, provider.answer(url, ["openid.signed": signed])))
    #expect(try jsonDecode(answer.text)["email"] == "-")
    let next = try await browser.get("/login").location
    let twice = provider.answer(next) + [("openid.claimed_id", provider.base + "/id/1")]
    #expect(try await browser.get(Self.path(next, twice)).status == 401)
  }

  @Test func `a user who says no`() async throws {
    let provider = try Provider()
    let browser = try Self.site(provider)
    let url = try await browser.get("/login").location
    #expect(try await browser.get(Self.path(url, [("openid.mode", "cancel")])).status == 403)
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2005-05-15T17:11:51ZUNIQUE", 1_116_177_111),
    ("2024-02-29T23:59:59Z", 1_709_251_199), ("2000-03-01T00:00:00Zx", 951_868_800),
  ])
  func `the time of a nonce`(_ nonce: String, _ seconds: Int) {
    #expect(OpenIDAnswer.time(of: nonce) == seconds)
  }

  @Test(arguments: [
    "", "2005-05-15T17:11:51", "2005-13-15T17:11:51Z", "2005-05-15 17:11:51Z", "x005-05-15T17:11:51Z",
  ])
  func `what is no time`(_ nonce: String) {
    #expect(OpenIDAnswer.time(of: nonce) == nil)
  }
}

extension HTTPDate {
  /// `2005-05-15T17:11:51Z`.
  fileprivate var iso8601: String {
    // Tue, 15 Nov 1994 08:12:31 GMT
    let parts = description.split(separator: " ").map(String.init)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let month = (months.firstIndex(of: parts[2]) ?? 0) + 1
    return "\(parts[3])-\(month < 10 ? "0" : "")\(month)-\(parts[1])T\(parts[4])Z"
  }
}

#endif
