// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension PatternProgram {
  /// Runs a program with open choices; a path so long that the memory of it would not be reasonable has no match.
  func matchBacktracking(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    guard var machine = Backtracker(self, path.count) else { return false }
    return machine.run(path, &captures)
  }
}

/// Tries the choices of a program in their order and goes back to the last open one whenever it gets stuck.
///
/// An instruction with a memo that is reached a second time in the same state fails at once, for it led nowhere the first
/// time. The state is the position and, for loops whose bodies can match nothing, `emptyLevel`. So each memo costs at most
/// one try per state, which bounds the whole by the length of the path.
struct Backtracker {
  private struct Frame {
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

  private let program: PatternProgram
  private let positionCount: Int
  private let levelCount: Int
  private var visited = InlineArray<32, UInt64>(repeating: 0)
  private var moreVisited: [UInt64] = []
  private var stack = InlineArray<16, Frame>(repeating: Frame())
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

  fileprivate init?(_ program: PatternProgram, _ byteCount: Int) {
    self.program = program
    positionCount = byteCount + 1
    levelCount = Int(program.levelCount) + 1
    let (states, isTooMany) = (Int(program.memoCount) * levelCount).multipliedReportingOverflow(
      by: positionCount)
    guard !isTooMany, states <= Self.maximumStates else { return nil }
    if states > 32 * 64 { moreVisited = Array(repeating: 0, count: (states + 63) / 64) }
    emptyLevel = none
  }

  private var none: UInt8 { UInt8(truncatingIfNeeded: levelCount - 1) }

  fileprivate mutating func run(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    while true {
      var isAlive = true
      while isAlive, next < program.code.count {
        if case .accept = program.code[next] { return true }
        isAlive = step(path, &captures)
      }
      if isAlive, position == path.count { return true }
      guard goBack(path, &captures) else { return false }
    }
  }

  /// Runs one instruction.
  private mutating func step(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    let instruction = program.code[next]
    switch instruction {
    case .branch(let set, let otherwise, let memo):
      guard memo < 0 || visit(memo) else { return false }
      next = position < path.count && set.contains(path[position]) ? next + 1 : Int(otherwise)
      return true
    case .split(let first, let second, let memo):
      guard visit(memo) else { return false }
      push(Frame(kind: .resume, level: emptyLevel, instruction: second, first: Int32(position)))
      next = Int(first)
      return true
    case .jump(let target):
      next = Int(target)
      return true
    case .leaveIfEmpty(let level, let exit):
      leave(level, exit)
      return true
    case .run(let set, let isGreedy, let memo):
      return isGreedy ? startRun(set, memo, path) : startLazyRun(memo)
    default:
      let start = position
      guard advance(instruction, path, &captures) else { return false }
      if position > start { emptyLevel = none }
      next += 1
      return true
    }
  }

  /// Runs an instruction that has only one way to go on.
  private mutating func advance(
    _ instruction: PatternProgram.Instruction, _ path: Span<UInt8>, _ captures: inout PathCaptures
  ) -> Bool {
    switch instruction {
    case .literal(let start, let count):
      return program.hasLiteral(Int(start), Int(count), in: path, &position)
    case .span(let set, let minimum, PatternProgram.unlimited, let memo):
      let start = position
      return takeSpan(set, memo, path, upTo: path.count) && position - start >= Int(minimum)
    case .span(let set, let minimum, let maximum, _):
      return set.takeSpan(of: path, minimum, maximum, &position)
    case .spanUntil(let set, let tail, let memo):
      let limit = path.count - Int(tail)
      return position <= limit && takeSpan(set, memo, path, upTo: limit) && position == limit
    case .save(let slot): save(Int(slot), &captures)
    case .enter(let level): emptyLevel = min(emptyLevel, UInt8(truncatingIfNeeded: level - 1))
    case .assertStart: return position == 0
    case .assertEnd: return position == path.count
    default: break
    }
    return true
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
  private mutating func goBack(_ path: Span<UInt8>, _ captures: inout PathCaptures) -> Bool {
    while var frame = pop() {
      next = Int(frame.instruction)
      position = Int(frame.first)
      emptyLevel = frame.level
      switch frame.kind {
      case .resume: return true
      case .restore: captures.set(next, to: position)
      case .extend: if takeOneMore(path) { return true }
      case .shorten:
        next += 1
        guard frame.second > frame.first else { return true }
        position = Int(frame.second)
        emptyLevel = none
        frame.second -= 1
        push(frame)
        return true
      }
    }
    return false
  }

  private mutating func takeOneMore(_ path: Span<UInt8>) -> Bool {
    guard case .run(let set, _, _) = program.code[next], position < path.count, set.contains(path[position])
    else {
      return false
    }
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
    if frameCount < 16 { stack[frameCount] = frame } else { moreStack.append(frame) }
    frameCount += 1
  }

  private mutating func pop() -> Frame? {
    guard frameCount > 0 else { return nil }
    frameCount -= 1
    return frameCount < 16 ? stack[frameCount] : moreStack.popLast()
  }
}
