// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore

/// A provider's word that a user has signed out there (OpenID Connect Back-Channel Logout, section 2.4).
public struct LogoutNotice: Sendable, Hashable {
  /// Whose word it is.
  public let issuer: String
  /// Who has signed out; `nil` when only the session is named.
  public let subject: String?
  /// Which session has ended; `nil` for all of the user's.
  public let session: String?
}

extension OpenIDClient {
  /// Where to send a browser so that the user is signed out at the provider too (OpenID Connect RP-Initiated Logout).
  /// - Parameters:
  ///   - idToken: The user's last one, so that the provider need not ask.
  ///   - returnURL: Where the provider shall send the browser then; it must know it.
  /// - Returns: `nil` when the provider has no such place.
  public func logoutURL(idToken: String?, returnURL: String?) async throws(AuthError) -> String? {
    guard let url = try await metadata().endSessionEndpoint else { return nil }
    var fields: FormFields = [("client_id", configuration.id)]
    if let idToken { fields.append(("id_token_hint", idToken)) }
    if let returnURL { fields.append(("post_logout_redirect_uri", returnURL)) }
    return FormText.append(fields, to: url)
  }

  /// Reads a logout token.
  /// - Throws: ``AuthError`` `.invalidToken` for what is none.
  public func logoutNotice(_ text: String) async throws(AuthError) -> LogoutNotice {
    func invalid(_ reason: String) -> AuthError { AuthError(.invalidToken, reason) }
    let token = try await verified(text)
    let claims = token.claims
    let metadata = try await metadata()
    try IDTokenRules.checkIssuer(claims, metadata.issuer, provider.issuerClaim)
    guard IDTokenRules.audience(claims).contains(configuration.id) else {
      throw invalid("the logout token is for another client")
    }
    guard let issued = claims["iat"]?.intValue, abs(now - issued) <= 600 + configuration.clockSkew else {
      throw invalid("the logout token is too old, or of the future")
    }
    if let expiry = claims["exp"] {
      guard let expiry = expiry.intValue, expiry > now - configuration.clockSkew else {
        throw invalid("the logout token has expired")
      }
    }
    guard claims["events"]?["http://schemas.openid.net/event/backchannel-logout"]?.objectValue != nil else {
      throw invalid("the token says nothing of a logout")
    }
    // An ID token must not pass for one.
    guard claims["nonce"] == nil else { throw invalid("a logout token has no nonce") }
    let (subject, session) = (claims["sub"]?.stringValue, claims["sid"]?.stringValue)
    guard subject != nil || session != nil else { throw invalid("the logout token names nobody") }
    return LogoutNotice(
      issuer: claims["iss"]?.stringValue ?? metadata.issuer, subject: subject, session: session)
  }
}

#endif
