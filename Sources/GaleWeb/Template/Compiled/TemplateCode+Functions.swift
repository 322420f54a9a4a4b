// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

// Tornado's and Python's functions, with Swift's types.
extension TemplateCode {
  // MARK: - Tornado's

  /// `xhtml_escape(text)`.
  public static func xhtml_escape(_ text: String) throws -> String { xhtmlEscape(text) }

  /// `url_escape(text, plus)`.
  public static func url_escape(_ text: String, _ plus: Bool = true) throws -> String {
    urlEscape(text, plus: plus)
  }

  /// `url_escape(text, plus=…)`.
  public static func url_escape(_ text: String, plus: Bool) throws -> String { urlEscape(text, plus: plus) }

  /// `json_encode(value)`.
  public static func json_encode(_ value: some TemplateConvertible) throws -> String {
    jsonEncode(try value.templateValue.json())
  }

  /// `linkify(text, …)`.
  public static func linkify(
    _ text: String, shorten: Bool = false, extra_params: String = "", require_protocol: Bool = false,
    permitted_protocols: [String] = ["http", "https"]
  ) throws -> String {
    GaleCore.linkify(
      text, shorten: shorten, extraParameters: extra_params, requireProtocol: require_protocol,
      permittedProtocols: Set(permitted_protocols))
  }

  /// `squeeze(text)`.
  public static func squeeze(_ text: String) throws -> String { GaleCore.squeeze(text) }

  // MARK: - Numbers and text

  /// `len(text)`: the scalars.
  public static func len(_ text: String) throws -> Int { text.unicodeScalars.count }

  /// `len(elements)`.
  public static func len(_ elements: some Collection) throws -> Int { elements.count }

  /// `len(value)` of a value that only the page knows.
  public static func len(_ value: TemplateValue) throws -> Int { try value.length() }

  /// `str(value)`.
  public static func str(_ value: some TemplateConvertible) throws -> String { value.templateValue.text }

  /// `repr(value)`.
  public static func repr(_ value: some TemplateConvertible) throws -> String {
    value.templateValue.representation
  }

  /// `format(value, specification)`.
  public static func format(_ value: some TemplateConvertible, _ specification: String = "") throws -> String
  {
    try format(value, "", specification)
  }

  /// `int(value)`.
  public static func int(_ value: some TemplateConvertible) throws -> Int {
    try TemplateLibrary.int(TemplateArguments([value.templateValue]))
  }

  /// `float(value)`.
  public static func float(_ value: some TemplateConvertible) throws -> Double {
    try TemplateLibrary.float(value.templateValue)
  }

  /// `bool(value)`.
  public static func bool<Value>(_ value: Value) throws -> Bool { truth(value) }

  /// `abs(number)`.
  public static func abs<Number: SignedNumeric & Comparable>(_ number: Number) throws -> Number {
    number < 0 ? 0 - number : number
  }

  /// `round(number)`.
  public static func round(_ number: Double) throws -> TemplateValue {
    try MathLibrary.round(TemplateArguments([.double(number)]))
  }

  /// `round(number, digits)`.
  public static func round(_ number: Double, _ digits: Int) throws -> Double {
    try MathLibrary.round(TemplateArguments([.double(number), .int(digits)])).doubleValue ?? number
  }

  // MARK: - Elements

  /// `list(elements)`.
  public static func list<Elements: Sequence>(_ elements: Elements) throws -> [Elements.Element] {
    Array(elements)
  }

  /// `set(elements)`.
  public static func set<Elements: Sequence>(_ elements: Elements) throws -> Set<Elements.Element> {
    Set(elements)
  }

  /// `range(end)`.
  public static func range(_ end: Int) throws -> StrideTo<Int> { stride(from: 0, to: end, by: 1) }

  /// `range(start, end, step)`.
  public static func range(_ start: Int, _ end: Int, _ step: Int = 1) throws -> StrideTo<Int> {
    guard step != 0 else { throw TemplateException(.valueError, "range() arg 3 must not be zero") }
    return stride(from: start, to: end, by: step)
  }

  /// `enumerate(elements, start)`.
  public static func enumerate<Elements: Sequence>(
    _ elements: Elements, _ start: Int = 0
  ) throws -> [(Int, Elements.Element)] { elements.enumerated().map { ($0 + start, $1) } }

  /// `enumerate(elements, start=…)`.
  public static func enumerate<Elements: Sequence>(
    _ elements: Elements, start: Int
  ) throws -> [(Int, Elements.Element)] { try enumerate(elements, start) }

  /// `zip(first, second)`.
  public static func zip<First: Sequence, Second: Sequence>(
    _ first: First, _ second: Second
  ) throws -> [(First.Element, Second.Element)] { Array(Swift.zip(first, second)) }

  /// `reversed(elements)`.
  public static func reversed<Elements: Sequence>(_ elements: Elements) throws -> [Elements.Element] {
    elements.reversed()
  }

  /// `sorted(elements, reverse=…)`.
  public static func sorted<Elements: Sequence>(
    _ elements: Elements, reverse: Bool = false
  ) throws -> [Elements.Element] where Elements.Element: Comparable & TemplateConvertible {
    try sorted(elements, key: { $0 }, reverse: reverse)
  }

  /// `sorted(elements, key=…, reverse=…)`: stable, and equal ones stay in their order when reversed.
  public static func sorted<Elements: Sequence, Key: Comparable & TemplateConvertible>(
    _ elements: Elements, key: (Elements.Element) throws -> Key, reverse: Bool = false
  ) throws -> [Elements.Element] {
    let ranked = try elements.map { (rank: try key($0), value: $0) }
    let source = reverse ? ranked.reversed() : ranked
    let sorted = source.sorted { precedes($0.rank, $1.rank) }.map(\.value)
    return reverse ? sorted.reversed() : sorted
  }

  /// Texts by their scalars, as in Python; anything else by Swift's order.
  private static func precedes<Key: Comparable>(_ left: Key, _ right: Key) -> Bool {
    if let left = left as? String, let right = right as? String { return textOrder(left, right) < 0 }
    return left < right
  }

  /// `min(elements)`.
  public static func min<Elements: Sequence>(_ elements: Elements) throws -> Elements.Element
  where Elements.Element: Comparable { try extreme(elements, "min") { precedes($0, $1) } }

  /// `max(elements)`.
  public static func max<Elements: Sequence>(_ elements: Elements) throws -> Elements.Element
  where Elements.Element: Comparable { try extreme(elements, "max") { precedes($1, $0) } }

  /// `min(left, right)`.
  public static func min<Value: Comparable>(_ left: Value, _ right: Value) throws -> Value {
    try min([left, right])
  }

  /// `max(left, right)`.
  public static func max<Value: Comparable>(_ left: Value, _ right: Value) throws -> Value {
    try max([left, right])
  }

  /// The first of those before which no other comes.
  private static func extreme<Elements: Sequence>(
    _ elements: Elements, _ name: String, _ comesFirst: (Elements.Element, Elements.Element) -> Bool
  ) throws -> Elements.Element {
    var best: Elements.Element?
    for element in elements {
      if let known = best, !comesFirst(element, known) { continue }
      best = element
    }
    guard let best else { throw TemplateException(.valueError, "\(name)() arg is an empty sequence") }
    return best
  }

  /// `sum(numbers)`.
  public static func sum(_ numbers: some Sequence<Int>) throws -> Int {
    try numbers.reduce(0) { try add($0, $1) }
  }

  /// `sum(numbers)`: of none of them, the whole number 0 as in Python.
  public static func sum(_ numbers: some Sequence<Double>) throws -> TemplateValue {
    try numbers.reduce(.int(0)) { try TemplateOperators.binary(.add, $0, .double($1)) }
  }

  /// `any(elements)`.
  public static func any(_ elements: some Sequence) throws -> Bool { elements.contains { truth($0) } }

  /// `all(elements)`.
  public static func all(_ elements: some Sequence) throws -> Bool { elements.allSatisfy { truth($0) } }
}
