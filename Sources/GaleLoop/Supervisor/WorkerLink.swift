// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// A worker's way to tell its supervisor something: a pipe, of which the worker has the end that is written.
enum WorkerLink {
  static let variable = "GALE_WORKER_LINK"

  /// What a worker can say; a line each.
  enum Word: Hashable {
    /// It serves.
    case ready
    /// It wants another to take its place.
    case replace(reason: String)

    init?(_ line: String) {
      if line == "ready" {
        self = .ready
      } else if line.hasPrefix("replace ") {
        self = .replace(reason: String(line.dropFirst(8)))
      } else {
        return nil
      }
    }

    var line: String {
      switch self {
      case .ready: "ready\n"
      case .replace(let reason): "replace \(reason.split(separator: "\n").joined(separator: " "))\n"
      }
    }
  }

  /// The descriptor that this process may write to; taken from the environment once.
  private static let mine: Int32? = {
    guard let text = ProcessEnvironment[variable], let descriptor = Int32(text) else { return nil }
    unsafe unsetenv(variable)
    guard gale_close_on_exec(descriptor) >= 0 else { return nil }
    return descriptor
  }()

  /// Whether there is a supervisor.
  static var isOpen: Bool { mine != nil }

  /// Tells the supervisor; does nothing without one.
  ///
  /// Lines this short are written whole or not at all.
  static func send(_ word: Word) {
    guard let mine else { return }
    var line = word.line
    // SAFETY: the text lends its bytes for the call.
    line.withUTF8 { _ = unsafe gale_write(mine, $0.baseAddress, min($0.count, 512)) }
  }
}
