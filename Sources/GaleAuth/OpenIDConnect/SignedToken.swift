// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore

/// A token as it came: nothing of it is believed before a key has verified it.
///
/// Header and claims are read here; signatures are JWTKit's affair (``KeySet``).
struct SignedToken {
  /// The longest token that is looked at.
  static let byteLimit = 16 * 1024

  let algorithm: SigningAlgorithm
  let keyID: String?
  let type: String?
  let claims: JSONValue
  /// What the signature is for.
  let signed: [UInt8]
  let signature: [UInt8]

  /// Takes a token apart.
  ///
  /// What its header says of keys (`jwk`, `jku`, `x5c`, `x5u`) is not looked at: keys come from the configuration alone.
  init(_ text: String, accepting algorithms: Set<SigningAlgorithm>) throws(AuthError) {
    func invalid(_ reason: String) -> AuthError { AuthError(.invalidToken, reason) }
    guard text.utf8.count <= Self.byteLimit else { throw invalid("the token is too long") }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let head = Secrets.decode(parts[0]), let body = Secrets.decode(parts[1]),
      let signature = Secrets.decode(parts[2]), !signature.isEmpty,
      let header = try? jsonDecode(head, depthLimit: 8), let claims = try? jsonDecode(body, depthLimit: 32),
      header.objectValue != nil, claims.objectValue != nil
    else { throw invalid("not a signed token") }
    guard let name = header["alg"]?.stringValue, let algorithm = SigningAlgorithm(rawValue: name),
      algorithms.contains(algorithm)
    else { throw invalid("a token signed with \(header["alg"]?.stringValue ?? "nothing") is not taken") }
    // RFC 7515, section 4.1.11: an extension that is not understood makes the token invalid, and none is.
    guard header["crit"] == nil else { throw invalid("the token has critical extensions") }
    self.algorithm = algorithm
    keyID = header["kid"]?.stringValue
    type = header["typ"]?.stringValue?.lowercased()
    self.claims = claims
    signed = Array("\(parts[0]).\(parts[1])".utf8)
    self.signature = signature
  }
}

#endif
