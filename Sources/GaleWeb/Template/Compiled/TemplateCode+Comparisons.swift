// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension TemplateCode {
  // MARK: - Equality

  /// `left == right`: the same scalars, as in Python.
  public static func equal(_ left: String, _ right: String) -> Bool { sameText(left, right) }

  /// `left == right`: the same scalars, as in Python.
  public static func equal(_ left: String?, _ right: String?) -> Bool {
    guard let left, let right else { return left == nil && right == nil }
    return sameText(left, right)
  }

  /// `left == right`.
  public static func equal<Value: Equatable>(_ left: Value, _ right: Value) -> Bool { left == right }

  /// `left == right`.
  public static func equal(_ left: Int, _ right: Double) -> Bool { Double(left) == right }

  /// `left == right`.
  public static func equal(_ left: Double, _ right: Int) -> Bool { left == Double(right) }

  /// `left == right` of a value that only the page knows.
  public static func equal(_ left: TemplateValue, _ right: some TemplateConvertible) -> Bool {
    left == right.templateValue
  }

  // MARK: - Order

  /// `left < right`: by scalars, as in Python.
  public static func less(_ left: String, _ right: String) -> Bool { textOrder(left, right) < 0 }

  /// `left < right`.
  public static func less<Value: Comparable>(_ left: Value, _ right: Value) -> Bool { left < right }

  /// `left < right`.
  public static func less(_ left: Int, _ right: Double) -> Bool { Double(left) < right }

  /// `left < right`.
  public static func less(_ left: Double, _ right: Int) -> Bool { left < Double(right) }

  /// `left < right` of a value that only the page knows.
  public static func less(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> Bool {
    try left.order(right.templateValue, "<").map { $0 < 0 } ?? false
  }

  /// `left <= right`: by scalars, as in Python.
  public static func lessOrEqual(_ left: String, _ right: String) -> Bool { textOrder(left, right) <= 0 }

  /// `left <= right`.
  public static func lessOrEqual<Value: Comparable>(_ left: Value, _ right: Value) -> Bool { left <= right }

  /// `left <= right`.
  public static func lessOrEqual(_ left: Int, _ right: Double) -> Bool { Double(left) <= right }

  /// `left <= right`.
  public static func lessOrEqual(_ left: Double, _ right: Int) -> Bool { left <= Double(right) }

  /// `left <= right` of a value that only the page knows.
  public static func lessOrEqual(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> Bool {
    try left.order(right.templateValue, "<=").map { $0 <= 0 } ?? false
  }

  /// `left > right`: by scalars, as in Python.
  public static func greater(_ left: String, _ right: String) -> Bool { textOrder(left, right) > 0 }

  /// `left > right`.
  public static func greater<Value: Comparable>(_ left: Value, _ right: Value) -> Bool { left > right }

  /// `left > right`.
  public static func greater(_ left: Int, _ right: Double) -> Bool { Double(left) > right }

  /// `left > right`.
  public static func greater(_ left: Double, _ right: Int) -> Bool { left > Double(right) }

  /// `left > right` of a value that only the page knows.
  public static func greater(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> Bool {
    try left.order(right.templateValue, ">").map { $0 > 0 } ?? false
  }

  /// `left >= right`: by scalars, as in Python.
  public static func greaterOrEqual(_ left: String, _ right: String) -> Bool { textOrder(left, right) >= 0 }

  /// `left >= right`.
  public static func greaterOrEqual<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
    left >= right
  }

  /// `left >= right`.
  public static func greaterOrEqual(_ left: Int, _ right: Double) -> Bool { Double(left) >= right }

  /// `left >= right`.
  public static func greaterOrEqual(_ left: Double, _ right: Int) -> Bool { left >= Double(right) }

  /// `left >= right` of a value that only the page knows.
  public static func greaterOrEqual(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> Bool {
    try left.order(right.templateValue, ">=").map { $0 >= 0 } ?? false
  }

  // MARK: - Members

  /// `part in text`.
  public static func contains(_ text: String, _ part: String) -> Bool { TextSearch(text).first(part) != nil }

  /// `element in elements`.
  public static func contains<Elements: Sequence>(_ elements: Elements, _ element: Elements.Element) -> Bool
  where Elements.Element: Equatable { elements.contains(element) }

  /// `key in dictionary`.
  public static func contains<Key, Value>(_ dictionary: [Key: Value], _ key: Key) -> Bool {
    dictionary[key] != nil
  }

  /// `element in value` of a value that only the page knows.
  public static func contains(_ value: TemplateValue, _ element: some TemplateConvertible) throws -> Bool {
    try value.contains(element.templateValue)
  }
}
