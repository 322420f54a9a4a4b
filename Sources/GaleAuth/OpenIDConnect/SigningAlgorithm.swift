// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Crypto

/// How a token is signed (RFC 7518, section 3; RFC 8037).
///
/// `none` is none of them.
public enum SigningAlgorithm: String, Sendable, Hashable, CaseIterable {
  /// RSA with PKCS 1 padding.
  case rs256 = "RS256", rs384 = "RS384", rs512 = "RS512"
  /// RSA with PSS padding.
  case ps256 = "PS256", ps384 = "PS384", ps512 = "PS512"
  /// ECDSA on the curves P-256, P-384 and P-521.
  case es256 = "ES256", es384 = "ES384", es512 = "ES512"
  /// Ed25519.
  case eddsa = "EdDSA"
  /// HMAC with the client's secret: only ever with that, never with a key of the provider's.
  case hs256 = "HS256", hs384 = "HS384", hs512 = "HS512"

  /// What is taken unless a client says otherwise: all with public keys.
  public static let publicKey: Set<SigningAlgorithm> = Set(allCases.filter { !$0.isSymmetric })

  var isSymmetric: Bool { self == .hs256 || self == .hs384 || self == .hs512 }

  /// The left half of the hash that goes with it, for `at_hash` and `c_hash` (OpenID Connect Core, section 3.1.3.6).
  func halfHash(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let hash: [UInt8] =
      switch self {
      case .rs256, .ps256, .es256, .hs256: Array(SHA256.hash(data: bytes))
      case .rs384, .ps384, .es384, .hs384: Array(SHA384.hash(data: bytes))
      case .rs512, .ps512, .es512, .hs512, .eddsa: Array(SHA512.hash(data: bytes))
      }
    return Secrets.base64(hash.prefix(hash.count / 2))
  }

  /// Whether a key of this kind can have made the signature.
  func fits(keyType: String, curve: String?) -> Bool {
    switch self {
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: keyType == "RSA"
    case .es256: keyType == "EC" && curve == "P-256"
    case .es384: keyType == "EC" && curve == "P-384"
    case .es512: keyType == "EC" && curve == "P-521"
    case .eddsa: keyType == "OKP" && curve == "Ed25519"
    case .hs256, .hs384, .hs512: false
    }
  }
}

#endif
