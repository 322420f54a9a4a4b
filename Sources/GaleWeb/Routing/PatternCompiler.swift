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
  private var program = PatternProgram()
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
    compiler.program.groupCount = groupCount
    try compiler.emit(withoutOuterAnchors(node), follow: .empty, tail: 0)
    return compiler.program
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
      try add(.literal(start: Int32(program.literals.count), count: Int32(bytes.count)))
      program.literals += bytes
    case .set(let set):
      try add(.span(set, minimum: 1, maximum: 1, memo: PatternProgram.noMemo))
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
      jumps.append(program.code.count)
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
    let place = program.code.count
    let first = node.firstBytes
    if !node.isNullable, first.isDisjoint(with: others) {
      try add(.branch(first, otherwise: 0, memo: isLoop ? newMemo() : PatternProgram.noMemo))
    } else {
      program.needsBacktracking = true
      let here = Int32(place + 1)
      try add(.split(first: isGreedy ? here : -1, second: isGreedy ? -1 : here, memo: newMemo()))
    }
    return place
  }

  /// Lets the open end of the instruction at `place` lead to the next one to be emitted.
  private mutating func patch(_ place: Int) {
    let target = Int32(program.code.count)
    switch program.code[place] {
    case .branch(let set, _, let memo): program.code[place] = .branch(set, otherwise: target, memo: memo)
    case .split(let first, let second, let memo):
      program.code[place] = .split(
        first: first < 0 ? target : first, second: second < 0 ? target : second, memo: memo)
    case .jump: program.code[place] = .jump(target)
    case .leaveIfEmpty(let level, _): program.code[place] = .leaveIfEmpty(level: level, exit: target)
    default: preconditionFailure("not an instruction with a target")
    }
  }

  private mutating func newMemo() -> Int32 {
    defer { program.memoCount += 1 }
    return program.memoCount
  }

  private mutating func add(_ instruction: Instruction) throws(RoutingError) {
    guard program.code.count < Self.maximumInstructions else {
      let message = "the pattern is too large once its repetitions are written out"
      throw RoutingError(code: .tooLarge, pattern: pattern, position: nil, message: message)
    }
    program.code.append(instruction)
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
    let unlimited = PatternProgram.unlimited
    if let maximum = loop.maximum, maximum == loop.minimum || set.isDisjoint(with: loop.follow) {
      return try emitSpan(of: set, loop.minimum, Int32(maximum))
    }
    if loop.maximum == nil, loop.minimum == 1, set.isDisjoint(with: loop.follow) {
      return try emitSpan(of: set, 1, unlimited)
    }
    if loop.minimum > 0 { try emitSpan(of: set, loop.minimum, Int32(loop.minimum)) }
    if let maximum = loop.maximum {
      let rest = Repetition(
        minimum: 0, maximum: maximum - loop.minimum, isGreedy: loop.isGreedy, follow: loop.follow,
        tail: loop.tail)
      try emitLoop(over: .set(set), rest)
    } else if set.isDisjoint(with: loop.follow) {
      try emitSpan(of: set, 0, unlimited)
    } else if let tail = loop.tail {
      try add(.spanUntil(set, tail: Int32(clamping: tail), memo: newMemo()))
    } else {
      program.needsBacktracking = true
      try add(.run(set, isGreedy: loop.isGreedy, memo: newMemo()))
    }
  }

  private mutating func emitSpan(of set: ByteSet, _ minimum: Int, _ maximum: Int32) throws(RoutingError) {
    guard maximum > 0 else { return }
    let memo = maximum == PatternProgram.unlimited ? newMemo() : PatternProgram.noMemo
    try add(.span(set, minimum: Int32(minimum), maximum: maximum, memo: memo))
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
    let top = Int32(program.code.count)
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
    program.levelCount = max(program.levelCount, level)
    try add(.enter(level: level))
    try emit(node, follow: follow, tail: nil)
    try add(.leaveIfEmpty(level: level, exit: 0))
    return [program.code.count - 1]
  }
}
