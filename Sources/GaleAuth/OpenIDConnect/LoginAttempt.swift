// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Synchronization

/// What a browser keeps, sealed, from the moment that it is sent to a provider until it comes back.
///
/// Each attempt has a cookie of its own, so that several tabs can be at it at once. What it holds never leaves this server
/// and the browser: the verifier is shown to the token endpoint only.
public struct LoginAttempt: Sendable, Codable, Hashable {
  /// The provider's name.
  let provider: String
  /// Who the provider is; empty for OAuth 2 alone.
  let issuer: String
  /// What the provider must send back.
  let state: String
  /// What the ID token must hold.
  let nonce: String
  /// What the token endpoint must be shown (RFC 7636).
  let verifier: String
  /// Where the provider sends the browser: the same text goes to the token endpoint.
  let redirectURI: String
  /// Where the user wanted to go.
  let next: String?
  /// How long ago the user may have signed in.
  let maxAge: Int?

  init(
    provider: String, issuer: String, redirectURI: String, next: String? = nil, maxAge: Int? = nil
  ) {
    self.provider = provider
    self.issuer = issuer
    state = Secrets.random()
    nonce = Secrets.random()
    verifier = Secrets.random()
    self.redirectURI = redirectURI
    self.next = next
    self.maxAge = maxAge
  }

  /// How long a user may take at the provider's.
  static let lifetime = Duration.seconds(600)
  /// How many attempts of a browser are kept.
  private static let countLimit = 6
  private static let prefix = "gale_login_"

  /// The cookie of an attempt: with `__Host-` no other host of the domain can have set it.
  fileprivate static func cookieName(_ state: String, isSecure: Bool) -> String {
    "\(isSecure ? "__Host-" : "")\(prefix)\(state.prefix(16))"
  }

  /// The cookies of attempts that would be too many with another one, the oldest first.
  ///
  /// Browsers send cookies of one path in the order in which they were made (RFC 6265, section 5.4).
  fileprivate static func surplus(in cookies: Cookies, isSecure: Bool) -> ArraySlice<String> {
    let start = "\(isSecure ? "__Host-" : "")\(prefix)"
    return cookies.entries.map(\.name).filter { $0.hasPrefix(start) }.dropLast(countLimit - 1)
  }
}

/// States that came back: none does so twice.
///
/// The provider lets a code be used once, and the browser forgets the cookie; this holds for who has kept both.
final class UsedStates: Sendable {
  private let states = Mutex<[String: Int]>([:])
  private static let countLimit = 50_000
  static let shared = UsedStates()

  /// Whether it is the first time.
  func use(_ state: String, now: Int) -> Bool {
    let lifetime = Int(LoginAttempt.lifetime.components.seconds)
    return states.withLock { states in
      if let before = states[state], now - before <= lifetime { return false }
      if states.count >= Self.countLimit {
        states = states.filter { now - $0.value <= lifetime }
        if states.count >= Self.countLimit { states.removeAll() }
      }
      states[state] = now
      return true
    }
  }
}

extension RequestHandler {
  /// Seals an attempt in a cookie of its own.
  /// - Parameters:
  ///   - secret: What it is sealed with; `nil` for the application's.
  ///   - crossesSites: Whether the browser shall send it with a form of the provider's.
  func keep(_ attempt: LoginAttempt, secret: CookieSecret? = nil, crossesSites: Bool = false) throws {
    let isSecure = request.protocol == "https"
    try forgetOldAttempts(isSecure: isSecure)
    let name = LoginAttempt.cookieName(attempt.state, isSecure: isSecure)
    let attributes = CookieAttributes(
      isSecure: isSecure, isHTTPOnly: true, sameSite: crossesSites && isSecure ? .unrestricted : .lax)
    let text = jsonEncode(try JSONValue(encoding: attempt))
    try setSealedCookie(
      name, text, secret: secret, expiresIn: LoginAttempt.lifetime, attributes: attributes)
  }

  /// The attempt that a browser comes back from, which has ended with this.
  ///
  /// - Parameters:
  ///   - provider: Whose answer it must be.
  ///   - secret: What its cookie is sealed with; `nil` for the application's.
  /// - Throws: ``AuthError`` `.invalidCallback` for a state that this browser has not been given, one that is too old, one
  ///   that came back already, and one of another provider.
  func takeAttempt(
    state: String?, provider: String, secret: CookieSecret? = nil
  ) throws -> LoginAttempt {
    request.isQuerySecret = true
    func invalid(_ reason: String) -> AuthError { AuthError(.invalidCallback, reason) }
    guard let state, state.utf8.count == 43, Secrets.decode(state) != nil else {
      throw invalid("no state, or none of ours")
    }
    let isSecure = request.protocol == "https"
    let name = LoginAttempt.cookieName(state, isSecure: isSecure)
    guard cookie(name) != nil else { throw invalid("this browser has not begun this login") }
    try setCookie(
      SetCookie(
        name, "", expires: HTTPDate(unixSeconds: 0), isSecure: isSecure, isHTTPOnly: true, sameSite: .lax))
    guard
      let text = try sealedCookie(name, secret: secret, maxAge: LoginAttempt.lifetime),
      let attempt = try? jsonDecode(text).decode(as: LoginAttempt.self),
      Secrets.equal(attempt.state, state)
    else { throw invalid("the login was begun too long ago, or its cookie was changed") }
    guard attempt.provider == provider else { throw invalid("the login was begun with another provider") }
    guard UsedStates.shared.use(state, now: loop.wallSeconds) else {
      throw invalid("the login has ended already")
    }
    return attempt
  }

  /// A header has only so much room: attempts that nobody comes back from make place for others.
  private func forgetOldAttempts(isSecure: Bool) throws {
    for name in LoginAttempt.surplus(in: cookies, isSecure: isSecure) {
      try setCookie(
        SetCookie(
          name, "", expires: HTTPDate(unixSeconds: 0), isSecure: isSecure, isHTTPOnly: true, sameSite: .lax))
    }
  }
}

#endif
