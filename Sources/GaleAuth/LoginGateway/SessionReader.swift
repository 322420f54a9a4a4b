// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Glibc
import Synchronization

/// Reads sessions from cookies, and writes them.
///
/// A long session is cut into several cookies. What was read is remembered for a while: decrypting the same cookie for
/// every picture of a page would be a waste, and so would taking the same field apart.
final class SessionReader: Sendable {
  /// What fits into a cookie, with its name and attributes, in every browser.
  private static let pieceByteCount = 3500
  /// All cookies travel in one line, for which servers have 8 KiB as a rule.
  private static let pieceLimit = 2
  private static let rememberedCount = 2048
  /// The longest `Cookie` field that is remembered.
  private static let fieldByteLimit = 4096

  /// A `Cookie` field, and the session in it; over HTTPS that is another cookie.
  private struct Field: Hashable {
    let isSecure: Bool
    let bytes: [UInt8]

    static func == (one: Field, other: Field) -> Bool {
      guard one.isSecure == other.isSecure, one.bytes.count == other.bytes.count else { return false }
      // SAFETY: both have that many bytes, and are lent for the call.
      return unsafe memcmp(one.bytes, other.bytes, one.bytes.count) == 0
    }

    /// All bytes at once: an array hashes each on its own, which takes ten times as long.
    func hash(into hasher: inout Hasher) {
      hasher.combine(isSecure)
      // SAFETY: the bytes are lent for the call.
      unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
  }

  private let configuration: Login.Configuration
  private let remembered = Mutex<[String: KnownSession]>([:])
  private let fields = Mutex<[Field: KnownSession]>([:])

  init(_ configuration: Login.Configuration) { self.configuration = configuration }

  private func name(_ request: HTTPServerRequest) -> String {
    (request.protocol == "https" ? "__Host-" : "") + configuration.cookieName
  }

  /// The valid session of a request.
  func session(of request: HTTPServerRequest) -> LoginSession? { known(request)?.session }

  /// As ``session(of:)``, with what is remembered of it.
  func known(_ request: HTTPServerRequest) -> KnownSession? {
    guard let bytes = SessionReader.cookies(of: request) else { return nil }
    let field = Field(isSecure: request.protocol == "https", bytes: bytes)
    let found: KnownSession
    if let known = fields.withLock({ $0[field] }) {
      found = known
    } else {
      guard let read = read(field, name(request)) else { return nil }
      found = read
    }
    // What is remembered was valid once.
    guard end(of: found.session) > configuration.clock(), !configuration.logouts.isEnded(found.session)
    else { return nil }
    return found
  }

  /// When a session ends: at its own time or, whatever that says, when the login's is over.
  private func end(of session: LoginSession) -> Int {
    min(session.expiresAt, session.startedAt + Int(configuration.sessionLifetime.components.seconds))
  }

  /// The value of the `Cookie` field; HTTP/2 may cut it into several (RFC 9113, section 8.2.3).
  private static func cookies(of request: HTTPServerRequest) -> [UInt8]? {
    let head = request.head
    var value: [UInt8]?
    for field in head.fields where field.matches("cookie", in: head.bytes) {
      value = (value.map { $0 + Array("; ".utf8) } ?? []) + head.bytes[field.value]
    }
    return value
  }

  private func read(_ field: Field, _ name: String) -> KnownSession? {
    let cookies = Cookies(parsing: field.bytes.span)
    guard var text = cookies[name] else { return nil }
    for index in 1..<Self.pieceLimit {
      guard let piece = cookies["\(name)_\(index)"] else { break }
      text += piece
    }
    guard let session = decode(text, name) else { return nil }
    if field.bytes.count <= Self.fieldByteLimit {
      fields.withLock { fields in
        if fields.count >= Self.rememberedCount { fields.removeAll(keepingCapacity: true) }
        fields[field] = session
      }
    }
    return session
  }

  private func decode(_ text: String, _ name: String) -> KnownSession? {
    // A text is good under its own name only.
    let key = "\(name)=\(text)"
    if let session = remembered.withLock({ $0[key] }) { return session }
    let bytes = SignedValue.decode(
      secret: configuration.secret, name: name, value: text, maxAge: configuration.sessionLifetime,
      minVersion: configuration.protection, now: configuration.clock())
    guard let bytes, let read = try? jsonDecode(bytes).decode(as: LoginSession.self) else { return nil }
    let session = KnownSession(read)
    remembered.withLock { remembered in
      if remembered.count >= Self.rememberedCount { remembered.removeAll(keepingCapacity: true) }
      remembered[key] = session
    }
    return session
  }

  /// Gives the browser a session.
  func write(_ session: LoginSession, to handler: RequestHandler) throws {
    var session = session
    session.expiresAt = end(of: session)
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
