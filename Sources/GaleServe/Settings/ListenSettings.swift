// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// Where the server listens.
package struct ListenSettings: Sendable {
  /// Empty for what the service manager has opened, or else ``standard``.
  package var addresses: [BindAddress] = []
  package static let standard = BindAddress(host: "127.0.0.1", port: 8000)

  /// How many connections the kernel holds until they are accepted.
  package var backlog = defaultBacklog

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    backlog = try reader.integer("backlog", 1...1_000_000, default: backlog)
    for text in try reader.texts("bind") {
      do throws(ServeError) {
        addresses.append(try BindAddress(text))
      } catch {
        throw reader.complaint("bind", "takes addresses; \(error.message)")
      }
    }
  }
}
