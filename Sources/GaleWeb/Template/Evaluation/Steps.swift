// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// How a step ended.
enum Flow { case normal, leaveLoop, nextRound }

/// A compiled piece of a template.
class Step {
  final let location: TemplateLocation
  init(_ location: TemplateLocation) { self.location = location }

  func run(_ frame: Frame) throws -> Flow { .normal }
}

/// Steps one after the other; notes the line of one that fails.
final class StepList {
  let steps: [Step]
  init(_ steps: [Step]) { self.steps = steps }

  func run(_ frame: Frame) throws -> Flow {
    for step in steps {
      let flow: Flow
      do {
        flow = try step.run(frame)
      } catch {
        throw error is TracedError ? error : TracedError(error: error, location: step.location)
      }
      guard flow == .normal else { return flow }
    }
    return .normal
  }
}

final class TextStep: Step {
  let bytes: [UInt8]

  init(_ bytes: [UInt8], _ location: TemplateLocation) {
    self.bytes = bytes
    super.init(location)
  }

  override func run(_ frame: Frame) -> Flow {
    frame.output.append(bytes)
    return .normal
  }
}

/// `{{ value }}`, escaped by `xhtml_escape`.
final class EscapedStep: Step {
  let value: Evaluator
  /// Used when the namespace has an `xhtml_escape` of its own.
  let function: Evaluator

  init(_ value: Evaluator, _ function: Evaluator, _ location: TemplateLocation) {
    self.value = value
    self.function = function
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    let value = try value.value(frame)
    if frame.escapesAsUsual {
      try frame.writeEscaped(value)
    } else {
      try frame.write(filtered(value, function, frame))
    }
    return .normal
  }
}

/// What an escaping function makes of a value: it gets bytes, as in Tornado.
private func filtered(_ value: TemplateValue, _ function: Evaluator, _ frame: Frame) throws -> TemplateValue {
  let bytes: [UInt8] = if case .bytes(let bytes) = value { bytes } else { Array(value.text.utf8) }
  return try function.value(frame).called(TemplateArguments([.bytes(bytes)])).checkedOutput()
}

/// `{{ value }}`, escaped by another function.
final class FilteredStep: Step {
  let value: Evaluator
  let function: Evaluator

  init(_ value: Evaluator, _ function: Evaluator, _ location: TemplateLocation) {
    self.value = value
    self.function = function
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    try frame.write(filtered(value.value(frame), function, frame))
    return .normal
  }
}

/// `{% raw value %}`.
final class RawStep: Step {
  let value: Evaluator

  init(_ value: Evaluator, _ location: TemplateLocation) {
    self.value = value
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    frame.write(try value.value(frame))
    return .normal
  }
}

/// `{% apply function %}`.
final class ApplyStep: Step {
  let function: Evaluator
  let body: BodyEvaluator

  init(_ function: Evaluator, _ body: BodyEvaluator, _ location: TemplateLocation) {
    self.function = function
    self.body = body
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    let function = try function.value(frame)
    frame.write(try function.called(TemplateArguments([try body.value(frame)])).checkedOutput())
    return .normal
  }
}

/// An included file or a block: its lines are noted by themselves.
final class InlineStep: Step {
  let body: StepList

  init(_ body: StepList, _ location: TemplateLocation) {
    self.body = body
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow { try body.run(frame) }
}

final class BranchStep: Step {
  let branches: [(test: Evaluator, location: TemplateLocation, body: StepList)]
  let otherwise: StepList?

  init(
    _ branches: [(test: Evaluator, location: TemplateLocation, body: StepList)], _ otherwise: StepList?,
    _ location: TemplateLocation
  ) {
    self.branches = branches
    self.otherwise = otherwise
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    for branch in branches {
      let isTrue: Bool
      do { isTrue = try branch.test.truth(frame) } catch {
        throw error is TracedError ? error : TracedError(error: error, location: branch.location)
      }
      if isTrue { return try branch.body.run(frame) }
    }
    return try otherwise?.run(frame) ?? .normal
  }
}

final class LoopStep: Step {
  let target: Assigner
  /// The slot of a target that is one name.
  let slot: Int?
  let sequence: Evaluator
  let body: StepList
  let otherwise: StepList

  init(
    _ target: Assigner, _ sequence: Evaluator, _ body: StepList, _ otherwise: StepList,
    _ location: TemplateLocation
  ) {
    self.target = target
    slot = (target as? NameAssigner)?.slot
    self.sequence = sequence
    self.body = body
    self.otherwise = otherwise
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    let sequence = try sequence.value(frame)
    if case .list(let list) = sequence {
      // The list may grow while it is gone through, as in Python.
      var index = 0
      while index < list.elements.count {
        guard try round(list.elements[index], frame) else { return .normal }
        index += 1
      }
    } else if case .object(let object) = sequence, let range = object as? TemplateRange {
      for index in 0..<range.count {
        guard try round(.int(range[index]), frame) else { return .normal }
      }
    } else {
      for value in try sequence.iterated() { guard try round(value, frame) else { return .normal } }
    }
    return try otherwise.run(frame)
  }

  @inline(__always)
  private func round(_ value: TemplateValue, _ frame: Frame) throws -> Bool {
    if let slot { frame.slots[slot] = value } else { try target.assign(value, frame) }
    return try body.run(frame) != .leaveLoop
  }
}

final class WhileStep: Step {
  let test: Evaluator
  let body: StepList
  let otherwise: StepList

  init(_ test: Evaluator, _ body: StepList, _ otherwise: StepList, _ location: TemplateLocation) {
    self.test = test
    self.body = body
    self.otherwise = otherwise
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    while try test.truth(frame) { if try body.run(frame) == .leaveLoop { return .normal } }
    return try otherwise.run(frame)
  }
}

final class LeaveStep: Step {
  let flow: Flow

  init(_ flow: Flow, _ location: TemplateLocation) {
    self.flow = flow
    super.init(location)
  }

  override func run(_ frame: Frame) -> Flow { flow }
}

final class AttemptStep: Step {
  struct Handler {
    let types: Evaluator?
    let slot: Int?
    let body: StepList
    let location: TemplateLocation
  }

  let body: StepList
  let handlers: [Handler]
  let otherwise: StepList
  let finally: StepList

  init(
    _ body: StepList, _ handlers: [Handler], _ otherwise: StepList, _ finally: StepList,
    _ location: TemplateLocation
  ) {
    self.body = body
    self.handlers = handlers
    self.otherwise = otherwise
    self.finally = finally
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    let flow: Flow
    do {
      flow = try attempt(frame)
    } catch {
      let last = try finally.run(frame)
      guard last == .normal else { return last }
      throw error
    }
    let last = try finally.run(frame)
    return last == .normal ? flow : last
  }

  private func attempt(_ frame: Frame) throws -> Flow {
    let flow: Flow
    do {
      flow = try body.run(frame)
    } catch {
      let cause = (error as? TracedError)?.error ?? error
      for handler in handlers where try catches(handler, cause, frame) {
        if let slot = handler.slot { frame.slots[slot] = .object(CaughtException(error: cause)) }
        defer { if let slot = handler.slot { frame.slots[slot] = nil } }
        return try handler.body.run(frame)
      }
      throw error
    }
    return flow == .normal ? try otherwise.run(frame) : flow
  }

  private func catches(_ handler: Handler, _ error: any Error, _ frame: Frame) throws -> Bool {
    // What ends the request, or cancels it, is not the template's.
    guard !(error is Finish), !(error is CancellationError) else { return false }
    guard let types = handler.types else { return true }
    do {
      let value = try types.value(frame)
      let list = if case .tuple(let list) = value { list } else { [value] }
      return try list.contains { type in
        guard case .function(let function) = type, let name = function.kind else {
          throw TemplateException(
            .typeError, "catching classes that do not inherit from BaseException is not allowed")
        }
        return ((error as? TemplateException)?.kind ?? .exception).isCaught(by: name)
      }
    } catch {
      throw TracedError(error: error, location: handler.location)
    }
  }
}

/// A statement of `{% set %}` or an import.
final class StatementStep: Step {
  let action: (Frame) throws -> Void

  init(_ location: TemplateLocation, _ action: @escaping (Frame) throws -> Void) {
    self.action = action
    super.init(location)
  }

  override func run(_ frame: Frame) throws -> Flow {
    try action(frame)
    return .normal
  }
}
