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

@Suite("login: the wall", .loop(timeLimit: .seconds(60)))
struct LoginWallTests {
  /// Shows what an application behind the wall sees.
  private final class Mirror: RequestHandler {
    override class var extraMethods: [String] { ["PROPFIND"] }
    private func show() {
      var members: [JSONMember] = [JSONMember("path", .string(request.path))]
      for (name, value) in request.headers where name != "Cookie" && name != "Host" {
        members.append(JSONMember(name, .string(value)))
      }
      for (name, value) in request.gateway?.variables ?? [] {
        members.append(JSONMember(name, .string(value)))
      }
      if let user = loginUser { members.append(JSONMember("loginUser", .string(user.subject))) }
      members.append(JSONMember("body", .int(request.body.count)))
      write(.object(members))
    }
    override func get() async throws { show() }
    override func post() async throws { show() }
    override func other(method: String) async throws { show() }
    override func checkXSRFCookie() throws {}
  }

  private static func wall(
    _ provider: TestProvider, _ rules: [LoginRule] = [], _ name: LoginWall.UserName = .verifiedEmail
  ) throws -> Browser {
    let login = Login([provider.client()], Login.Configuration(secret: "a long random text"))
    var settings = Application.Settings()
    settings.logFunction = { _ in }
    let app = try Application([URLSpec(".*", Mirror.self)], settings: settings)
    let wall = try LoginWall(login, around: app, rules: rules, userName: name)
    return Browser(try HTTPTestServer(wall))
  }

  private static func signIn(_ browser: Browser, _ provider: TestProvider) async throws {
    let url = try await browser.get("/auth/login").location
    #expect(try await browser.get(provider.approve(url)).status == 303)
  }

  @Test func `only who has signed in gets through, and the application knows who it is`() async throws {
    let provider = try TestProvider()
    provider.claims["preferred_username"] = "ann1"
    provider.claims["groups"] = ["staff", "a,b", "staff\r\nX-Evil: 1"]
    let browser = try Self.wall(provider)
    let first = try await browser.get("/page?x=1")
    #expect(first.status == 302)
    let url = try await browser.get(first.location).location
    let back = try await browser.get(provider.approve(url))
    #expect(back.location == "/page?x=1")
    let seen = try jsonDecode(try await browser.get(back.location).text)
    #expect(seen["path"] == "/page")
    #expect(seen["REMOTE_USER"] == "ann@example.com")
    #expect(seen["AUTH_TYPE"] == "OpenIDConnect")
    #expect(seen["X-Forwarded-User"] == "ann@example.com")
    #expect(seen["X-Forwarded-Email"] == "ann@example.com")
    #expect(seen["X-Forwarded-Preferred-Username"] == "ann1")
    #expect(seen["X-Forwarded-Groups"] == "staff,staffX-Evil: 1")
    #expect(seen["X-Evil"] == nil)
    #expect(seen["loginUser"] == "ann")
    let claims = try jsonDecode(try #require(seen["gale.claims"]?.stringValue))
    #expect(claims["name"] == "Ann")
    #expect(claims["nonce"] == nil)
    #expect(try jsonDecode(try await browser.post("/form", "a=b").text)["body"] == 3)
  }

  static let spoofed = [
    "X-Forwarded-User", "x-forwarded-user", "X_Forwarded_User", "X-Forwarded_Email", "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token", "Remote-User", "REMOTE_USER", "Remote_User",
    "X-Remote-User", "Auth-Type", "X-Auth-Request-User", "X-Auth-Request-Email", "x_auth_request_groups",
  ]

  @Test(arguments: spoofed)
  func `nobody else says who somebody is`(_ name: String) async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(provider, [LoginRule("/public", .everybody)])
    let headers = [("Accept", "text/html"), (name, "root"), (name, "root")]
    // On a public path nobody has signed in, and nothing may say otherwise.
    let open = try await browser.get("/public", headers)
    #expect(open.status == 200)
    #expect(!open.text.contains("root"))
    #expect(try await browser.get("/", headers).status == 302)
    try await Self.signIn(browser, provider)
    let seen = try await browser.get("/", headers)
    #expect(seen.status == 200)
    #expect(!seen.text.contains("root"))
    #expect(try jsonDecode(seen.text)["X-Forwarded-User"] == "ann@example.com")
    // Other fields get through.
    #expect(try await browser.get("/", [("X-Forwarded-Userx", "root")]).text.contains("root"))
  }

  /// All that is answered to a handshake, which the application behind the wall does not take up.
  private static func handshake(_ browser: Browser, _ path: String, _ origin: String?) async throws -> String
  {
    let stream = try await browser.server.connect()
    var fields = "Host: gale.test\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
    fields += "Accept: text/html\r\n"
    if let origin { fields += "Origin: \(origin)\r\n" }
    if !browser.cookies.isEmpty {
      fields += "Cookie: " + browser.cookies.map { "\($0)=\($1)" }.joined(separator: "; ") + "\r\n"
    }
    try await stream.write(Array("GET \(path) HTTP/1.1\r\n\(fields)\r\n".utf8))
    return String(decoding: try await stream.readUntilClose(), as: UTF8.self)
  }

  @Test func `a WebSocket of a page of another origin is nobody's where everybody may connect`() async throws
  {
    let provider = try TestProvider()
    let browser = try Self.wall(provider, [LoginRule("/public", .everybody)])
    try await Self.signIn(browser, provider)
    for origin in ["http://evil.example", "http://gale.test:81", "null"] {
      let foreign = try await Self.handshake(browser, "/public", origin)
      #expect(foreign.hasPrefix("HTTP/1.1 200 "))
      for word in ["REMOTE_USER", "X-Forwarded-User", "gale.claims", "loginUser", "ann"] {
        #expect(!foreign.contains(word), "\(origin): \(word)")
      }
    }
    for origin in [nil, "http://gale.test"] {
      #expect(try await Self.handshake(browser, "/public", origin).contains("ann@example.com"))
    }
  }

  @Test func `a WebSocket's handshake needs a login, and a page of the same origin`() async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(provider, [LoginRule("/public", .everybody)])
    func status(_ path: String, _ origin: String? = nil) async throws -> Int {
      let answer = try await Self.handshake(browser, path, origin)
      return Int(answer.split(separator: " ")[1]) ?? 0
    }
    // Not 302: no program follows one to a page with a form.
    #expect(try await status("/") == 401)
    #expect(try await status("/public", "http://evil.example") == 200)
    try await Self.signIn(browser, provider)
    #expect(try await status("/") == 200)
    #expect(try await status("/", "http://gale.test") == 200)
    for origin in ["http://evil.example", "http://gale.test:81", "null"] {
      #expect(try await status("/", origin) == 403)
    }
  }

  @Test func `an address that nobody has verified is no name`() async throws {
    let provider = try TestProvider()
    provider.claims["email_verified"] = false
    let browser = try Self.wall(provider, [LoginRule("/a", .only(emailDomains: ["example.com"]))])
    try await Self.signIn(browser, provider)
    let seen = try jsonDecode(try await browser.get("/").text)
    #expect(seen["REMOTE_USER"] == "ann")
    #expect(seen["X-Forwarded-Email"] == nil)
    #expect(try await browser.get("/a").status == 403)
  }

  @Test(arguments: [
    (LoginWall.UserName.subject, "ann"), (.username, "ann1"), (.verifiedEmail, "ann@example.com"),
  ])
  func `what the application calls users can be chosen`(_ choice: LoginWall.UserName, _ name: String)
    async throws
  {
    let provider = try TestProvider()
    provider.claims["preferred_username"] = "ann1"
    let browser = try Self.wall(provider, [], choice)
    try await Self.signIn(browser, provider)
    #expect(try jsonDecode(try await browser.get("/").text)["REMOTE_USER"]?.stringValue == name)
  }

  @Test func `rules by path, group and domain`() async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(
      provider,
      [
        LoginRule("/public/", .everybody), LoginRule("/admin", .only(groups: ["admins"])),
        LoginRule("/staff", .only(groups: ["staff"])),
        LoginRule("/own", .only(emailDomains: ["Example.com"])),
        LoginRule("/other", .only(emailDomains: ["ample.com"], emails: ["bob@example.com"])),
        LoginRule("/ann", .only(emails: ["Ann@Example.com"])),
      ])
    #expect(try await browser.get("/public").status == 200)
    #expect(try await browser.get("/public/x").status == 200)
    #expect(try await browser.get("/publicity").status == 302)
    try await Self.signIn(browser, provider)
    let expected = [
      "/admin": 403, "/admin/x": 403, "/administrator": 200, "/staff": 200, "/own": 200, "/other": 403,
      "/ann": 200, "/": 200,
    ]
    for (path, status) in expected {
      let answer = try await browser.get(path)
      #expect(answer.status == status, "\(path)")
      if status == 403 { #expect(answer.text.contains("You are signed in as Ann")) }
    }
  }

  @Test(arguments: [
    "//admin", "/public/../admin", "/public/%2e%2e/admin", "/./admin", "/public/..", "/public%2f..%2fadmin",
    "/public/..%5cadmin", "/public;/../admin", "/admin%00", "/%61dmin/%2E%2E/admin", "/public%252f..",
    "/public//x",
  ])
  func `a path that can be read in two ways is read in none`(_ path: String) async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(
      provider, [LoginRule("/public", .everybody), LoginRule("/admin", .only(groups: ["admins"]))])
    #expect(try await browser.get(path).status == 400)
    try await Self.signIn(browser, provider)
    #expect(try await browser.get(path).status == 400)
  }

  @Test(arguments: [
    "/a%20b", "/%C3%A9", "/100%25", "/a%2Eb", "/a/b/", "/a.b/..c", "/", "/...", "/~ann/x-y_z",
  ])
  func `other paths get through as they are`(_ path: String) async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(provider, [LoginRule("/", .everybody)])
    #expect(try jsonDecode(try await browser.get(path).text)["path"]?.stringValue == path)
  }

  @Test func `escapes do not get around a rule`() async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(
      provider, [LoginRule("/admin", .only(groups: ["admins"])), LoginRule("/", .everybody)])
    for path in ["/admin", "/%61dmin", "/adm%69n/x", "/admin/", "/admin?x"] {
      #expect(try await browser.get(path).status == 302, "\(path)")
    }
  }

  @Test func `programs and other methods are answered 401, without their body being read`() async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(provider)
    #expect(try await browser.get("/api", [("Accept", "application/json")]).status == 401)
    #expect(try await browser.post("/api", String(repeating: "x", count: 1_000_000)).status == 401)
    let stream = try await browser.server.connect()
    try await stream.write(
      Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n".utf8))
    let head = try await stream.read(until: Array("\r\n".utf8))
    #expect(String(decoding: head, as: UTF8.self) == "HTTP/1.1 401 Unauthorized\r\n")
    stream.close()
  }

  @Test func `signing out closes the door`() async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(provider)
    try await Self.signIn(browser, provider)
    #expect(try await browser.get("/").status == 200)
    #expect(try await browser.post("/auth/logout").status == 303)
    #expect(try await browser.get("/").status == 302)
  }

  @Test func `the login's own pages never reach the application`() async throws {
    let provider = try TestProvider()
    let browser = try Self.wall(provider, [LoginRule("/", .everybody)])
    #expect(try await browser.get("/auth/none").status == 404)
    #expect(try await browser.get("/authority").status == 200)
  }
}

#endif
