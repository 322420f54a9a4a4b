// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore

/// How a client shows the provider who it is (RFC 6749, section 2.3; OpenID Connect Core, section 9).
///
/// It is not described: no secret ends up in logs.
public struct ClientAuthentication: Sendable, CustomStringConvertible, CustomReflectable {
  enum Method: Sendable {
    case none
    case secret(String)
    case basic(String)
    case post(String)
    case key(ClientKey)
    case appleKey(ClientKey, team: String)
  }

  let method: Method

  /// Not at all: a public client, which PKCE protects.
  public static let none = ClientAuthentication(method: .none)

  /// With a secret, in the way that the provider takes: in the header, else in the form.
  public static func secret(_ secret: String) -> ClientAuthentication {
    ClientAuthentication(method: .secret(secret))
  }

  /// With a secret in the header `Authorization` (`client_secret_basic`).
  public static func secretBasic(_ secret: String) -> ClientAuthentication {
    ClientAuthentication(method: .basic(secret))
  }

  /// With a secret in the form (`client_secret_post`).
  public static func secretPost(_ secret: String) -> ClientAuthentication {
    ClientAuthentication(method: .post(secret))
  }

  /// With a token that is signed each time (`private_key_jwt`, RFC 7523).
  public static func privateKey(_ key: ClientKey) -> ClientAuthentication {
    ClientAuthentication(method: .key(key))
  }

  /// As Apple wants it: a secret that is a token, signed with the key of a team.
  public static func apple(_ key: ClientKey, team: String) -> ClientAuthentication {
    ClientAuthentication(method: .appleKey(key, team: team))
  }

  /// Says nothing about the secret.
  public var description: String { "ClientAuthentication" }

  /// Says nothing about the secret.
  public var customMirror: Mirror { Mirror(self, children: [:] as KeyValuePairs<String, Any>) }

  /// The secret, for HMAC.
  var secret: String? {
    switch method {
    case .secret(let secret), .basic(let secret), .post(let secret): secret
    case .none, .key, .appleKey: nil
    }
  }

  /// Adds what shows who the client is.
  /// - Parameters:
  ///   - form: What goes to the token endpoint.
  ///   - clientID: Who it is.
  ///   - metadata: Whom it is shown to.
  ///   - now: Seconds since 1970.
  /// - Returns: Header fields.
  func apply(
    to form: inout FormFields, clientID: String, _ metadata: OpenIDMetadata, now: Int
  ) async throws(AuthError) -> [(String, String)] {
    switch method {
    case .none:
      form.append(("client_id", clientID))
    case .secret(let secret):
      let methods = metadata.clientAuthentications
      let takesOnlyPost =
        !methods.contains("client_secret_basic") && methods.contains("client_secret_post")
      if !takesOnlyPost { return [ClientAuthentication.basic(clientID, secret)] }
      form += [("client_id", clientID), ("client_secret", secret)]
    case .basic(let secret):
      return [ClientAuthentication.basic(clientID, secret)]
    case .post(let secret):
      form += [("client_id", clientID), ("client_secret", secret)]
    case .key(let key):
      // The issuer alone: a provider cannot have us make a token that another one would take.
      let audience = metadata.issuer.isEmpty ? metadata.tokenEndpoint : metadata.issuer
      let assertion = try await key.sign([
        "iss": .string(clientID), "sub": .string(clientID), "aud": .string(audience),
        "jti": .string(Secrets.random(byteCount: 16)), "iat": .int(now), "exp": .int(now + 60),
      ])
      form += [
        ("client_id", clientID),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
      ]
    case .appleKey(let key, let team):
      let secret = try await key.sign([
        "iss": .string(team), "sub": .string(clientID), "aud": "https://appleid.apple.com",
        "iat": .int(now), "exp": .int(now + 300),
      ])
      form += [("client_id", clientID), ("client_secret", secret)]
    }
    return []
  }

  /// RFC 6749, section 2.3.1: both parts as in a form, before they are joined.
  private static func basic(_ clientID: String, _ secret: String) -> (String, String) {
    let text = Array("\(urlEscape(clientID)):\(urlEscape(secret))".utf8)
    return ("Authorization", "Basic " + String(decoding: Base64.encode(text.span), as: UTF8.self))
  }
}

#endif
