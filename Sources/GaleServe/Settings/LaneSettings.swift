// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWSGI

/// Where Python runs; each application can have its own.
package struct LaneSettings: Sendable, Hashable {
  package enum Kind: String, CaseIterable, Sendable { case inline, threads }

  package var kind = Kind.inline
  /// How many threads `threads` has.
  package var threads = 4
  /// How many seconds a thread may be silent about a request; 0 for ever.
  package var timeout = 30

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    kind = try reader.choice("lane", default: kind)
    threads = try reader.integer("threads", 1...1024, default: threads)
    timeout = try reader.integer("timeout", 0...Int.max, default: timeout)
  }

  /// The lane.
  var lane: WSGILane {
    switch kind {
    case .inline: .inline
    case .threads: .threads(threads)
    }
  }

  /// In words, for the log.
  package var description: String { kind == .inline ? "inline" : "threads(\(threads))" }
}
