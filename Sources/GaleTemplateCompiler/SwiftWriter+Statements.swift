// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension SwiftWriter {
  // MARK: - Exceptions

  mutating func write(_ attempt: LinkedNode.Attempt, _ location: TemplateLocation) throws {
    guard !attempt.finally.isEmpty else { return try guarded(attempt) }
    emit("do {")
    emit("try TemplateCode.attempt()")
    scopes.append(Scope())
    guards += 1
    try guarded(attempt)
    guards -= 1
    scopes.removeLast()
    emit("} catch {")
    try block(attempt.finally)
    emit("throw error")
    emit("}")
    emit("do {")
    try block(attempt.finally)
    emit("}")
  }

  private mutating func guarded(_ attempt: LinkedNode.Attempt) throws {
    guard !attempt.handlers.isEmpty else {
      emit("do {")
      try block(attempt.body)
      return emit("}")
    }
    labels += 1
    let error = "_tt_error\(labels)"
    emit("do {")
    emit("var \(error): (any Error)?")
    emit("do {")
    emit("try TemplateCode.attempt()")
    try block(attempt.body)
    emit("} catch { \(error) = error }")
    emit("if let \(error) {")
    for (index, handler) in attempt.handlers.enumerated() {
      let names = try handler.types.map { try exceptions($0, handler.location) } ?? "nil"
      emit("\(index == 0 ? "" : "} else ")if TemplateCode.catches(\(error), \(names)) {")
      if let name = handler.name { emit("let \(SwiftText.name(name)) = TemplateCode.caught(\(error))") }
      try block(handler.body, names: [handler.name].compactMap { $0 })
    }
    emit("} else { throw \(error) }")
    if !attempt.otherwise.isEmpty {
      emit("} else {")
      try block(attempt.otherwise)
    }
    emit("}")
    emit("}")
  }

  private func exceptions(_ types: Expression, _ location: TemplateLocation) throws -> String {
    let all: [Expression] = if case .tuple(let elements) = types { elements.map(\.value) } else { [types] }
    let names = try all.map { type in
      guard case .name(let name) = type,
        name.hasSuffix("Error") || name.hasSuffix("Exception") || name == "StopIteration"
      else { throw problem("a compiled template catches exceptions by their names", location) }
      return SwiftText.literal(name)
    }
    return "[\(names.joined(separator: ", "))]"
  }

  // MARK: - Statements

  mutating func write(_ statement: Statement, _ location: TemplateLocation) throws {
    switch statement {
    case .pass: break
    case .expression(let value):
      emit("_ = try TemplateCode.assigned(\(try expression(value, location)))", at: location)
    case .assignment(let targets, let value):
      guard targets.count == 1 else {
        throw problem("one name at a time gets a value in a compiled template", location)
      }
      if case .name(let name) = targets[0] {
        return try assign(name, try expression(value, location), location)
      }
      let (pattern, names) = try pattern(targets[0], location)
      if let name = names.first(where: { assignable($0) != nil }) {
        throw problem("'\(name)' has a value already; give it another one by itself", location)
      }
      emit("let \(pattern) = try TemplateCode.assigned(\(try expression(value, location)))", at: location)
      for name in names {
        declare(name, line: nil)
        emit("_ = \(SwiftText.name(name))")
      }
    case .augmented(let target, let sign, let value):
      guard case .name(let name) = target else {
        throw problem("only names can get values in a compiled template", location)
      }
      try assign(name, try expression(.binary(sign, .name(name), value), location), location)
    case .assertion(let test, let message):
      let text = try message.map { "TemplateCode.value(\(try expression($0, location)))" } ?? "nil"
      emit("try TemplateCode.check(\(try condition(test, location)), \(text))", at: location)
    case .delete: throw problem("del is not compiled", location)
    case .imports, .from:
      throw problem("a compiled template imports Swift's modules, by {# import Module #}", location)
    }
  }
}
