// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A compiled regular expression: instructions for a small machine that runs over the bytes of a path.
///
/// Most patterns of routes never leave a choice open: one look at the next byte says where to go on. Their programs run
/// in a plain loop (`matchDirectly`). The others run in a machine that goes back to open choices and remembers which of
/// them it tried where, so that none is tried twice (`Backtracker`): time is linear in the path for every pattern.
final class PatternProgram: Sendable {
  enum Instruction: Sendable {
    /// `count` bytes of `literals` from `start` on.
    case literal(start: Int32, count: Int32)
    /// One byte of a set; this and all other sets are indices into `sets`.
    case one(set: Int32)
    /// As many bytes of the set as there are, up to `maximum`; fails below `minimum`.
    case few(set: Int32, minimum: Int32, maximum: Int32)
    /// As many bytes of the set as there are; fails below `minimum`, which is 0 or 1: the memory of the backtracker
    /// relies on it.
    case span(set: Int32, minimum: Int32, memo: Int32)
    /// Bytes of the set up to `tail` bytes before the end of the path.
    case spanUntil(set: Int32, tail: Int32, memo: Int32)
    /// Any number of bytes of the set, as many as possible first, where what follows may start with one of them too;
    /// it starts with one of the set `follow`, or with nothing.
    case greedyRun(set: Int32, follow: Int32, memo: Int32)
    /// The same, as few as possible first.
    case lazyRun(set: Int32, memo: Int32)
    /// Goes on if the next byte is in the set, else at `otherwise`; `memo` is -1 outside loops.
    case branch(set: Int32, otherwise: Int32, memo: Int32)
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

  static let noMemo: Int32 = -1

  let code: [Instruction]
  let literals: [UInt8]
  let sets: [ByteSet]
  let groupCount: Int
  /// How many instructions have a memory of the positions where they were tried.
  let memoCount: Int32
  /// How deep loops nest whose bodies can match nothing.
  let levelCount: Int32
  /// Whether some choice needs more than a look at the next byte.
  let needsBacktracking: Bool

  init(
    code: [Instruction], literals: [UInt8] = [], sets: [ByteSet] = [], groupCount: Int = 0,
    memoCount: Int32 = 0,
    levelCount: Int32 = 0, needsBacktracking: Bool = false
  ) {
    self.code = code
    self.literals = literals
    self.sets = sets
    self.groupCount = groupCount
    self.memoCount = memoCount
    self.levelCount = levelCount
    self.needsBacktracking = needsBacktracking
  }

  /// The longest path that is matched at all: positions are kept in 32 bits.
  static let maximumByteCount = Int(Int32.max) - 1

  /// Matches the whole of `path`.
  ///
  /// - Parameters:
  ///   - path: The bytes to match.
  ///   - captures: Takes the ranges of the groups; what they are without a match is not defined.
  /// - Returns: Whether the path matches.
  /// - Complexity: O(*n*·*m*) for *n* bytes and *m* instructions; no allocation while the pattern has at most 8 groups
  ///   and, for patterns that need backtracking, the path is short.
  func match(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    guard path.count <= Self.maximumByteCount else { return false }
    captures.reset(count: groupCount)
    return needsBacktracking ? matchBacktracking(path, &captures) : matchDirectly(path, &captures)
  }

  /// The program that matches every text.
  static let any = PatternProgram(code: [.accept])
}

extension PatternProgram {
  /// Runs a program without open choices.
  private func matchDirectly(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    let code = code
    var next = 0
    var position = 0
    while next < code.count {
      switch code[next] {
      case .branch(let set, let otherwise, _):
        let isMember = position < path.count && sets[Int(set)].contains(path[position])
        next = isMember ? next &+ 1 : Int(otherwise)
      case .jump(let target): next = Int(target)
      case .save(let slot):
        captures.set(Int(slot), to: position)
        next &+= 1
      case .accept: return true
      case let instruction:
        guard take(instruction, path, &position) else { return false }
        next &+= 1
      }
    }
    return position == path.count
  }

  /// Runs an instruction that only takes bytes or looks at the position; all others fail.
  @inline(always)
  func take(_ instruction: Instruction, _ path: Span<UInt8>, _ position: inout Int) -> Bool {
    switch instruction {
    case .literal(let start, let count): hasLiteral(Int(start), Int(count), in: path, &position)
    case .one(let set): sets[Int(set)].takeFew(of: path, 1, 1, &position)
    case .few(let set, let minimum, let maximum):
      sets[Int(set)].takeFew(of: path, Int(minimum), Int(maximum), &position)
    case .span(let set, let minimum, _): sets[Int(set)].takeSpan(of: path, Int(minimum), &position)
    case .spanUntil(let set, let tail, _): sets[Int(set)].takeSpan(of: path, leaving: Int(tail), &position)
    case .assertStart: position == 0
    case .assertEnd: position == path.count
    default: false
    }
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
  /// Takes the longest run of members of this set.
  @inline(always)
  func takeSpan(of path: Span<UInt8>, _ minimum: Int, _ position: inout Int) -> Bool {
    let start = position
    while position < path.count, contains(path[position]) { position &+= 1 }
    return position &- start >= minimum
  }

  /// Takes the longest run of members of this set, up to `maximum`.
  @inline(always)
  func takeFew(of path: Span<UInt8>, _ minimum: Int, _ maximum: Int, _ position: inout Int) -> Bool {
    let start = position
    let limit = min(path.count, start &+ maximum)
    while position < limit, contains(path[position]) { position &+= 1 }
    return position &- start >= minimum
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
