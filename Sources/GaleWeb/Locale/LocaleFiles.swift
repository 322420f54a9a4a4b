// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import GaleLoop

/// Reading of translation files.
enum LocaleFiles {
  /// A catalogue that is longer is no catalogue.
  static let largestFile = 64 * 1024 * 1024

  /// The names in a directory, sorted.
  static func names(in directory: String) throws(LocaleError) -> [String] {
    guard let stream = unsafe opendir(directory) else {
      throw LocaleError(.unreadable, "\(directory) cannot be read (error \(errno))")
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    // SAFETY: the entry is read before the next call; its name ends with NUL.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether there is such a file.
  static func exists(_ path: String) -> Bool { FileStatus(path: path)?.isRegular ?? false }

  /// The whole content of a file.
  static func read(_ path: String) throws(LocaleError) -> [UInt8] {
    let descriptor = FileStatus.open(path)
    guard descriptor >= 0 else {
      throw LocaleError(.unreadable, "\(path) cannot be read (error \(-descriptor))")
    }
    defer { System.close(descriptor) }
    guard let status = FileStatus(descriptor: descriptor), status.isRegular, status.byteCount <= largestFile
    else { throw LocaleError(.unreadable, "\(path) is no file of up to \(largestFile) bytes") }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while content.count <= largestFile {
      // SAFETY: the array lends its bytes for the call.
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      guard count >= 0 else { throw LocaleError(.unreadable, "\(path) cannot be read (error \(errno))") }
      guard count > 0 else { break }
      content += buffer[..<count]
    }
    return content
  }
}
