// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A regular expression as a tree: what the parser makes and the compiler reads.
indirect enum PatternNode: Sendable {
  /// These bytes, in this order; never none.
  case literal([UInt8])
  /// One byte of the set.
  case set(ByteSet)
  /// One after another; none at all matches the empty text.
  case sequence([PatternNode])
  /// The first that leads to a match; at least two.
  case alternatives([PatternNode])
  /// A capturing group, counted from 0.
  case group(Int, PatternNode)
  /// `minimum` times and up to `maximum` times (`nil`: any number), as many as possible if `isGreedy`.
  case repetition(PatternNode, minimum: Int, maximum: Int?, isGreedy: Bool)
  /// `^` and `\A`: only at the first byte.
  case start
  /// `$` and `\Z`: only after the last byte.
  case end
}

extension PatternNode {
  /// Whether the empty text can match.
  var isNullable: Bool {
    switch self {
    case .literal, .set: false
    case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
    case .alternatives(let nodes): nodes.contains(where: \.isNullable)
    case .group(_, let node): node.isNullable
    case .repetition(let node, let minimum, _, _): minimum == 0 || node.isNullable
    case .start, .end: true
    }
  }

  /// The bytes that a match which is not empty can start with.
  var firstBytes: ByteSet {
    switch self {
    case .literal(let bytes): bytes.first.map { ByteSet($0...$0) } ?? .empty
    case .set(let set): set
    case .sequence(let nodes): PatternNode.firstBytes(of: nodes[...], then: .empty)
    case .alternatives(let nodes): nodes.reduce(.empty) { $0.union($1.firstBytes) }
    case .group(_, let node): node.firstBytes
    case .repetition(let node, _, let maximum, _): maximum == 0 ? .empty : node.firstBytes
    case .start, .end: .empty
    }
  }

  /// The bytes that can come first in `nodes` and, should all of them match the empty text, in what follows.
  static func firstBytes(of nodes: ArraySlice<PatternNode>, then follow: ByteSet) -> ByteSet {
    var result = ByteSet.empty
    for node in nodes {
      result = result.union(node.firstBytes)
      guard node.isNullable else { return result }
    }
    return result.union(follow)
  }

  /// The number of bytes in every match, or `nil` when matches differ in length.
  var fixedByteCount: Int? {
    switch self {
    case .literal(let bytes): bytes.count
    case .set: 1
    case .sequence(let nodes): PatternNode.fixedByteCount(of: nodes[...], then: 0)
    case .alternatives(let nodes):
      nodes.dropFirst().allSatisfy { $0.fixedByteCount == nodes.first?.fixedByteCount }
        ? nodes.first?.fixedByteCount : nil
    case .group(_, let node): node.fixedByteCount
    case .repetition(let node, let minimum, let maximum, _):
      minimum == maximum ? PatternNode.product(node.fixedByteCount, minimum) : nil
    case .start, .end: 0
    }
  }

  /// The number of bytes in every match of `nodes` and of the `tail` bytes after them, or `nil`.
  static func fixedByteCount(of nodes: ArraySlice<PatternNode>, then tail: Int?) -> Int? {
    nodes.reduce(tail) { sum, node in
      guard let sum, let count = node.fixedByteCount else { return nil }
      let (result, isTooLarge) = sum.addingReportingOverflow(count)
      return isTooLarge ? nil : result
    }
  }

  private static func product(_ count: Int?, _ times: Int) -> Int? {
    guard let (result, isTooLarge) = count?.multipliedReportingOverflow(by: times) else { return nil }
    return isTooLarge ? nil : result
  }

  /// The set that this node is one byte of, or `nil`.
  var singleByteSet: ByteSet? {
    switch self {
    case .set(let set): set
    case .literal(let bytes) where bytes.count == 1: bytes.first.map { ByteSet($0...$0) }
    case .sequence(let nodes) where nodes.count == 1: nodes.first?.singleByteSet
    default: nil
    }
  }

  /// The indices of the capturing groups inside.
  var groups: [Int] {
    switch self {
    case .literal, .set, .start, .end: []
    case .sequence(let nodes), .alternatives(let nodes): nodes.flatMap(\.groups)
    case .group(let index, let node): [index] + node.groups
    case .repetition(let node, _, _, _): node.groups
    }
  }
}
