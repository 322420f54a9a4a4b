// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

/// Providers that many use: nothing but data.
extension OpenIDProvider {
  // MARK: - OpenID Connect

  /// Google.
  public static let google = OpenIDProvider("google", title: "Google", issuer: "https://accounts.google.com")

  /// Microsoft Entra ID.
  /// - Parameter tenant: An organization's identifier; `common` for everybody, `organizations` for those with a work account.
  public static func microsoft(tenant: String = "common") -> OpenIDProvider {
    let base = "https://login.microsoftonline.com"
    let isShared = tenant == "common" || tenant == "organizations"
    let id = tenant == "consumers" ? "9188040d-6c67-4c5b-b112-36a304b66dad" : tenant
    return OpenIDProvider(
      "microsoft", title: "Microsoft", issuer: isShared ? "\(base)/{tenantid}/v2.0" : "\(base)/\(id)/v2.0"
    ).with {
      if isShared { $0.issuerClaim = "tid" }
      $0.discoveryURL = "\(base)/\(tenant)/v2.0/.well-known/openid-configuration"
    }
  }

  /// GitLab, at gitlab.com or at a host of one's own.
  public static func gitlab(_ base: String = "https://gitlab.com") -> OpenIDProvider {
    OpenIDProvider("gitlab", title: "GitLab", issuer: base).with {
      $0.claimNames.username = "nickname"
      $0.claimNames.groups = "groups_direct"
    }
  }

  /// Apple, whose secret is ``ClientAuthentication/apple(_:team:)``; needs HTTPS.
  public static let apple = OpenIDProvider(
    "apple", title: "Apple", issuer: "https://appleid.apple.com", scopes: ["openid", "email", "name"]
  ).with { $0.responseMode = .formPost }

  /// Keycloak.
  /// - Parameters:
  ///   - base: Where it is, as `https://sso.example.com`.
  ///   - realm: The realm.
  public static func keycloak(_ base: String, realm: String) -> OpenIDProvider {
    OpenIDProvider("keycloak", title: "Keycloak", issuer: "\(base)/realms/\(realm)")
  }

  /// Auth0.
  /// - Parameter domain: As `example.eu.auth0.com`.
  public static func auth0(_ domain: String) -> OpenIDProvider {
    OpenIDProvider("auth0", title: "Auth0", issuer: "https://\(domain)/").with {
      $0.claimNames.username = "nickname"
    }
  }

  /// Okta.
  /// - Parameters:
  ///   - domain: As `example.okta.com`.
  ///   - server: The authorization server; `nil` for the organization's own.
  public static func okta(_ domain: String, server: String? = nil) -> OpenIDProvider {
    OpenIDProvider(
      "okta", title: "Okta", issuer: "https://\(domain)" + (server.map { "/oauth2/\($0)" } ?? ""))
  }

  /// LinkedIn.
  public static let linkedIn = OpenIDProvider(
    "linkedin", title: "LinkedIn", issuer: "https://www.linkedin.com/oauth")

  /// LINE.
  public static let line = OpenIDProvider("line", title: "LINE", issuer: "https://access.line.me")

  // MARK: - OAuth 2 alone

  /// GitHub, at github.com or at a host of one's own.
  ///
  /// The address is that of the public profile, which GitHub has verified.
  public static func github(_ base: String = "https://github.com") -> OpenIDProvider {
    let api = base == "https://github.com" ? "https://api.github.com" : "\(base)/api/v3"
    return OpenIDProvider(
      "github", title: "GitHub",
      metadata: oauth2("\(base)/login/oauth/authorize", "\(base)/login/oauth/access_token", "\(api)/user"),
      scopes: ["read:user", "user:email"]
    ).with {
      $0.claimNames.subject = "id"
      $0.claimNames.username = "login"
      $0.claimNames.picture = "avatar_url"
      $0.verifiesEmails = true
    }
  }

  /// Facebook.
  public static let facebook = OpenIDProvider(
    "facebook", title: "Facebook",
    metadata: oauth2(
      "https://www.facebook.com/dialog/oauth", "https://graph.facebook.com/oauth/access_token",
      "https://graph.facebook.com/me?fields=id,name,email,picture"),
    scopes: ["public_profile", "email"]
  ).with {
    $0.claimNames.subject = "id"
    $0.claimNames.picture = "picture.data.url"
  }

  /// Discord.
  public static let discord = OpenIDProvider(
    "discord", title: "Discord",
    metadata: oauth2(
      "https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token",
      "https://discord.com/api/users/@me"),
    scopes: ["identify", "email"]
  ).with {
    $0.claimNames.subject = "id"
    $0.claimNames.name = "global_name"
    $0.claimNames.username = "username"
    $0.claimNames.isEmailVerified = "verified"
  }

  /// X, once Twitter.
  public static let twitter = OpenIDProvider(
    "twitter", title: "X",
    metadata: oauth2(
      "https://x.com/i/oauth2/authorize", "https://api.x.com/2/oauth2/token", "https://api.x.com/2/users/me"),
    scopes: ["users.read", "tweet.read"]
  ).with {
    $0.claimNames.subject = "data.id"
    $0.claimNames.name = "data.name"
    $0.claimNames.username = "data.username"
  }

  /// Naver.
  public static let naver = OpenIDProvider(
    "naver", title: "Naver",
    metadata: oauth2(
      "https://nid.naver.com/oauth2.0/authorize", "https://nid.naver.com/oauth2.0/token",
      "https://openapi.naver.com/v1/nid/me"),
    scopes: []
  ).with {
    $0.claimNames.subject = "response.id"
    $0.claimNames.name = "response.name"
    $0.claimNames.username = "response.nickname"
    $0.claimNames.email = "response.email"
    $0.claimNames.picture = "response.profile_image"
  }

  /// Kakao.
  public static let kakao = OpenIDProvider(
    "kakao", title: "Kakao", issuer: "https://kauth.kakao.com",
    scopes: ["openid", "profile_nickname", "profile_image", "account_email"]
  ).with { $0.claimNames.name = "nickname" }

  private static func oauth2(_ authorize: String, _ token: String, _ userinfo: String) -> OpenIDMetadata {
    var metadata = OpenIDMetadata(
      authorizationEndpoint: authorize, tokenEndpoint: token, userinfoEndpoint: userinfo)
    metadata.clientAuthentications = ["client_secret_post"]
    return metadata
  }
}

#endif
