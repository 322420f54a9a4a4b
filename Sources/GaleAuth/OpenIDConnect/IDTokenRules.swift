// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore

/// What must hold of an ID token besides its signature (OpenID Connect Core, sections 3.1.3.7 and 3.1.3.6).
///
/// All of it comes from this side: nothing that a token says relaxes a rule.
struct IDTokenRules {
  var issuer: String
  /// The claim whose value stands for `{tenantid}` in the issuer.
  var issuerClaim: String?
  var clientID: String
  /// `nil` where there is none: after a refresh.
  var nonce: String?
  /// How many seconds ago the user may have signed in.
  var maxAge: Int?
  var accessToken: String?
  var code: String?
  var now: Int
  /// How far clocks may be apart.
  var skew = 60

  func check(_ token: SignedToken) throws(AuthError) {
    let claims = token.claims
    try IDTokenRules.checkIssuer(claims, issuer, issuerClaim)
    try checkAudience(claims)
    try checkTimes(claims)
    guard let subject = claims["sub"]?.stringValue, !subject.isEmpty, subject.utf8.count <= 255 else {
      throw AuthError(.invalidToken, "the token is of nobody")
    }
    if let nonce {
      guard let given = claims["nonce"]?.stringValue, Secrets.equal(given, nonce) else {
        throw AuthError(.invalidToken, "the token was not made for this login: its nonce is another one")
      }
    }
    try checkHash(claims["at_hash"], of: accessToken, token.algorithm)
    try checkHash(claims["c_hash"], of: code, token.algorithm)
  }

  static func checkIssuer(_ claims: JSONValue, _ issuer: String, _ claim: String?) throws(AuthError) {
    var wanted = issuer
    if let claim, let range = issuer.firstRange(of: "{tenantid}") {
      guard let value = claims[claim]?.stringValue, !value.isEmpty,
        value.utf8.allSatisfy({ $0.isAlphanumeric || $0 == 0x2D })
      else { throw AuthError(.invalidToken, "the token names no tenant") }
      wanted.replaceSubrange(range, with: value)
    }
    guard let given = claims["iss"]?.stringValue, given == wanted else {
      throw AuthError(
        .wrongIssuer, "the token is of \(claims["iss"]?.stringValue ?? "nobody"), not of \(wanted)")
    }
  }

  private func checkAudience(_ claims: JSONValue) throws(AuthError) {
    let audience = IDTokenRules.audience(claims)
    guard audience.contains(clientID) else {
      throw AuthError(.invalidToken, "the token is for another client")
    }
    let party = claims["azp"]
    guard party == nil || party?.stringValue == clientID, audience.count == 1 || party != nil else {
      throw AuthError(.invalidToken, "the token was given to another client")
    }
  }

  static func audience(_ claims: JSONValue) -> [String] {
    switch claims["aud"] {
    case .string(let one)?: [one]
    case .array(let several)?: several.compactMap(\.stringValue)
    default: []
    }
  }

  private func checkTimes(_ claims: JSONValue) throws(AuthError) {
    guard let expiry = claims["exp"]?.intValue, expiry > now - skew else {
      throw AuthError(.invalidToken, "the token has expired, or does not say when it does")
    }
    guard let issued = claims["iat"]?.intValue, issued <= now + skew else {
      throw AuthError(.invalidToken, "the token is of the future, or does not say when it was made")
    }
    if let start = claims["nbf"] {
      guard let start = start.intValue, start <= now + skew else {
        throw AuthError(.invalidToken, "the token is not valid yet")
      }
    }
    if let maxAge {
      guard let time = claims["auth_time"]?.intValue, now - time <= maxAge + skew else {
        throw AuthError(.invalidToken, "the user has signed in too long ago")
      }
    }
  }

  private func checkHash(
    _ claim: JSONValue?, of text: String?, _ algorithm: SigningAlgorithm
  ) throws(AuthError) {
    guard let claim, let text else { return }
    guard let hash = claim.stringValue, Secrets.equal(hash, algorithm.halfHash(text)) else {
      throw AuthError(.invalidToken, "the token belongs to another access token or code")
    }
  }
}

extension UInt8 {
  var isAlphanumeric: Bool { self &- 0x30 < 10 || (self | 0x20) &- 0x61 < 26 }
}

extension String {
  /// Where `text` first stands.
  func firstRange(of text: String) -> Range<String.Index>? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(text), let end = index(at, offsetBy: text.count, limitedBy: endIndex) {
        return at..<end
      }
      at = index(after: at)
    }
    return nil
  }
}

#endif
