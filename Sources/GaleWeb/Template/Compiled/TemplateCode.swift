// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What the functions that the plug-in `GaleTemplates` makes of templates call: the operators of the template language
/// with Swift's types.
///
/// Their code is the only one that needs it. Each does what the same expression does in a ``Template``.
public enum TemplateCode {
  /// The value of an expression that gets a name.
  public static func assigned<Value>(_ value: Value) throws -> Value { value }

  /// Begins `{% try %}`.
  public static func attempt() throws {}

  /// A value of the template language.
  public static func value(_ value: some TemplateConvertible) -> TemplateValue { value.templateValue }

  // MARK: - Truth

  /// A condition.
  public static func test(_ condition: Bool) throws -> Bool { condition }

  /// Whether a value is true.
  public static func truth(_ value: Bool) -> Bool { value }

  /// Whether a value is true: what is not zero.
  public static func truth(_ value: Int) -> Bool { value != 0 }

  /// Whether a value is true: what is not zero.
  public static func truth(_ value: Double) -> Bool { value != 0 }

  /// Whether a value is true: what is not empty.
  public static func truth(_ value: some Collection) -> Bool { !value.isEmpty }

  /// Whether a value is true.
  public static func truth<Value>(_ value: Value) -> Bool {
    switch value {
    case let value as any Collection: !value.isEmpty
    case let value as any TemplateConvertible: value.templateValue.isTrue
    default: true
    }
  }

  /// The value if it is true, `nil` otherwise.
  public static func present(_ value: Bool) throws -> Bool? { value ? value : nil }

  /// The value if it is true, `nil` otherwise.
  public static func present(_ value: Int) throws -> Int? { value != 0 ? value : nil }

  /// The value if it is true, `nil` otherwise.
  public static func present<Value: Collection>(_ value: Value) throws -> Value? {
    value.isEmpty ? nil : value
  }

  /// The value if there is one and it is true, `nil` otherwise.
  public static func present<Value>(_ value: Value?) throws -> Value? {
    guard let value, truth(value) else { return nil }
    return value
  }

  /// The value if it is not `None`.
  public static func some<Value>(_ value: Value?) throws -> Value? { value }

  /// `value is None`.
  public static func isNone<Value>(_ value: Value?) -> Bool {
    guard let value else { return true }
    return (value as? TemplateValue)?.isNull ?? false
  }

  /// `left or right`.
  public static func or<Value>(_ left: Value, _ right: @autoclosure () throws -> Value) rethrows -> Value {
    truth(left) ? left : try right()
  }

  /// `left or right`.
  public static func or<Value>(_ left: Value?, _ right: @autoclosure () throws -> Value) rethrows -> Value {
    if let left, truth(left) { return left }
    return try right()
  }

  /// `left and right`.
  public static func and<Value>(_ left: Value, _ right: @autoclosure () throws -> Value) rethrows -> Value {
    truth(left) ? try right() : left
  }

  /// `then if value else otherwise`, in which `then` uses the value.
  public static func choose<Value, Result>(
    _ value: Value?, _ then: (Value) throws -> Result, _ otherwise: () throws -> Result
  ) rethrows -> Result {
    if let value { return try then(value) }
    return try otherwise()
  }

  // MARK: - Errors

  /// Whether `{% except names %}` catches an error; without names, it catches all that are the template's.
  public static func catches(_ error: any Error, _ names: [String]?) -> Bool {
    guard CaughtException.canCatch(error) else { return false }
    return names?.contains { CaughtException.isCaught(error, by: $0) } ?? true
  }

  /// What `{% except E as name %}` gives the name to.
  public static func caught(_ error: any Error) -> TemplateValue { .object(CaughtException(error: error)) }

  /// `{% set assert test, message %}`.
  public static func check(_ condition: Bool, _ message: @autoclosure () throws -> TemplateValue?) throws {
    guard !condition else { return }
    throw TemplateException(.assertionError, arguments: try message().map { [$0] } ?? [])
  }

  // MARK: - The handler's names

  /// The value of a name that handlers give to templates.
  public static func name(_ name: String, _ handler: RequestHandler) throws -> TemplateValue {
    if let value = try handler.templateNamespace().value(name) { return value }
    throw TemplateException(.nameError, "name '\(name)' is not defined")
  }

  /// `value.name` of a value that only the page knows.
  public static func attribute(_ value: TemplateValue, _ name: String) throws -> TemplateValue {
    try value.attribute(name)
  }

  /// `value(…)` of a value that only the page knows.
  public static func call(
    _ function: TemplateValue, _ arguments: [TemplateValue], _ names: [(String, TemplateValue)]
  ) throws -> TemplateValue {
    try function.called(TemplateArguments(arguments, keywords: names.map { (name: $0, value: $1) }))
  }
}
