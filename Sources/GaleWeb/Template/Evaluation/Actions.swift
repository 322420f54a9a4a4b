// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleTemplate

/// A statement of `{% set %}` or an import.
final class StatementAction: TemplateAction {
  private let action: (Frame) throws -> Void

  init(_ action: @escaping (Frame) throws -> Void) { self.action = action }

  override func run(_ frame: Frame) throws { try action(frame) }
}

/// `{{ value }}`, escaped by a function.
final class FilterAction: TemplateAction {
  private let value: Evaluator
  private let function: Evaluator

  init(_ value: Evaluator, _ function: Evaluator) {
    self.value = value
    self.function = function
  }

  override func run(_ frame: Frame) throws {
    let value = try value.value(frame)
    // The function gets bytes, as in Tornado.
    let bytes: [UInt8] = if case .bytes(let bytes) = value { bytes } else { Array(value.text.utf8) }
    frame.output.append(
      try function.value(frame).called(TemplateArguments([.bytes(bytes)])).checkedOutput())
  }
}

/// `{% apply function %}`.
final class ApplyAction: TemplateAction {
  private let function: Evaluator
  private let body: BodyEvaluator

  init(_ function: Evaluator, _ body: BodyEvaluator) {
    self.function = function
    self.body = body
  }

  override func run(_ frame: Frame) throws {
    let function = try function.value(frame)
    frame.output.append(
      try function.called(TemplateArguments([try body.value(frame)])).checkedOutput())
  }
}

/// The target of a loop that is more than a name.
final class AssignAction: TemplateAction {
  private let assigner: Assigner

  init(_ assigner: Assigner) { self.assigner = assigner }

  override func assign(_ value: TemplateValue, _ frame: Frame) throws { try assigner.assign(value, frame) }
}

/// `{% try %}`: what belongs to it stands behind its instruction, part by part.
final class AttemptAction: TemplateAction {
  struct Handler {
    let types: Evaluator?
    let slot: Int?
    let body: Range<Int>
    let location: TemplateLocation
  }

  var body = 0..<0
  var handlers: [Handler] = []
  var otherwise = 0..<0
  var finally = 0..<0

  /// Runs a part; `nil` when it came to its end.
  private func leave(_ part: Range<Int>, _ program: TemplateProgram, _ frame: Frame) throws -> Int? {
    let at = try program.run(part.lowerBound, part.upperBound, frame)
    return at == part.upperBound ? nil : at
  }

  override func run(_ program: TemplateProgram, _ frame: Frame) throws -> Int {
    let left: Int?
    do {
      left = try attempt(program, frame)
    } catch {
      // What leaves the loop from here forgets the error, as in Python.
      if let at = try leave(finally, program, frame) { return at }
      throw error
    }
    return try leave(finally, program, frame) ?? left ?? finally.upperBound
  }

  private func attempt(_ program: TemplateProgram, _ frame: Frame) throws -> Int? {
    let left: Int?
    do {
      left = try leave(body, program, frame)
    } catch {
      let cause = (error as? TracedError)?.error ?? error
      for handler in handlers where try catches(handler, cause, frame) {
        if let slot = handler.slot { frame[slot] = .object(CaughtException(error: cause)) }
        defer { if let slot = handler.slot { frame[slot] = nil } }
        return try leave(handler.body, program, frame)
      }
      throw error
    }
    return try left ?? leave(otherwise, program, frame)
  }

  private func catches(_ handler: Handler, _ error: any Error, _ frame: Frame) throws -> Bool {
    guard CaughtException.canCatch(error) else { return false }
    guard let types = handler.types else { return true }
    do {
      let value = try types.value(frame)
      let list = if case .tuple(let list) = value { list } else { [value] }
      return try list.contains { type in
        guard case .function(let function) = type, let name = function.kind else {
          throw TemplateException(
            .typeError, "catching classes that do not inherit from BaseException is not allowed")
        }
        return CaughtException.isCaught(error, by: name)
      }
    } catch {
      throw TracedError(error: error, location: handler.location)
    }
  }
}

extension CaughtException {
  /// Whether an error is the template's: what ends the request, or cancels it, is not.
  static func canCatch(_ error: any Error) -> Bool { !(error is Finish) && !(error is CancellationError) }

  /// Whether `{% except name %}` catches an error; those of Swift are exceptions like any other.
  static func isCaught(_ error: any Error, by name: String) -> Bool {
    ((error as? TemplateException)?.kind ?? .exception).isCaught(by: name)
  }
}
