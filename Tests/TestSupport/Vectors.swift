// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Files that several test targets read: `Tests/Vectors`.
package enum Vectors {
  /// The rows of a file of vectors.
  package static func rows<Row: Decodable>(_ name: String, as type: Row.Type = Row.self) throws -> [Row] {
    try JSONDecoder().decode([Row].self, from: Data(contentsOf: directory.appendingPathComponent(name)))
  }

  /// The bytes that a row stands for: each character is a byte, and `{{3*ab}}` is `ababab`.
  package static func bytes(_ raw: String) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Substring(raw)
    while let open = rest.range(of: "{{"),
      let close = rest.range(of: "}}", range: open.upperBound..<rest.endIndex)
    {
      let parts = rest[open.upperBound..<close.lowerBound].split(separator: "*", maxSplits: 1)
      result += latin1(rest[..<open.lowerBound])
      if parts.count == 2, let count = Int(parts[0]) {
        let repeated = latin1(parts[1])
        for _ in 0..<count { result += repeated }
      }
      rest = rest[close.upperBound...]
    }
    return result + latin1(rest)
  }

  private static func latin1(_ text: Substring) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }

  /// The directory of the vectors.
  package static var path: String { directory.path }

  private static var directory: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Vectors")
  }
}
