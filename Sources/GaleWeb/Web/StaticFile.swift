// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import GaleCore
import GaleHTTP
import GaleLoop
import Glibc
import Synchronization

/// An open file below a directory.
final class StaticFile {
  let path: String
  let descriptor: Int32
  let status: FileStatus

  /// Opens a file.
  /// - Returns: `nil` when there is no such file.
  /// - Throws: ``HTTPError`` 403 for what may not be read.
  init?(path: String) throws {
    guard path.hasPrefix("/") else { return nil }
    let descriptor = FileStatus.open(path)
    guard descriptor >= 0 else {
      if descriptor == -EACCES { throw HTTPError(403, "\(path) may not be read") }
      return nil
    }
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
    var parts: [Substring] = []
    for part in name.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  func close() { System.close(descriptor) }

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
