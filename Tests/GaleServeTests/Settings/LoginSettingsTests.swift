// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth
import Testing

@testable import GaleServe

@Suite("serve: login")
struct LoginSettingsTests {
  private static let secret = ["GALE_LOGIN_CLIENT_SECRET": "sixteen bytes or more"]

  private func read(_ words: [String], environment: [String: String] = secret) throws -> ServeConfiguration {
    var sources = SettingSources()
    sources.commandLine.set("app", .text("a:b"), .commandLine)
    sources.commandLine.set("login", .texts(words), .commandLine)
    sources.environment = environment
    return try ServeConfiguration(sources)
  }

  static let wholeWords = [
    ["issuer=https://sso.example", "client-id=x"],
    ["provider=google", "client-id=x", "public=/a", "public=/b"],
    [
      "provider=github", "client-id=x", "allow-domain=x.example", "allow-group=a", "user=subject",
      "path=/login",
    ],
    ["issuer=http://localhost:1", "client-id=x", "insecure=yes", "scopes=openid+email", "groups-claim=a.b"],
    [
      "provider=google", "client-id=x", "rule=/:everybody", "rule=/a:signed-in",
      "rule=/b:c:group=x,group=y,domain=x.example,email=a@b.example", "rule=/c d/é/:group=x",
      "rule=/.well-known/a.b:everybody",
    ],
  ]

  @Test("whole ones are taken", arguments: wholeWords)
  func taken(_ words: [String]) throws {
    let configuration = try read(words)
    #expect(configuration.login.words == words)
    #expect(!configuration.findings.contains { "\($0)".contains("sixteen") })
    #expect(configuration.warnings.isEmpty)
  }

  static let wrongWords = [
    ["issuer=https://sso.example"], ["client-id=x"], ["issuer=sso.example", "client-id=x"],
    ["issuer=https://sso.example", "provider=google", "client-id=x"], ["provider=none", "client-id=x"],
    ["provider=google", "client-id="], ["provider=google", "client-id=x", "client-secret=y"],
    ["provider=google", "client-id=x", "public=a"], ["provider=google", "client-id=x", "user=me"],
    ["provider=google", "client-id=x", "path=/login/"], ["provider=google", "client-id=x", "color=red"],
    ["google"], ["provider=google", "client-id=x", "insecure=true"],
    ["provider=google", "client-id=x", "rule=/a"], ["provider=google", "client-id=x", "rule=a:signed-in"],
    ["provider=google", "client-id=x", "rule=/a:group"],
    ["provider=google", "client-id=x", "rule=/a:team=b"], ["provider=google", "client-id=x", "rule=/a:"],
    ["provider=google", "client-id=x", "rule=/a:group=b,"],
    ["provider=google", "client-id=x", "public=/a", "rule=/a:group=b"],
    ["provider=google", "client-id=x", "public=/a/", "rule=/a:group=b"],
    ["provider=google", "client-id=x", "rule=/a:group=b", "rule=/a:group=c"],
    ["provider=google", "client-id=x", "public=/a", "public=/a/"],
    ["provider=google", "client-id=x", "rule=/a%20b:group=c"],
    ["provider=google", "client-id=x", "rule=/a?b:group=c"],
    ["provider=google", "client-id=x", "rule=/a//b:group=c"],
    ["provider=google", "client-id=x", "rule=/a/..:group=c"],
    ["provider=google", "client-id=x", "rule=/a/./b:group=c"],
    ["provider=google", "client-id=x", "public=/a;b"],
  ]

  @Test("others are refused, with a reason", arguments: wrongWords)
  func refused(_ words: [String]) {
    let error = #expect(throws: ServeError.self) { try read(words) }
    #expect(error?.code == .setting)
    #expect(error?.message.hasPrefix("--login ") == true)
  }

  @Test("two words about one path are refused, and which path it is")
  func saidTwice() {
    let words = ["provider=google", "client-id=x", "public=/b", "rule=/admin/:group=b", "public=/admin"]
    let error = #expect(throws: ServeError.self) { try read(words) }
    #expect(
      error?.message == "--login says /admin twice: put all who may see it into one rule=/admin:…",
      "\(error?.message ?? "-")")
  }

  @Test("a secret is needed, and a short one is none")
  func secretNeeded() throws {
    let words = ["provider=google", "client-id=x"]
    #expect(throws: ServeError.self) { try read(words, environment: [:]) }
    #expect(throws: ServeError.self) { try read(words, environment: ["GALE_LOGIN_CLIENT_SECRET": "short"]) }
    _ = try read(words, environment: ["GALE_LOGIN_COOKIE_SECRET": "sixteen bytes or more"])
    #expect(throws: ServeError.self) {
      try read(words, environment: ["GALE_LOGIN_CLIENT_SECRET_FILE": "/does/not/exist"])
    }
  }

  private func read(toml: String) throws -> ServeConfiguration {
    var sources = SettingSources()
    sources.commandLine.set("app", .text("a:b"), .commandLine)
    sources.file = try SettingFile(path: "gale.toml", text: toml)
    sources.environment = Self.secret
    return try ServeConfiguration(sources)
  }

  @Test("a table says the same words")
  func table() throws {
    let configuration = try read(
      toml: """
        [login]
        issuer = "https://sso.example"
        client-id = "x"
        insecure = false
        public = ["/static", "/healthz"]
        rule = ["/admin:group=admins"]
        """)
    #expect(
      configuration.login.words == [
        "issuer=https://sso.example", "client-id=x", "insecure=no", "public=/static", "public=/healthz",
        "rule=/admin:group=admins",
      ])
    // What shows the settings shows them so that they can be read again, and no secret.
    #expect(!configuration.text.contains("sixteen"))
    let again = try read(
      toml: configuration.text.split(separator: "\n").filter { $0.contains("login") }
        .joined(separator: "\n"))
    #expect(again.login.words == configuration.login.words)
  }

  static let wrongTables = [
    ("[login]\nissuer = 1", "gale.toml:2: login.issuer is a whole number"),
    ("[login]\npublic = [1]", "gale.toml:2: login.public has a whole number in its list"),
    ("[login]", "gale.toml:1: [login] says nothing"),
    ("[login]\ncolor = \"red\"", "gale.toml:1: login knows issuer"),
    ("[logins]\nissuer = \"x\"", "gale.toml:1: there is no table logins; did you mean login?"),
  ]

  @Test("a wrong table is named with its line", arguments: wrongTables)
  func wrongTable(_ toml: String, _ message: String) {
    let error = #expect(throws: ServeError.self) { try read(toml: toml) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "-")")
  }

  @Test("a table names files of secrets")
  func secretFiles() throws {
    let error = #expect(throws: ServeError.self) {
      try read(
        toml: "[login]\nprovider = \"google\"\nclient-id = \"x\"\nclient-secret-file = \"/does/not/exist\"")
    }
    #expect(error?.message.contains("login-client-secret-file names a file that cannot be read") == true)
  }

  @Test("without one there is none")
  func nothing() throws {
    #expect(try read([]).login.words.isEmpty)
  }
}
#endif
