// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A child ended otherwise than with status 0: Python's `subprocess.CalledProcessError`.
public struct CalledProcessError: Error, Hashable, CustomStringConvertible {
  /// The exit status, or minus the number of the signal that ended it.
  public let returnCode: Int32
  /// The command, program first.
  public let command: [String]

  /// The text that logs and messages show.
  public var description: String {
    guard returnCode < 0 else { return "Command \(command) returned non-zero exit status \(returnCode)" }
    // SAFETY: strsignal returns a NUL-terminated string that stays valid until this thread's next call.
    let name = unsafe strsignal(-returnCode).map { unsafe String(cString: $0) } ?? "unknown"
    return "Command \(command) died with signal \(-returnCode) (\(name))"
  }
}
