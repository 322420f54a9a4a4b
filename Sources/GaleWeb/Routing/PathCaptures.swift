// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What the groups of a pattern matched: ranges of bytes of the path.
///
/// Holds no text: give the same path to ``decoded(_:in:)``. Up to 8 groups need no memory from the heap.
///
/// - Note: Source: Tornado `routing.PathMatches.match` (`path_args`, `path_kwargs`).
public struct PathCaptures: Sendable {
  /// The number of groups of the pattern, those without a match included.
  public private(set) var count: Int
  private var inline = InlineArray<16, Int32>(repeating: -1)
  private var rest: [Int32]

  /// No groups.
  init() {
    count = 0
    rest = []
  }

  /// Makes room for `count` groups, none of which has a match.
  mutating func reset(count: Int) {
    self.count = count
    for slot in inline.indices { inline[slot] = -1 }
    if count > 8 { rest = Array(repeating: -1, count: 2 * (count - 8)) }
  }

  /// The range of the group with this index, from 0 in order of opening parentheses.
  ///
  /// A group inside a repetition holds its last round, as in Python.
  ///
  /// - Returns: `nil` for a group that took no part in the match.
  public subscript(index: Int) -> Range<Int>? {
    precondition(index >= 0 && index < count, "no such group")
    let start = slot(2 * index)
    let end = slot(2 * index + 1)
    return start >= 0 && end >= start ? Int(start)..<Int(end) : nil
  }

  /// The percent-decoded bytes of a group, as Tornado hands them to a handler.
  ///
  /// A `+` stays a `+`, and a `%` without two hexadecimal digits after it stays as it is.
  ///
  /// - Parameters:
  ///   - index: The group, from 0.
  ///   - path: The path that was matched.
  /// - Returns: `nil` for a group that took no part in the match.
  /// - Complexity: O(*n*) for *n* captured bytes.
  public func decoded(_ index: Int, in path: Span<UInt8>) -> [UInt8]? {
    self[index].map { range in PercentCoding.decode(path, in: range) }
  }

  @inline(always)
  func slot(_ slot: Int) -> Int32 {
    slot < 16 ? inline[slot] : rest[slot - 16]
  }

  @inline(always)
  mutating func set(_ slot: Int, to position: Int) {
    let value = Int32(truncatingIfNeeded: position)
    if slot < 16 { inline[slot] = value } else { rest[slot - 16] = value }
  }
}
