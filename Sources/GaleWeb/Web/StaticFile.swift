// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import GaleCore
import GaleHTTP
import GaleLoop
import Glibc
import Synchronization

/// An open file below a directory; closed when nobody has it any more.
final class StaticFile {
  let path: String
  let descriptor: Int32
  let status: FileStatus

  /// Opens a file.
  /// - Returns: `nil` when there is no such file.
  /// - Throws: ``HTTPError`` 403 for what may not be read.
  convenience init?(path: String) throws {
    guard path.hasPrefix("/") else { return nil }
    let descriptor = FileStatus.open(path)
    if descriptor == -EACCES { throw HTTPError(403, "\(path) may not be read") }
    self.init(descriptor, path)
  }

  /// Opens a file if its path leads to it without links: one look by the kernel in place of ``find(_:below:)``.
  /// - Returns: `nil` when it does not, or there is no such file; `find` says which.
  convenience init?(withoutLinks path: String) {
    guard path.hasPrefix("/") else { return nil }
    self.init(FileStatus.openWithoutLinks(path), path)
  }

  private init?(_ descriptor: Int32, _ path: String) {
    guard descriptor >= 0 else { return nil }
    guard let status = FileStatus(descriptor: descriptor), status.isRegular else {
      System.close(descriptor)
      return nil
    }
    self.path = path
    self.descriptor = descriptor
    self.status = status
  }

  /// What a name leads to below `root`, links resolved.
  /// - Returns: `nil` when it leads nowhere.
  /// - Throws: ``HTTPError`` 403 for what lies outside, may not be read, or is neither a file nor a directory.
  static func find(_ name: String, below root: String) throws -> (path: String, status: FileStatus)? {
    guard let real = realPath(name) else {
      if errno == EACCES { throw HTTPError(403, "\(name) may not be read") }
      return nil
    }
    guard isInside(real, root) else { throw HTTPError(403, "\(name) is not in root static directory") }
    guard let status = FileStatus(path: real) else { return nil }
    guard status.isRegular || status.isDirectory else { throw HTTPError(403, "\(name) is not a file") }
    return (real, status)
  }

  /// Whether a name without dots is that of `root` or of something below it.
  static func isInside(_ name: String, _ root: String) -> Bool {
    root == "/" || name == root || name.hasPrefix(root + "/")
  }

  /// The name without `.`, `..`, repeated slashes and one at the end; nothing is looked at.
  static func normalize(_ name: String) -> String {
    if isNormal(name.utf8.span) { return name }
    var parts: [Substring] = []
    for part in name.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Whether ``normalize(_:)`` would change nothing; it may say no where nothing would.
  private static func isNormal(_ name: Span<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    guard name.count > 1, name[0] == slash, name[name.count - 1] != slash else { return false }
    for index in 1..<name.count where name[index - 1] == slash {
      if name[index] == slash || name[index] == UInt8(ascii: ".") { return false }
    }
    return true
  }

  deinit { System.close(descriptor) }

  /// The name without links and dots.
  static func realPath(_ path: String) -> String? {
    // SAFETY: with no buffer given, realpath allocates the string that is freed here.
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Up to `count` bytes of an open file; none at its end.
  static func read(_ descriptor: Int32, offset: Int, count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    // SAFETY: the array lends its bytes for the call.
    let received = unsafe buffer.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, $0.count, offset)
    }
    return Array(buffer.prefix(max(received, 0)))
  }

  // MARK: - Roots

  private struct Root {
    let name: String
    let staleAfter: Int64
  }

  private static let roots = Mutex<[String: Root]>([:])
  private static let rootLimit = 100

  /// The name of a directory without links and dots, looked up once a second; as it stands while nothing is there.
  static func root(_ path: String, on loop: IOLoop) -> String {
    let now = loop.turnTime
    if let known = roots.withLock({ $0[path] }), now < known.staleAfter { return known.name }
    guard let name = realPath(path) else { return path }
    roots.withLock { roots in
      if roots.count >= rootLimit { roots.removeAll() }
      roots[path] = Root(name: name, staleAfter: now + 1_000_000_000)
    }
    return name
  }

  // MARK: - Versions

  private struct Version {
    let status: FileStatus
    let text: String
  }

  private static let versions = Mutex<[String: Version]>([:])
  private static let versionLimit = 10_000

  /// The SHA-512 of the content, kept for as long as the file stays the same and computed on another thread.
  func version(on loop: IOLoop) async throws -> String {
    if let known = knownVersion { return known }
    let descriptor = descriptor
    return remember(try await loop.runInExecutor { StaticFile.hash(descriptor) })
  }

  /// The SHA-512 of the content, computed here and now when it is not known.
  func version() -> String { knownVersion ?? remember(StaticFile.hash(descriptor)) }

  /// Forgets all versions.
  static func forgetVersions() { versions.withLock { $0 = [:] } }

  private var knownVersion: String? {
    let known = StaticFile.versions.withLock { $0[path] }
    return known?.status == status ? known?.text : nil
  }

  private func remember(_ text: String) -> String {
    let version = Version(status: status, text: text)
    StaticFile.versions.withLock { versions in
      if versions.count >= StaticFile.versionLimit { versions.removeAll() }
      versions[path] = version
    }
    return text
  }

  private static func hash(_ descriptor: Int32) -> String {
    var hash = SHA512()
    var offset = 0
    while true {
      let bytes = read(descriptor, offset: offset, count: 1 << 16)
      guard !bytes.isEmpty else { break }
      hash.update(data: bytes)
      offset += bytes.count
    }
    return String(decoding: Hexadecimal.encode(hash.finalize()), as: UTF8.self)
  }
}
