// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleLoop
import Synchronization

/// A provider's keys, fetched when they are needed, and again when it has changed them.
///
/// A token that names a key which is not there has them fetched again, once in a while at the most: tokens with made up
/// names would else have us ask the provider as often as somebody likes.
final class KeyStore: Sendable {
  private struct State {
    var keys: KeySet?
    var fetchedAt = Int.min / 2
    var triedAt = Int.min / 2
  }

  private let state = Mutex(State())
  private let flight = SingleFlight<KeySet>()
  private let lifetime: Int
  private let pause: Int
  private let clock: @Sendable () -> Int
  private let fetch: @Sendable () async -> Result<KeySet, AuthError>

  /// - Parameters:
  ///   - lifetime: How many seconds keys are used before they are asked for again.
  ///   - pause: How many seconds pass at least before they are asked for again because one is missing.
  ///   - fetch: Gets them.
  init(
    lifetime: Int, pause: Int, clock: @escaping @Sendable () -> Int,
    fetch: @escaping @Sendable () async -> Result<KeySet, AuthError>
  ) {
    self.lifetime = lifetime
    self.pause = pause
    self.clock = clock
    self.fetch = fetch
  }

  /// Throws unless one of the provider's keys has signed the token.
  func verify(_ token: SignedToken) async throws(AuthError) {
    var keys = try await current()
    if !keys.knows(token), mayTryAgain() { keys = try await load() }
    guard keys.knows(token) else { throw AuthError(.invalidToken, "no key of the provider's signed this") }
    guard keys.verify(token) else { throw AuthError(.invalidToken, "the signature is wrong") }
  }

  private func current() async throws(AuthError) -> KeySet {
    let (keys, age) = state.withLock { ($0.keys, clock() - $0.fetchedAt) }
    guard let keys else { return try await load() }
    guard age >= lifetime, mayTryAgain() else { return keys }
    // The provider is away: what it said last is good for a day.
    do { return try await load() } catch {
      guard age < lifetime + 86_400 else { throw error }
      return keys
    }
  }

  private func mayTryAgain() -> Bool { state.withLock { clock() - $0.triedAt >= pause } }

  private func load() async throws(AuthError) -> KeySet {
    try await flight.run { [self] in
      state.withLock { $0.triedAt = clock() }
      let outcome = await fetch()
      if case .success(let keys) = outcome {
        state.withLock {
          $0.keys = keys
          $0.fetchedAt = clock()
        }
      } else {
        // What failed may be tried again soon, as long as there is nothing else.
        state.withLock { if $0.keys == nil { $0.triedAt = .min / 2 } }
      }
      return outcome
    }
  }
}

#endif
