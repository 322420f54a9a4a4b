// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Turns the tree of a pattern into a program.
///
/// Each node is compiled with what is known of its surroundings: `follow`, the bytes that can come after it, and `tail`,
/// the exact number of bytes between its end and the end of the path where that is fixed. Wherever these settle a choice
/// the program looks at the next byte (or counts from the end) instead of leaving the choice open.
struct PatternCompiler {
  private typealias Instruction = PatternProgram.Instruction

  private let pattern: String
  private var code: [Instruction] = []
  private var literals: [UInt8] = []
  private var sets: [ByteSet] = []
  private var memoCount: Int32 = 0
  private var levelCount: Int32 = 0
  private var needsBacktracking = false
  private var level: Int32 = 0

  /// Far more than a route needs: bounds what one path can cost.
  static let maximumInstructions = 4096

  private init(_ pattern: String) { self.pattern = pattern }

  /// Compiles a tree.
  ///
  /// - Throws: ``RoutingError`` with `.tooLarge`.
  static func compile(_ node: PatternNode, of pattern: String, groupCount: Int) throws(RoutingError)
    -> PatternProgram
  {
    var compiler = PatternCompiler(pattern)
    try compiler.emit(withoutOuterAnchors(node), follow: .empty, tail: 0)
    return PatternProgram(
      code: compiler.code, literals: compiler.literals, sets: compiler.sets, groupCount: groupCount,
      memoCount: compiler.memoCount, levelCount: compiler.levelCount,
      needsBacktracking: compiler.needsBacktracking)
  }

  /// Drops a leading `^` and a trailing `$`: a pattern is anchored anyway.
  private static func withoutOuterAnchors(_ node: PatternNode) -> PatternNode {
    switch node {
    case .start, .end: return .sequence([])
    case .sequence(var nodes):
      while case .start = nodes.first { nodes.removeFirst() }
      while case .end = nodes.last { nodes.removeLast() }
      return .sequence(nodes)
    default: return node
    }
  }

  private mutating func emit(_ node: PatternNode, follow: ByteSet, tail: Int?) throws(RoutingError) {
    switch node {
    case .literal(let bytes):
      try add(.literal(start: Int32(literals.count), count: Int32(bytes.count)))
      literals += bytes
    case .set(let set):
      try add(.one(set: index(of: set)))
    case .sequence(let nodes):
      for (index, node) in nodes.enumerated() {
        let rest = nodes[(index + 1)...]
        let follow = PatternNode.firstBytes(of: rest, then: follow)
        try emit(node, follow: follow, tail: PatternNode.fixedByteCount(of: rest, then: tail))
      }
    case .alternatives(let nodes): try emitAlternatives(nodes, follow: follow, tail: tail)
    case .group(let index, let node):
      try add(.save(Int32(2 * index)))
      try emit(node, follow: follow, tail: tail)
      try add(.save(Int32(2 * index + 1)))
    case .repetition(let node, let minimum, let maximum, let isGreedy):
      let loop = Repetition(
        minimum: minimum, maximum: maximum, isGreedy: isGreedy, follow: follow, tail: tail)
      if let set = node.singleByteSet { try emitRun(of: set, loop) } else { try emitLoop(over: node, loop) }
    case .start: try add(.assertStart)
    case .end: try add(.assertEnd)
    }
  }

  private mutating func emitAlternatives(
    _ nodes: [PatternNode], follow: ByteSet, tail: Int?
  ) throws(RoutingError) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      let rest = nodes[(index + 1)...]
      guard !rest.isEmpty else {
        try emit(node, follow: follow, tail: tail)
        break
      }
      var others = rest.reduce(ByteSet.empty) { $0.union($1.firstBytes) }
      if rest.contains(where: \.isNullable) { others = others.union(follow) }
      let choice = try emitChoice(node, against: others, isGreedy: true)
      try emit(node, follow: follow, tail: tail)
      jumps.append(code.count)
      try add(.jump(0))
      patch(choice)
    }
    for jump in jumps { patch(jump) }
  }

  // MARK: choices

  /// Emits the choice whether to go on with `node` or elsewhere, where `others` can come first; see `patch`.
  private mutating func emitChoice(
    _ node: PatternNode, against others: ByteSet, isGreedy: Bool, isLoop: Bool = false
  ) throws(RoutingError) -> Int {
    let place = code.count
    let first = node.firstBytes
    if !node.isNullable, first.isDisjoint(with: others) {
      try add(.branch(set: index(of: first), otherwise: 0, memo: isLoop ? newMemo() : PatternProgram.noMemo))
    } else {
      needsBacktracking = true
      let here = Int32(place + 1)
      try add(.split(first: isGreedy ? here : -1, second: isGreedy ? -1 : here, memo: newMemo()))
    }
    return place
  }

  /// Lets the open end of the instruction at `place` lead to the next one to be emitted.
  private mutating func patch(_ place: Int) {
    let target = Int32(code.count)
    switch code[place] {
    case .branch(let set, _, let memo): code[place] = .branch(set: set, otherwise: target, memo: memo)
    case .split(let first, let second, let memo):
      code[place] = .split(
        first: first < 0 ? target : first, second: second < 0 ? target : second, memo: memo)
    case .jump: code[place] = .jump(target)
    case .leaveIfEmpty(let level, _): code[place] = .leaveIfEmpty(level: level, exit: target)
    default: preconditionFailure("not an instruction with a target")
    }
  }

  private mutating func index(of set: ByteSet) -> Int32 {
    if let index = sets.firstIndex(of: set) { return Int32(index) }
    sets.append(set)
    return Int32(sets.count - 1)
  }

  private mutating func newMemo() -> Int32 {
    defer { memoCount += 1 }
    return memoCount
  }

  private mutating func add(_ instruction: Instruction) throws(RoutingError) {
    guard code.count < Self.maximumInstructions else {
      let message = "the pattern is too large once its repetitions are written out"
      throw RoutingError(code: .tooLarge, pattern: pattern, position: nil, message: message)
    }
    code.append(instruction)
  }
}

// MARK: - Repetition

extension PatternCompiler {
  private struct Repetition {
    let minimum: Int
    let maximum: Int?
    let isGreedy: Bool
    let follow: ByteSet
    let tail: Int?
  }

  /// Repeats one set of bytes.
  private mutating func emitRun(of set: ByteSet, _ loop: Repetition) throws(RoutingError) {
    let isClosed = set.isDisjoint(with: loop.follow)
    if let maximum = loop.maximum, maximum == loop.minimum || isClosed {
      return try emitFew(of: set, loop.minimum, maximum)
    }
    if loop.maximum == nil, loop.minimum == 1, isClosed {
      return try add(.span(set: index(of: set), minimum: 1, memo: newMemo()))
    }
    try emitFew(of: set, loop.minimum, loop.minimum)
    if let maximum = loop.maximum {
      let rest = Repetition(
        minimum: 0, maximum: maximum - loop.minimum, isGreedy: loop.isGreedy, follow: loop.follow,
        tail: loop.tail)
      try emitLoop(over: .set(set), rest)
    } else if isClosed {
      try add(.span(set: index(of: set), minimum: 0, memo: newMemo()))
    } else if let tail = loop.tail {
      try add(.spanUntil(set: index(of: set), tail: Int32(clamping: tail), memo: newMemo()))
    } else {
      needsBacktracking = true
      let (set, follow) = (index(of: set), index(of: loop.follow))
      let memo = newMemo()
      try add(
        loop.isGreedy ? .greedyRun(set: set, follow: follow, memo: memo) : .lazyRun(set: set, memo: memo))
    }
  }

  private mutating func emitFew(of set: ByteSet, _ minimum: Int, _ maximum: Int) throws(RoutingError) {
    guard maximum > 0 else { return }
    let index = index(of: set)
    try add(
      maximum == 1 && minimum == 1
        ? .one(set: index) : .few(set: index, minimum: Int32(minimum), maximum: Int32(maximum)))
  }

  /// Writes the rounds of a repetition out: those that must be, then those that may be or a loop.
  private mutating func emitLoop(over node: PatternNode, _ loop: Repetition) throws(RoutingError) {
    let again = node.firstBytes.union(loop.follow)
    for round in 0..<loop.minimum {
      let isLast = round + 1 == loop.minimum && loop.maximum == loop.minimum
      try emit(node, follow: isLast ? loop.follow : again, tail: isLast ? loop.tail : nil)
    }
    guard let maximum = loop.maximum else { return try emitEndlessLoop(over: node, loop, again) }
    var exits: [Int] = []
    for round in loop.minimum..<maximum {
      let isLast = round + 1 == maximum
      exits.append(try emitChoice(node, against: loop.follow, isGreedy: loop.isGreedy))
      if isLast {
        try emit(node, follow: loop.follow, tail: loop.tail)
      } else {
        exits += try emitRound(of: node, follow: again)
      }
    }
    for exit in exits { patch(exit) }
  }

  private mutating func emitEndlessLoop(
    over node: PatternNode, _ loop: Repetition, _ again: ByteSet
  ) throws(RoutingError) {
    let top = Int32(code.count)
    let exit = try emitChoice(node, against: loop.follow, isGreedy: loop.isGreedy, isLoop: true)
    let exits = try emitRound(of: node, follow: again) + [exit]
    try add(.jump(top))
    for exit in exits { patch(exit) }
  }

  /// Emits one round of a loop that may go on, and how to leave it after a round that matched nothing.
  private mutating func emitRound(of node: PatternNode, follow: ByteSet) throws(RoutingError) -> [Int] {
    guard node.isNullable else {
      try emit(node, follow: follow, tail: nil)
      return []
    }
    level += 1
    defer { level -= 1 }
    levelCount = max(levelCount, level)
    try add(.enter(level: level))
    try emit(node, follow: follow, tail: nil)
    try add(.leaveIfEmpty(level: level, exit: 0))
    return [code.count - 1]
  }
}
