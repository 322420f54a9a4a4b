// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What the readers of both kinds of heads ask of the bytes.
extension HTTPGrammar {
  /// Calls `body` for each option of a list (RFC 9110, section 5.6.1), without the blanks around it.
  @inline(__always)
  static func forEachOption(_ input: Span<UInt8>, _ value: Range<Int>, _ body: (Range<Int>) -> Void) {
    var start = value.lowerBound
    while start < value.upperBound {
      var end = start
      while end < value.upperBound, input[end] != ASCII.comma { end += 1 }
      body(input.trimmed(start..<end))
      start = end + 1
    }
  }

  /// Whether the bytes are `text`, whatever the case of letters.
  ///
  /// `text` is ASCII.
  static func equals(_ input: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    range.count == text.utf8CodeUnitCount && hasPrefix(input, range, text)
  }

  /// Whether the bytes are `text`.
  static func isExactly(_ input: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      wanted.indices.allSatisfy { unsafe input[range.lowerBound + $0] == wanted[$0] }
    }
  }

  /// Whether the bytes begin with `text`, whatever the case of letters.
  static func hasPrefix(_ input: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count >= text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      if unsafe input[range.lowerBound] | 0x20 != wanted[0] | 0x20 { return false }
      for index in 1..<wanted.count
      where unsafe input[range.lowerBound + index].asciiLowercased != wanted[index].asciiLowercased {
        return false
      }
      return true
    }
  }
}
