// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// A compiled piece of a template: instructions one behind the other.
///
/// Loops and branches are jumps. What instructions refer to the program keeps, so that running one counts no references.
@safe
final class TemplateProgram {
  // SAFETY (this file): instructions refer to what `kept` keeps as long as the program exists. Numbers of
  // instructions, slots and loops come from the builder.

  /// What an instruction does.
  enum Operation: UInt8 {
    /// Writes a text: `text`, and `count` bytes of it.
    case text
    /// Writes the value of `evaluator`, escaped by `xhtml_escape`; by `action` when that was replaced.
    case escaped
    /// Writes the value of `evaluator`.
    case raw
    /// Goes on at `target`.
    case jump
    /// Goes on at `target` unless the value of `evaluator` is true.
    case jumpUnless
    /// Begins the loop `count` over the value of `evaluator`.
    case beginLoop
    /// Gives the next element of the loop `count` to `slot`; at its end goes on at `target`.
    case nextRound
    /// Gives the next element of the loop `count` to what `action` gives values to; at its end goes on at `target`.
    case nextAssigned
    /// Does what `action` does.
    case action
    /// Runs what follows up to `target` as `action` says.
    case attempt
  }

  /// An instruction; without an owned part, so that it costs nothing to look at one.
  @safe
  struct Instruction {
    var operation: Operation
    var slot = 0
    var count = 0
    var target = 0
    var evaluator: Unmanaged<Evaluator>?
    var action: Unmanaged<TemplateAction>?
    var text: UnsafePointer<UInt8>?

    init(_ operation: Operation) { self.operation = operation }
  }

  private let code: UnsafeMutablePointer<Instruction>
  let count: Int
  private let locations: [TemplateLocation]
  private let kept: [AnyObject]

  init(_ instructions: [Instruction], locations: [TemplateLocation], kept: [AnyObject]) {
    count = instructions.count
    unsafe code = .allocate(capacity: max(count, 1))
    for (index, instruction) in instructions.enumerated() {
      unsafe (code + index).initialize(to: instruction)
    }
    self.locations = locations
    self.kept = kept
  }

  deinit { unsafe code.deallocate() }

  /// Runs it from the beginning to the end.
  func run(_ frame: Frame) throws { _ = try run(0, count, frame) }

  /// Runs the instructions from `lower` up to `upper`.
  ///
  /// - Returns: Where to go on: `upper`, or outside of both when a loop was left.
  /// - Throws: ``TracedError``.
  func run(_ lower: Int, _ upper: Int, _ frame: Frame) throws -> Int {
    var at = lower
    let output = frame.output
    let escapesAsUsual = frame.escapesAsUsual
    do {
      while at >= lower, at < upper {
        let instruction = unsafe code + at
        at &+= 1
        switch unsafe instruction.pointee.operation {
        case .text:
          unsafe output.append(instruction.pointee.text.unsafelyUnwrapped, instruction.pointee.count)
        case .escaped:
          if escapesAsUsual {
            try unsafe instruction.pointee.evaluator.unsafelyUnwrapped._withUnsafeGuaranteedRef {
              if let address = try $0.address(frame) {
                try output.appendEscaped(address.value)
              } else {
                try output.appendEscaped(try $0.value(frame))
              }
            }
          } else {
            try unsafe instruction.pointee.action.unsafelyUnwrapped._withUnsafeGuaranteedRef {
              try $0.run(frame)
            }
          }
        case .raw:
          try unsafe instruction.pointee.evaluator.unsafelyUnwrapped._withUnsafeGuaranteedRef {
            output.append(try $0.value(frame))
          }
        case .jump: at = unsafe instruction.pointee.target
        case .jumpUnless:
          let isTrue = try unsafe instruction.pointee.evaluator.unsafelyUnwrapped._withUnsafeGuaranteedRef {
            try $0.truth(frame)
          }
          if !isTrue { at = unsafe instruction.pointee.target }
        case .beginLoop:
          let sequence = try unsafe instruction.pointee.evaluator.unsafelyUnwrapped._withUnsafeGuaranteedRef {
            try $0.value(frame)
          }
          try unsafe frame.begin(instruction.pointee.count, sequence)
        case .nextRound:
          try frame.countRound()
          let isThere = unsafe frame.next(instruction.pointee.count, into: instruction.pointee.slot)
          if !isThere { at = unsafe instruction.pointee.target }
        case .nextAssigned:
          try frame.countRound()
          if let value = unsafe frame.next(instruction.pointee.count) {
            try unsafe instruction.pointee.action.unsafelyUnwrapped._withUnsafeGuaranteedRef {
              try $0.assign(value, frame)
            }
          } else {
            at = unsafe instruction.pointee.target
          }
        case .action:
          try unsafe instruction.pointee.action.unsafelyUnwrapped._withUnsafeGuaranteedRef {
            try $0.run(frame)
          }
        case .attempt:
          at = try unsafe instruction.pointee.action.unsafelyUnwrapped._withUnsafeGuaranteedRef {
            try $0.run(self, frame)
          }
        }
      }
      return at
    } catch {
      throw error is TracedError ? error : TracedError(error: error, location: locations[at - 1])
    }
  }
}

/// What an instruction does that is more than the machine knows.
class TemplateAction {
  /// Does it.
  func run(_ frame: Frame) throws {}
  /// Gives a value to a target.
  func assign(_ value: TemplateValue, _ frame: Frame) throws {}
  /// Runs a part of a program.
  /// - Returns: Where to go on.
  func run(_ program: TemplateProgram, _ frame: Frame) throws -> Int { program.count }
}

/// A text where it stays.
@safe
private final class TextBlock {
  let start: UnsafePointer<UInt8>

  init(_ text: [UInt8]) {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(text.count, 1))
    // SAFETY: there is room for all of them.
    for (index, byte) in text.enumerated() { unsafe (copy + index).initialize(to: byte) }
    unsafe start = UnsafePointer(copy)
  }

  deinit { unsafe start.deallocate() }
}

/// Collects the instructions of a program.
@safe
struct ProgramBuilder {
  private var instructions: [TemplateProgram.Instruction] = []
  private var locations: [TemplateLocation] = []
  private var kept: [AnyObject] = []

  /// The number of the instruction that comes next.
  var next: Int { instructions.count }

  /// Adds an instruction.
  /// - Returns: Its number.
  @discardableResult
  mutating func add(
    _ operation: TemplateProgram.Operation, _ location: TemplateLocation, _ evaluator: Evaluator? = nil,
    action: TemplateAction? = nil, slot: Int = 0, count: Int = 0, target: Int = 0
  ) -> Int {
    var instruction = TemplateProgram.Instruction(operation)
    (instruction.slot, instruction.count, instruction.target) = (slot, count, target)
    if let evaluator {
      kept.append(evaluator)
      unsafe instruction.evaluator = .passUnretained(evaluator)
    }
    if let action {
      kept.append(action)
      unsafe instruction.action = .passUnretained(action)
    }
    instructions.append(instruction)
    locations.append(location)
    return instructions.count - 1
  }

  /// Adds an instruction that writes a text.
  mutating func add(text: [UInt8], _ location: TemplateLocation) {
    guard !text.isEmpty else { return }
    let block = TextBlock(text)
    kept.append(block)
    let index = add(.text, location, count: text.count)
    unsafe instructions[index].text = unsafe block.start
  }

  /// Says where a jump goes.
  mutating func aim(_ jump: Int, at target: Int) { instructions[jump].target = target }

  /// The program.
  func build() -> TemplateProgram {
    TemplateProgram(instructions, locations: locations, kept: kept)
  }
}
