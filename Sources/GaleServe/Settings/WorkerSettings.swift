// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Processes: how many, how long they live, who they are.
package struct WorkerSettings: Sendable {
  /// How many workers; `nil` for one process without a supervisor.
  package var count: Int?
  /// After how many requests a worker is replaced; 0 never.
  package var maxRequests = 0
  /// Up to so many more, at random.
  package var maxRequestsJitter = 0
  /// After how many seconds a worker is replaced; 0 never.
  package var maxAge = 0
  /// With how many MiB of memory a worker is replaced; 0 never.
  package var maxMemory = 0
  /// How many seconds requests may take to end when the server or a worker is stopped.
  package var gracefulTimeout = 30
  /// The file for the process id.
  package var pidFile: String?
  /// Who to become: names or numbers.
  package var user: String?
  package var group: String?
  /// Mode bits that new files lack.
  package var umask: UInt32?

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    count = try reader.integer("workers", 1...1024, default: nil, alias: "WEB_CONCURRENCY")
    maxRequests = try reader.integer("max-requests", 0...Int.max, default: maxRequests)
    maxRequestsJitter = try reader.integer("max-requests-jitter", 0...Int.max, default: maxRequestsJitter)
    maxAge = try reader.integer("max-worker-age", 0...Int.max, default: maxAge)
    maxMemory = try reader.integer("max-worker-memory", 0...Int.max >> 20, default: maxMemory)
    gracefulTimeout = try reader.integer("graceful-timeout", 0...Int.max, default: gracefulTimeout)
    pidFile = try reader.text("pid")
    user = try reader.text("user")
    group = try reader.text("group")
    if let text = try reader.text("umask") {
      guard let mask = mode_t(text, radix: 8), mask <= 0o777 else {
        throw reader.complaint("umask", "takes an octal number up to 777, such as 027")
      }
      umask = mask
    }
    for (name, limit) in [
      ("max-requests", maxRequests), ("max-worker-age", maxAge), ("max-worker-memory", maxMemory),
    ] where limit > 0 && count == nil {
      throw reader.complaint(name, "needs --workers: workers are replaced by a supervisor")
    }
  }
}
