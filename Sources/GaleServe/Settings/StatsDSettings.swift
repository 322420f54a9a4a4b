// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Where numbers are sent in StatsD's form, and under which names.
package struct StatsDSettings: Hashable, Sendable {
  /// Where the receiver listens.
  package var address: BindAddress
  /// What names begin with, before a dot.
  package var prefix = "gale"
  /// DogStatsD's tags, `NAME:VALUE` or `NAME`.
  package var tags: [String] = []

  /// - Returns: `nil` when nothing is to be sent.
  init?(_ reader: SettingReader) throws(ServeError) {
    let place = try reader.text("statsd")
    let prefix = try reader.text("statsd-prefix")
    let tags = try reader.texts("statsd-tag")
    guard let place else { return nil }
    do throws(ServeError) { address = try Self.address(place) } catch {
      throw reader.complaint("statsd", "cannot be used: \(error.message)")
    }
    if let prefix {
      guard Self.isName(prefix, besides: []) else {
        throw reader.complaint("statsd-prefix", "takes letters, digits, dots, dashes and underscores")
      }
      self.prefix = prefix
    }
    guard tags.allSatisfy({ !$0.isEmpty && Self.isName($0, besides: [0x2F, 0x3A]) }) else {
      throw reader.complaint(
        "statsd-tag", "takes NAME:VALUE or NAME, of letters, digits, dots, dashes, slashes, underscores")
    }
    self.tags = tags
  }

  /// A port alone is one of this machine; a name alone has StatsD's port.
  private static func address(_ text: String) throws(ServeError) -> BindAddress {
    if let port = UInt16(text) { return BindAddress(host: "127.0.0.1", port: port) }
    return try BindAddress(text.contains(":") ? text : text + ":8125")
  }

  /// Nothing that has a meaning in a datagram.
  private static func isName(_ text: String, besides others: [UInt8]) -> Bool {
    text.utf8.allSatisfy { byte in
      (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || [0x2D, 0x2E, 0x5F].contains(byte)
        || others.contains(byte)
    }
  }
}
