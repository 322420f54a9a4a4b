// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire

/// A handler that looks its user up with `await`, in a database for example.
///
/// The user is loaded before `prepare()`, after the XSRF check, unless a middleware around the handler has found one.
/// ``RequestHandler/currentUser`` is that user, too.
///
/// ```swift
/// class BaseHandler: RequestHandler, UserLoading {
///   func loadCurrentUser() async throws -> Account? {
///     guard let name = try signedCookie("user") else { return nil }
///     return try await accounts.find(name)
///   }
/// }
/// ```
public protocol UserLoading: RequestHandler {
  /// What the application knows of a user.
  associatedtype User: Sendable

  /// The user who makes the request, or `nil`: Tornado's `get_current_user`, which cannot wait.
  func loadCurrentUser() async throws -> User?
}

extension UserLoading {
  /// The user who makes the request: ``RequestHandler/currentUser`` in its own type.
  public var user: User? { get throws { try currentUser as? User } }

  /// Asks for the user and keeps it, unless a middleware has found one already.
  func loadUser() async throws {
    if case .known(_?)? = extras?.user { return }
    setCurrentUser(try await loadCurrentUser())
  }
}

extension RequestHandler {
  /// The user who makes the request, or `nil`: Tornado's `current_user`.
  ///
  /// ``getCurrentUser()`` is asked once.
  /// - Throws: What it throws.
  public var currentUser: (any Sendable)? {
    get throws {
      if case .known(let user)? = extras?.user { return user }
      let user = try getCurrentUser()
      more.user = .known(user)
      return user
    }
  }

  /// Says who makes the request: assigning to Tornado's `current_user`, as in `prepare()`.
  public func setCurrentUser(_ user: (any Sendable)?) { more.user = .known(user) }

  /// The user, without whom the request goes no further: Tornado's `@authenticated`.
  ///
  /// Without one, GET and HEAD are sent to ``loginURL`` with the present page as `next`, and everything else is 403. To be
  /// called in `prepare()` or at the start of a method.
  ///
  /// ```swift
  /// override func get() async throws {
  ///   let name = try requireUser()
  /// ```
  /// - Throws: ``Finish`` after the redirect; ``HTTPError`` 403, or 500 without a login URL.
  @discardableResult
  public func requireUser() throws -> any Sendable {
    if let user = try currentUser { return user }
    guard request.head.methodKind == .get || request.isHead else { throw HTTPError(403) }
    var url = try loginURL
    if !url.utf8.contains(ASCII.questionMark) {
      let query = request.query
      let own = request.mountPath + request.path + (query.isEmpty ? "" : "?" + query)
      let next = url.hasScheme ? "\(request.protocol)://\(request.host)\(own)" : own
      url += "?next=" + urlEscape(next)
    }
    try redirect(to: url)
    throw Finish()
  }

  /// Where to go after signing in: the argument `next`, if it leads nowhere else.
  ///
  /// A path of this site is taken, and a URL of one of `hosts`; everything else would let a link to this site lead to
  /// another one (an open redirect).
  /// - Parameters:
  ///   - default: Where to go otherwise.
  ///   - hosts: Authorities that are trusted, as `app.example.com` or `localhost:8888`; only for `http` and `https`.
  public func nextURL(default: String = "/", hosts: Set<String> = []) throws -> String {
    let next = try argument("next", default: "")
    if isLocalRedirectTarget(next) { return next }
    for scheme in ["https://", "http://"] where next.hasPrefix(scheme) {
      let authority = next.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      let isClean = !next.utf8.contains { $0 <= 0x20 || $0 == ASCII.backslash || $0 == 0x7F }
      if isClean, hosts.contains(authority.lowercased()) { return next }
    }
    return `default`
  }

  func loginURLSetting() throws -> String {
    try requireSetting(\.loginURL, "loginURL", for: "requireUser()")
  }
}

extension String {
  /// Whether this is a URL with a scheme: `https://login.example.com/`.
  var hasScheme: Bool {
    let scheme = utf8.prefix { $0 != ASCII.colon }
    guard scheme.count < utf8.count, let first = scheme.first, (first | 0x20) &- 0x61 < 26 else {
      return false
    }
    return scheme.allSatisfy {
      ($0 | 0x20) &- 0x61 < 26 || $0.isASCIIDigit || $0 == ASCII.plus || $0 == ASCII.hyphen || $0 == 0x2E
    }
  }

  /// Whether Tornado's `is_absolute` holds: it begins with `/`, `http:` or `https:`.
  package var isAbsoluteURL: Bool { hasPrefix("/") || hasPrefix("http:") || hasPrefix("https:") }
}
