// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleWeb
import GaleCore
import GaleHTTP
import GaleWire

/// Stands around what only some may see.
public struct LoginGuard: Middleware {
  let login: Login
  let access: LoginAccess

  init(_ login: Login, _ access: LoginAccess) {
    self.login = login
    self.access = access
  }

  /// Looks who it is.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    let session = login.session(of: handler.request)
    handler.setCurrentUser(session?.user)
    guard access != .everybody else { return try await next() }
    guard let user = session?.user else { return try login.askToSignIn(handler) }
    guard access.admits(user) else { throw HTTPError(403, "\(user.subject) may not see this") }
    try await next()
  }
}

extension Login {
  /// Sends people to the login, and tells programs that they are not signed in.
  func askToSignIn(_ handler: RequestHandler) throws {
    let request = handler.request
    try handler.setHeader("Cache-Control", "no-store")
    guard Login.isNavigation(request) else {
      handler.setStatus(401)
      // RFC 9110, section 15.5.2: there is one. No browser asks for a password because of it.
      try handler.setHeader("Www-Authenticate", "Session realm=\"login\"")
      let member: JSONValue = ["error": "login_required", "login": .string(loginPath(request, next: nil))]
      return handler.write(member)
    }
    let query = request.query
    let own = request.mountPath + request.path + (query.isEmpty ? "" : "?" + query)
    try handler.redirect(to: loginPath(request, next: own), status: 302)
  }

  /// Whether a browser shows the answer as a page, rather than a script or program reading it.
  static func isNavigation(_ request: HTTPServerRequest) -> Bool {
    guard request.method == "GET" || request.method == "HEAD", !request.asksForWebSocket else { return false }
    let headers = request.headers
    if let mode = headers.first("Sec-Fetch-Mode") { return mode == "navigate" }
    if headers.first("X-Requested-With")?.lowercased() == "xmlhttprequest" { return false }
    return headers["Accept"]?.contains("text/html") ?? false
  }
}

extension RequestHandler {
  /// Who has signed in, for a handler behind a ``LoginGuard`` or a ``LoginWall``.
  public var loginUser: LoginUser? {
    if let user = try? currentUser as? LoginUser { return user }
    return request.identity as? LoginUser
  }

  /// Who has signed in; without anybody the request goes no further.
  ///
  /// As ``/GaleWeb/RequestHandler/requireUser()``, for a handler that a ``LoginGuard`` stands around.
  @discardableResult
  public func requireLogin() throws -> LoginUser {
    guard let user = loginUser else { throw HTTPError(401, "nobody has signed in") }
    return user
  }
}

#endif
