// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import JWTKit
import Logging

/// The keys with which a provider signs, each with the one algorithm that it is used with.
struct KeySet: Sendable {
  private struct Key: Sendable {
    let identifier: String?
    let algorithm: SigningAlgorithm
    let verifier: any JWTAlgorithm
  }

  /// The most keys that are looked at.
  private static let keyLimit = 64
  private var keys: [Key] = []

  /// The keys of a JWK Set (RFC 7517, section 5).
  ///
  /// A key that cannot be used is left out, and the others count.
  init(_ set: JSONValue, accepting algorithms: Set<SigningAlgorithm>) async throws(AuthError) {
    guard let members = set["keys"]?.arrayValue else {
      throw AuthError(.invalidResponse, "the provider's keys are not a JWK Set")
    }
    for member in members.prefix(Self.keyLimit) {
      guard let type = member["kty"]?.stringValue, member["use"]?.stringValue ?? "sig" == "sig",
        member["d"] == nil
      else { continue }
      let curve = member["crv"]?.stringValue
      let said = member["alg"]?.stringValue
      for algorithm in algorithms where algorithm.fits(keyType: type, curve: curve) {
        guard said == nil || said == algorithm.rawValue else { continue }
        guard let verifier = await KeySet.verifier(member, type, curve, algorithm) else { continue }
        keys.append(
          Key(identifier: member["kid"]?.stringValue, algorithm: algorithm, verifier: verifier))
      }
    }
  }

  /// The client's secret as a key for HMAC, of at least 32 bytes (RFC 7518, section 3.2).
  init(secret: String, accepting algorithms: Set<SigningAlgorithm>) async throws(AuthError) {
    guard secret.utf8.count >= 32 else {
      throw AuthError(.invalidConfiguration, "a secret for HMAC has at least 32 bytes")
    }
    for algorithm in algorithms {
      let digest: DigestAlgorithm
      switch algorithm {
      case .hs256: digest = .sha256
      case .hs384: digest = .sha384
      case .hs512: digest = .sha512
      default: continue
      }
      let collection = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: digest)
      guard let verifier = try? await collection.getKey() else { continue }
      keys.append(Key(identifier: nil, algorithm: algorithm, verifier: verifier))
    }
  }

  private static func verifier(
    _ member: JSONValue, _ type: String, _ curve: String?, _ algorithm: SigningAlgorithm
  ) async -> (any JWTAlgorithm)? {
    guard let known = JWK.Algorithm(rawValue: algorithm.rawValue) else { return nil }
    let name = JWKIdentifier(string: "key")
    let key: JWK
    switch type {
    case "RSA":
      key = .rsa(
        known, identifier: name, modulus: member["n"]?.stringValue, exponent: member["e"]?.stringValue)
    case "EC":
      key = .ecdsa(
        known, identifier: name, x: member["x"]?.stringValue, y: member["y"]?.stringValue,
        curve: curve.flatMap { ECDSACurve(rawValue: $0) })
    case "OKP":
      key = .octetKeyPair(
        known, identifier: name, x: member["x"]?.stringValue, y: nil, curve: .ed25519)
    default: return nil
    }
    do {
      return try await JWTKeyCollection().add(jwk: key).getKey(for: name, alg: algorithm.rawValue)
    } catch {
      AuthLog.logger.info("A key of a provider cannot be used: \(error)")
      return nil
    }
  }

  /// Whether there is a key that the token can be signed with.
  func knows(_ token: SignedToken) -> Bool { keys.contains { KeySet.fits($0, token) } }

  /// Whether one of the keys has signed the token.
  func verify(_ token: SignedToken) -> Bool {
    keys.contains { key in
      KeySet.fits(key, token)
        && ((try? key.verifier.verify(token.signature, signs: token.signed)) ?? false)
    }
  }

  private static func fits(_ key: Key, _ token: SignedToken) -> Bool {
    guard key.algorithm == token.algorithm else { return false }
    guard let wanted = token.keyID, let identifier = key.identifier else { return true }
    return wanted == identifier
  }
}

#endif
