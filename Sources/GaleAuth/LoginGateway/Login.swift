// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleWeb
import GaleCore
public import GaleHTTP
import GaleLoop
import GaleWire

/// Login for an application: its routes, the guard before others, and the session.
///
/// ```swift
/// let login = Login(
///   [OpenIDClient(.google, id: id, authentication: .secret(secret))],
///   Login.Configuration(secret: "a long random text"))
/// let application = try Application(login.routes + [
///   .get("/") { "Hello, \(try $0.requireLogin().displayName)" }.through(login.required),
/// ])
/// ```
///
/// The session travels in a cookie, encrypted unless told otherwise, so nothing is kept on the server and any process may
/// answer. The provider's callback is `/auth/callback/NAME`, each provider's its own.
public final class Login: Sendable {
  /// How users sign in and stay so.
  public struct Configuration: Sendable {
    /// What cookies are sealed or signed with.
    public var secret: CookieSecret
    /// Below which path login, callbacks and logout are; begins with a slash and does not end with one.
    public var path = "/auth"
    /// This site's scheme and host as browsers know it, as `https://app.example.com`; `nil` for what the request says.
    public var externalURL: String?
    /// The session's cookie; over HTTPS with `__Host-` before it.
    public var cookieName = "gale_session"
    /// How the session is protected: ``/GaleWeb/SignedValue/Version/sealed`` so that nobody can read it, or
    /// ``/GaleWeb/SignedValue/Version/v2`` so that Tornado in Python can, as JSON.
    public var protection = SignedValue.Version.sealed
    /// How long a session lasts, whatever the user does.
    public var sessionLifetime = Duration.seconds(12 * 3600)
    /// Whether the provider's tokens are kept, for ``Login/accessToken(_:)``.
    public var keepsTokens = false
    /// Whether signing out here signs out at the provider too.
    public var endsProviderSession = true
    /// Where users go who did not want to go anywhere.
    public var afterLogin = "/"
    /// Where users go who have signed out.
    public var afterLogout = "/"
    /// Who may sign in at all; everybody whom a provider knows unless told otherwise.
    public var admits: @Sendable (LoginUser) -> Bool = { _ in true }
    /// Remembers whom providers have signed out.
    public var logouts: any LogoutRegistry = LogoutMemory()
    /// The time, in seconds since 1970.
    public var clock: @Sendable () -> Int = { System.wallSeconds }

    /// The defaults above.
    public init(secret: CookieSecret) { self.secret = secret }
  }

  /// The providers' clients, by different names.
  public let clients: [OpenIDClient]
  /// How users sign in.
  public let configuration: Configuration
  let reader: SessionReader

  /// Login with some providers.
  /// - Parameters:
  ///   - clients: At least one; the names of their providers are different.
  ///   - configuration: How users sign in.
  public init(_ clients: [OpenIDClient], _ configuration: Configuration) {
    precondition(!clients.isEmpty, "login needs a provider")
    precondition(Set(clients.map(\.provider.name)).count == clients.count, "providers have different names")
    precondition(
      configuration.path.hasPrefix("/") && !configuration.path.hasSuffix("/"), "a path looks like /auth")
    precondition(configuration.protection >= .v2, "version 1 is for old cookies")
    self.clients = clients
    self.configuration = configuration
    reader = SessionReader(configuration)
  }

  /// The client of a provider.
  public func client(_ name: String) -> OpenIDClient? { clients.first { $0.provider.name == name } }

  /// Login, callbacks and logout.
  ///
  /// `…/login` begins, with `next` as the page to go to afterwards, and `…/login/NAME` at a provider; `…/callback/NAME` is
  /// where it sends users back; `…/logout` asks with GET and does it with POST; `…/backchannel/NAME` takes the provider's
  /// word that somebody has signed out there.
  public var routes: [URLSpec] {
    let (path, arguments) = (configuration.path, ["login": self] as HandlerArguments)
    return [
      URLSpec(path: path + "/login", LoginStartHandler.self, arguments),
      URLSpec(path: path + "/login/{provider}", LoginStartHandler.self, arguments),
      URLSpec(path: path + "/callback/{provider}", LoginCallbackHandler.self, arguments),
      URLSpec(path: path + "/logout", LogoutHandler.self, arguments),
      URLSpec(path: path + "/backchannel/{provider}", BackchannelLogoutHandler.self, arguments),
    ]
  }

  /// Around what only signed-in users may see: others are sent to sign in, and programs are answered 401.
  public var required: LoginGuard { LoginGuard(self, .signedIn) }

  /// Around what some users may see.
  public func required(_ access: LoginAccess) -> LoginGuard { LoginGuard(self, access) }

  /// Around what everybody may see, to know who it is: ``/GaleWeb/RequestHandler/currentUser``.
  public var optional: LoginGuard { LoginGuard(self, .everybody) }

  // MARK: - The session

  /// The session that a request belongs to; `nil` without a valid one.
  public func session(of request: HTTPServerRequest) -> LoginSession? { reader.session(of: request) }

  /// Signs a user in: for what knows users by other means than these providers.
  public func start(_ session: LoginSession, in handler: RequestHandler) throws {
    try reader.write(session, to: handler)
  }

  /// An access token of the user's that has not ended, for the provider's API.
  ///
  /// One that has ended is refreshed, and the cookie with it: to be called before the answer's header is sent.
  /// - Throws: ``AuthError`` `.refused` when the user has to sign in again, or ``Configuration/keepsTokens`` is off.
  public func accessToken(_ handler: RequestHandler) async throws -> String {
    guard var session = session(of: handler.request), let token = session.accessToken else {
      throw AuthError(.refused, "the session has no access token")
    }
    guard let end = session.accessExpiresAt, end <= configuration.clock() + 30 else { return token }
    guard let refreshToken = session.refreshToken, let client = client(session.user.provider) else {
      throw AuthError(.refused, "the access token has ended, and there is no refresh token")
    }
    session.take(try await client.refresh(refreshToken, subject: session.user.subject))
    try reader.write(session, to: handler)
    return session.accessToken ?? token
  }

  // MARK: - Addresses

  /// Where browsers find a page of this login.
  func url(_ page: String, for handler: RequestHandler) -> String {
    let request = handler.request
    let base = configuration.externalURL ?? "\(request.protocol)://\(request.host)"
    return base + request.mountPath + configuration.path + page
  }

  /// A path of this site that leads to the login, and from there to `next`.
  func loginPath(_ request: HTTPServerRequest, next: String?) -> String {
    let path = request.mountPath + configuration.path + "/login"
    return next.map { path + "?next=" + urlEscape($0) } ?? path
  }

  /// Where to go after a login: a path of this site, and none of the login's own.
  func destination(_ next: String?) -> String {
    guard let next, next.utf8.count <= 2000, isLocalRedirectTarget(next),
      !next.hasPrefix(configuration.path + "/")
    else { return configuration.afterLogin }
    return next
  }
}

#endif
