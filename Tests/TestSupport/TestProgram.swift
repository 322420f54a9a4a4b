// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A program that is built with the tests and lies beside them.
package enum TestProgram {
  /// Where the program `name` is.
  package static func path(_ name: String) throws -> String {
    // SAFETY: realpath allocates the string that is freed here.
    guard let raw = unsafe realpath("/proc/self/exe", nil) else { throw NeverHappened() }
    defer { unsafe free(raw) }
    let own = unsafe String(cString: raw)
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      + "/" + name
  }
}
