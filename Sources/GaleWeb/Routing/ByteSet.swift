// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A set of bytes: what one element of a pattern, such as `\d` or `[^/]`, accepts.
struct ByteSet: Sendable {
  private var words = InlineArray<4, UInt64>(repeating: 0)

  static let empty = ByteSet()
  static let all = ByteSet().inverted
  /// Python's `.`: everything but a line feed.
  static let anyButLineFeed = ByteSet(0x0A...0x0A).inverted
  /// Python's `\d` in a pattern of bytes.
  static let digits = ByteSet(0x30...0x39)
  /// Python's `\s` in a pattern of bytes: space, and HT to CR.
  static let spaces = ByteSet(0x20...0x20).union(ByteSet(0x09...0x0D))
  /// Python's `\w` in a pattern of bytes: ASCII letters, digits and `_`.
  static let wordCharacters = digits.union(ByteSet(0x41...0x5A)).union(ByteSet(0x61...0x7A))
    .union(ByteSet(0x5F...0x5F))

  init() {}

  init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  @inline(always)
  func contains(_ byte: UInt8) -> Bool {
    words[Int(byte &>> 6)] &>> UInt64(byte & 63) & 1 != 0
  }

  mutating func insert(_ byte: UInt8) {
    words[Int(byte &>> 6)] |= 1 &<< UInt64(byte & 63)
  }

  /// Every byte that is not in this set.
  var inverted: ByteSet { combined(with: self) { first, _ in ~first } }

  func union(_ other: ByteSet) -> ByteSet { combined(with: other, |) }

  func intersection(_ other: ByteSet) -> ByteSet { combined(with: other, &) }

  func isDisjoint(with other: ByteSet) -> Bool { intersection(other).isEmpty }

  var isEmpty: Bool { self == .empty }

  /// The one byte of a set of one, else `nil`.
  var onlyMember: UInt8? {
    let members = (UInt8.min...UInt8.max).lazy.filter(contains).prefix(2)
    return members.count == 1 ? members.first : nil
  }

  private func combined(with other: ByteSet, _ operation: (UInt64, UInt64) -> UInt64) -> ByteSet {
    var result = ByteSet()
    for index in words.indices { result.words[index] = operation(words[index], other.words[index]) }
    return result
  }
}

extension ByteSet: Equatable {
  static func == (first: ByteSet, second: ByteSet) -> Bool {
    first.words.indices.allSatisfy { first.words[$0] == second.words[$0] }
  }
}
