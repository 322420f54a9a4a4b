// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A compiled regular expression: instructions for a small machine that runs over the bytes of a path.
///
/// Most patterns of routes never leave a choice open: one look at the next byte says where to go on. Their programs run
/// in a plain loop (`matchDirectly`). The others run in a machine that goes back to open choices and remembers which of
/// them it tried where, so that none is tried twice (`Backtracker`): time is linear in the path for every pattern.
struct PatternProgram: Sendable {
  enum Instruction: Sendable {
    /// `count` bytes of `literals` from `start` on.
    case literal(start: Int32, count: Int32)
    /// As many bytes of `set` as there are, up to `maximum`; fails below `minimum`.
    ///
    /// Where `maximum` is `unlimited`, `minimum` is 0 or 1: the memory of the backtracker relies on it.
    case span(ByteSet, minimum: Int32, maximum: Int32, memo: Int32)
    /// Bytes of `set` up to `tail` bytes before the end of the path.
    case spanUntil(ByteSet, tail: Int32, memo: Int32)
    /// Any number of bytes of `set`, where what follows may start with one of them too.
    case run(ByteSet, isGreedy: Bool, memo: Int32)
    /// Goes on if the next byte is in `set`, else at `otherwise`; `memo` is -1 outside loops.
    case branch(ByteSet, otherwise: Int32, memo: Int32)
    /// Tries `first`, and `second` should that lead to no match.
    case split(first: Int32, second: Int32, memo: Int32)
    case jump(Int32)
    /// Notes the position: the start of group *n* for 2*n*, its end for 2*n* + 1.
    case save(Int32)
    /// One round starts of a loop whose body can match nothing.
    case enter(level: Int32)
    /// The round ends: leaves the loop for `exit` if the round matched nothing.
    case leaveIfEmpty(level: Int32, exit: Int32)
    case assertStart
    case assertEnd
    /// Matches whatever is left.
    case accept
  }

  static let unlimited = Int32.max
  static let noMemo: Int32 = -1

  var code: [Instruction] = []
  var literals: [UInt8] = []
  var groupCount = 0
  /// How many instructions have a memory of the positions where they were tried.
  var memoCount: Int32 = 0
  /// How deep loops nest whose bodies can match nothing.
  var levelCount: Int32 = 0
  /// Whether some choice needs more than a look at the next byte.
  var needsBacktracking = false

  /// The longest path that is matched at all: positions are kept in 32 bits.
  static let maximumByteCount = Int(Int32.max) - 1

  /// Matches the whole of `path`.
  ///
  /// - Returns: The ranges of the groups, or `nil` without a match.
  /// - Complexity: O(*n*·*m*) for *n* bytes and *m* instructions; no allocation while the pattern has at most 8 groups
  ///   and, for patterns that need backtracking, the path is short.
  func match(_ path: Span<UInt8>) -> PathCaptures? {
    guard path.count <= Self.maximumByteCount else { return nil }
    var captures = PathCaptures(count: groupCount)
    let isMatch = needsBacktracking ? matchBacktracking(path, &captures) : matchDirectly(path, &captures)
    return isMatch ? captures : nil
  }

  /// The program that matches every text.
  static var any: PatternProgram {
    var program = PatternProgram()
    program.code = [.accept]
    return program
  }
}

extension PatternProgram {
  /// Runs a program without open choices.
  private func matchDirectly(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    var next = 0
    var position = 0
    while next < code.count {
      switch code[next] {
      case .literal(let start, let count):
        guard hasLiteral(Int(start), Int(count), in: path, &position) else { return false }
      case .span(let set, let minimum, let maximum, _):
        guard set.takeSpan(of: path, minimum, maximum, &position) else { return false }
      case .spanUntil(let set, let tail, _):
        guard set.takeSpan(of: path, leaving: Int(tail), &position) else { return false }
      case .branch(let set, let otherwise, _):
        if position < path.count, set.contains(path[position]) { break }
        next = Int(otherwise)
        continue
      case .jump(let target):
        next = Int(target)
        continue
      case .save(let slot): captures.set(Int(slot), to: position)
      case .assertStart: guard position == 0 else { return false }
      case .assertEnd: guard position == path.count else { return false }
      case .accept: return true
      case .run, .split, .enter, .leaveIfEmpty: return false  // in programs that need backtracking only
      }
      next &+= 1
    }
    return position == path.count
  }

  @inline(always)
  func hasLiteral(_ start: Int, _ count: Int, in path: Span<UInt8>, _ position: inout Int) -> Bool {
    guard count <= path.count - position else { return false }
    for offset in 0..<count where literals[start &+ offset] != path[position &+ offset] { return false }
    position &+= count
    return true
  }
}

extension ByteSet {
  /// Takes the longest run of members of this set, up to `maximum`.
  @inline(always)
  func takeSpan(of path: Span<UInt8>, _ minimum: Int32, _ maximum: Int32, _ position: inout Int) -> Bool {
    let start = position
    let limit = Int(maximum) < path.count - start ? start + Int(maximum) : path.count
    while position < limit, contains(path[position]) { position &+= 1 }
    return position &- start >= Int(minimum)
  }

  /// Takes members of this set up to `tail` bytes before the end.
  @inline(always)
  func takeSpan(of path: Span<UInt8>, leaving tail: Int, _ position: inout Int) -> Bool {
    let limit = path.count - tail
    guard position <= limit else { return false }
    while position < limit {
      guard contains(path[position]) else { return false }
      position &+= 1
    }
    return true
  }
}
