// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How much memory the process has in use, in bytes.
func residentByteCount() throws -> Int {
  guard let file = unsafe fopen("/proc/self/statm", "r") else { throw TestFailure("no /proc/self/statm") }
  defer { unsafe fclose(file) }
  var line = [UInt8](repeating: 0, count: 200)
  // SAFETY: the array lends its bytes for the call.
  let count = unsafe line.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
  let words = String(decoding: line.prefix(count), as: UTF8.self).split(separator: " ")
  guard words.count > 1, let pages = Int(words[1]) else { throw TestFailure("odd /proc/self/statm") }
  return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}
