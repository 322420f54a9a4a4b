// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension PatternProgram {
  /// Runs a program with open choices; a path so long that the memory of it would not be reasonable has no match.
  func matchBacktracking(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    guard let states = Backtracker.stateCount(of: self, path.count) else { return false }
    var machine = Backtracker(levelCount: Int(levelCount) + 1, path.count, states)
    return machine.run(self, path, &captures)
  }
}

/// Tries the choices of a program in their order and goes back to the last open one whenever it gets stuck.
///
/// An instruction with a memo that is reached a second time in the same state fails at once, for it led nowhere the first
/// time. The state is the position and, for loops whose bodies can match nothing, `emptyLevel`. So each memo costs at most
/// one try per state, which bounds the whole by the length of the path.
struct Backtracker: ~Copyable {
  private struct Frame: BitwiseCopyable {
    enum Kind: UInt8 {
      /// Go on at `instruction`, at position `first`.
      case resume
      /// A greedy run: go on after it at position `second`, and later at the positions before, down to `first`.
      case shorten
      /// A lazy run: take one byte more at position `first`.
      case extend
      /// Give slot `instruction` of the captures its value `first` back.
      case restore
    }
    var kind: Kind = .resume
    var level: UInt8 = 0
    var instruction: Int32 = 0
    var first: Int32 = 0
    var second: Int32 = 0
  }

  private let positionCount: Int
  private let levelCount: Int
  private var visited = InlineArray<24, UInt64>(repeating: 0)
  private var moreVisited: [UInt64] = []
  private var stack = InlineArray<12, Frame>(repeating: Frame())
  private var moreStack: [Frame] = []
  private var frameCount = 0

  private var next = 0
  private var position = 0
  /// The outermost loop whose present round has matched nothing yet; `levelCount - 1` stands for none.
  ///
  /// Loops count from 1 at the outside; an inner round starts later, so it has matched nothing either.
  private var emptyLevel: UInt8 = 0

  /// 32 MB: what the most complicated pattern needs for a path of 64 KB.
  private static let maximumStates = 1 << 28

  /// The number of states to be remembered, or `nil` if they are too many.
  fileprivate static func stateCount(of program: PatternProgram, _ byteCount: Int) -> Int? {
    let levels = Int(program.memoCount) * (Int(program.levelCount) + 1)
    let (states, isTooMany) = levels.multipliedReportingOverflow(by: byteCount + 1)
    return isTooMany || states > maximumStates ? nil : states
  }

  fileprivate init(levelCount: Int, _ byteCount: Int, _ states: Int) {
    positionCount = byteCount + 1
    self.levelCount = levelCount
    if states > 24 * 64 { moreVisited = Array(repeating: 0, count: (states + 63) / 64) }
    emptyLevel = none
  }

  private var none: UInt8 { UInt8(truncatingIfNeeded: levelCount - 1) }

  fileprivate mutating func run(
    _ program: PatternProgram, _ path: Span<UInt8>, _ captures: inout PathCaptures
  ) -> Bool {
    let code = program.code
    while true {
      var isAlive = true
      while isAlive, next < code.count {
        let instruction = code[next]
        if case .accept = instruction { return true }
        isAlive = step(instruction, program, path, &captures)
      }
      if isAlive, position == path.count { return true }
      guard goBack(program, path, &captures) else { return false }
    }
  }

  /// Runs one instruction.
  private mutating func step(
    _ instruction: PatternProgram.Instruction, _ program: PatternProgram, _ path: Span<UInt8>,
    _ captures: inout PathCaptures
  ) -> Bool {
    switch instruction {
    case .branch(let set, let otherwise, let memo):
      guard memo < 0 || visit(memo) else { return false }
      let isMember = position < path.count && program.sets[Int(set)].contains(path[position])
      next = isMember ? next + 1 : Int(otherwise)
      return true
    case .split(let first, let second, let memo):
      guard visit(memo) else { return false }
      push(Frame(kind: .resume, level: emptyLevel, instruction: second, first: Int32(position)))
      next = Int(first)
      return true
    case .greedyRun(let set, _, let memo): return startRun(program.sets[Int(set)], memo, path)
    case .lazyRun(_, let memo): return startLazyRun(memo)
    case .jump(let target):
      next = Int(target)
      return true
    case .leaveIfEmpty(let level, let exit):
      leave(level, exit)
      return true
    default:
      let start = position
      guard advance(instruction, program, path, &captures) else { return false }
      if position > start { emptyLevel = none }
      next += 1
      return true
    }
  }

  /// Runs an instruction that has only one way to go on.
  private mutating func advance(
    _ instruction: PatternProgram.Instruction, _ program: PatternProgram, _ path: Span<UInt8>,
    _ captures: inout PathCaptures
  ) -> Bool {
    switch instruction {
    case .span(let set, let minimum, let memo):
      let start = position
      return takeSpan(program.sets[Int(set)], memo, path, upTo: path.count)
        && position - start >= Int(minimum)
    case .spanUntil(let set, let tail, let memo):
      let limit = path.count - Int(tail)
      return position <= limit && takeSpan(program.sets[Int(set)], memo, path, upTo: limit)
        && position == limit
    case .save(let slot):
      save(Int(slot), &captures)
      return true
    case .enter(let level):
      emptyLevel = min(emptyLevel, UInt8(truncatingIfNeeded: level - 1))
      return true
    default: return program.take(instruction, path, &position)
    }
  }

  private mutating func leave(_ level: Int32, _ exit: Int32) {
    let isEmpty = Int(emptyLevel) <= Int(level) - 1
    if Int(emptyLevel) == Int(level) - 1 { emptyLevel = none }
    next = isEmpty ? Int(exit) : next + 1
  }

  private mutating func save(_ slot: Int, _ captures: inout PathCaptures) {
    if frameCount > 0 { push(Frame(kind: .restore, instruction: Int32(slot), first: captures.slot(slot))) }
    captures.set(slot, to: position)
  }
}

// MARK: - Runs

extension Backtracker {
  /// Takes members of `set` up to `limit`, but fails where an earlier try took the same bytes: it ended in the same
  /// place, from which there was no match.
  private mutating func takeSpan(_ set: ByteSet, _ memo: Int32, _ path: Span<UInt8>, upTo limit: Int) -> Bool
  {
    while position < limit, set.contains(path[position]) {
      guard visit(memo, level: none) else { return false }
      position += 1
    }
    return true
  }

  /// Takes as many bytes as there are and leaves the shorter runs open.
  private mutating func startRun(_ set: ByteSet, _ memo: Int32, _ path: Span<UInt8>) -> Bool {
    guard visit(memo) else { return false }
    let start = position
    while position < path.count, set.contains(path[position]) {
      position += 1
      guard visit(memo, level: none) else {
        position -= 1
        break
      }
    }
    push(
      Frame(
        kind: .shorten, level: emptyLevel, instruction: Int32(next), first: Int32(start),
        second: Int32(position)))
    return false
  }

  /// Takes no byte and leaves the longer runs open.
  private mutating func startLazyRun(_ memo: Int32) -> Bool {
    guard visit(memo) else { return false }
    push(Frame(kind: .extend, instruction: Int32(next), first: Int32(position)))
    next += 1
    return true
  }

  /// Goes back to the last open choice.
  private mutating func goBack(
    _ program: PatternProgram, _ path: Span<UInt8>, _ captures: inout PathCaptures
  ) -> Bool {
    while let frame = pop() {
      next = Int(frame.instruction)
      position = Int(frame.first)
      emptyLevel = frame.level
      switch frame.kind {
      case .resume: return true
      case .restore: captures.set(next, to: position)
      case .extend: if takeOneMore(program, path) { return true }
      case .shorten: if leaveRun(frame, program, path) { return true }
      }
    }
    return false
  }

  /// Goes on after the longest run of a frame that what follows can follow, and leaves the shorter ones open.
  private mutating func leaveRun(_ frame: Frame, _ program: PatternProgram, _ path: Span<UInt8>) -> Bool {
    guard case .greedyRun(_, let follow, _) = program.code[next] else { return false }
    let set = program.sets[Int(follow)]
    let start = position
    position = Int(frame.second)
    while position < path.count, !set.contains(path[position]) {
      guard position > start else { return false }
      position -= 1
    }
    next += 1
    guard position > start else { return true }
    var rest = frame
    rest.second = Int32(position - 1)
    push(rest)
    emptyLevel = none
    return true
  }

  private mutating func takeOneMore(_ program: PatternProgram, _ path: Span<UInt8>) -> Bool {
    guard case .lazyRun(let set, _) = program.code[next], position < path.count else { return false }
    guard program.sets[Int(set)].contains(path[position]) else { return false }
    position += 1
    emptyLevel = none
    return true
  }
}

// MARK: - Memory

extension Backtracker {
  /// Notes that the present state was reached; false if it was before.
  private mutating func visit(_ memo: Int32) -> Bool { visit(memo, level: emptyLevel) }

  private mutating func visit(_ memo: Int32, level: UInt8) -> Bool {
    let state = (Int(memo) * levelCount + Int(level)) * positionCount + position
    let bit: UInt64 = 1 &<< UInt64(state & 63)
    if moreVisited.isEmpty {
      defer { visited[state >> 6] |= bit }
      return visited[state >> 6] & bit == 0
    }
    defer { moreVisited[state >> 6] |= bit }
    return moreVisited[state >> 6] & bit == 0
  }

  private mutating func push(_ frame: Frame) {
    if frameCount < 12 { stack[frameCount] = frame } else { moreStack.append(frame) }
    frameCount += 1
  }

  private mutating func pop() -> Frame? {
    guard frameCount > 0 else { return nil }
    frameCount -= 1
    return frameCount < 12 ? stack[frameCount] : moreStack.popLast()
  }
}
