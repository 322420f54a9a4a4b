// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Synchronization

/// Remembers who has been signed out by a provider, behind the browser's back.
///
/// ``LogoutMemory`` does so in this process. With several processes or machines, write one that tells the others, through
/// Redis for example, and keeps what it hears in memory: it is asked with every request.
public protocol LogoutRegistry: Sendable {
  /// Ends the sessions that a notice is about, and that were started before `time`.
  /// - Parameters:
  ///   - notice: What the provider said.
  ///   - time: Seconds since 1970.
  func end(_ notice: LogoutNotice, at time: Int)
  /// Whether a session was ended.
  func isEnded(_ session: LoginSession) -> Bool
}

/// Remembers logouts in this process, the newest 100,000 of them.
public final class LogoutMemory: LogoutRegistry {
  private struct Key: Hashable {
    let issuer: String
    let subject: String?
    let session: String?
  }

  private static let countLimit = 100_000
  private let ends = Mutex<[Key: Int]>([:])
  private let lifetime: Int

  /// An empty one.
  /// - Parameter lifetime: How long sessions last at the most; older logouts are forgotten.
  public init(lifetime: Duration = .seconds(30 * 86_400)) {
    self.lifetime = Int(lifetime.components.seconds)
  }

  /// Remembers a logout.
  public func end(_ notice: LogoutNotice, at time: Int) {
    // One session if there is its name, all of the user's otherwise.
    let key = Key(
      issuer: notice.issuer, subject: notice.session == nil ? notice.subject : nil, session: notice.session)
    ends.withLock { ends in
      if ends.count >= Self.countLimit {
        ends = ends.filter { time - $0.value <= lifetime }
        if ends.count >= Self.countLimit, let oldest = ends.min(by: { $0.value < $1.value }) {
          ends[oldest.key] = nil
        }
      }
      ends[key] = time
    }
  }

  /// Whether the session, or all of the user's, were ended after it was started.
  public func isEnded(_ session: LoginSession) -> Bool {
    ends.withLock { ends in
      guard !ends.isEmpty else { return false }
      let issuer = session.user.issuer
      let keys = [
        Key(issuer: issuer, subject: session.user.subject, session: nil),
        session.providerSession.map { Key(issuer: issuer, subject: nil, session: $0) },
      ]
      return keys.contains { key in key.flatMap { ends[$0] }.map { $0 >= session.startedAt } ?? false }
    }
  }
}

#endif
