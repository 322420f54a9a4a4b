// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Glibc
import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import Synchronization

/// Serves the files below a directory, like Tornado's `StaticFileHandler`.
///
/// Arguments: `path` (String), the directory; `default_filename` (String), served for directories.
/// The route's pattern has one group, the file's path: `/static/(.*)`.
///
/// A file is sent by the kernel (sendfile). Links are followed only to files that are themselves
/// below the directory; only regular files are served.
open class StaticFileHandler: RequestHandler {
  private var root = ""
  private var defaultFilename: String?

  /// How long browsers may keep a file that was asked for with a version (`?v=`), in seconds: 10 years.
  public static let cacheMaxAge = 315_360_000

  open override func initialize(_ arguments: HandlerArguments) throws {
    guard let path = arguments["path"] as? String else {
      throw HTTPError(500, "StaticFileHandler needs a path")
    }
    guard let real = StaticFile.realPath(path) else { throw HTTPError(404, "\(path) does not exist") }
    root = real == "/" ? "" : real
    defaultFilename = arguments["default_filename"] as? String
  }

  open override class var allowedMethods: [String] { ["GET", "HEAD"] + extraMethods }

  open override func get() async throws { try await serve(includeBody: true) }

  open override func head() async throws { try await serve(includeBody: false) }

  /// Adds headers to the answer for the file at `path`.
  ///
  /// To be overridden.
  open func setExtraHeaders(_ path: String) throws {}

  /// How long browsers may keep the file, in seconds; 0 to say nothing: Tornado's `get_cache_time`.
  open func cacheTime(_ path: String) throws -> Int {
    try queryArgument("v") == nil ? 0 : StaticFileHandler.cacheMaxAge
  }

  private func serve(includeBody: Bool) async throws {
    guard let path = try pathArgument(0) else { throw HTTPError(404) }
    guard let file = try open(path) else { return }
    defer { file.close() }
    let tag = try await file.version(on: loop)
    try setFileHeaders(path, file, tag: tag)
    if isNotModified(file, tag: tag) {
      setStatus(304)
      return try finish()
    }
    try await send(file, includeBody: includeBody)
  }

  /// Opens the file, or answers with a redirect to the directory's proper name.
  private func open(_ path: String) throws -> StaticFile? {
    guard !path.utf8.contains(0) else { throw HTTPError(404) }
    guard let file = try StaticFile(root: root, path: path) else { throw HTTPError(404) }
    guard file.status.isDirectory else { return file }
    file.close()
    guard let defaultFilename else { throw HTTPError(403, "\(path) is not a file") }
    let own = request.path
    guard own.hasSuffix("/") else {
      guard isLocalRedirectTarget(own) else { throw HTTPError(403, "Redirect to another site") }
      try redirect(to: own + "/", permanent: true)
      return nil
    }
    let separator = path.isEmpty || path.hasSuffix("/") ? "" : "/"
    guard let index = try StaticFile(root: root, path: path + separator + defaultFilename) else {
      throw HTTPError(404)
    }
    guard index.status.isRegular else {
      index.close()
      throw HTTPError(403, "\(path) is not a file")
    }
    return index
  }

  private func setFileHeaders(_ path: String, _ file: StaticFile, tag: String) throws {
    try setHeader("Accept-Ranges", "bytes")
    try setHeader("Etag", tag)
    try setHeader("Last-Modified", HTTPDate(unixSeconds: file.status.modifiedSeconds).description)
    try setHeader("Content-Type", MIMEType.contentType(forPath: file.path))
    let age = try cacheTime(path)
    if age > 0 {
      try setHeader("Expires", HTTPDate(unixSeconds: loop.wallSeconds + age).description)
      try setHeader("Cache-Control", "max-age=\(age)")
    }
    try setExtraHeaders(path)
  }

  /// RFC 9110, section 13.2.2: a tag decides alone when there is one.
  private func isNotModified(_ file: StaticFile, tag: String) -> Bool {
    if let wanted = request.headers["If-None-Match"] { return ETag.matches(tag, ifNoneMatch: wanted) }
    guard let since = request.headers["If-Modified-Since"], let date = HTTPDate(parsing: since) else {
      return false
    }
    return date.unixSeconds >= file.status.modifiedSeconds
  }

  private func send(_ file: StaticFile, includeBody: Bool) async throws {
    let size = file.status.byteCount
    var part = 0..<size
    switch ByteRange(parsing: rangeField(file), size: size) {
    case .full: break
    case .unsatisfiable:
      setStatus(416)
      try setHeader("Content-Type", "text/plain")
      try setHeader("Content-Range", "bytes */\(size)")
      return try finish()
    case .partial(let range):
      part = range
      setStatus(206)
      try setHeader("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
    }
    try setHeader("Content-Length", String(part.count))
    try sendHeaders()
    if includeBody { try await sendBody(file, part) }
    try finish()
  }

  /// RFC 9110, section 13.1.5: a range of another version of the file is no use.
  private func rangeField(_ file: StaticFile) -> String? {
    guard let condition = request.headers["If-Range"] else { return request.headers.first("Range") }
    let matches = condition == responseHeader("Etag") || condition == responseHeader("Last-Modified")
    return matches ? request.headers.first("Range") : nil
  }

  private func sendBody(_ file: StaticFile, _ part: Range<Int>) async throws {
    try request.connection.writeFile(
      file.descriptor, offset: Int64(part.lowerBound), count: part.count, for: request)
    await request.drain()
    if isConnectionClosed { throw StreamError.closed() }
  }
}

/// An open file below a directory.
final class StaticFile {
  let path: String
  let descriptor: Int32
  let status: FileStatus

  /// Opens what `path` names below `root`.
  /// - Returns: `nil` when there is no such file.
  /// - Throws: ``HTTPError`` 403 for what lies outside or is neither a file nor a directory.
  init?(root: String, path: String) throws {
    let wanted = root + "/" + path
    guard let real = StaticFile.realPath(wanted) else {
      if errno == EACCES { throw HTTPError(403, "\(path) may not be read") }
      return nil
    }
    guard real == root || real.hasPrefix(root + "/") else {
      throw HTTPError(403, "\(path) is not in root static directory")
    }
    guard let found = FileStatus(path: real) else { return nil }
    guard found.isRegular || found.isDirectory else { throw HTTPError(403, "\(path) is not a file") }
    // A name that ends with a slash can only be a directory's.
    if found.isRegular, path.hasSuffix("/") { return nil }
    let descriptor = FileStatus.open(real)
    guard descriptor >= 0 else {
      if descriptor == -EACCES { throw HTTPError(403, "\(path) may not be read") }
      return nil
    }
    self.path = real
    self.descriptor = descriptor
    status = FileStatus(descriptor: descriptor) ?? found
  }

  func close() { System.close(descriptor) }

  /// The name without links and dots.
  static func realPath(_ path: String) -> String? {
    // SAFETY: with no buffer given, realpath allocates the string that is freed here.
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  // MARK: - Versions

  private struct Version {
    let status: FileStatus
    let tag: String
  }

  private static let versions = Mutex<[String: Version]>([:])
  private static let versionLimit = 10_000

  /// The file's entity tag: its SHA-512 in quotes, kept for as long as the file stays the same and
  /// computed on another thread.
  func version(on loop: IOLoop) async throws -> String {
    if let known = StaticFile.versions.withLock({ $0[path] }), known.status == status { return known.tag }
    let descriptor = descriptor
    let tag = try await loop.runInExecutor { StaticFile.hash(descriptor) }
    let version = Version(status: status, tag: tag)
    StaticFile.versions.withLock { versions in
      if versions.count >= StaticFile.versionLimit { versions.removeAll() }
      versions[path] = version
    }
    return tag
  }

  private static func hash(_ descriptor: Int32) -> String {
    var hash = SHA512()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    while true {
      // SAFETY: the array lends its bytes for the call.
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress, $0.count, offset)
      }
      guard count > 0 else { break }
      hash.update(data: buffer[..<count])
      offset += count
    }
    let digits = Array("0123456789abcdef".utf8)
    let hex = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return "\"" + String(decoding: hex, as: UTF8.self) + "\""
  }
}
