// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The file that says which process to send signals to; removed by the process that wrote it.
struct PIDFile {
  private let path: String
  private let pid = getpid()

  /// - Throws: ``ServeError`` when it cannot be written, or when a process that it names is alive.
  init(_ path: String) throws(ServeError) {
    if let text = PIDFile.read(path), let other = pid_t(text), other != getpid(), kill(other, 0) == 0 {
      throw ServeError(.system, "\(path): process \(other) is running")
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

  private static func failure(_ path: String) -> ServeError {
    // SAFETY: the text is used before the next call that could change it.
    ServeError(.system, "cannot write \(path): \(unsafe String(cString: strerror(errno)))")
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
