// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Logging

/// What the pages of a login have in common.
class LoginPageHandler: RequestHandler {
  private var held: Login?

  override func initialize(_ arguments: HandlerArguments) throws { held = arguments["login"] as? Login }

  var login: Login {
    get throws {
      guard let held else { throw HTTPError(500, "the route has no login") }
      return held
    }
  }

  /// The client that the path names.
  func client() throws -> OpenIDClient {
    guard let name = try pathArgument("provider"), let client = try login.client(name) else {
      throw HTTPError(404)
    }
    return client
  }

  /// Answers are for one browser, at one time, and the address of a callback is a secret.
  override func setDefaultHeaders() {
    for (name, value) in [
      ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
      ("X-Content-Type-Options", "nosniff"),
      ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ] {
      try? setHeader(name, value)
    }
  }

  /// What comes from a provider or a browser here is protected by state, not by a token of ours.
  override func checkXSRFCookie() throws {}

  override func writeError(_ status: Int, _ error: (any Error)?) throws {
    guard let login = try? login else { return try super.writeError(status, error) }
    let error = error as? AuthError
    if status == 503 { try? setHeader("Retry-After", "10") }
    let link = xhtmlEscape(login.loginPath(request, next: nil))
    write(
      LoginPages.page(
        "You are not signed in",
        "<p>\(LoginPages.explain(status, error))</p>\n<p><a href=\"\(link)\">Try again</a></p>"))
  }
}

/// Begins a login.
final class LoginStartHandler: LoginPageHandler {
  override class var allowedMethods: [String] { ["GET"] }

  override func get() async throws {
    let login = try login
    let next = login.destination(try queryArgument("next"))
    if try pathArgument("provider") == nil, login.clients.count > 1 {
      return write(LoginPages.choice(login, request, next: next))
    }
    let client = try pathArgument("provider") == nil ? login.clients[0] : client()
    var options = LoginOptions()
    options.next = next
    let (url, attempt) = try await client.begin(
      redirectURI: login.url("/callback/\(client.provider.name)", for: self), options)
    try keep(
      attempt, secret: login.configuration.secret,
      crossesSites: client.provider.responseMode == .formPost)
    try redirect(to: url, status: 303)
  }
}

/// Takes users back from a provider.
final class LoginCallbackHandler: LoginPageHandler {
  override func initialize(_ arguments: HandlerArguments) throws {
    try super.initialize(arguments)
    request.isQuerySecret = true
  }

  override class var allowedMethods: [String] { ["GET", "POST"] }

  override func get() async throws { try await complete { try self.queryArgument($0) } }

  override func post() async throws {
    guard try client().provider.responseMode == .formPost else { throw HTTPError(405) }
    try await complete { try self.bodyArgument($0) }
  }

  private func complete(_ argument: (String) throws -> String?) async throws {
    let (login, client) = (try login, try client())
    let response = AuthorizationResponse(
      code: try argument("code"), state: try argument("state"), issuer: try argument("iss"),
      error: try argument("error"), errorDescription: try argument("error_description"))
    let attempt = try takeAttempt(
      state: response.state, provider: client.provider.name, secret: login.configuration.secret)
    let result = try await client.complete(attempt, response)
    guard login.configuration.admits(result.user) else {
      throw AuthError(.refused, "\(result.user.subject) of \(client.provider.name) may not sign in here")
    }
    let configuration = login.configuration
    let session = LoginSession(
      result, providerSession: result.providerSession, now: configuration.clock(),
      lifetime: Int(configuration.sessionLifetime.components.seconds), keepsTokens: configuration.keepsTokens)
    try login.start(session, in: self)
    let name = HTTPServerRequest.escapeForLog(result.user.subject)
    AuthLog.logger.info("\(name) has signed in with \(client.provider.name)")
    try redirect(to: login.destination(attempt.next), status: 303)
  }
}

/// Signs users out.
final class LogoutHandler: LoginPageHandler {
  override class var allowedMethods: [String] { ["GET", "POST"] }

  /// Asks first: a picture on a foreign page could send this request, too.
  override func get() async throws {
    guard try login.session(of: request) != nil else {
      return try redirect(to: try login.configuration.afterLogout, status: 303)
    }
    try setHeader(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    write(
      LoginPages.page(
        "Sign out", "<form method=\"post\"><p><button>Sign out</button></p></form>"))
  }

  override func post() async throws {
    guard isOfThisSite else { throw HTTPError(403, "a page of another site would sign the user out") }
    let login = try login
    guard let session = login.session(of: request) else {
      return try redirect(to: login.configuration.afterLogout, status: 303)
    }
    try login.reader.forget(self)
    var target = login.configuration.afterLogout
    if let client = login.client(session.user.provider) {
      await giveBack(session, client)
      if login.configuration.endsProviderSession, let url = await providerLogout(session, client) {
        target = url
      }
    }
    try redirect(to: target, status: 303)
  }

  /// Whether the browser says that one of our own pages sent the form.
  private var isOfThisSite: Bool {
    if let site = request.headers.first("Sec-Fetch-Site") { return site == "same-origin" || site == "none" }
    guard let origin = request.headers.first("Origin") else { return true }
    return origin == (try? login.configuration.externalURL) ?? "\(request.protocol)://\(request.host)"
  }

  /// The session ends whether the provider hears of it or not.
  private func giveBack(_ session: LoginSession, _ client: OpenIDClient) async {
    guard let token = session.refreshToken ?? session.accessToken else { return }
    do {
      try await client.revoke(token, kind: session.refreshToken == nil ? "access_token" : "refresh_token")
    } catch {
      AuthLog.logger.warning("A token was not given back: \(HTTPServerRequest.escapeForLog("\(error)"))")
    }
  }

  private func providerLogout(_ session: LoginSession, _ client: OpenIDClient) async -> String? {
    guard let login = try? login else { return nil }
    let base = login.configuration.externalURL ?? "\(request.protocol)://\(request.host)"
    return try? await client.logoutURL(
      idToken: session.idToken, returnURL: base + login.configuration.afterLogout) ?? nil
  }
}

/// Takes a provider's word that somebody has signed out there (OpenID Connect Back-Channel Logout, section 2.5).
final class BackchannelLogoutHandler: LoginPageHandler {
  override class var allowedMethods: [String] { ["POST"] }

  override func post() async throws {
    let (login, client) = (try login, try client())
    guard let token = try bodyArgument("logout_token") else { throw HTTPError(400) }
    let notice: LogoutNotice
    do throws(AuthError) {
      notice = try await client.logoutNotice(token)
    } catch {
      guard error.status < 500 else { throw error }
      AuthLog.logger.warning("A logout was not taken: \(HTTPServerRequest.escapeForLog("\(error)"))")
      setStatus(400)
      return write(["error": "invalid_request"])
    }
    login.configuration.logouts.end(notice, at: login.configuration.clock())
    setStatus(200)
  }

  override func writeError(_ status: Int, _ error: (any Error)?) throws {
    write(["error": .string(status == 503 ? "temporarily_unavailable" : "invalid_request")])
  }
}

#endif
