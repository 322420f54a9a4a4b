// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Glibc

/// The few questions that finding a Python asks of the file system.
enum FileSystem {
  /// A variable of the environment; `nil` when it is not set or empty.
  static func environment(_ name: String) -> String? {
    // SAFETY: the string is copied at once; the environment is not changed while the interpreter starts.
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// The absolute path without symbolic links, or `nil` when there is nothing.
  static func realPath(_ path: String) -> String? {
    // SAFETY: `realpath` returns a string of its own, which is freed.
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Whether there is something at `path`.
  static func exists(_ path: String) -> Bool {
    // SAFETY: the string lives until the call is over.
    unsafe access(path, F_OK) == 0
  }

  /// Whether there is a file at `path` that may be executed.
  static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    // SAFETY: `status` is written during the call only.
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  /// A text file, or `nil` when it cannot be read.
  static func contents(of path: String) -> String? {
    // SAFETY: as above.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while true {
      // SAFETY: the buffer has room for that many bytes.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return count == 0 ? String(decoding: text, as: UTF8.self) : nil }
      text += chunk.prefix(count)
    }
  }

  /// The names in a directory; none when it cannot be read.
  static func entries(of path: String) -> [String] {
    // SAFETY: the directory is open until the function returns; each entry is read before the next call replaces it.
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      names.append(
        unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
          unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}

#endif
