// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The language of config files: the part of Python that Tornado's config files mostly consist of.
///
/// `name = value`, where a value is a number, a text in any of Python's quotes, `True`, `False`, `None`, a
/// list or tuple of values, a name that was assigned before, `__file__` (the file's absolute path),
/// `datetime(…)` or `timedelta(…)`; numbers may be added, subtracted, multiplied and divided, texts and
/// lists added. Imports of `datetime` are read over. Anything else is an error with the line's number:
/// nothing is executed, so a config file can do no more than set options.
public enum ConfigFile {
  /// The names that a file assigns, in the order of their first assignment, with their last values.
  /// - Parameter path: The file; a JSON object if its name ends in `.json`.
  /// - Throws: ``OptionError`` with `.unreadable` or `.syntax`.
  public static func read(_ path: String) throws(OptionError) -> [(name: String, value: ConfigValue)] {
    let bytes = try contents(path)
    if path.hasSuffix(".json") { return try readJSON(bytes, path) }
    return try parse(bytes, path: absolute(path))
  }

  /// The names that a text in the language of config files assigns.
  /// - Parameters:
  ///   - bytes: The text, in UTF-8.
  ///   - path: What `__file__` is, and what errors name.
  /// - Throws: ``OptionError`` with `.syntax`.
  public static func parse(
    _ bytes: [UInt8], path: String
  ) throws(OptionError) -> [(name: String, value: ConfigValue)] {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw OptionError(.syntax, "\(path) is not UTF-8")
    }
    var reader = ConfigReader(bytes, path: path)
    try reader.readFile()
    return reader.order.compactMap { name in reader.values[name].map { (name, $0) } }
  }

  private static func readJSON(
    _ bytes: [UInt8], _ path: String
  ) throws(OptionError) -> [(name: String, value: ConfigValue)] {
    let json: JSONValue
    do {
      json = try jsonDecode(bytes)
    } catch {
      throw OptionError(.syntax, "\(path): \(error)")
    }
    guard case .object(let members) = json else {
      throw OptionError(.syntax, "\(path): a JSON object is expected")
    }
    return members.compactMap { member in ConfigValue(member.value).map { (member.key, $0) } }
  }

  private static func contents(_ path: String) throws(OptionError) -> [UInt8] {
    // SAFETY: the file is closed on every way out; the array lends its bytes for each call.
    guard let file = unsafe fopen(path, "re") else { throw unreadable(path) }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&chunk, 1, chunk.count, file)
      bytes += chunk.prefix(count)
      guard bytes.count <= 16 << 20 else { throw OptionError(.unreadable, "\(path) is longer than 16 MiB") }
      if count < chunk.count { break }
    }
    guard unsafe ferror(file) == 0 else { throw unreadable(path) }
    return bytes
  }

  private static func unreadable(_ path: String) -> OptionError {
    // SAFETY: strerror returns a NUL-terminated string that stays valid until this thread's next call.
    let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "unknown error"
    return OptionError(.unreadable, "cannot read \(path): \(reason)")
  }

  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    // SAFETY: with no buffer given, getcwd allocates the string that is freed here.
    guard let directory = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(directory) }
    return unsafe "\(String(cString: directory))/\(path)"
  }
}
