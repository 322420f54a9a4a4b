// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth
import Glibc

/// Reads a secret from a file, as those of systemd and Kubernetes are.
enum SecretFile {
  private static let byteLimit = 64 * 1024

  /// The text without the line end behind it; `nil` for a file that cannot be read, is empty or too long.
  static func read(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    while bytes.count <= byteLimit, case let byte = unsafe getc(file), byte >= 0 {
      bytes.append(UInt8(truncatingIfNeeded: byte))
    }
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    guard !bytes.isEmpty, bytes.count <= byteLimit else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
#endif
