// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// A compiled expression.
class Evaluator {
  /// Where the value is, if somebody keeps it and finding it runs no code of an application; `nil` otherwise.
  func address(_ frame: Frame) throws -> ValueAddress? { nil }

  func value(_ frame: Frame) throws -> TemplateValue { preconditionFailure("every evaluator has a value") }

  /// Whether the value is true, for conditions.
  func truth(_ frame: Frame) throws -> Bool { try value(frame).isTrue }
}

final class ConstantEvaluator: Evaluator {
  let constant: TemplateValue
  init(_ constant: TemplateValue) { self.constant = constant }
  override func value(_ frame: Frame) -> TemplateValue { constant }
}

/// A name that the template gives its value.
final class LocalEvaluator: Evaluator {
  let slot: Int
  let name: String

  init(_ slot: Int, _ name: String) {
    self.slot = slot
    self.name = name
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    guard let value = frame[slot] else { throw TemplateException(unbound: name) }
    return value
  }

  override func address(_ frame: Frame) throws -> ValueAddress? { frame.address(slot) }
}

/// A name of the namespace, looked up at its first use in a page.
final class GlobalEvaluator: Evaluator {
  let slot: Int
  let name: String
  private let builtIn: TemplateValue?

  init(_ slot: Int, _ name: String, _ builtIn: TemplateValue?) {
    self.slot = slot
    self.name = name
    self.builtIn = builtIn
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    if let value = frame[slot] { return value }
    let value = try frame.global(name, builtIn)
    frame[slot] = value
    return value
  }

  override func address(_ frame: Frame) throws -> ValueAddress? { frame.address(slot) }
}

final class AttributeEvaluator: Evaluator {
  let object: Evaluator
  let name: String
  /// Whether it may be a method of a dictionary, which then comes before a member.
  private let mayBeMethod: Bool

  init(_ object: Evaluator, _ name: String) {
    self.object = object
    self.name = name
    mayBeMethod = TemplateMethod(rawValue: name) != nil
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    if let address = try address(frame) { return address.value }
    return try object.value(frame).attribute(name)
  }

  override func address(_ frame: Frame) throws -> ValueAddress? {
    try object.address(frame)?.withDictionary { dictionary in
      dictionary.isRecord || !mayBeMethod ? dictionary.address(of: name) : nil
    }
  }
}

final class ItemEvaluator: Evaluator {
  let object: Evaluator
  let key: Evaluator

  init(_ object: Evaluator, _ key: Evaluator) {
    self.object = object
    self.key = key
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    try object.value(frame).item(try key.value(frame))
  }
}

/// `object["text"]`.
final class MemberEvaluator: Evaluator {
  let object: Evaluator
  let key: String

  init(_ object: Evaluator, _ key: String) {
    self.object = object
    self.key = key
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    if let address = try address(frame) { return address.value }
    let object = try object.value(frame)
    guard case .dictionary(let dictionary) = object else { return try object.item(.string(key)) }
    guard let value = dictionary[key] else { throw TemplateException(.keyError, key) }
    return value
  }

  override func address(_ frame: Frame) throws -> ValueAddress? {
    try object.address(frame)?.withDictionary { $0.address(of: key) }
  }
}

final class SliceEvaluator: Evaluator {
  let object: Evaluator
  let bounds: [Evaluator?]

  init(_ object: Evaluator, _ bounds: [Evaluator?]) {
    self.object = object
    self.bounds = bounds
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    let object = try object.value(frame)
    let numbers = try bounds.map { bound -> Int? in
      guard let value = try bound?.value(frame), !value.isNull else { return nil }
      guard let number = value.intValue else {
        throw TemplateException(
          .typeError, "slice indices must be integers or None or have an __index__ method")
      }
      return number
    }
    return try object.sliced(numbers[0], numbers[1], numbers[2])
  }
}

final class NotEvaluator: Evaluator {
  let operand: Evaluator
  init(_ operand: Evaluator) { self.operand = operand }
  override func value(_ frame: Frame) throws -> TemplateValue { .bool(try !operand.truth(frame)) }
  override func truth(_ frame: Frame) throws -> Bool { try !operand.truth(frame) }
}

final class UnaryEvaluator: Evaluator {
  let sign: UnaryOperator
  let operand: Evaluator

  init(_ sign: UnaryOperator, _ operand: Evaluator) {
    self.sign = sign
    self.operand = operand
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    try TemplateOperators.unary(sign, try operand.value(frame))
  }
}

final class BinaryEvaluator: Evaluator {
  let sign: BinaryOperator
  let left: Evaluator
  let right: Evaluator

  init(_ sign: BinaryOperator, _ left: Evaluator, _ right: Evaluator) {
    self.sign = sign
    self.left = left
    self.right = right
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    try TemplateOperators.binary(sign, try left.value(frame), try right.value(frame))
  }
}

final class ComparisonEvaluator: Evaluator {
  let first: Evaluator
  let rest: [(sign: ComparisonOperator, right: Evaluator)]

  init(_ first: Evaluator, _ rest: [(sign: ComparisonOperator, right: Evaluator)]) {
    self.first = first
    self.rest = rest
  }

  override func value(_ frame: Frame) throws -> TemplateValue { .bool(try truth(frame)) }

  override func truth(_ frame: Frame) throws -> Bool {
    var left = try first.value(frame)
    for step in rest {
      let right = try step.right.value(frame)
      guard try TemplateOperators.compare(step.sign, left, right) else { return false }
      left = right
    }
    return true
  }
}

/// `and` and `or`.
final class ShortCircuitEvaluator: Evaluator {
  let isAnd: Bool
  let left: Evaluator
  let right: Evaluator

  init(isAnd: Bool, _ left: Evaluator, _ right: Evaluator) {
    self.isAnd = isAnd
    self.left = left
    self.right = right
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    let value = try left.value(frame)
    return value.isTrue == isAnd ? try right.value(frame) : value
  }

  override func truth(_ frame: Frame) throws -> Bool {
    try left.truth(frame) == isAnd ? try right.truth(frame) : !isAnd
  }
}

final class ConditionalEvaluator: Evaluator {
  let test: Evaluator
  let then: Evaluator
  let otherwise: Evaluator

  init(_ test: Evaluator, _ then: Evaluator, _ otherwise: Evaluator) {
    self.test = test
    self.then = then
    self.otherwise = otherwise
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    try test.truth(frame) ? try then.value(frame) : try otherwise.value(frame)
  }
}

/// `name := value`.
final class AssignmentEvaluator: Evaluator {
  let slot: Int
  let operand: Evaluator

  init(_ slot: Int, _ operand: Evaluator) {
    self.slot = slot
    self.operand = operand
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    let value = try operand.value(frame)
    frame[slot] = value
    return value
  }
}

/// What a piece of a template writes: the body of `{% apply %}`, and `super()`.
final class BodyEvaluator: Evaluator {
  let body: TemplateProgram
  /// Names that begin without a value, as those of a function do.
  let locals: [Int]

  init(_ body: TemplateProgram, locals: [Int]) {
    self.body = body
    self.locals = locals
  }

  override func value(_ frame: Frame) throws -> TemplateValue {
    for slot in locals { frame[slot] = nil }
    return .bytes(try frame.captured { try body.run(frame) })
  }
}

final class FormattedEvaluator: Evaluator {
  enum Part {
    case text(String)
    case value(Evaluator, conversion: Unicode.Scalar?, specification: FormattedEvaluator?)
  }

  let parts: [Part]
  init(_ parts: [Part]) { self.parts = parts }

  override func value(_ frame: Frame) throws -> TemplateValue {
    var output = ""
    for part in parts {
      switch part {
      case .text(let text): output += text
      case .value(let evaluator, let conversion, let specification):
        var value = try evaluator.value(frame)
        if let conversion { value = .string(conversion == "s" ? value.text : value.representation) }
        output += try FormatSpecification.format(value, try specification?.value(frame).text ?? "")
      }
    }
    return .string(output)
  }
}
