// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Something that templates can call.
///
/// ```swift
/// let shout = TemplateFunction("shout") { arguments in .string(try arguments.string(0).uppercased()) }
/// ```
public final class TemplateFunction: TemplateConvertible {
  /// What it does.
  public typealias Body = (TemplateArguments) throws -> TemplateValue

  /// What errors and `__name__` call it.
  public let name: String
  private let body: Body
  /// The type that it is, for `str`, `int` … and exceptions.
  let kind: String?
  /// Attributes, such as those of `datetime.datetime`.
  let attributes: [String: TemplateValue]

  /// Makes a function.
  public init(_ name: String, _ body: @escaping Body) {
    self.name = name
    self.body = body
    kind = nil
    attributes = [:]
  }

  init(type name: String, attributes: [String: TemplateValue] = [:], _ body: @escaping Body) {
    self.name = name
    self.body = body
    kind = name
    self.attributes = attributes
  }

  /// Calls it.
  public func call(_ arguments: TemplateArguments) throws -> TemplateValue { try body(arguments) }

  /// The function as a value.
  public var templateValue: TemplateValue { .function(self) }
}

extension TemplateValue {
  /// Makes a function.
  public static func function(
    _ name: String, _ body: @escaping TemplateFunction.Body
  ) -> TemplateValue { .function(TemplateFunction(name, body)) }
}

/// What a function is called with.
public struct TemplateArguments {
  /// The arguments without a name, in order.
  public var positional: [TemplateValue]
  /// The arguments with a name, in the order written.
  public var keywords: [(name: String, value: TemplateValue)]

  /// Makes arguments.
  public init(
    _ positional: [TemplateValue] = [], keywords: [(name: String, value: TemplateValue)] = []
  ) {
    self.positional = positional
    self.keywords = keywords
  }

  /// How many there are.
  public var count: Int { positional.count + keywords.count }

  /// The argument at `index`, or the one called `name`; `nil` when neither is there.
  public func value(_ index: Int, _ name: String? = nil) -> TemplateValue? {
    if positional.indices.contains(index) { return positional[index] }
    return name.flatMap { self[$0] }
  }

  /// The argument called `name`.
  public subscript(name: String) -> TemplateValue? { keywords.first { $0.name == name }?.value }

  /// The argument at `index`, or the one called `name`.
  /// - Throws: `TypeError` when it is missing.
  public func required(_ index: Int, _ name: String? = nil) throws -> TemplateValue {
    guard let value = value(index, name) else {
      let what = name.map { "'\($0)'" } ?? "\(index + 1)"
      throw TemplateException(.typeError, "missing required argument \(what)")
    }
    return value
  }

  /// The text at `index`, or called `name`.
  /// - Throws: `TypeError` when it is missing or no text.
  public func string(_ index: Int, _ name: String? = nil) throws -> String {
    let value = try required(index, name)
    guard let text = value.stringValue else {
      throw TemplateException(.typeError, "expected str, not \(value.typeName)")
    }
    return text
  }

  /// The whole number at `index`, or called `name`.
  /// - Throws: `TypeError` when it is missing or no whole number.
  public func int(_ index: Int, _ name: String? = nil) throws -> Int {
    let value = try required(index, name)
    guard let number = value.intValue else {
      throw TemplateException(.typeError, "'\(value.typeName)' object cannot be interpreted as an integer")
    }
    return number
  }

  /// Refuses more than `limit` arguments.
  func atMost(_ limit: Int, _ function: String) throws {
    guard count <= limit else {
      throw TemplateException(.typeError, "\(function) expected at most \(limit) arguments, got \(count)")
    }
  }
}
