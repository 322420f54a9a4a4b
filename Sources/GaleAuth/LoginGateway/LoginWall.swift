// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
public import GaleHTTP
import GaleWeb
import GaleWire

/// Who may see what is at and below a path.
public struct LoginRule: Sendable, Hashable {
  /// Begins with a slash, and is written as it reads once decoded: `/a b`, not `/a%20b`.
  ///
  /// `/admin` is for `/admin` and `/admin/x`, not for `/administrator`.
  public let path: String
  /// Who may see it.
  public let access: LoginAccess

  /// Creates a rule.
  public init(_ path: String, _ access: LoginAccess) {
    precondition(path.hasPrefix("/"), "a path begins with a slash")
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.access = access
  }

  func covers(_ path: String) -> Bool {
    guard self.path != "/" else { return true }
    return path == self.path || path.hasPrefix(self.path) && path.dropFirst(self.path.count).first == "/"
  }
}

/// A wall with a door around an application of any kind: a `WSGIContainer`, another `Application`.
///
/// ```swift
/// let wall = try LoginWall(login, around: WSGIContainer(flask), rules: [
///   LoginRule("/static", .everybody), LoginRule("/admin", .only(groups: ["admins"])),
/// ])
/// try HTTPServer(wall).listen(port: 8888)
/// ```
///
/// Only signed-in users reach the application, which finds out who they are:
///
/// | WSGI environ | Header | |
/// |---|---|---|
/// | `REMOTE_USER` | `X-Forwarded-User` | the verified e-mail address, or the subject; see ``UserName`` |
/// | `HTTP_X_FORWARDED_EMAIL` | `X-Forwarded-Email` | the address, if the provider has verified it |
/// | `HTTP_X_FORWARDED_PREFERRED_USERNAME` | `X-Forwarded-Preferred-Username` | the name for logging in |
/// | `HTTP_X_FORWARDED_GROUPS` | `X-Forwarded-Groups` | the groups, separated by commas |
/// | `AUTH_TYPE` | – | `OpenIDConnect` |
/// | `gale.claims` | – | everything that the provider tells, as JSON |
///
/// An ASGI application finds `user`, `type` and `claims`, a dictionary, in `scope["extensions"]["gale.login"]`, and the
/// same headers.
///
/// The same headers from outside, and those with underscores for hyphens, never get through, on public paths either. A
/// path that two programs could understand differently (`/public/../admin`, `//admin`, `/admin%2f`) is answered 400.
///
/// A WebSocket's handshake needs the same login: without one it is refused with 401, and not sent to the login's page.
/// Browsers send cookies with it whichever page it is that connects, so one of another origin is refused with 403 where
/// not everybody may connect, and where everybody may it is nobody's.
public final class LoginWall: HTTPServerConnectionDelegate {
  /// What an application sees as the user's name.
  public enum UserName: Sendable, Hashable {
    /// The e-mail address if the provider has verified it, the subject otherwise.
    case verifiedEmail
    /// What never changes, but says nothing to people.
    case subject
    /// The name for logging in: only for a provider where users cannot choose somebody else's.
    case username
  }

  private let login: Login
  private let target: any HTTPServerConnectionDelegate
  private let rules: [LoginRule]
  private let otherwise: LoginAccess
  private let userName: UserName
  /// Answers what does not reach the target.
  private let door: Application
  /// What the paths of the login's pages begin with.
  private let ownPath: [UInt8]

  /// Builds a wall.
  /// - Parameters:
  ///   - login: How users sign in; its pages are in front of the application's.
  ///   - target: What is behind the wall.
  ///   - rules: The first that covers a path decides.
  ///   - otherwise: Who may see what no rule covers.
  ///   - userName: What the application sees as the user's name.
  public init(
    _ login: Login, around target: any HTTPServerConnectionDelegate, rules: [LoginRule] = [],
    otherwise: LoginAccess = .signedIn, userName: UserName = .verifiedEmail
  ) throws {
    self.login = login
    self.target = target
    self.rules = rules
    self.otherwise = otherwise
    self.userName = userName
    ownPath = Array((login.configuration.path + "/").utf8)
    var settings = Application.Settings()
    settings.cookieSecret = login.configuration.secret
    door = try Application(login.routes, settings: settings)
  }

  /// Lets a request through, or not.
  public func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    if request.withPath(isOfLogin) { return door.startRequest(request) }
    // Where everything has one rule there is nothing to get around.
    var access = otherwise
    if !rules.isEmpty {
      let path = request.path
      guard LoginWall.isUnambiguous(path) else { return refuse(request, 400) }
      access = self.access(path)
    }
    let session = login.reader.known(request)
    // Browsers send cookies whichever page it is that connects: it is not the user who asks.
    let isForeign = request.asksForWebSocket && !request.isFromOwnOrigin
    introduce(isForeign ? nil : session, to: request)
    if access != .everybody {
      guard let session else { return refuse(request, 401) }
      guard access.admits(session.session.user) else { return refuse(request, 403) }
      if isForeign { return refuse(request, 403) }
    }
    return target.startRequest(request)
  }

  /// Whether a path is one of the login's own pages.
  private func isOfLogin(_ path: Span<UInt8>) -> Bool {
    guard path.count >= ownPath.count else { return false }
    for index in ownPath.indices where path[index] != ownPath[index] { return false }
    return true
  }

  private func access(_ path: String) -> LoginAccess {
    let decoded = urlUnescape(path, plus: false)
    return rules.first { $0.covers(decoded) }?.access ?? otherwise
  }

  private func refuse(_ request: HTTPServerRequest, _ status: Int) -> any HTTPMessageDelegate {
    door.makeHandler(WallHandler.self, ["login": login, "status": status], for: request)
  }

  // MARK: - Paths

  /// Whether everybody understands the path in the same way: no empty segments, no dots, no escapes for what separates.
  static func isUnambiguous(_ path: String) -> Bool {
    if path == "*" { return true }
    let lower = path.lowercased()
    guard path.hasPrefix("/"), !lower.contains("%2f") else { return false }
    // Some decode more often than once.
    var bytes = Array(path.utf8)
    for _ in 0..<4 {
      guard isPlain(bytes) else { return false }
      guard bytes.contains(0x25) else { return true }
      bytes = urlUnescapeBytes(bytes.span, plus: false)
    }
    return isPlain(bytes)
  }

  /// Backslashes are slashes to some, and others cut off what stands behind a semicolon.
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x5C || $0 == 0x7F || $0 == 0x3B }) else {
      return false
    }
    let segments = bytes.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      if segment.isEmpty, index < segments.count - 1 { return false }
      if segment.elementsEqual([0x2E]) || segment.elementsEqual([0x2E, 0x2E]) { return false }
    }
    return true
  }

  // MARK: - Who it is

  private static let names = [
    "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups", "x-forwarded-preferred-username",
    "x-forwarded-access-token", "remote-user", "x-remote-user", "auth-type",
  ].map { Array($0.utf8) }
  private static let prefix = Array("x-auth-request-".utf8)

  /// Whether a field says who somebody is: only the wall may say that.
  private static func isIdentity(_ name: Span<UInt8>) -> Bool {
    guard name.count >= 9 else { return false }
    // Cheap for most: they begin with none of these letters.
    let first = name[0] | 0x20
    guard first == 0x78 || first == 0x72 || first == 0x61 else { return false }
    for wanted in names where wanted.count == name.count {
      if begins(name, with: wanted) { return true }
    }
    return begins(name, with: prefix)
  }

  /// Whether a name begins so, whatever the case of letters, and with underscores for hyphens.
  private static func begins(_ name: Span<UInt8>, with wanted: [UInt8]) -> Bool {
    guard name.count >= wanted.count else { return false }
    for index in wanted.indices {
      let byte = name[index]
      let plain = byte == 0x5F ? 0x2D : byte &- 0x41 < 26 ? byte | 0x20 : byte
      guard plain == wanted[index] else { return false }
    }
    return true
  }

  /// Takes away what others say, and tells the application who it is.
  private func introduce(_ session: KnownSession?, to request: HTTPServerRequest) {
    guard let session else { return request.changeFields(removing: LoginWall.isIdentity, adding: []) }
    let introduction = session.introduction(userName)
    request.changeFields(removing: LoginWall.isIdentity, adding: introduction.fields)
    request.gateway = introduction.facts
  }
}

/// Answers for the application behind a wall, before any of the request's body is read.
private final class WallHandler: LoginPageHandler {
  private var outcome = 403

  override func initialize(_ arguments: HandlerArguments) throws {
    try super.initialize(arguments)
    outcome = arguments["status"] as? Int ?? 403
  }

  override class var streamsRequestBody: Bool { true }
  override class var extraMethods: [String] { [] }

  override func prepare() async throws {
    guard outcome == 401 else { throw HTTPError(outcome) }
    try login.askToSignIn(self)
    if !isFinished { try finish() }
  }

  override func writeError(_ status: Int, _ error: (any Error)?) throws {
    let login = try login
    let who = login.session(of: request)?.user.displayName
    guard status == 403, let who else {
      return write(LoginPages.page("\(status)", "<p>This is not possible.</p>"))
    }
    let link = xhtmlEscape(request.mountPath + login.configuration.path + "/logout")
    write(
      LoginPages.page(
        "Not for you",
        "<p>You are signed in as \(xhtmlEscape(who)), who may not see this.</p>\n"
          + "<p><a href=\"\(link)\">Sign out</a></p>"))
  }
}

#endif
