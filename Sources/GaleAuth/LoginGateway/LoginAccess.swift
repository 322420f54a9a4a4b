// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

/// Who may see something.
public struct LoginAccess: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case everybody
    case signedIn
    case some(groups: Set<String>, emailDomains: Set<String>, emails: Set<String>)
  }

  let kind: Kind

  /// Everybody, signed in or not.
  public static let everybody = LoginAccess(kind: .everybody)
  /// Everybody who has signed in.
  public static let signedIn = LoginAccess(kind: .signedIn)

  /// Users of one of the groups, or with one of the addresses, or one at one of the domains.
  ///
  /// Addresses count only when the provider has verified them.
  public static func only(
    groups: Set<String> = [], emailDomains: Set<String> = [], emails: Set<String> = []
  ) -> LoginAccess {
    LoginAccess(
      kind: .some(
        groups: groups, emailDomains: Set(emailDomains.map { $0.lowercased() }),
        emails: Set(emails.map { $0.lowercased() })))
  }

  /// Whether a user may see it.
  public func admits(_ user: LoginUser) -> Bool {
    guard case .some(let groups, let domains, let emails) = kind else { return true }
    if !groups.isDisjoint(with: user.groups) { return true }
    guard user.isEmailVerified, let email = user.email?.lowercased(),
      let at = email.lastIndex(of: "@")
    else { return false }
    return emails.contains(email) || domains.contains(String(email[email.index(after: at)...]))
  }
}

#endif
