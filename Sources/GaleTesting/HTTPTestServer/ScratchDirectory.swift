// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// A new directory with a short path, for a socket; it goes with the object.
final class ScratchDirectory: Sendable {
  let path: String

  init() throws(LoopError) {
    // A Unix socket's path has 107 bytes at the most.
    var template = Array("/tmp/gale-test-XXXXXX".utf8CString)
    // SAFETY: the array holds the NUL-terminated template that mkdtemp fills in.
    guard let made = unsafe mkdtemp(&template) else { throw LoopError(systemError: errno, call: "mkdtemp") }
    path = unsafe String(cString: made)
  }

  deinit {
    _ = unsafe unlink(path + "/server")
    _ = unsafe rmdir(path)
  }
}
