// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP

/// What a provider says of itself (OpenID Connect Discovery, section 3; RFC 8414).
public struct OpenIDMetadata: Sendable, Hashable {
  /// Who it is: an `https` URL; empty for a provider of OAuth 2 alone.
  public var issuer: String
  /// Where users are sent to.
  public var authorizationEndpoint: String
  /// Where codes become tokens.
  public var tokenEndpoint: String
  /// Who a token is for.
  public var userinfoEndpoint: String?
  /// Its keys.
  public var keysURL: String?
  /// Where users are sent to, to be signed out there.
  public var endSessionEndpoint: String?
  /// Where tokens are given back (RFC 7009).
  public var revocationEndpoint: String?
  /// What a token is good for (RFC 7662).
  public var introspectionEndpoint: String?
  /// Whether it says who it is when it sends a user back (RFC 9207).
  public var sendsIssuer = false
  /// How clients may show who they are to the token endpoint.
  public var clientAuthentications: [String] = ["client_secret_basic"]

  /// What is known of a provider that has no discovery.
  public init(
    issuer: String = "", authorizationEndpoint: String, tokenEndpoint: String,
    userinfoEndpoint: String? = nil, keysURL: String? = nil
  ) {
    self.issuer = issuer
    self.authorizationEndpoint = authorizationEndpoint
    self.tokenEndpoint = tokenEndpoint
    self.userinfoEndpoint = userinfoEndpoint
    self.keysURL = keysURL
  }

  /// What a provider's document says.
  /// - Parameters:
  ///   - document: The document.
  ///   - issuer: Whose it must be.
  ///   - allowsInsecureHTTP: Whether its URLs may be `http`.
  init(_ document: JSONValue, of issuer: String, allowsInsecureHTTP: Bool) throws(AuthError) {
    // Discovery, section 4.3: the same text, or it is somebody else's document.
    guard document["issuer"]?.stringValue == issuer else {
      throw AuthError(
        .invalidResponse,
        "the document of \(issuer) is of \(document["issuer"]?.stringValue ?? "nobody"), not of it")
    }
    func endpoint(_ name: String) throws(AuthError) -> String? {
      guard let url = document[name]?.stringValue else { return nil }
      try OpenIDMetadata.check(url, named: name, of: issuer, allowsInsecureHTTP: allowsInsecureHTTP)
      return url
    }
    guard let authorization = try endpoint("authorization_endpoint"),
      let token = try endpoint("token_endpoint")
    else { throw AuthError(.invalidResponse, "the document of \(issuer) lacks an endpoint") }
    self.issuer = issuer
    authorizationEndpoint = authorization
    tokenEndpoint = token
    userinfoEndpoint = try endpoint("userinfo_endpoint")
    keysURL = try endpoint("jwks_uri")
    endSessionEndpoint = try endpoint("end_session_endpoint")
    revocationEndpoint = try endpoint("revocation_endpoint")
    introspectionEndpoint = try endpoint("introspection_endpoint")
    sendsIssuer = document["authorization_response_iss_parameter_supported"]?.boolValue ?? false
    if let methods = document["token_endpoint_auth_methods_supported"]?.arrayValue {
      clientAuthentications = methods.compactMap(\.stringValue)
    }
  }

  /// Throws for a URL that a provider of that issuer has no business to name.
  private static func check(
    _ url: String, named name: String, of issuer: String, allowsInsecureHTTP: Bool
  ) throws(AuthError) {
    guard let parsed = try? HTTPClientURL(url), let own = try? HTTPClientURL(issuer),
      parsed.isSecure || allowsInsecureHTTP
    else { throw AuthError(.invalidResponse, "the \(name) of \(issuer) is no https URL") }
    // A provider out there does not send us to services of our own machine or network link.
    let isInside = isLocal(parsed.host) && !isLocal(own.host)
    guard !isInside else { throw AuthError(.invalidResponse, "the \(name) of \(issuer) is a local address") }
  }

  private static func isLocal(_ host: String) -> Bool {
    host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.")
      || host.hasPrefix("169.254.")
      || host == "::1" || host == "0.0.0.0" || host == "::" || host.hasPrefix("fe80:")
      || host.hasPrefix("::ffff:")
  }
}

#endif
