// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore

/// A Swift type whose values can stand in a template's namespace.
public protocol TemplateConvertible {
  /// The value for the template.
  var templateValue: TemplateValue { get }
}

extension TemplateValue: TemplateConvertible {
  /// Itself.
  public var templateValue: TemplateValue { self }
}

extension String: TemplateConvertible {
  /// A `str`.
  public var templateValue: TemplateValue { .string(self) }
}

extension Substring: TemplateConvertible {
  /// A `str`.
  public var templateValue: TemplateValue { .string(String(self)) }
}

extension Bool: TemplateConvertible {
  /// `True` or `False`.
  public var templateValue: TemplateValue { .bool(self) }
}

extension Double: TemplateConvertible {
  /// A `float`.
  public var templateValue: TemplateValue { .double(self) }
}

extension Float: TemplateConvertible {
  /// A `float`.
  public var templateValue: TemplateValue { .double(Double(self)) }
}

extension TemplateConvertible where Self: FixedWidthInteger {
  /// An `int`; a `float` beyond 64 bits.
  public var templateValue: TemplateValue { Int(exactly: self).map { .int($0) } ?? .double(Double(self)) }
}

extension Int: TemplateConvertible {}
extension Int8: TemplateConvertible {}
extension Int16: TemplateConvertible {}
extension Int32: TemplateConvertible {}
extension Int64: TemplateConvertible {}
extension UInt: TemplateConvertible {}
extension UInt8: TemplateConvertible {}
extension UInt16: TemplateConvertible {}
extension UInt32: TemplateConvertible {}
extension UInt64: TemplateConvertible {}

extension Optional: TemplateConvertible where Wrapped: TemplateConvertible {
  /// The value, or `None`.
  public var templateValue: TemplateValue { self?.templateValue ?? .null }
}

extension Array: TemplateConvertible where Element: TemplateConvertible {
  /// A `list`; of bytes, a `bytes`.
  public var templateValue: TemplateValue {
    if let bytes = self as? [UInt8], Element.self == UInt8.self { return .bytes(bytes) }
    return .list(TemplateList(map(\.templateValue)))
  }
}

extension Set: TemplateConvertible where Element: TemplateConvertible {
  /// A `set`.
  public var templateValue: TemplateValue { .set(TemplateSet(map(\.templateValue))) }
}

extension Dictionary: TemplateConvertible where Key: TemplateConvertible, Value: TemplateConvertible {
  /// A `dict`, sorted by key where keys have an order: Swift's has none.
  public var templateValue: TemplateValue {
    let dictionary = TemplateDictionary()
    for (key, value) in TemplateCode.ordered(self) { dictionary.set(key.templateValue, value.templateValue) }
    return .dictionary(dictionary)
  }
}

extension JSONValue: TemplateConvertible {
  /// What Python's `json.loads` would make of it.
  public var templateValue: TemplateValue {
    switch self {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .int(let number): return .int(number)
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .array(let elements): return .list(TemplateList(elements.map(\.templateValue)))
    case .object(let members):
      let dictionary = TemplateDictionary()
      for member in members { dictionary.set(.string(member.key), member.value.templateValue) }
      return .dictionary(dictionary)
    }
  }
}
