// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
public import GaleWire

/// Serves the files below a directory, like Tornado's `StaticFileHandler`.
///
/// Arguments: `path` (String), the directory; `default_filename` (String), served for directories.
/// The route's pattern has one group, the file's path: `/static/(.*)`.
///
/// A file is sent by the kernel (sendfile). Links are followed only to files that are themselves
/// below the directory; only regular files are served.
///
/// To serve something else than files under the same rules (conditions, ranges, versions in URLs), override
/// ``absolutePath(root:path:)``, ``validateAbsolutePath(_:_:)``, ``contentSize()``, ``modifiedTime()``,
/// ``contentVersion(at:)`` and ``writeContent(_:)``.
open class StaticFileHandler: RequestHandler {
  /// The directory, without links if it is there; a link that comes to lead elsewhere is noticed within a second.
  public private(set) var root = ""
  /// What is served for directories.
  public private(set) var defaultFilename: String?
  /// What was asked for, as ``parseURLPath(_:)`` has it.
  public private(set) var path = ""
  /// What is served: the result of ``validateAbsolutePath(_:_:)``.
  public private(set) var absolutePath = ""
  /// What is served when it is a file.
  private var file: StaticFile?
  private var version: String?

  /// How long browsers may keep a file that was asked for with a version (`?v=`), in seconds: 10 years.
  public static let cacheMaxAge = 315_360_000

  open override func initialize(_ arguments: HandlerArguments) throws {
    guard let path = arguments["path"] as? String else {
      throw HTTPError(500, "StaticFileHandler needs a path")
    }
    root = StaticFile.root(path, on: loop)
    defaultFilename = arguments["default_filename"] as? String
  }

  open override class var allowedMethods: [String] { ["GET", "HEAD"] + extraMethods }

  open override func get() async throws { try await serve(includeBody: true) }

  open override func head() async throws { try await serve(includeBody: false) }

  // MARK: - To override

  /// Makes the name of a file of the URL's part: Tornado's `parse_url_path`, the inverse of
  /// ``makeStaticURL(settings:path:includeVersion:)``.
  open func parseURLPath(_ urlPath: String) -> String { urlPath }

  /// Where `path` lies, without looking: Tornado's `get_absolute_path`.
  ///
  /// What is returned need not be a file's name if the subclass knows what to do with it.
  open class func absolutePath(root: String, path: String) -> String {
    StaticFile.normalize(root + "/" + path)
  }

  /// Says what is served for ``path``, or that it is not: Tornado's `validate_absolute_path`.
  ///
  /// - Parameters:
  ///   - root: The directory.
  ///   - absolutePath: What ``absolutePath(root:path:)`` returned.
  /// - Returns: The name without links; `nil` once the answer is finished, as by a redirect.
  /// - Throws: ``HTTPError`` 404 for what is not there, 403 for what lies outside and for what is no file.
  open func validateAbsolutePath(_ root: String, _ absolutePath: String) throws -> String? {
    try validateFile(root, absolutePath)
  }

  /// How long the content is: Tornado's `get_content_size`.
  open func contentSize() throws -> Int { try openFile.status.byteCount }

  /// When the content last changed: Tornado's `get_modified_time`.
  ///
  /// `nil` for no such header.
  open func modifiedTime() throws -> HTTPDate? {
    HTTPDate(unixSeconds: try openFile.status.modifiedSeconds)
  }

  /// The content's type: Tornado's `get_content_type`; by the name unless overridden.
  open func contentType() -> String { MIMEType.contentType(forPath: absolutePath) }

  /// A text that changes with the content, for URLs and the entity tag: Tornado's `get_content_version`.
  ///
  /// May be called on another thread.
  /// - Returns: `nil` for the SHA-512 of the file, which is computed once for as long as it stays the same.
  open class func contentVersion(at absolutePath: String) throws -> String? { nil }

  /// Sends the content, or a part of it: Tornado's `get_content`.
  ///
  /// The header is sent already. Unless overridden, the kernel sends the file. An override calls `write` and, for long
  /// content, ``RequestHandler/flush()`` in between.
  open func writeContent(_ range: Range<Int>) async throws { try await sendFile(range) }

  /// Sets the header of the answer: Tornado's `set_headers`.
  open func setHeaders() throws { try setFileHeaders() }

  /// The version in quotes.
  open override func computeETag() -> ComputedETag { version.map { .tag("\"\($0)\"") } ?? .none }

  /// Whether the client has the content already: Tornado's `should_return_304`.
  ///
  /// RFC 9110, section 13.2.2: a tag decides alone when there is one.
  open func shouldReturn304() throws -> Bool {
    if request.headers.contains("If-None-Match") { return checkETagHeader() }
    guard let since = request.headers["If-Modified-Since"], let date = HTTPDate(parsing: since),
      let modified = try modifiedTime()
    else { return false }
    return date >= modified
  }

  /// Adds headers to the answer for the file at `path`.
  ///
  /// To be overridden.
  open func setExtraHeaders(_ path: String) throws {}

  /// How long browsers may keep the file, in seconds; 0 to say nothing: Tornado's `get_cache_time`.
  open func cacheTime(_ path: String) throws -> Int {
    try queryArgument("v") == nil ? 0 : StaticFileHandler.cacheMaxAge
  }

  /// The path by which pages refer to a file, with its version: Tornado's `make_static_url`.
  ///
  /// - Parameters:
  ///   - settings: Those of the application.
  ///   - path: The file's path below ``Application/Settings/staticPath``.
  ///   - includeVersion: Whether `?v=` and the version follow, so that browsers may keep the file until it changes.
  open class func makeStaticURL(
    settings: Application.Settings, path: String, includeVersion: Bool = true
  ) -> String {
    let url = settings.staticURLPrefix + path
    guard includeVersion, let version = version(settings: settings, path: path) else { return url }
    return "\(url)?v=\(version)"
  }

  // MARK: - Serving

  private func serve(includeBody: Bool) async throws {
    guard let urlPath = try pathArgument(0) else { throw HTTPError(404) }
    path = parseURLPath(urlPath)
    guard !path.utf8.contains(0) else { throw HTTPError(404) }
    let wanted = type(of: self).absolutePath(root: root, path: path)
    file = nil
    defer { file = nil }
    guard let valid = try validateAbsolutePath(root, wanted) else { return }
    absolutePath = valid
    if file?.path != valid { file = try StaticFile(path: valid) }
    version = try await currentVersion()
    try setHeaders()
    if try shouldReturn304() {
      setStatus(304)
      return try finish()
    }
    try await send(includeBody: includeBody)
  }

  /// The open file, for content that is one.
  private var openFile: StaticFile {
    get throws {
      guard let file else { throw HTTPError(404, "\(absolutePath) is not a file") }
      return file
    }
  }

  private func currentVersion() async throws -> String? {
    let (type, path) = (type(of: self), absolutePath)
    if let own = try type.contentVersion(at: path) { return own }
    return try await file?.version(on: loop)
  }

  private func validateFile(_ root: String, _ absolutePath: String) throws -> String? {
    guard StaticFile.isInside(absolutePath, root) else {
      throw HTTPError(403, "\(path) is not in root static directory")
    }
    // Without links on the way it lies where its name says. One that ends with a slash can only be a directory's.
    if file == nil, !path.hasSuffix("/"), let direct = StaticFile(withoutLinks: absolutePath) {
      file = direct
      return direct.path
    }
    guard let found = try StaticFile.find(absolutePath, below: root) else { throw HTTPError(404) }
    guard found.status.isDirectory else {
      // A name that ends with a slash can only be a directory's.
      if path.hasSuffix("/") { throw HTTPError(404) }
      return found.path
    }
    guard let defaultFilename else { throw HTTPError(403, "\(path) is not a file") }
    let own = request.mountPath + request.path
    guard own.hasSuffix("/") else {
      // As it came, and as a client that decodes too much would read it.
      let decoded = PercentCoding.decode(own.utf8.span, in: 0..<own.utf8.count)
      guard isLocalRedirectTarget(own), isLocalRedirectTarget(String(decoding: decoded, as: UTF8.self)) else {
        throw HTTPError(403, "Redirect to another site")
      }
      try redirect(to: own + "/", permanent: true)
      return nil
    }
    guard let index = try StaticFile.find(found.path + "/" + defaultFilename, below: root) else {
      throw HTTPError(404)
    }
    guard index.status.isRegular else { throw HTTPError(403, "\(path) is not a file") }
    return index.path
  }

  private func setFileHeaders() throws {
    try setHeader("Accept-Ranges", "bytes")
    try setETagHeader()
    if let modified = try modifiedTime() { try setHeader("Last-Modified", modified.description) }
    try setHeader("Content-Type", contentType())
    let age = try cacheTime(path)
    if age > 0 {
      try setHeader("Expires", HTTPDate(unixSeconds: loop.wallSeconds + age).description)
      try setHeader("Cache-Control", "max-age=\(age)")
    }
    try setExtraHeaders(path)
  }

  private func send(includeBody: Bool) async throws {
    let size = try contentSize()
    var part = 0..<size
    switch ByteRange(parsing: rangeField, size: size) {
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
    if includeBody { try await writeContent(part) }
    if !isFinished { try finish() }
  }

  /// RFC 9110, section 13.1.5: a range of another version of the file is no use.
  private var rangeField: String? {
    guard let condition = request.headers["If-Range"] else { return request.headers.first("Range") }
    let matches = condition == responseHeader("Etag") || condition == responseHeader("Last-Modified")
    return matches ? request.headers.first("Range") : nil
  }

  private func sendFile(_ part: Range<Int>) async throws {
    let descriptor = try openFile.descriptor
    guard isBodyTransformed else {
      try request.connection.writeFile(
        descriptor, offset: Int64(part.lowerBound), count: part.count, for: request)
      await request.drain()
      if isConnectionClosed { throw StreamError.closed() }
      return
    }
    var offset = part.lowerBound
    while offset < part.upperBound {
      let count = min(1 << 16, part.upperBound - offset)
      let start = offset
      let bytes = try await loop.runInExecutor { StaticFile.read(descriptor, offset: start, count: count) }
      guard !bytes.isEmpty else { throw HTTPError(500, "\(absolutePath) became shorter") }
      write(bytes)
      try await flush()
      offset += bytes.count
    }
  }
}
