// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleLoop
import Glibc

/// Worker processes on the command line, under gunicorn's names where it has one.
struct WorkerOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      """
      Serve with this many worker processes and a supervisor that keeps them going. (default: $WEB_CONCURRENCY; one \
      process without a supervisor if that is not set)
      """, valueName: "count"))
  var workers: Int?

  @Option(
    help: ArgumentHelp("Replace a worker after this many requests; 0 never.", valueName: "count"))
  var maxRequests = 0

  @Option(
    help: ArgumentHelp(
      "Up to this many requests more, at random for each worker, so that not all go at once.",
      valueName: "count"))
  var maxRequestsJitter = 0

  @Option(help: ArgumentHelp("Replace a worker after this time; 0 never.", valueName: "seconds"))
  var maxWorkerAge = 0

  @Option(
    help: ArgumentHelp("Replace a worker that holds more memory than this; 0 never.", valueName: "MiB"))
  var maxWorkerMemory = 0

  @Option(
    name: [.customShort("p"), .customLong("pid")],
    help: ArgumentHelp("Write the process id to this file.", valueName: "file"))
  var pidFile: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Become this user once the sockets are bound: a name or number.", valueName: "user"))
  var user: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Become this group: a name or number. (default: that of --user)", valueName: "group"))
  var group: String?

  @Option(
    name: [.customShort("m"), .long],
    help: ArgumentHelp("Mode bits that new files lack, in octal.", valueName: "mask"))
  var umask: String?

  func validate() throws {
    if let workers, !(1...1024).contains(workers) {
      throw ValidationError("--workers takes a number from 1 to 1024")
    }
    for (name, value) in [
      ("max-requests", maxRequests), ("max-requests-jitter", maxRequestsJitter),
      ("max-worker-age", maxWorkerAge),
      ("max-worker-memory", maxWorkerMemory),
    ] where value < 0 {
      throw ValidationError("--\(name) takes 0 or more")
    }
    if let umask, mode_t(umask, radix: 8).map({ $0 > 0o777 }) ?? true {
      throw ValidationError("--umask takes an octal number up to 777, such as 027")
    }
    if count == nil, maxRequests + maxWorkerAge + maxWorkerMemory > 0 {
      throw ValidationError("workers are replaced by a supervisor: --max-… options need --workers")
    }
  }

  /// How many workers; `nil` for one process without a supervisor.
  var count: Int? {
    if let workers { return workers }
    // SAFETY: nobody changes the environment yet.
    guard let text = unsafe getenv("WEB_CONCURRENCY").map({ unsafe String(cString: $0) }) else { return nil }
    return Int(text).flatMap { (1...1024).contains($0) ? $0 : nil }
  }

  /// Sets the mask for new files, before any is made.
  func applyMask() {
    if let umask, let mask = mode_t(umask, radix: 8) { _ = Glibc.umask(mask) }
  }

  /// Gives up the rights of the user that started the program, once and for all.
  func dropPrivileges() throws {
    guard user != nil || group != nil else { return }
    let account = try user.map(Account.init)
    let groupID = try group.map(Account.groupID) ?? account?.groupID
    if let account, let name = account.name {
      try unsafe check(initgroups(name, groupID ?? account.groupID), "take the groups of \(name)")
    }
    if let groupID { try check(setgid(groupID), "become group \(groupID)") }
    if let account { try check(setuid(account.userID), "become user \(account.userID)") }
  }

  private func check(_ result: Int32, _ what: String) throws {
    guard result != 0 else { return }
    // SAFETY: the text is used before the next call that could change it.
    throw ServeFailure("cannot \(what): \(unsafe String(cString: strerror(errno)))")
  }
}

/// A user of the system.
private struct Account {
  let name: String?
  let userID: uid_t
  let groupID: gid_t

  init(_ text: String) throws {
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
      throw ServeFailure("there is no user \(text)")
    }
  }

  static func groupID(_ text: String) throws -> gid_t {
    if let number = gid_t(text) { return number }
    // SAFETY: as above.
    guard let entry = unsafe getgrnam(text)?.pointee else { throw ServeFailure("there is no group \(text)") }
    return unsafe entry.gr_gid
  }
}

/// Why `gale serve` cannot serve, for the one who started it.
struct ServeFailure: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// The file that says which process to send signals to; removed by the process that wrote it.
struct PIDFile {
  private let path: String
  private let pid = getpid()

  /// - Throws: ``ServeFailure`` when it cannot be written, or when a process that it names is alive.
  init(_ path: String) throws {
    if let text = PIDFile.read(path), let other = pid_t(text), other != getpid(), kill(other, 0) == 0 {
      throw ServeFailure("\(path): process \(other) is running")
    }
    let text = "\(getpid())\n"
    // Written beside it and moved: whoever reads it finds all of it.
    let temporary = "\(path).\(getpid())"
    guard let file = unsafe fopen(temporary, "w") else { throw PIDFile.failure(path) }
    let isWritten = unsafe fputs(text, file) >= 0
    guard unsafe fclose(file) == 0, isWritten, unsafe rename(temporary, path) == 0 else {
      _ = unsafe unlink(temporary)
      throw PIDFile.failure(path)
    }
    self.path = path
  }

  private static func failure(_ path: String) -> ServeFailure {
    // SAFETY: the text is used before the next call that could change it.
    ServeFailure("cannot write \(path): \(unsafe String(cString: strerror(errno)))")
  }

  private static func read(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var text = ""
    while text.utf8.count < 20, case let byte = unsafe getc(file), byte >= 0x30 {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: byte)))
    }
    return text
  }

  /// Removes the file, if it still names this process.
  func remove() {
    if PIDFile.read(path) == String(pid) { _ = unsafe unlink(path) }
  }
}
