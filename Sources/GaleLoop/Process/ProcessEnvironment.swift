// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Logging

/// The environment variables of this process.
package enum ProcessEnvironment {
  /// All of them.
  package static var current: [String: String] {
    var result: [String: String] = [:]
    var index: Int32 = 0
    // SAFETY: the strings stay as they are for as long as nobody calls setenv, which POSIX forbids once
    // there are threads.
    while let entry = unsafe gale_environment(index) {
      let text = unsafe String(cString: entry)
      if let equals = text.firstIndex(of: "="), equals != text.startIndex {
        result[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      index += 1
    }
    return result
  }

  /// The value of `name`.
  package static subscript(name: String) -> String? {
    // SAFETY: as above.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}

/// How many processors this process may use, at least 1: Tornado's `process.cpu_count`.
///
/// Also the limits count that `taskset` and containers set.
public var cpuCount: Int {
  let count = Int(gale_processor_count())
  guard count <= 0 else { return count }
  LoopLog.general.error("Could not detect number of processors; assuming 1")
  return 1
}
