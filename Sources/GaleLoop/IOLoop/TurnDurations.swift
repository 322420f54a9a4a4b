// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// How long the turns of a loop took: a histogram with a place for each power of two.
///
/// A long turn is time in which nobody else on the loop was served.
public struct TurnDurations: Sendable, Hashable {
  /// How many turns took less than 2^*i* microseconds, and not less than half of that.
  ///
  /// The last place, of 33 s and more, has no upper end.
  public private(set) var counts = [Int](repeating: 0, count: 26)
  /// The longest turn.
  public var longest: Duration { .nanoseconds(longestNanoseconds) }
  private var longestNanoseconds: Int64 = 0
  /// When the present turn began; 0 in the turn in which measuring began.
  var start: Int64 = 0

  /// How many turns were measured.
  public var count: Int { counts.reduce(0, +) }

  /// No turns yet.
  public init() {}

  mutating func end(at time: Int64) {
    guard start > 0 else { return }
    add(time - start)
  }

  mutating func add(_ nanoseconds: Int64) {
    let microseconds = UInt64(max(0, nanoseconds)) / 1000
    counts[min(64 - microseconds.leadingZeroBitCount, counts.count - 1)] += 1
    longestNanoseconds = max(longestNanoseconds, nanoseconds)
  }
}
