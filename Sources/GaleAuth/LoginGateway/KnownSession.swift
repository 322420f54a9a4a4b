// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import Synchronization

/// A session that was read from its cookie, and what applications are told of it, which is made once.
final class KnownSession: Sendable {
  /// What a wall tells an application of a user.
  struct Introduction: Sendable {
    /// Fields for the header.
    let fields: [(name: [UInt8], value: [UInt8])]
    /// What WSGI's environ and ASGI's scope get.
    let facts: GatewayFacts
  }

  let session: LoginSession
  private let introductions = Mutex<[LoginWall.UserName: Introduction]>([:])

  init(_ session: LoginSession) { self.session = session }

  /// The introduction under a name of that kind.
  func introduction(_ userName: LoginWall.UserName) -> Introduction {
    introductions.withLock { introductions in
      if let known = introductions[userName] { return known }
      let made = Introduction(session.user, userName)
      introductions[userName] = made
      return made
    }
  }
}

extension KnownSession.Introduction {
  init(_ user: LoginUser, _ userName: LoginWall.UserName) {
    let email = user.isEmailVerified ? user.email : nil
    let name =
      switch userName {
      case .verifiedEmail: email ?? user.subject
      case .subject: user.subject
      case .username: user.username ?? user.subject
      }
    var fields = [(name: "X-Forwarded-User", value: Self.plain(name))]
    if let email { fields.append(("X-Forwarded-Email", Self.plain(email))) }
    if let username = user.username {
      fields.append(("X-Forwarded-Preferred-Username", Self.plain(username)))
    }
    // A comma in a name would make two groups of one.
    let groups = user.groups.filter { !$0.contains(",") }
    if !groups.isEmpty {
      fields.append(("X-Forwarded-Groups", Self.plain(groups.joined(separator: ","))))
    }
    self.fields = fields.map { (name: Array($0.name.utf8), value: Array($0.value.utf8)) }
    facts = GatewayFacts(
      identity: user,
      variables: [
        ("REMOTE_USER", Self.plain(name)), ("AUTH_TYPE", "OpenIDConnect"),
        ("gale.claims", jsonEncode(user.claims)),
      ])
  }

  /// A text that may stand in a header: nothing that a provider says ends a line.
  private static func plain(_ text: String) -> String {
    let scalars = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
    var slice = String.UnicodeScalarView(scalars)[...]
    while slice.first == " " { slice.removeFirst() }
    while slice.last == " " { slice.removeLast() }
    return String(slice)
  }
}

#endif
