// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GaleCore
import GaleHTTP
import GaleWire

/// What `Authorization: Basic` says (RFC 7617).
public struct BasicCredentials: Sendable, Hashable {
  /// The name.
  public let username: String
  /// The password, as it was typed.
  public let password: String

  init?(_ field: String?) {
    guard let token = AuthorizationField(field, scheme: "basic"), let data = Data(base64Encoded: token.value),
      let text = String(validating: data, as: UTF8.self), let colon = text.firstIndex(of: ":")
    else { return nil }
    username = String(text[..<colon])
    password = String(text[text.index(after: colon)...])
  }

  /// Whether both are these; it takes the same time wherever they differ.
  public func match(username: String, password: String) -> Bool {
    let isUser = Self.equal(self.username, username)
    let isPassword = Self.equal(self.password, password)
    return isUser && isPassword
  }

  private static func equal(_ given: String, _ wanted: String) -> Bool {
    let (given, wanted) = (Array(given.utf8), Array(wanted.utf8))
    var difference = given.count ^ wanted.count
    for index in given.indices {
      difference |= Int(given[index] ^ (wanted.isEmpty ? 0 : wanted[index % wanted.count]))
    }
    return difference == 0
  }
}

/// The scheme and what follows it in `Authorization` (RFC 9110, section 11.6.2).
private struct AuthorizationField {
  let value: String

  init?(_ field: String?, scheme: String) {
    guard let field, let space = field.firstIndex(of: " "), field[..<space].lowercased() == scheme else {
      return nil
    }
    value = String(field[space...].drop { $0 == " " })
  }
}

extension RequestHandler {
  /// What the client says of itself with `Authorization: Basic`; `nil` when it does not.
  public var basicCredentials: BasicCredentials? { BasicCredentials(request.headers.first("Authorization")) }

  /// The token of `Authorization: Bearer` (RFC 6750); `nil` when there is none.
  public var bearerToken: String? {
    let token = AuthorizationField(request.headers.first("Authorization"), scheme: "bearer")?.value
    return token?.isEmpty ?? true ? nil : token
  }

  /// Who makes the request, in its own type: ``currentUser``, which ``BasicAuthentication`` or ``BearerAuthentication``
  /// around the handler has set as a rule.
  /// - Throws: ``HTTPError`` 500 when nobody is known, or it is of another type; what ``getCurrentUser()`` throws.
  public func identity<Identity>(as type: Identity.Type = Identity.self) throws -> Identity {
    guard let identity = try currentUser as? Identity else {
      throw HTTPError(500, "No authentication around the route finds a \(Identity.self)")
    }
    return identity
  }
}

/// Lets through those whose name and password are right (RFC 7617), others are answered 401.
///
/// ```swift
/// .group("/admin", […]).through(
///   BasicAuthentication(realm: "admin") { credentials, _ in try await accounts.check(credentials) })
/// ```
///
/// Passwords go over the line as they are: only with HTTPS.
public struct BasicAuthentication: Middleware {
  /// Who it is, or `nil` for nobody who may.
  public typealias Authenticate = @Sendable (BasicCredentials, RequestHandler) async throws -> (any Sendable)?

  private let challenge: String
  private let authenticate: Authenticate

  /// Creates the middleware.
  /// - Parameters:
  ///   - realm: What browsers show when they ask.
  ///   - authenticate: Finds who it is, for ``RequestHandler/currentUser`` and ``RequestHandler/identity(as:)``.
  public init(realm: String, authenticate: @escaping Authenticate) {
    challenge = HeaderParameters.encode("Basic", scheme: [("realm", realm), ("charset", "UTF-8")])
    self.authenticate = authenticate
  }

  /// Looks who it is.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    guard let credentials = handler.basicCredentials,
      let identity = try await authenticate(credentials, handler)
    else { return try handler.refuseUnknown(challenge) }
    handler.setCurrentUser(identity)
    try await next()
  }
}

/// Lets through those whose token is right (RFC 6750), others are answered 401.
public struct BearerAuthentication: Middleware {
  /// Who it is, or `nil` for a token that is nobody's.
  public typealias Authenticate = @Sendable (_ token: String, RequestHandler) async throws -> (any Sendable)?

  private let realm: String?
  private let authenticate: Authenticate

  /// Creates the middleware.
  /// - Parameters:
  ///   - realm: What clients may know the place by.
  ///   - authenticate: Finds who it is, for ``RequestHandler/currentUser`` and ``RequestHandler/identity(as:)``.
  public init(realm: String? = nil, authenticate: @escaping Authenticate) {
    self.realm = realm
    self.authenticate = authenticate
  }

  /// Looks who it is.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    let token = handler.bearerToken
    if let token, let identity = try await authenticate(token, handler) {
      handler.setCurrentUser(identity)
      return try await next()
    }
    var parameters: [(String, String)] = []
    if let realm { parameters.append(("realm", realm)) }
    // RFC 6750, section 3: who sent no token is not told of an error.
    if token != nil { parameters.append(("error", "invalid_token")) }
    try handler.refuseUnknown(HeaderParameters.encode("Bearer", scheme: parameters))
  }
}

extension RequestHandler {
  fileprivate func refuseUnknown(_ challenge: String) throws {
    request.onResponseHead { status, headers in
      if status == 401 { headers.put("Www-Authenticate", challenge) }
    }
    throw HTTPError(401)
  }
}

extension HeaderParameters {
  /// A challenge: `Basic realm="…", charset="…"`, values always quoted.
  fileprivate static func encode(_ scheme: String, scheme parameters: [(String, String)]) -> String {
    let parts = parameters.map { name, value in
      let escaped = value.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
      precondition(value.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a realm is plain ASCII text")
      return "\(name)=\"\(String(escaped))\""
    }
    return parts.isEmpty ? scheme : scheme + " " + parts.joined(separator: ", ")
  }
}
