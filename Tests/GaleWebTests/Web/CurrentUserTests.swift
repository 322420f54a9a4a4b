// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

private final class NamedHandler: RequestHandler {
  static let asked = Counter()

  override func getCurrentUser() throws -> (any Sendable)? {
    NamedHandler.asked.add()
    return try signedCookie("user")
  }
  override func get() async throws {
    let user = try requireUser()
    write("\(user) \(try currentUser as? String ?? "nil")")
  }
  override func head() async throws { try requireUser() }
  override func post() async throws { write("\(try requireUser())") }
}

private struct Account: Sendable {
  let name: String
}

private class BaseHandler: RequestHandler, UserLoading {
  func loadCurrentUser() async throws -> Account? {
    await loop.moment()
    if cookie("user") == "broken" { throw HTTPError(503) }
    return cookie("user").map { Account(name: $0) }
  }
}

private final class LoadedHandler: BaseHandler {
  override func prepare() async throws { try requireUser() }
  override func get() async throws { write(try user?.name ?? "nil") }
}

private final class OwnLoginHandler: RequestHandler {
  override var loginURL: String { get throws { "https://login.example/start" } }
  override func get() async throws { try requireUser() }
}

@Suite("web: users")  // WEB-058 to WEB-061
struct CurrentUserTests {
  static func settings(_ loginURL: String? = "/login") -> Application.Settings {
    .with {
      $0.cookieSecret = "SECRET"
      $0.loginURL = loginURL
    }
  }
  static let routes = [
    URLSpec("/named.*", NamedHandler.self), URLSpec("/loaded", LoadedHandler.self),
    URLSpec("/own", OwnLoginHandler.self),
    URLSpec.to("/next") { $0.write(try $0.nextURL(default: "/home", hosts: ["app.example", "x:81"])) },
  ]

  @Test func `a user is asked for once`() throws {
    let cookie = SignedValue.create(secret: "SECRET", name: "user", value: Array("ann".utf8))
    try serving(Self.routes, settings: Self.settings()) { server async throws in
      let before = NamedHandler.asked.value
      let response = try await server.fetch("GET", "/named", ["Cookie: user=\"\(cookie)\""])
      #expect(response.text == "ann ann")
      #expect(NamedHandler.asked.value == before + 1)
    }
  }

  static let redirects: [(login: String, target: String, location: String)] = [
    ("/login", "/named", "/login?next=%2Fnamed"),
    ("/login", "/named/x?a=b&c=d", "/login?next=%2Fnamed%2Fx%3Fa%3Db%26c%3Dd"),
    ("/login?x=y", "/named", "/login?x=y"),
    (
      "https://login.example/", "/named?a=b",
      "https://login.example/?next=http%3A%2F%2Fgale.test%2Fnamed%3Fa%3Db"
    ),
  ]

  @Test(arguments: redirects, ["GET", "HEAD"])
  func `without one the client is sent to sign in`(
    _ redirect: (login: String, target: String, location: String), _ method: String
  ) throws {
    try serving(Self.routes, settings: Self.settings(redirect.login)) { server async throws in
      let response = try await server.fetch(method, redirect.target)
      #expect(response.status == 302)
      #expect(response["Location"] == redirect.location)
    }
  }

  @Test func `other methods are 403`() throws {
    try serving(Self.routes, settings: Self.settings()) { server async throws in
      let response = try await server.fetch("POST", "/named")
      #expect(response.status == 403)
    }
  }

  @Test func `the login URL is a setting or the handler's`() throws {
    try serving(Self.routes, settings: Self.settings(nil)) { server async throws in
      let missing = try await server.fetch("GET", "/named")
      #expect(missing.status == 500)
      let own = try await server.fetch("GET", "/own")
      #expect(own["Location"] == "https://login.example/start?next=http%3A%2F%2Fgale.test%2Fown")
    }
  }

  @Test func `a user can be loaded with await`() throws {
    try serving(Self.routes, settings: Self.settings()) { server async throws in
      #expect(try await server.fetch("GET", "/loaded", ["Cookie: user=ann"]).text == "ann")
      #expect(try await server.fetch("GET", "/loaded")["Location"] == "/login?next=%2Floaded")
      #expect(try await server.fetch("GET", "/loaded", ["Cookie: user=broken"]).status == 503)
    }
  }

  @Test func `a user can be set`() throws {
    let prepare: Script.Step = { $0.setCurrentUser("set") }
    let route = URLSpec.to("/", prepare: prepare) { $0.write("\(try $0.requireUser())") }
    try serving([route]) { server async throws in
      #expect(try await server.fetch("GET", "/").text == "set")
    }
  }

  static let nexts: [(next: String, target: String)] = [
    ("", "/home"), ("/", "/"), ("/a/b?c=d#e", "/a/b?c=d#e"), ("//evil.example", "/home"),
    ("/\\evil.example", "/home"), ("/%09/evil.example", "/%09/evil.example"), ("/\t/evil.example", "/home"),
    ("\\evil", "/home"), ("evil.example", "/home"), ("https://evil.example/", "/home"),
    ("https://app.example/x", "https://app.example/x"), ("http://app.example", "http://app.example"),
    ("http://APP.example/", "http://APP.example/"), ("https://x:81/", "https://x:81/"),
    ("https://x/", "/home"),
    ("https://app.example.evil.example/", "/home"), ("https://app.example@evil.example/", "/home"),
    ("https://app.example\\@evil.example/", "/home"), ("https://evil.example/\\app.example", "/home"),
    ("https:/app.example", "/home"), ("javascript:alert(1)", "/home"), ("https://app.example/ x", "/home"),
    ("///app.example", "/home"), ("https:///app.example", "/home"),
  ]

  @Test(arguments: nexts)
  func `the way back leads nowhere else`(_ row: (next: String, target: String)) throws {
    try serving(Self.routes, settings: Self.settings()) { server async throws in
      let encoded = row.next.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      #expect(try await server.fetch("GET", "/next?next=\(encoded)").text == row.target)
    }
  }
}

@Suite("web: slashes at the end of a path")  // WEB-068, WEB-069
struct SlashTests {
  static let routes: [URLSpec] = [
    .to("/add.*|//.*", prepare: { try $0.addSlash() }) { $0.write($0.request.path) },
    .to("/remove.*|/", prepare: { try $0.removeSlash() }) { $0.write($0.request.path) },
  ]
  static let rows: [(method: String, target: String, status: Int, location: String?)] = [
    ("GET", "/add", 301, "/add/"), ("HEAD", "/add?x=1", 301, "/add/?x=1"), ("GET", "/add/", 200, nil),
    ("POST", "/add", 404, nil), ("POST", "/add/", 200, nil), ("GET", "//evil.example", 404, nil),
    ("GET", "/remove/", 301, "/remove"), ("GET", "/remove///?a=b", 301, "/remove?a=b"),
    ("GET", "/remove", 200, nil), ("DELETE", "/remove/", 404, nil), ("GET", "/", 200, nil),
    ("POST", "/", 200, nil),
  ]

  @Test(arguments: rows)
  func `are added or removed`(_ row: (method: String, target: String, status: Int, location: String?)) throws
  {
    try serving(Self.routes) { server async throws in
      let response = try await server.fetch(row.method, row.target)
      #expect(response.status == row.status)
      #expect(response["Location"] == row.location)
    }
  }
}
