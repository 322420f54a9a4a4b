// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Glibc

/// A file with variables for the environment, a line each.
///
/// A line is `NAME=VALUE`, perhaps behind `export`, perhaps with quotes around the value. Empty lines and lines that begin with `#` say nothing.
enum EnvironmentFile {
  static func read(_ path: String) throws(ServeError) -> [(name: String, value: String)] {
    let text: String
    do throws(FileError) { text = try FileText.read(path) } catch {
      throw ServeError(.file, "cannot read \(path): \(error.reason)")
    }
    var result: [(String, String)] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = trimmed(line)
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      let rest = line.hasPrefix("export ") ? trimmed(line.dropFirst(7)) : line
      guard let variable = variable(rest) else {
        throw ServeError(.file, "\(path):\(index + 1): this is not of the form NAME=VALUE")
      }
      result.append((variable.name, unquoted(variable.value)))
    }
    return result
  }

  /// Reads `NAME=VALUE`.
  static func variable(_ text: Substring) -> (name: String, value: String)? {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
    let name = text[..<equals]
    guard !text.utf8.contains(0), !name.contains(" ") else { return nil }
    return (String(name), String(text[text.index(after: equals)...]))
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.utf8.first, first == 0x20 || first == 0x09 { text.removeFirst() }
    while let last = text.utf8.last, last == 0x20 || last == 0x09 || last == 0x0D { text.removeLast() }
    return text
  }

  private static func unquoted(_ value: String) -> String {
    for quote in ["\"", "'"] where value.utf8.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
      return String(value.dropFirst().dropLast())
    }
    return value
  }
}

/// Why a file cannot be read.
struct FileError: Error {
  let reason: String
  /// Whether there is no such file.
  let isMissing: Bool
}

/// Files that people write.
enum FileText {
  /// The whole of a file.
  /// - Throws: ``FileError`` also when it is not UTF-8.
  static func read(_ path: String) throws(FileError) -> String {
    guard let file = unsafe fopen(path, "rb") else {
      // SAFETY: the text is used before the next call that could change it.
      throw FileError(reason: unsafe String(cString: strerror(errno)), isMissing: errno == ENOENT)
    }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      // SAFETY: the array lends its bytes for the call.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    guard unsafe ferror(file) == 0 else { throw FileError(reason: "it cannot be read", isMissing: false) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(reason: "it is not UTF-8", isMissing: false)
    }
    return text
  }
}

extension FileText {
  /// Whether there is such a file.
  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
