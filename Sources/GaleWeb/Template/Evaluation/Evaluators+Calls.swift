// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// The arguments of a call.
struct ArgumentList {
  enum Kind { case positional, starred, doubleStarred, keyword(String) }
  let parts: [(kind: Kind, value: Evaluator)]
  /// Whether all are without star and name.
  let isPlain: Bool

  init(_ parts: [(kind: Kind, value: Evaluator)]) {
    self.parts = parts
    isPlain = parts.allSatisfy { if case .positional = $0.kind { true } else { false } }
  }

  func evaluate(_ frame: Frame) throws -> TemplateArguments {
    var arguments = TemplateArguments()
    if isPlain {
      arguments.positional.reserveCapacity(parts.count)
      for part in parts { arguments.positional.append(try part.value.value(frame)) }
      return arguments
    }
    for part in parts {
      let value = try part.value.value(frame)
      switch part.kind {
      case .positional: arguments.positional.append(value)
      case .starred: arguments.positional += try value.iterated()
      case .keyword(let name): try add(name, value, to: &arguments)
      case .doubleStarred:
        guard case .dictionary(let dictionary) = value else {
          throw TemplateException(.typeError, "argument after ** must be a mapping, not \(value.typeName)")
        }
        for (key, value) in zip(dictionary.keys, dictionary.values) {
          guard case .string(let name) = key else {
            throw TemplateException(.typeError, "keywords must be strings")
          }
          try add(name, value, to: &arguments)
        }
      }
    }
    return arguments
  }

  private func add(_ name: String, _ value: TemplateValue, to arguments: inout TemplateArguments) throws {
    guard arguments[name] == nil else {
      throw TemplateException(.typeError, "got multiple values for keyword argument '\(name)'")
    }
    arguments.keywords.append((name, value))
  }
}

final class CallEvaluator: Evaluator {
  let function: Evaluator
  let arguments: ArgumentList

  init(_ function: Evaluator, _ arguments: ArgumentList) {
    self.function = function
    self.arguments = arguments
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    let function = try function.value(frame)
    return try function.called(try arguments.evaluate(frame))
  }
}

/// `object.method(…)`, without making the bound method first.
final class MethodEvaluator: Evaluator {
  let object: Evaluator
  let name: String
  let method: TemplateMethod?
  let arguments: ArgumentList

  init(_ object: Evaluator, _ name: String, _ arguments: ArgumentList) {
    self.object = object
    self.name = name
    method = TemplateMethod(rawValue: name)
    self.arguments = arguments
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    let object = try object.value(frame)
    if let method, object.has(method) { return try object.call(method, try arguments.evaluate(frame)) }
    let function = try object.attribute(name)
    return try function.called(try arguments.evaluate(frame))
  }
}

final class LambdaEvaluator: Evaluator {
  struct Parameter {
    let kind: Expression.Parameter.Kind
    let name: String
    let slot: Int
    let standard: Evaluator?
  }

  let parameters: [Parameter]
  let body: Evaluator
  /// Names of enclosing lambdas and comprehensions, whose values are kept.
  let captures: [Int]

  init(_ parameters: [Parameter], _ body: Evaluator, captures: [Int]) {
    self.parameters = parameters
    self.body = body
    self.captures = captures
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    let standards = try parameters.map { try $0.standard?.value(frame) }
    let captured = captures.map { (slot: $0, value: frame[$0]) }
    return .function("<lambda>") { [self, weak frame] arguments in
      // The page is at an end, and with it all names, when somebody kept the function.
      guard let frame, !frame.isComplete else {
        throw TemplateException(.runtimeError, "the page is complete")
      }
      return try call(frame, arguments, standards, captured)
    }
  }

  private func call(
    _ frame: Frame, _ arguments: TemplateArguments, _ standards: [TemplateValue?],
    _ captured: [(slot: Int, value: TemplateValue?)]
  ) throws -> TemplateValue {
    guard frame.callDepth < Frame.callLimit else {
      throw TemplateException(.recursionError, "maximum recursion depth exceeded")
    }
    let slots = captured.map(\.slot) + parameters.map(\.slot)
    let saved = slots.map { frame[$0] }
    let values = try bind(arguments, standards)
    try frame.countRound()
    frame.callDepth += 1
    defer {
      frame.callDepth -= 1
      for (slot, value) in zip(slots, saved) { frame[slot] = value }
    }
    for capture in captured { frame[capture.slot] = capture.value }
    for (parameter, value) in zip(parameters, values) { frame[parameter.slot] = value }
    return try body.value(frame)
  }

  private func bind(_ arguments: TemplateArguments, _ standards: [TemplateValue?]) throws -> [TemplateValue] {
    var rest = arguments.positional[...]
    var keywords = arguments.keywords
    var values: [TemplateValue] = []
    var afterStar = false
    for (index, parameter) in parameters.enumerated() {
      switch parameter.kind {
      case .starred:
        values.append(.tuple(Array(rest)))
        rest = []
        afterStar = true
      case .doubleStarred:
        let dictionary = TemplateDictionary()
        for keyword in keywords { dictionary.set(.string(keyword.name), keyword.value) }
        values.append(.dictionary(dictionary))
        keywords = []
      case .plain:
        if !afterStar, let value = rest.popFirst() {
          values.append(value)
        } else if let place = keywords.firstIndex(where: { $0.name == parameter.name }) {
          values.append(keywords.remove(at: place).value)
        } else if let standard = standards[index] {
          values.append(standard)
        } else {
          throw TemplateException(.typeError, "<lambda>() missing required argument: '\(parameter.name)'")
        }
      }
    }
    if let keyword = keywords.first {
      throw TemplateException(.typeError, "<lambda>() got an unexpected keyword argument '\(keyword.name)'")
    }
    guard rest.isEmpty else {
      throw TemplateException(
        .typeError,
        "<lambda>() takes \(parameters.count) positional arguments but \(arguments.positional.count) were given"
      )
    }
    return values
  }
}
