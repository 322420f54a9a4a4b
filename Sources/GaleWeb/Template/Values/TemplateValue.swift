// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// A value of the template language: what Python would call an object.
///
/// Literals make values, and ``TemplateConvertible`` types turn into them:
///
/// ```swift
/// let page: TemplateValue = ["title": "Home", "visits": 3, "tags": ["a", "b"]]
/// ```
///
/// Lists, dictionaries and sets are references, as in Python. Values stay on the loop that made them.
public enum TemplateValue {
  /// `None`.
  case null
  /// `True` or `False`.
  case bool(Bool)
  /// A whole number of 64 bits; a result that does not fit is an `OverflowError`.
  case int(Int)
  /// A `float`.
  case double(Double)
  /// A `str`.
  case string(String)
  /// A `bytes`; written out as UTF-8.
  case bytes([UInt8])
  /// A `list`.
  case list(TemplateList)
  /// A `tuple`.
  case tuple([TemplateValue])
  /// A `dict`, its members in the order in which they were added.
  case dictionary(TemplateDictionary)
  /// A `set`.
  case set(TemplateSet)
  /// Something that can be called.
  case function(TemplateFunction)
  /// A value of the application's own.
  indirect case object(any TemplateObject)
}

extension TemplateValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// Makes `True` or `False`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  /// Makes a whole number.
  public init(integerLiteral value: Int) { self = .int(value) }

  /// Makes a `float`.
  public init(floatLiteral value: Double) { self = .double(value) }

  /// Makes text.
  public init(stringLiteral value: String) { self = .string(value) }

  /// Makes a list.
  public init(arrayLiteral elements: TemplateValue...) { self = .list(TemplateList(elements)) }

  /// Makes a dictionary with the members in the order written.
  public init(dictionaryLiteral elements: (String, TemplateValue)...) {
    let dictionary = TemplateDictionary()
    for (key, value) in elements { dictionary.set(.string(key), value) }
    self = .dictionary(dictionary)
  }
}

extension TemplateValue {
  /// Turns anything that can be a template's value into one.
  public init(_ value: (any TemplateConvertible)?) { self = value?.templateValue ?? .null }

  /// The value of a constant.
  init(_ literal: Literal) {
    switch literal {
    case .none: self = .null
    case .bool(let value): self = .bool(value)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .bytes(let bytes): self = .bytes(bytes)
    }
  }

  /// Whether this is `None`.
  public var isNull: Bool { if case .null = self { true } else { false } }

  /// The text of a `str`, or of a `bytes` that is UTF-8.
  public var stringValue: String? {
    switch self {
    case .string(let text): text
    case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
    default: nil
    }
  }

  /// The value of a whole number, or of `True` (1) and `False` (0).
  public var intValue: Int? {
    switch self {
    case .int(let number): number
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The value of any number.
  public var doubleValue: Double? {
    if case .double(let number) = self { number } else { intValue.map(Double.init) }
  }

  /// Whether Python would take it for true: what is not empty, zero, `None` or `False`.
  public var isTrue: Bool {
    switch self {
    case .null: false
    case .bool(let value): value
    case .int(let number): number != 0
    case .double(let number): number != 0
    case .string(let text): !text.isEmpty
    case .bytes(let bytes): !bytes.isEmpty
    case .list(let list): !list.elements.isEmpty
    case .tuple(let elements): !elements.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .set(let set): set.count > 0
    case .function: true
    case .object(let object): object.templateIsTrue
    }
  }

  /// What a loop would go through; `nil` for what cannot be gone through.
  ///
  /// - Throws: What an object of the application throws.
  public func elements() throws -> [TemplateValue]? {
    switch self {
    case .list(let list): list.elements
    case .tuple(let elements): elements
    case .dictionary(let dictionary): dictionary.keys
    case .set(let set): set.elements
    case .string(let text): text.unicodeScalars.map { .string(String($0)) }
    case .bytes(let bytes): bytes.map { .int(Int($0)) }
    case .object(let object): try object.templateElements()
    default: nil
    }
  }

  /// What Python's `type(…).__name__` would say.
  public var typeName: String {
    switch self {
    case .null: "NoneType"
    case .bool: "bool"
    case .int: "int"
    case .double: "float"
    case .string: "str"
    case .bytes: "bytes"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .set: "set"
    case .function(let function): function.kind == nil ? "function" : "type"
    case .object(let object): object.templateTypeName
    }
  }
}
