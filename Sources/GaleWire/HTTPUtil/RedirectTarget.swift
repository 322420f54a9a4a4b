// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Whether a redirect to `target` stays on this host, whatever a browser makes of it.
///
/// True of a path that begins with exactly one slash and has no control character. Browsers take `\` for `/` and
/// drop tabs and line ends, so `//evil.example`, `/\evil.example` and `/<TAB>/evil.example` all leave the host.
/// Targets with a scheme, and relative ones such as `next`, are not local here.
///
/// - Complexity: O(*n*).
public func isLocalRedirectTarget(_ target: String) -> Bool {
  let bytes = target.utf8.span
  guard bytes.count > 0, bytes[0] == ASCII.slash else { return false }
  if bytes.count > 1, bytes[1] == ASCII.slash || bytes[1] == ASCII.backslash { return false }
  return bytes.firstIndex(in: ByteSet.controls, range: 0..<bytes.count) == nil
}
