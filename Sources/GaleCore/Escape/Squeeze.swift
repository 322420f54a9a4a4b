// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Replaces each run of white space by one space and removes it at both ends: Tornado's `squeeze`.
///
/// White space is U+0000–U+0020.
///
/// - Complexity: O(*n*).
public func squeeze(_ text: String) -> String {
  let source = text.utf8.span
  let squeezed = [UInt8](capacity: source.count) { output in
    var isPending = false
    for index in source.indices {
      guard source[index] > ASCII.space else {
        isPending = output.count > 0
        continue
      }
      if isPending { output.append(ASCII.space) }
      isPending = false
      output.append(source[index])
    }
  }
  return String(decoding: squeezed, as: UTF8.self)
}
