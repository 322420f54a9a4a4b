// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Where log lines go.
public protocol LogOutput: Sendable {
  /// Writes a record, which ends with a line break; called from any thread.
  func write(_ line: String)
  /// Whether each line is to begin with its priority, `<6>` and the like, as systemd's journal takes it (sd-daemon(3)).
  var takesPriorities: Bool { get }
}

extension LogOutput {
  /// No.
  public var takesPriorities: Bool { false }
}

/// Standard error.
public struct StandardErrorOutput: LogOutput {
  /// Creates it.
  public init() {}

  private static let lock = Mutex(())

  /// Whether it leads to systemd's journal.
  public var takesPriorities: Bool { Journal.readsStandardError }

  /// Writes a record.
  public func write(_ line: String) {
    StandardErrorOutput.lock.withLock { _ in printToStandardError(line) }
  }

  /// Whether standard error is a terminal that shows colours, as far as its environment says.
  ///
  /// A variable `NO_COLOR` that is not empty says no.
  public static let supportsColor: Bool = {
    // SAFETY: the strings are read at once.
    func variable(_ name: String) -> String { unsafe getenv(name).map { unsafe String(cString: $0) } ?? "" }
    let terminal = variable("TERM")
    return isatty(STDERR_FILENO) == 1 && !terminal.isEmpty && terminal != "dumb"
      && variable("NO_COLOR").isEmpty
  }()
}
