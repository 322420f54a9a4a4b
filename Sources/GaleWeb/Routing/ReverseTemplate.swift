// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What a pattern becomes when paths are made from it: literal text with gaps.
struct ReverseTemplate: Sendable {
  private indirect enum Piece: Sendable {
    case literal([UInt8])
    /// The argument for the group with this index.
    case argument(Int)
    /// Stands only if there is an argument for each of its groups, of which there is at least one.
    case optional([Piece], groups: [Int])
  }

  private var pieces: [Piece] = []

  /// Fails for a pattern that leaves open what stands between its groups.
  init?(_ node: PatternNode, groupCount: Int) {
    guard let pieces = Self.pieces(of: node), node.groups.count == groupCount else { return nil }
    self.pieces = pieces
  }

  /// Fills the gaps with percent-encoded arguments.
  ///
  /// - Returns: `nil` if an argument is missing whose group is not optional, or would be lost.
  func fill(_ arguments: [[UInt8]?]) -> [UInt8]? {
    var text: [UInt8] = []
    return Self.fill(pieces, arguments, &text) ? text : nil
  }

  private static func fill(_ pieces: [Piece], _ arguments: [[UInt8]?], _ text: inout [UInt8]) -> Bool {
    for piece in pieces {
      switch piece {
      case .literal(let bytes): text += bytes
      case .argument(let index):
        guard let argument = arguments[index] else { return false }
        PercentCoding.appendEscaped(argument, to: &text)
      case .optional(let pieces, let groups):
        let isWanted = groups.contains { arguments[$0] != nil }
        guard !isWanted || fill(pieces, arguments, &text) else { return false }
      }
    }
    return true
  }

  private static func pieces(of node: PatternNode) -> [Piece]? {
    switch node {
    case .literal(let bytes): return [.literal(bytes)]
    case .start, .end: return []
    case .set, .alternatives: return nil
    case .group(let index, let node): return node.groups.isEmpty ? [.argument(index)] : nil
    case .sequence(let nodes):
      var pieces: [Piece] = []
      for node in nodes {
        guard let more = Self.pieces(of: node) else { return nil }
        pieces += more
      }
      return pieces
    case .repetition(let node, let minimum, let maximum, _):
      return repeated(node, minimum, maximum)
    }
  }

  private static func repeated(_ node: PatternNode, _ minimum: Int, _ maximum: Int?) -> [Piece]? {
    let groups = node.groups
    if minimum == 0, groups.isEmpty { return [] }
    guard let pieces = pieces(of: node) else { return nil }
    if groups.isEmpty { return Array(repeating: pieces, count: minimum).flatMap(\.self) }
    guard maximum == 1 else { return nil }
    return minimum == 1 ? pieces : [.optional(pieces, groups: groups)]
  }
}
