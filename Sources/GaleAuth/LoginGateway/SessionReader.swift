// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Synchronization

/// Reads sessions from cookies, and writes them.
///
/// A long session is cut into several cookies. What was read is remembered for a while: decrypting the same cookie for
/// every picture of a page would be a waste.
final class SessionReader: Sendable {
  /// What fits into a cookie, with its name and attributes, in every browser.
  private static let pieceByteCount = 3500
  /// All cookies travel in one line, for which servers have 8 KiB as a rule.
  private static let pieceLimit = 2
  private static let rememberedCount = 2048

  private let configuration: Login.Configuration
  private let remembered = Mutex<[String: LoginSession]>([:])

  init(_ configuration: Login.Configuration) { self.configuration = configuration }

  private func name(_ request: HTTPServerRequest) -> String {
    (request.protocol == "https" ? "__Host-" : "") + configuration.cookieName
  }

  /// The valid session of a request.
  func session(of request: HTTPServerRequest) -> LoginSession? {
    guard request.head.hasField("Cookie") else { return nil }
    let name = name(request)
    let cookies = Cookies(parsing: request.headers.values("Cookie").joined(separator: "; "))
    guard var text = cookies[name] else { return nil }
    for index in 1..<Self.pieceLimit {
      guard let piece = cookies["\(name)_\(index)"] else { break }
      text += piece
    }
    guard let session = decode(text, name), session.expiresAt > configuration.clock(),
      !configuration.logouts.isEnded(session)
    else { return nil }
    return session
  }

  private func decode(_ text: String, _ name: String) -> LoginSession? {
    // A text is good under its own name only.
    let key = "\(name)=\(text)"
    if let session = remembered.withLock({ $0[key] }) { return session }
    let bytes = SignedValue.decode(
      secret: configuration.secret, name: name, value: text, maxAge: configuration.sessionLifetime,
      minVersion: configuration.protection, now: configuration.clock())
    guard let bytes, let session = try? jsonDecode(bytes).decode(as: LoginSession.self) else { return nil }
    remembered.withLock { remembered in
      if remembered.count >= Self.rememberedCount { remembered.removeAll(keepingCapacity: true) }
      remembered[key] = session
    }
    return session
  }

  /// Gives the browser a session.
  func write(_ session: LoginSession, to handler: RequestHandler) throws {
    var session = session
    var text = try sealed(session, handler.request)
    // What can be done without: the hint for logging out, then what the user's properties do not say.
    if isTooLong(text) {
      session.idToken = nil
      text = try sealed(session, handler.request)
    }
    if isTooLong(text) {
      session.user = session.user.withoutClaims
      text = try sealed(session, handler.request)
    }
    var rest = text[...]
    var index = 0
    while !rest.isEmpty, index < Self.pieceLimit {
      try set(String(rest.prefix(Self.pieceByteCount)), index, session, handler)
      rest = rest.dropFirst(Self.pieceByteCount)
      index += 1
    }
    guard rest.isEmpty else { throw AuthError(.invalidResponse, "the session is too long for cookies") }
    try forget(handler, from: index)
  }

  private func isTooLong(_ text: String) -> Bool { text.utf8.count > Self.pieceByteCount * Self.pieceLimit }

  private func sealed(_ session: LoginSession, _ request: HTTPServerRequest) throws -> String {
    SignedValue.create(
      secret: configuration.secret, name: name(request), value: Array(try session.text.utf8),
      version: configuration.protection, now: configuration.clock())
  }

  private func set(
    _ piece: String, _ index: Int, _ session: LoginSession, _ handler: RequestHandler
  ) throws {
    let name = name(handler.request) + (index == 0 ? "" : "_\(index)")
    try handler.setCookie(
      SetCookie(
        name, piece, expires: HTTPDate(unixSeconds: session.expiresAt),
        isSecure: handler.request.protocol == "https", isHTTPOnly: true, sameSite: .lax))
  }

  /// Has the browser forget its session, or the pieces of a longer one.
  func forget(_ handler: RequestHandler, from first: Int = 0) throws {
    let name = name(handler.request)
    for index in first..<Self.pieceLimit {
      let piece = name + (index == 0 ? "" : "_\(index)")
      guard handler.cookie(piece) != nil else { continue }
      try handler.setCookie(
        SetCookie(
          piece, "", expires: HTTPDate(unixSeconds: 0), isSecure: handler.request.protocol == "https",
          isHTTPOnly: true, sameSite: .lax))
    }
  }
}

#endif
