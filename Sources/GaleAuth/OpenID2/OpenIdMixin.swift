// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

public import GaleHTTP
public import GaleWeb
import GaleCore
import GaleLoop
import GaleWire

/// Who has signed in with OpenID 2.0.
public struct OpenIDUser: Sendable, Hashable {
  /// Who it is: the key for accounts.
  public let claimedID: String
  /// The whole name, or what else there is of one.
  public let name: String?
  /// The first name.
  public let firstName: String?
  /// The last name.
  public let lastName: String?
  /// The e-mail address.
  public let email: String?
  /// The language, in lower case.
  public let locale: String?
  /// The name for logging in.
  public let username: String?
}

/// What is asked for with OpenID 2.0 (Attribute Exchange).
public enum OpenIDAttribute: String, Sendable, Hashable, CaseIterable {
  /// The whole, first and last name.
  case name
  /// The e-mail address.
  case email
  /// The language.
  case language
  /// The name for logging in.
  case username

  /// The names under which providers know it, with their types.
  var types: [(alias: String, type: String)] {
    switch self {
    case .name:
      [
        ("firstname", "http://axschema.org/namePerson/first"), ("fullname", "http://axschema.org/namePerson"),
        ("lastname", "http://axschema.org/namePerson/last"),
      ]
    case .email: [("email", "http://axschema.org/contact/email")]
    case .language: [("language", "http://axschema.org/pref/language")]
    case .username: [("username", "http://axschema.org/namePerson/friendly")]
    }
  }
}

/// A handler that signs users in with OpenID 2.0, as Steam does: Tornado's `OpenIdMixin`.
///
/// The settings need a `cookieSecret`. What Tornado leaves out: the answer must belong to a login of this browser, to
/// this address, to this provider, be new, and have come once; only what is signed counts.
///
/// ```swift
/// final class SteamLoginHandler: RequestHandler, OpenIdMixin {
///   static let openIDEndpoint = "https://steamcommunity.com/openid/login"
///
///   override func get() async throws {
///     guard try queryArgument("openid.mode") != nil else { return try authenticateRedirect(attributes: []) }
///     let user = try await authenticatedUser()
/// ```
public protocol OpenIdMixin: RequestHandler {
  /// The provider: Tornado's `_OPENID_ENDPOINT`.
  static var openIDEndpoint: String { get }
  /// Whether the provider may be asked without encryption: for tests and development only.
  static var allowsInsecureHTTP: Bool { get }
  /// What requests to the provider are made with: Tornado's `get_auth_http_client`.
  var authHTTPClient: AsyncHTTPClient { get }
  /// Whether the provider may speak for an identity.
  ///
  /// Identities of the provider's own host unless overridden: for others it would have to be looked up whom they trust.
  func acceptsIdentity(_ claimedID: String) -> Bool
}

extension OpenIdMixin {
  private static var axNamespace: String { "http://openid.net/srv/ax/1.0" }
  private static var stateName: String { "gale.state" }

  /// No.
  public static var allowsInsecureHTTP: Bool { false }
  /// The running loop's client.
  public var authHTTPClient: AsyncHTTPClient { .current }

  /// Identities of the provider's own host.
  public func acceptsIdentity(_ claimedID: String) -> Bool {
    guard let identity = try? HTTPClientURL(claimedID), let own = try? HTTPClientURL(Self.openIDEndpoint)
    else {
      return false
    }
    return identity.host == own.host
  }

  /// Sends the user to the provider: Tornado's `authenticate_redirect`.
  /// - Parameters:
  ///   - callbackURI: Where the provider shall send the user back, absolute or a path of this site; the present page
  ///     unless told otherwise.
  ///   - attributes: What is asked for.
  public func authenticateRedirect(
    callbackURI: String? = nil, attributes: [OpenIDAttribute] = OpenIDAttribute.allCases
  ) throws {
    let origin = "\(request.protocol)://\(request.host)"
    let own = callbackURI ?? request.mountPath + request.path
    let callback = own.hasPrefix("/") ? origin + own : own
    let attempt = LoginAttempt(provider: Self.openIDEndpoint, issuer: "", redirectURI: callback)
    let returnTo = FormText.append([(Self.stateName, attempt.state)], to: callback)
    let select = "http://specs.openid.net/auth/2.0/identifier_select"
    var fields: FormFields = [
      ("openid.ns", "http://specs.openid.net/auth/2.0"), ("openid.claimed_id", select),
      ("openid.identity", select), ("openid.return_to", returnTo), ("openid.realm", origin + "/"),
      ("openid.mode", "checkid_setup"),
    ]
    if !attributes.isEmpty {
      let types = attributes.flatMap(\.types)
      fields += [("openid.ns.ax", Self.axNamespace), ("openid.ax.mode", "fetch_request")]
      fields += types.map { (name: "openid.ax.type." + $0.alias, value: $0.type) }
      fields.append(("openid.ax.required", types.map(\.alias).joined(separator: ",")))
    }
    try keep(attempt)
    try redirect(to: FormText.append(fields, to: Self.openIDEndpoint))
  }

  /// Who has come back from the provider, which is asked whether it said so: Tornado's `get_authenticated_user`.
  /// - Throws: ``AuthError``
  public func authenticatedUser() async throws -> OpenIDUser {
    let attempt = try takeAttempt(
      state: try queryArgument(Self.stateName), provider: Self.openIDEndpoint)
    let answer = OpenIDAnswer(try openIDFields())
    try answer.check(
      returnTo: FormText.append([(Self.stateName, attempt.state)], to: attempt.redirectURI),
      endpoint: Self.openIDEndpoint, now: loop.wallSeconds)
    guard let claimedID = answer["claimed_id"], acceptsIdentity(claimedID) else {
      throw AuthError(.invalidToken, "the provider may not speak for this identity")
    }
    try await verify(answer)
    guard
      let nonce = answer["response_nonce"],
      UsedStates.shared.use("openid2 \(Self.openIDEndpoint) \(nonce)", now: loop.wallSeconds)
    else { throw AuthError(.invalidCallback, "the answer has come before") }
    return answer.user(claimedID)
  }

  private func openIDFields() throws -> FormFields {
    guard let fields = FormText.decode(request.method == "POST" ? request.body : Array(request.query.utf8))
    else {
      throw AuthError(.invalidCallback, "the answer cannot be read")
    }
    return fields
  }

  /// Direct verification (OpenID Authentication 2.0, section 11.4.2).
  private func verify(_ answer: OpenIDAnswer) async throws {
    // The client belongs to this loop, as this handler does.
    let confined = LoopConfined(authHTTPClient)
    let fetch = AuthFetch(client: { confined.value }, allowsInsecureHTTP: Self.allowsInsecureHTTP)
    let form = answer.fields.map { name, value in
      (name: name, value: name == "openid.mode" ? "check_authentication" : value)
    }
    let response = try await fetch.send(Self.openIDEndpoint, form: form)
    guard response.status == 200, OpenIDAnswer.isValid(response.body) else {
      throw AuthError(.invalidToken, "Invalid OpenID response: the provider does not know it")
    }
  }
}

#endif
