// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// The directory that relative paths start from.
package enum WorkingDirectory {
  /// Tells later runs of the program where the first one was started.
  ///
  /// They are workers, and the supervisor's own replacement. Without it a relative `--chdir` would be taken from where the first run already is.
  static let variable = "GALE_START_DIRECTORY"

  /// Goes to where the program was first started.
  package static func returnToStart() throws(ServeError) {
    guard let path = ProcessEnvironment[variable] else { return }
    // It is meant for this run alone, not for programs that an application starts.
    unsafe unsetenv(variable)
    try change(to: path)
  }

  /// Has further runs start from `path`.
  static func keepForWorkers(_ path: String) { unsafe setenv(variable, path, 1) }

  static func change(to path: String) throws(ServeError) {
    guard unsafe chdir(path) != 0 else { return }
    // SAFETY: the text is used before the next call that could change it.
    throw ServeError(.system, "cannot change to \(path): \(unsafe String(cString: strerror(errno)))")
  }

  static var current: String {
    // SAFETY: with no buffer given, getcwd allocates the string that is freed here.
    guard let path = unsafe getcwd(nil, 0) else { return "." }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }
}
