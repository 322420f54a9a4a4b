// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Foundation
import Gale

/// Passwords, and who has tried too many of them.
///
/// For use on one loop, that which all handlers are on.
final class Door: @unchecked Sendable {
  // @unchecked Sendable: used on one loop only.

  /// How often an address may be wrong in a while.
  private static let attempts = 10
  private static let period = Duration.seconds(300)
  /// Two passwords are hashed at a time: each takes 32 MiB and a processor.
  private lazy var permits = Semaphore(2)
  private var failures: [String: [LoopTime]] = [:]

  /// Hashes a password on another thread.
  func hash(_ password: String) async throws -> String {
    try await permits.withPermit {
      try await IOLoop.current.runInExecutor { try PasswordHash.make(password) }
    }
  }

  /// Whether the password is the author's; without an author it takes as long.
  func check(_ password: String, of author: Author?, from address: String) async throws -> Bool {
    let now = IOLoop.current.time
    failures = failures.compactMapValues { times in
      let recent = times.filter { now - $0 < Self.period }
      return recent.isEmpty ? nil : recent
    }
    guard failures[address, default: []].count < Self.attempts else {
      throw HTTPError(429, "too many wrong passwords")
    }
    let hash = author?.passwordHash
    let isRight = try await permits.withPermit {
      try await IOLoop.current.runInExecutor { try PasswordHash.check(password, hash) }
    }
    if isRight { failures[address] = nil } else { failures[address, default: []].append(now) }
    return isRight
  }
}

/// Hashes of passwords as text: `scrypt$ROUNDS$SALT$KEY`, with scrypt (RFC 7914).
enum PasswordHash {
  private static let rounds = 1 << 15

  static func make(_ password: String) throws -> String {
    let salt = randomBytes(16)
    let key = try derive(password, salt, rounds)
    return "scrypt$\(rounds)$\(salt.base64EncodedString())$\(key.data.base64EncodedString())"
  }

  /// Whether a hash was made of the password; `false` without one, which takes as long.
  static func check(_ password: String, _ hash: String?) throws -> Bool {
    let parts = hash?.split(separator: "$") ?? []
    guard parts.count == 4, parts[0] == "scrypt", let rounds = Int(parts[1]),
      let salt = Data(base64Encoded: String(parts[2])), let key = Data(base64Encoded: String(parts[3]))
    else {
      _ = try derive(password, Data(count: 16), rounds)
      return false
    }
    // Keys are compared in a time that does not depend on them.
    return try derive(password, salt, rounds) == SymmetricKey(data: key)
  }

  private static func derive(_ password: String, _ salt: Data, _ rounds: Int) throws -> SymmetricKey {
    // One form for what looks alike: keyboards differ in how they compose letters.
    let normal = Data(password.precomposedStringWithCompatibilityMapping.utf8)
    return try KDF.Scrypt.deriveKey(
      from: normal, salt: salt, outputByteCount: 32, rounds: rounds, blockSize: 8, parallelism: 1)
  }
}

/// Bytes from the system's generator.
func randomBytes(_ count: Int) -> Data {
  var generator = SystemRandomNumberGenerator()
  return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
}

extension SymmetricKey {
  fileprivate var data: Data {
    // SAFETY: the bytes are copied while they are lent.
    unsafe withUnsafeBytes { unsafe Data($0) }
  }
}
