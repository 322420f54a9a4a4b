// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension WorkerSettings {
  /// Sets the mask for new files, before any is made.
  func applyMask() {
    if let umask { _ = Glibc.umask(umask) }
  }

  /// Gives up the rights of the user that started the program, once and for all.
  func dropPrivileges() throws(ServeError) {
    guard user != nil || group != nil else { return }
    let account = try user.map { (name) throws(ServeError) in try Account(name) }
    let groupID =
      try group.map { (name) throws(ServeError) in try Account.groupID(name) } ?? account?.groupID
    if let account, let name = account.name {
      try unsafe Self.check(initgroups(name, groupID ?? account.groupID), "take the groups of \(name)")
    }
    if let groupID { try Self.check(setgid(groupID), "become group \(groupID)") }
    if let account { try Self.check(setuid(account.userID), "become user \(account.userID)") }
  }

  private static func check(_ result: Int32, _ what: String) throws(ServeError) {
    guard result != 0 else { return }
    // SAFETY: the text is used before the next call that could change it.
    throw ServeError(.system, "cannot \(what): \(unsafe String(cString: strerror(errno)))")
  }
}

/// A user of the system.
private struct Account {
  let name: String?
  let userID: uid_t
  let groupID: gid_t

  init(_ text: String) throws(ServeError) {
    // SAFETY: what is pointed to is copied before the next call.
    let number = uid_t(text)
    let found = unsafe number.map { unsafe getpwuid($0) } ?? getpwnam(text)
    if let entry = unsafe found?.pointee {
      name = unsafe String(cString: entry.pw_name)
      userID = unsafe entry.pw_uid
      groupID = unsafe entry.pw_gid
    } else if let number {
      name = nil
      userID = number
      groupID = getgid()
    } else {
      throw ServeError(.system, "there is no user \(text)")
    }
  }

  static func groupID(_ text: String) throws(ServeError) -> gid_t {
    if let number = gid_t(text) { return number }
    // SAFETY: as above.
    guard let entry = unsafe getgrnam(text)?.pointee else {
      throw ServeError(.system, "there is no group \(text)")
    }
    return unsafe entry.gr_gid
  }
}
