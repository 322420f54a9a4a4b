// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A directory that lives as long as this object.
package final class TemporaryDirectory {
  package let path: String

  package init() throws {
    // Short: the path of a Unix socket has 107 bytes at the most.
    let url = URL(fileURLWithPath: "/tmp/gale-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  package func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file.
  package func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }
}
