// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTemplate
import Glibc
import Synchronization

/// Finds templates by name and keeps them compiled: Tornado's `BaseLoader`.
///
/// Subclass it for templates that are kept elsewhere: override ``source(of:)``, and ``resolvePath(_:parentPath:)`` if
/// names are not relative to each other. A loader may be used on several loops at once.
open class BaseLoader: @unchecked Sendable {
  // @unchecked Sendable: the caches are behind a lock; subclasses answer for what they add.

  /// What holds for all of its templates.
  public final let options: TemplateOptions

  private struct Cache {
    var files: [String: TemplateFile] = [:]
    var templates: [String: Template] = [:]
    /// How often it was emptied: what was read before must not come back.
    var generation = 0
  }

  private final let cache = Mutex(Cache())

  /// Creates a loader.
  public init(options: TemplateOptions = TemplateOptions()) { self.options = options }

  /// The name of a template that another one names: Tornado's `resolve_path`.
  ///
  /// - Parameters:
  ///   - name: What the tag says.
  ///   - parentPath: The name of the template in which the tag stands; `nil` for the application.
  open func resolvePath(_ name: String, parentPath: String?) -> String { name }

  /// The text of a template.
  /// - Returns: `nil` when there is no such template.
  open func source(of name: String) throws -> String? { nil }

  /// The compiled template of a name: Tornado's `load`.
  /// - Throws: ``/GaleTemplate/TemplateError``.
  public final func load(_ name: String, parentPath: String? = nil) throws -> Template {
    let name = resolvePath(name, parentPath: parentPath)
    if let known = cache.withLock({ $0.templates[name] }) { return known }
    let generation = cache.withLock { $0.generation }
    guard let file = try file(named: name) else {
      throw TemplateError(.notFound, "there is no template \(name)", [])
    }
    let template = try Template(file, options: options) { path, from, position in
      try self.file(path, from: from, position)
    }
    cache.withLock { if $0.generation == generation { $0.templates[name] = template } }
    return template
  }

  /// Forgets what is compiled, so that changed files are read again: Tornado's `reset`.
  public final func reset() {
    cache.withLock { cache in
      let generation = cache.generation + 1
      cache = Cache()
      cache.generation = generation
    }
  }

  final func file(_ path: String, from parent: TemplateFile, _ position: TemplatePosition) throws
    -> TemplateFile
  {
    let name = resolvePath(path, parentPath: parent.name)
    let found: TemplateFile?
    do {
      found = try file(named: name)
    } catch let error as TemplateError {
      throw TemplateError(
        error.code, error.message, error.places + [parent.place(position)], underlying: error.underlying)
    }
    guard let found else {
      throw TemplateError(.notFound, "there is no template \(name)", [parent.place(position)])
    }
    return found
  }

  private final func file(named name: String) throws -> TemplateFile? {
    if let known = cache.withLock({ $0.files[name] }) { return known }
    let generation = cache.withLock { $0.generation }
    guard let source = try source(of: name) else { return nil }
    let file = try TemplateParser.parse(
      source, name: name, autoescape: options.autoescape,
      whitespace: options.whitespace ?? WhitespaceMode(file: name))
    cache.withLock { if $0.generation == generation { $0.files[name] = file } }
    return file
  }

  /// `path` without `.` and `..`, which cannot lead above the start.
  static func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  /// The name of a template, relative to the directory of the one that names it, as Tornado's loaders see it.
  static func relative(_ name: String, to parentPath: String?) -> String {
    guard let parent = parentPath, !parent.hasPrefix("<"), !parent.hasPrefix("/"), !name.hasPrefix("/") else {
      return name
    }
    let directory = parent.lastIndex(of: "/").map { parent[...$0] } ?? ""
    return normalized(directory + name)
  }
}

/// Reads templates from files below a directory: Tornado's `Loader`.
///
/// Names are relative to the directory, and in tags to the file in which they stand. No name leads out of it.
public final class Loader: BaseLoader, @unchecked Sendable {
  // @unchecked Sendable: the one property is a constant.

  /// Where the files are.
  public let rootDirectory: String

  /// Creates a loader of the files below `rootDirectory`.
  public init(_ rootDirectory: String, options: TemplateOptions = TemplateOptions()) {
    self.rootDirectory = rootDirectory
    super.init(options: options)
  }

  public override func resolvePath(_ name: String, parentPath: String?) -> String {
    BaseLoader.normalized(BaseLoader.relative(name, to: parentPath))
  }

  public override func source(of name: String) throws -> String? {
    guard let root = Loader.realPath(rootDirectory), let path = Loader.realPath(root + "/" + name) else {
      return nil
    }
    // A link may not lead out either.
    guard path.hasPrefix(root == "/" ? root : root + "/") else { return nil }
    let descriptor = FileStatus.open(path)
    guard descriptor >= 0 else { throw TemplateError(.notFound, "\(path) cannot be read", []) }
    defer { System.close(descriptor) }
    guard let status = FileStatus(descriptor: descriptor), status.isRegular else { return nil }
    let bytes = try read(descriptor, status.byteCount, path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TemplateError(.parse, "\(path) is not UTF-8", [])
    }
    return text
  }

  /// The name without links and dots.
  private static func realPath(_ path: String) -> String? {
    // SAFETY: with no buffer given, realpath allocates the string that is freed here.
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  private func read(_ descriptor: Int32, _ count: Int, _ path: String) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      // SAFETY: the array lends the part of its bytes that is not filled yet.
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(descriptor, buffer.baseAddress.map { unsafe $0 + filled }, count - filled, filled)
      }
      guard got >= 0 else { throw TemplateError(.notFound, "\(path) cannot be read", []) }
      guard got > 0 else { break }
      filled += got
    }
    return Array(bytes.prefix(filled))
  }
}

/// Has templates in memory: Tornado's `DictLoader`.
public final class DictLoader: BaseLoader, @unchecked Sendable {
  // @unchecked Sendable: the one property is a constant.

  private let templates: [String: String]

  /// Creates a loader of `templates`, by name.
  public init(_ templates: [String: String], options: TemplateOptions = TemplateOptions()) {
    self.templates = templates
    super.init(options: options)
  }

  public override func resolvePath(_ name: String, parentPath: String?) -> String {
    BaseLoader.relative(name, to: parentPath)
  }

  public override func source(of name: String) -> String? { templates[name] }
}
