// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore

/// Somebody who knows users, described by data: presets are static members, such as ``google`` and ``keycloak(_:realm:)``.
public struct OpenIDProvider: Sendable {
  /// How the provider sends users back.
  public enum ResponseMode: String, Sendable, Hashable {
    /// With a redirect.
    case query
    /// With a form that the browser posts: its cookies must then be sent from foreign pages, which takes HTTPS.
    case formPost = "form_post"
  }

  /// Where the parts of a user's description are, as paths of names separated by dots.
  public struct ClaimNames: Sendable, Hashable {
    /// Who it is at this provider, for ever.
    public var subject = "sub"
    /// How the user is called.
    public var name = "name"
    /// The name for logging in.
    public var username = "preferred_username"
    /// The e-mail address.
    public var email = "email"
    /// Whether the provider has verified the address.
    public var isEmailVerified = "email_verified"
    /// The URL of a picture.
    public var picture = "picture"
    /// What groups the user is in.
    public var groups = "groups"

    /// Those of OpenID Connect.
    public init() {}
  }

  /// Its name in paths: letters, digits and hyphens.
  public var name: String
  /// Its name for people.
  public var title: String
  /// Who it says it is; `nil` for a provider of OAuth 2 alone, which gives no ID tokens.
  public var issuer: String?
  /// Where it says so; `nil` for the usual place below the issuer.
  public var discoveryURL: String?
  /// Where it is, for a provider without discovery.
  public var metadata: OpenIDMetadata?
  /// What is asked for.
  public var scopes: [String]
  /// How it sends users back.
  public var responseMode = ResponseMode.query
  /// Where the user's description has what.
  public var claimNames = ClaimNames()
  /// A claim whose value stands for `{tenantid}` in ``issuer``: for providers with an issuer for each customer.
  public var issuerClaim: String?
  /// Whether users are looked up at the userinfo endpoint too; always for a provider of OAuth 2 alone.
  public var fetchesUserinfo = false
  /// More arguments for the authorization endpoint.
  public var extraParameters: [String: String] = [:]
  /// Whether an e-mail address counts as verified that the provider does not say so of.
  public var verifiesEmails = false

  /// A provider of OpenID Connect, which says itself where its parts are.
  /// - Parameters:
  ///   - name: See ``name``.
  ///   - title: See ``title``; `nil` for the name.
  ///   - issuer: See ``issuer``: an `https` URL.
  ///   - scopes: See ``scopes``.
  public init(
    _ name: String, title: String? = nil, issuer: String,
    scopes: [String] = ["openid", "profile", "email"]
  ) {
    self.name = name
    self.title = title ?? name
    self.issuer = issuer
    self.scopes = scopes
  }

  /// A provider of OAuth 2 alone: who the user is says its userinfo endpoint.
  public init(_ name: String, title: String? = nil, metadata: OpenIDMetadata, scopes: [String]) {
    precondition(metadata.userinfoEndpoint != nil, "nothing would say who the user is")
    self.name = name
    self.title = title ?? name
    self.metadata = metadata
    self.scopes = scopes
  }

  /// Any provider of OpenID Connect.
  public static func issuer(_ issuer: String, name: String = "sso", title: String? = nil) -> OpenIDProvider {
    OpenIDProvider(name, title: title ?? "single sign-on", issuer: issuer)
  }

  /// The same provider with some things changed.
  public func with(_ change: (inout OpenIDProvider) -> Void) -> OpenIDProvider {
    var copy = self
    change(&copy)
    return copy
  }
}

extension JSONValue {
  /// What a path of names leads to.
  func at(_ path: String) -> JSONValue? {
    if let value = self[path] { return value }  // Names with dots in them, as URLs.
    var value = self
    for name in path.split(separator: ".") {
      guard let next = value[String(name)] ?? Int(name).flatMap({ value[$0] }) else { return nil }
      value = next
    }
    return value
  }
}

#endif
