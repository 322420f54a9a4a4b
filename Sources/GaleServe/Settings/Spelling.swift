// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Guesses what somebody meant.
enum Spelling {
  /// The name that is most like `name`; `nil` when none is much like it.
  static func closest(to name: String, among names: some Sequence<String>) -> String? {
    let limit = max(1, name.utf8.count / 3)
    let ranked = names.map { (distance: distance(name, $0), name: $0) }
    guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance <= limit ? best.name : nil
  }

  /// How many letters must be added, left out, changed or swapped with their neighbours (optimal string alignment).
  static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var rows = [Array(0...right.count)]
    for row in 1..<max(1, left.count + 1) {
      var next = [row]
      for column in 1..<max(1, right.count + 1) {
        let isSame = left[row - 1] == right[column - 1]
        var best = min(
          rows[row - 1][column] + 1, next[column - 1] + 1, rows[row - 1][column - 1] + (isSame ? 0 : 1))
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          best = min(best, rows[row - 2][column - 2] + 1)
        }
        next.append(best)
      }
      rows.append(next)
    }
    return rows[left.count][right.count]
  }
}
