// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

extension TemplateCode {
  // MARK: - Elements

  /// What a loop goes through.
  public static func elements<Element>(_ elements: [Element]) throws -> [Element] { elements }

  /// What a loop goes through.
  public static func elements(_ numbers: StrideTo<Int>) throws -> StrideTo<Int> { numbers }

  /// What a loop goes through.
  public static func elements<Elements: Sequence>(_ elements: Elements) throws -> [Elements.Element] {
    Array(elements)
  }

  /// What a loop goes through: the keys, in their order.
  public static func elements<Key: TemplateConvertible, Value>(_ dictionary: [Key: Value]) throws -> [Key] {
    ordered(dictionary).map(\.key)
  }

  /// What a loop goes through: the scalars.
  public static func elements(_ text: String) throws -> [String] { text.unicodeScalars.map { String($0) } }

  /// What a loop goes through.
  public static func elements(_ value: TemplateValue) throws -> [TemplateValue] { try value.iterated() }

  /// The members of a dictionary, in the order in which templates see them.
  static func ordered<Key: TemplateConvertible, Value>(
    _ dictionary: [Key: Value]
  ) -> [(key: Key, value: Value)] {
    dictionary.map { (order: $0.key.templateValue, member: (key: $0.key, value: $0.value)) }
      .sorted { $0.order.precedes($1.order) }.map(\.member)
  }

  // MARK: - Items

  /// `elements[index]`.
  public static func item<Element>(_ elements: [Element], _ index: Int) throws -> Element {
    elements[try TemplateValue.place(.int(index), elements.count, "list")]
  }

  /// `text[index]`.
  public static func item(_ text: String, _ index: Int) throws -> String {
    try TemplateValue.string(text).item(.int(index)).text
  }

  /// `dictionary[key]`.
  public static func item<Key: TemplateConvertible, Value>(
    _ dictionary: [Key: Value], _ key: Key
  ) throws -> Value {
    guard let value = dictionary[key] else {
      throw TemplateException(.keyError, arguments: [key.templateValue])
    }
    return value
  }

  /// `value[key]` of a value that only the page knows.
  public static func item(_ value: TemplateValue, _ key: some TemplateConvertible) throws -> TemplateValue {
    try value.item(key.templateValue)
  }

  /// `object[key]`.
  public static func item(_ object: some TemplateObject, _ key: some TemplateConvertible) throws
    -> TemplateValue
  {
    try object.templateValue.item(key.templateValue)
  }

  /// `elements[lower:upper:step]`.
  public static func slice<Element>(
    _ elements: [Element], _ lower: Int?, _ upper: Int?, _ step: Int?
  ) throws -> [Element] {
    try TemplateValue.places(elements.count, lower, upper, step ?? 1).map { elements[$0] }
  }

  /// `text[lower:upper:step]`.
  public static func slice(_ text: String, _ lower: Int?, _ upper: Int?, _ step: Int?) throws -> String {
    try TemplateValue.string(text).sliced(lower, upper, step).text
  }

  /// `[element for … if test]` and the like.
  public static func map<Element, Result>(
    _ elements: some Sequence<Element>, _ test: (Element) throws -> Bool,
    _ element: (Element) throws -> Result
  ) throws -> [Result] {
    var results: [Result] = []
    for value in elements where try test(value) { results.append(try element(value)) }
    return results
  }

  /// `[… for … for …]`: the lists one after the other.
  public static func joined<Element>(_ lists: [[Element]]) -> [Element] { Array(lists.joined()) }

  /// `{key: value}`.
  public static func dictionary(_ members: [(TemplateValue, TemplateValue)]) throws -> TemplateValue {
    let dictionary = TemplateDictionary()
    for (key, value) in members { dictionary.set(try key.hashed(), value) }
    return .dictionary(dictionary)
  }

  // MARK: - Text

  /// A value of an f-string.
  public static func format(
    _ value: some TemplateConvertible, _ conversion: String, _ specification: String
  ) throws -> String {
    let value = value.templateValue
    let converted: TemplateValue =
      conversion.isEmpty ? value : .string(conversion == "s" ? value.text : value.representation)
    return try FormatSpecification.format(converted, specification)
  }

  /// An f-string.
  public static func text(_ parts: [String]) -> String { parts.joined() }
}

extension TemplateValue {
  /// Whether it comes first where there is an order.
  func precedes(_ other: TemplateValue) -> Bool {
    do { return (try order(other, "<") ?? 0) < 0 } catch { return false }
  }
}
