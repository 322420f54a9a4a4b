// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes `text` to standard error as it is.
public func printToStandardError(_ text: String) {
  // What cannot be written there cannot be reported.
  _ = writeAll(Array(text.utf8), to: STDERR_FILENO)
}

/// Writes all of `bytes`.
/// - Returns: Whether that succeeded; part of them may be written when not.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    // SAFETY: the array lends its bytes for the call.
    let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return false }
    rest = rest.dropFirst(count)
  }
  return true
}
