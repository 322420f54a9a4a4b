// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import FoundationEssentials
import GaleCore
import JWTKit

/// A private key with which a client shows who it is.
public struct ClientKey: Sendable, CustomStringConvertible {
  private let keys: JWTKeyCollection
  /// How it signs.
  public let algorithm: SigningAlgorithm
  /// Its name at the provider.
  public let keyID: String?

  /// A key in PEM.
  /// - Parameters:
  ///   - pem: An elliptic key for ``SigningAlgorithm/es256`` and its like, an RSA key for the others.
  ///   - algorithm: How it signs; not with HMAC.
  ///   - keyID: Its name at the provider.
  /// - Throws: ``AuthError`` `.invalidConfiguration` when it is no such key.
  public init(pem: String, algorithm: SigningAlgorithm, keyID: String? = nil) async throws(AuthError) {
    let keys = JWTKeyCollection()
    do {
      switch algorithm {
      case .es256: await keys.add(ecdsa: try ES256PrivateKey(pem: pem))
      case .es384: await keys.add(ecdsa: try ES384PrivateKey(pem: pem))
      case .es512: await keys.add(ecdsa: try ES512PrivateKey(pem: pem))
      case .rs256: await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: pem), digestAlgorithm: .sha256)
      case .rs384: await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: pem), digestAlgorithm: .sha384)
      case .rs512: await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: pem), digestAlgorithm: .sha512)
      case .ps256: await keys.add(pss: try Insecure.RSA.PrivateKey(pem: pem), digestAlgorithm: .sha256)
      case .ps384: await keys.add(pss: try Insecure.RSA.PrivateKey(pem: pem), digestAlgorithm: .sha384)
      case .ps512: await keys.add(pss: try Insecure.RSA.PrivateKey(pem: pem), digestAlgorithm: .sha512)
      case .eddsa: await keys.add(eddsa: try EdDSA.PrivateKey(pem: pem))
      case .hs256, .hs384, .hs512:
        throw AuthError(.invalidConfiguration, "HMAC has no private key")
      }
    } catch let error as AuthError {
      throw error
    } catch {
      throw AuthError(
        .invalidConfiguration, "not a private key for \(algorithm.rawValue)", underlyingError: error)
    }
    self.keys = keys
    self.algorithm = algorithm
    self.keyID = keyID
  }

  /// A token of the claims.
  func sign(_ claims: JSONValue) async throws(AuthError) -> String {
    do {
      return try await keys.sign(
        ClaimsPayload(claims: claims), header: keyID.map { ["kid": .string($0)] } ?? [:])
    } catch {
      throw AuthError(.invalidConfiguration, "the client's key does not sign", underlyingError: error)
    }
  }

  /// Says nothing about the key.
  public var description: String { "ClientKey(\(algorithm.rawValue))" }
}

/// Any claims, to be signed.
private struct ClaimsPayload: JWTPayload {
  let claims: JSONValue

  init(claims: JSONValue) { self.claims = claims }
  init(from decoder: any Decoder) throws { claims = try JSONValue(from: decoder) }
  func encode(to encoder: any Encoder) throws { try claims.encode(to: encoder) }
  func verify(using algorithm: some JWTAlgorithm) async throws {}
}

#endif
