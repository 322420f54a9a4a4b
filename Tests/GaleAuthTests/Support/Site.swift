// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import Synchronization

@testable import GaleAuth

/// A time that tests set.
final class TestTime: Sendable {
  private let seconds = Mutex(System.wallSeconds)
  var now: Int { seconds.withLock { $0 } }
  func pass(_ count: Int) { seconds.withLock { $0 += count } }
}

/// A site with a login at a test's provider.
struct Site {
  let provider: TestProvider
  let login: Login
  let server: HTTPTestServer
  let browser: Browser

  init(
    _ provider: TestProvider? = nil, configuration: OpenIDClient.Configuration? = nil,
    description: OpenIDProvider? = nil, secret: CookieSecret = "a long random text",
    _ change: (inout Login.Configuration) -> Void = { _ in }
  ) throws {
    let provider = try provider ?? TestProvider()
    self.provider = provider
    let client = OpenIDClient(
      description ?? provider.description, configuration ?? provider.configuration())
    var settings = Login.Configuration(secret: secret)
    change(&settings)
    let login = Login([client], settings)
    self.login = login
    server = try HTTPTestServer(Site.routes(login), settings: Site.settings(secret))
    browser = Browser(server)
  }

  static func settings(_ secret: CookieSecret = "a long random text") -> Application.Settings {
    var settings = Application.Settings()
    settings.cookieSecret = secret
    settings.loginURL = "/auth/login"
    settings.logFunction = { _ in }
    return settings
  }

  static func routes(_ login: Login) -> [URLSpec] {
    login.routes + [
      URLSpec.get("/") { handler in handler.loginUser?.displayName ?? "nobody" }.through(login.optional),
      URLSpec.any("/private") { handler in try handler.requireLogin().displayName }.through(login.required),
      URLSpec.get("/staff") { _ in "staff" }.through(login.required(.only(groups: ["staff"]))),
      URLSpec.get("/admins") { _ in "admins" }.through(login.required(.only(groups: ["admins"]))),
      URLSpec.get("/token") { handler in try await login.accessToken(handler) },
      URLSpec.get("/classic") { handler in "\(try handler.requireUser())" }.through(login.optional),
    ]
  }

  /// The URL at the provider that a login leads to.
  func begin(_ path: String = "/auth/login") async throws -> String { try await browser.get(path).location }

  /// Signs the browser in and returns the callback's answer.
  @discardableResult
  func signIn(next: String? = nil) async throws -> HTTPResponse {
    let url = try await begin("/auth/login" + (next.map { "?next=\($0)" } ?? ""))
    return try await browser.get(provider.approve(url))
  }
}

#endif
