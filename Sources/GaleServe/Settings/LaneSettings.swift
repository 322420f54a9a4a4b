// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWSGI

/// Where Python runs; each application can have its own.
package struct LaneSettings: Sendable, Hashable {
  package enum Kind: String, CaseIterable, Sendable { case inline, threads, auto }

  package var kind = Kind.inline
  /// How many interpreters with a thread and a lock each there are in place of what ``kind`` says; `nil` for none.
  package var interpreters: Int?
  /// How many threads `threads` has, and `auto` once it needs them.
  package var threads = 4
  /// How many seconds the application may be silent about a request; 0 for ever.
  package var timeout = 30
  /// How many seconds a thread may take to come back once it was interrupted.
  package var interruptGrace = 1.0
  /// How many requests may wait for a thread.
  package var queueLimit = 1024
  /// How many seconds a request may wait for a thread; 0 for as long as `timeout` allows.
  package var queueTimeout = 0.0
  /// How many milliseconds make a call slow in `auto`.
  package var slowCall = 10

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    kind = try reader.choice("lane", default: kind)
    interpreters = try Self.interpreters(reader)
    threads = try reader.integer("threads", 1...1024, default: threads)
    timeout = try reader.integer("timeout", 0...Int.max, default: timeout)
    interruptGrace =
      try reader.number("interrupt-grace", 0...3600, default: interruptGrace) ?? interruptGrace
    queueLimit = try reader.integer("queue-limit", 1...1_000_000, default: queueLimit)
    queueTimeout = try reader.number("queue-timeout", 0...86_400, default: queueTimeout) ?? queueTimeout
    slowCall = try reader.integer("slow-call", 1...60_000, default: slowCall)
  }

  /// A lane of their own, unless somebody who counts for more has named another.
  private static func interpreters(_ reader: SettingReader) throws(ServeError) -> Int? {
    guard let count = try reader.integer("interpreters", 1...1024, default: nil),
      let weight = reader.weight(of: "interpreters")
    else { return nil }
    if let lane = reader.weight(of: "lane") {
      if lane > weight { return nil }
      if lane == weight {
        throw reader.complaint(
          "interpreters", "cannot be had together with lane: they are a lane of their own")
      }
    }
    if let threads = reader.weight(of: "threads"), threads >= weight {
      throw reader.complaint("interpreters", "cannot be had together with threads: each has one thread")
    }
    return count
  }

  /// The lane.
  var lane: WSGILane {
    if let interpreters {
      return .interpreters(interpreters, queueLimit: queueLimit, queueTimeout: .seconds(queueTimeout))
    }
    return switch kind {
    case .inline: .inline
    case .threads: .threads(threads, queueLimit: queueLimit, queueTimeout: .seconds(queueTimeout))
    case .auto:
      .auto(
        threads: threads, slowCall: .milliseconds(slowCall), queueLimit: queueLimit,
        queueTimeout: .seconds(queueTimeout))
    }
  }

  /// In words, for the log.
  package var description: String {
    if let interpreters { return "interpreters(\(interpreters))" }
    return kind == .inline ? "inline" : "\(kind)(\(threads))"
  }
}
