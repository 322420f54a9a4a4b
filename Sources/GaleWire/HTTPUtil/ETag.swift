// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Comparing entity tags (RFC 9110, section 8.8.3), as in Tornado's `check_etag_header`.
public enum ETag {
  /// Whether an `If-None-Match` field names this tag, so that a GET is answered with 304.
  ///
  /// Tags are compared weakly: `W/` does not count. A field whose first tag is `*` names every tag. What is no
  /// tag in the field is skipped.
  ///
  /// - Parameters:
  ///   - etag: The tag of what would be sent, with its quotes; an empty one matches nothing.
  ///   - field: The value of the field; several fields joined by commas.
  /// - Complexity: O(*n*).
  public static func matches(_ etag: String, ifNoneMatch field: String) -> Bool {
    guard !etag.isEmpty else { return false }
    let bytes = field.utf8.span
    let expected = etag.utf8.span
    let expectedOpaque = opaque(expected, 0..<expected.count)
    var isFirst = true
    var index = 0
    while index < bytes.count {
      if bytes[index] == 0x2A {
        if isFirst { return true }
        isFirst = false
      } else if bytes[index] == ASCII.quote {
        guard let end = bytes.firstIndex(of: ASCII.quote, in: index &+ 1..<bytes.count) else { return false }
        if equal(bytes, index..<end &+ 1, expected, expectedOpaque) { return true }
        isFirst = false
        index = end
      }
      index &+= 1
    }
    return false
  }

  /// The tag without `W/`.
  private static func opaque(_ tag: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    let isWeak =
      range.count >= 2 && tag[range.lowerBound] == 0x57 && tag[range.lowerBound &+ 1] == ASCII.slash
    return isWeak ? range.lowerBound &+ 2..<range.upperBound : range
  }

  private static func equal(
    _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
  ) -> Bool {
    guard leftRange.count == rightRange.count else { return false }
    for offset in 0..<leftRange.count
    where left[leftRange.lowerBound &+ offset] != right[rightRange.lowerBound &+ offset] {
      return false
    }
    return true
  }
}
