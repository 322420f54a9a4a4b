// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Crypto
import GaleCore
import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWire
import JWTKit

@testable import GaleAuth

/// A provider of OpenID Connect on Gale's own server, which can be told to misbehave.
final class TestProvider {
  /// How the token endpoint answers.
  enum TokenEndpoint {
    case normal
    case redirect(String)
    case silence
    case endless
    case status(Int)
    case text(String)
  }

  /// A code that was given to a browser.
  struct Grant {
    let redirectURI: String
    let challenge: String?
    let nonce: String?
    let clientID: String
  }

  private(set) var server: HTTPTestServer?
  /// Replaced to rotate keys.
  var key = ES256PrivateKey()
  var keyID = "key-1"
  /// More keys in the set.
  var otherKeys: [JSONValue] = []
  var clientID = "gale"
  var secret = "the client's secret"
  var subject = "ann"
  /// More claims for ID tokens, which win.
  var claims: [String: JSONValue] = [:]
  /// Makes the ID token; by default it is signed with ``key``.
  var makeIDToken: ((JSONValue) async throws -> String)?
  var metadata: [String: JSONValue] = [:]
  var tokenEndpoint = TokenEndpoint.normal
  var userinfo: JSONValue = ["sub": "ann", "phone_number": "+49 30 1"]
  var now = System.wallSeconds
  /// Whether codes can be used more than once, and without their verifier, as with a careless provider.
  var isCareless = false
  private var grants: [String: Grant] = [:]
  /// How often each path was asked.
  private(set) var asked: [String: Int] = [:]
  /// The last query of each path.
  private(set) var queries: [String: String] = [:]
  /// What the Graph API of a certain provider says.
  var graph: JSONValue = [:]
  private(set) var graphAuthorization: String?
  /// The forms that came to the token endpoint, and their Authorization.
  private(set) var tokenForms: [[String: String]] = []
  private(set) var authorizations: [String?] = []
  var introspection: JSONValue = ["active": false]
  private(set) var revoked: [String] = []
  private var refreshCount = 0

  init() throws {
    server = try HTTPTestServer { [unowned self] request in try answer(request) }
  }

  var issuer: String { server?.url("") ?? "" }

  /// The provider as its clients see it.
  var description: OpenIDProvider { OpenIDProvider("test", title: "Test", issuer: issuer) }

  /// A client's configuration for it.
  func configuration(_ authentication: ClientAuthentication? = nil) -> OpenIDClient.Configuration {
    var configuration = OpenIDClient.Configuration(
      id: clientID, authentication: authentication ?? .secret(secret))
    configuration.allowsInsecureHTTP = true
    configuration.timeout = .seconds(30)
    return configuration
  }

  func client() -> OpenIDClient { OpenIDClient(description, configuration()) }

  // MARK: - The user at the provider

  /// What the user's browser does there: looks at the request and comes back with a code.
  /// - Returns: The callback's path with its query.
  func approve(_ url: String, adding more: FormFields = []) -> String {
    let query = url.query
    let code = Secrets.random(byteCount: 16)
    let redirectURI = query["redirect_uri"] ?? ""
    grants[code] = Grant(
      redirectURI: redirectURI, challenge: query["code_challenge"], nonce: query["nonce"],
      clientID: query["client_id"] ?? "")
    let fields: FormFields = [("code", code), ("state", query["state"] ?? "")] + more
    return path(FormText.append(fields, to: redirectURI))
  }

  /// The path of a URL.
  func path(_ url: String) -> String {
    let rest = url.dropFirst(url.hasPrefix("https") ? 8 : 7)
    return String(rest.drop { $0 != "/" })
  }

  // MARK: - Tokens

  /// Signs claims, as ID tokens, access tokens and logout tokens are.
  func sign(_ claims: JSONValue, type: String = "JWT") async throws -> String {
    let keys = JWTKeyCollection()
    await keys.add(ecdsa: key, kid: JWKIdentifier(string: keyID))
    return try await keys.sign(
      Payload(claims: claims), kid: JWKIdentifier(string: keyID), header: ["typ": .string(type)])
  }

  /// The claims of an ID token.
  func idClaims(nonce: String?, clientID: String) -> JSONValue {
    var members: [String: JSONValue] = [
      "iss": .string(issuer), "sub": .string(subject), "aud": .string(clientID), "iat": .int(now),
      "exp": .int(now + 300), "auth_time": .int(now), "name": "Ann", "email": "ann@example.com",
      "email_verified": true, "groups": ["staff"], "sid": "session-1",
    ]
    if let nonce { members["nonce"] = .string(nonce) }
    members.merge(claims) { $1 }
    return .object(members.filter { !$0.value.isNull }.map { JSONMember($0.key, $0.value) })
  }

  var publicKey: JSONValue {
    let point = key.parameters
    return [
      "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": .string(keyID),
      "x": .string(Self.urlForm(point?.x ?? "")), "y": .string(Self.urlForm(point?.y ?? "")),
    ]
  }

  private static func urlForm(_ text: String) -> String {
    String(text.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
  }

  struct Payload: JWTPayload {
    let claims: JSONValue
    init(claims: JSONValue) { self.claims = claims }
    init(from decoder: any Decoder) throws { claims = try JSONValue(from: decoder) }
    func encode(to encoder: any Encoder) throws { try claims.encode(to: encoder) }
    func verify(using algorithm: some JWTAlgorithm) async throws {}
  }

  // MARK: - The endpoints

  private func answer(_ request: HTTPServerRequest) throws {
    asked[request.path, default: 0] += 1
    queries[request.path] = request.query
    switch request.path {
    case "/.well-known/openid-configuration": try reply(request, 200, document)
    case "/keys": try reply(request, 200, ["keys": .array([publicKey] + otherKeys)])
    case "/token": try token(request)
    case "/userinfo":
      guard request.headers["Authorization"] == "Bearer access-\(subject)" else {
        return try reply(request, 401, ["error": "invalid_token"])
      }
      try reply(request, 200, userinfo)
    case "/graph/me":
      graphAuthorization = request.headers["Authorization"]
      try reply(request, 200, graph)
    case "/introspect": try reply(request, 200, introspection)
    case "/revoke":
      revoked.append(form(request)["token"] ?? "")
      try reply(request, 200, [:])
    default: try reply(request, 404, ["error": "not_found"])
    }
  }

  private var document: JSONValue {
    let base = issuer
    var members: [String: JSONValue] = [
      "issuer": .string(base), "authorization_endpoint": .string(base + "/authorize"),
      "token_endpoint": .string(base + "/token"), "userinfo_endpoint": .string(base + "/userinfo"),
      "jwks_uri": .string(base + "/keys"), "end_session_endpoint": .string(base + "/logout"),
      "revocation_endpoint": .string(base + "/revoke"),
      "introspection_endpoint": .string(base + "/introspect"),
    ]
    members.merge(metadata) { $1 }
    return .object(members.filter { !$0.value.isNull }.map { JSONMember($0.key, $0.value) })
  }

  private func form(_ request: HTTPServerRequest) -> [String: String] {
    Dictionary((FormText.decode(request.body) ?? []).map { ($0.name, $0.value) }) { $1 }
  }

  private func token(_ request: HTTPServerRequest) throws {
    let form = form(request)
    tokenForms.append(form)
    authorizations.append(request.headers["Authorization"])
    switch tokenEndpoint {
    case .normal: break
    case .redirect(let url):
      try request.writeHeaders(302, HTTPHeaders([("Location", url), ("Content-Length", "0")]))
      return try request.finish()
    case .silence: return
    case .endless:
      try request.writeHeaders(200, HTTPHeaders([("Content-Type", "application/json")]))
      let piece = [UInt8](repeating: 0x20, count: 64 * 1024)
      request.connection.loop.spawn {
        // A gigabyte, as far as somebody takes it.
        for _ in 0..<16_384 {
          guard !request.responseFinished else { return }
          do { try request.write(piece) } catch { return }
          await request.drain()
        }
        try request.finish()
      }
      return
    case .status(let status): return try reply(request, status, ["error": "server_error"])
    case .text(let text):
      try request.writeHeaders(200, HTTPHeaders([("Content-Length", "\(text.utf8.count)")]))
      try request.write(Array(text.utf8))
      return try request.finish()
    }
    request.connection.loop.spawn { [self] in
      let (status, body) = try await grant(form)
      try reply(request, status, body)
    }
  }

  private func grant(_ form: [String: String]) async throws -> (Int, JSONValue) {
    if form["grant_type"] == "refresh_token" {
      refreshCount += 1
      return (
        200,
        [
          "access_token": .string("refreshed-\(refreshCount)"), "token_type": "Bearer", "expires_in": 60,
          "refresh_token": .string("next-\(refreshCount)"),
        ]
      )
    }
    if form["grant_type"] == "client_credentials" {
      return (200, ["access_token": "own", "token_type": "bearer"])
    }
    guard let code = form["code"], let grant = grants[code] else {
      return (400, ["error": "invalid_grant", "error_description": "no such code"])
    }
    if !isCareless {
      grants[code] = nil
      guard form["redirect_uri"] == grant.redirectURI,
        grant.challenge == nil || grant.challenge == form["code_verifier"].map(Secrets.challenge)
      else { return (400, ["error": "invalid_grant"]) }
    }
    let claims = idClaims(nonce: grant.nonce, clientID: grant.clientID)
    let idToken: String
    if let makeIDToken { idToken = try await makeIDToken(claims) } else { idToken = try await sign(claims) }
    return (
      200,
      [
        "access_token": .string("access-\(subject)"), "token_type": "Bearer", "expires_in": 60,
        "refresh_token": "first", "id_token": .string(idToken),
      ]
    )
  }

  private func reply(_ request: HTTPServerRequest, _ status: Int, _ body: JSONValue) throws {
    let text = Array(jsonEncode(body).utf8)
    try request.writeHeaders(
      status, HTTPHeaders([("Content-Type", "application/json"), ("Content-Length", "\(text.count)")]))
    try request.write(text)
    try request.finish()
  }
}

#endif
