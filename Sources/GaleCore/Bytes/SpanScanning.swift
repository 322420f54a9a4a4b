// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension Span<UInt8> {
  /// The offset of the first `byte` in `range`, or `nil`.
  @inlinable
  package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while index < range.upperBound {
      if self[index] == byte { return index }
      index &+= 1
    }
    return nil
  }

  /// The offset of the first member of `set` in `range`, or `nil`.
  @inlinable
  package func firstIndex(in set: ByteSet, range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while index < range.upperBound {
      if set.contains(self[index]) { return index }
      index &+= 1
    }
    return nil
  }

  /// Whether every byte in `range` is a member of `set`; true of an empty range.
  @inlinable
  package func isMade(of set: ByteSet, range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound {
      guard set.contains(self[index]) else { return false }
      index &+= 1
    }
    return true
  }

  /// `range` without spaces and tabs at its ends (RFC 9110 OWS).
  @inlinable
  package func trimmed(_ range: Range<Int>) -> Range<Int> {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, self[lower] == 0x20 || self[lower] == 0x09 { lower &+= 1 }
    while lower < upper, self[upper &- 1] == 0x20 || self[upper &- 1] == 0x09 { upper &-= 1 }
    return lower..<upper
  }

  /// Whether the bytes in `range` are `text`, letters compared without case.
  package func equals(_ text: String, caseInsensitivelyIn range: Range<Int>) -> Bool {
    let expected = text.utf8.span
    guard range.count == expected.count else { return false }
    var offset = 0
    while offset < expected.count {
      let byte = self[range.lowerBound &+ offset]
      guard byte.asciiLowercased == expected[offset].asciiLowercased else { return false }
      offset &+= 1
    }
    return true
  }

  /// The bytes in `range` as text: UTF-8 when they are valid UTF-8, Latin-1 otherwise.
  package func text(in range: Range<Int>) -> String {
    String(validatingOrLatin1: extracting(range))
  }

  /// The bytes in `range` as text in lower case (ASCII letters only).
  package func lowercasedText(in range: Range<Int>) -> String {
    for index in range where self[index] != self[index].asciiLowercased {
      let lowered = [UInt8](capacity: range.count) { output in
        for index in range { output.append(self[index].asciiLowercased) }
      }
      return String(validatingOrLatin1: lowered.span)
    }
    return text(in: range)
  }

  /// A copy of the bytes in `range`.
  package func bytes(in range: Range<Int>) -> [UInt8] {
    [UInt8](capacity: range.count) { output in
      for index in range { output.append(self[index]) }
    }
  }
}
