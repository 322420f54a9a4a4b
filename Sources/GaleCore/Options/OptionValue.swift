// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A type that options can have: Tornado's `type` argument of `define`.
///
/// `String`, the integer types, `Double`, `Bool`, ``LocalDateTime`` and `Duration` are; arrays of them, which
/// are Tornado's `multiple=True`; optionals of them, which are `nil` until somebody sets them; and every
/// enum of strings that says so:
///
/// ```swift
/// enum Mode: String, OptionValue { case fast, safe }
/// ```
public protocol OptionValue: Sendable {
  /// The value that a command line, an environment variable or a config file's text stands for.
  /// - Throws: ``OptionError`` `.invalidValue`.
  static func parse(option text: String) throws(OptionError) -> Self

  /// The values that a list's text stands for: its parts between commas, unless the type knows better.
  /// - Throws: ``OptionError`` `.invalidValue`.
  static func parseList(option text: String) throws(OptionError) -> [Self]

  /// The value that a literal of a config file stands for; `nil` if it is of another type.
  ///
  /// Text is not shown to it but to ``parse(option:)``.
  static func convert(option literal: ConfigValue) -> Self?

  /// Whether the option may stand without a value on a command line, which then is `true`.
  static var isFlag: Bool { get }

  /// The value as help shows it; `nil` if there is nothing to show.
  var optionText: String? { get }
}

extension OptionValue {
  /// The values between commas.
  public static func parseList(option text: String) throws(OptionError) -> [Self] {
    var values: [Self] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      values.append(try parse(option: String(part)))
    }
    return values
  }

  /// None: a value comes from text only.
  public static func convert(option literal: ConfigValue) -> Self? { nil }

  /// No.
  public static var isFlag: Bool { false }

  /// The value's description.
  public var optionText: String? { "\(self)" }
}

extension OptionValue where Self: RawRepresentable, RawValue == String {
  /// The case with that text.
  public static func parse(option text: String) throws(OptionError) -> Self {
    guard let value = Self(rawValue: text) else { throw .invalid(text, "a \(Self.self)") }
    return value
  }

  /// The text of the case.
  public var optionText: String? { rawValue }
}

extension String: OptionValue {
  /// The text itself.
  public static func parse(option text: String) throws(OptionError) -> String { text }

  /// The text itself.
  public var optionText: String? { isEmpty ? nil : self }
}

extension Bool: OptionValue {
  /// False is `false`, `f` or `0` in any case of letters; everything else is true.
  public static func parse(option text: String) throws(OptionError) -> Bool {
    !["false", "0", "f"].contains(text.lowercased())
  }

  /// A truth value.
  public static func convert(option literal: ConfigValue) -> Bool? {
    if case .bool(let value) = literal { value } else { nil }
  }

  /// Yes: `--flag` means `--flag=true`.
  public static var isFlag: Bool { true }
}

extension OptionValue where Self: FixedWidthInteger {
  /// A decimal number, with a sign if need be; blanks around it and single underscores in it are allowed.
  public static func parse(option text: String) throws(OptionError) -> Self {
    let trimmed = text.trimmingBlanks
    let digits = trimmed.split(separator: "_", omittingEmptySubsequences: false)
    let isGrouped = digits.allSatisfy {
      $0.utf8.first?.isASCIIDigit == true || $0.startIndex == trimmed.startIndex
    }
    guard isGrouped, digits.allSatisfy({ $0.utf8.last?.isASCIIDigit == true }),
      let value = Self(digits.joined())
    else {
      throw .invalid(text, "an integer of type \(Self.self)")
    }
    return value
  }

  /// Numbers between commas; `3:5` stands for 3, 4 and 5.
  public static func parseList(option text: String) throws(OptionError) -> [Self] {
    var values: [Self] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let first = try parse(option: String(ends[0]))
      let last = ends.count > 1 && !ends[1].isEmpty ? try parse(option: String(ends[1])) : first
      guard first <= last else { continue }
      guard let count = Int(exactly: last - first), count < 1_000_000 else {
        throw .invalid(String(part), "a range of at most 1,000,000 numbers")
      }
      values += first...last
    }
    return values
  }

  /// An integer that fits.
  public static func convert(option literal: ConfigValue) -> Self? {
    if case .integer(let value) = literal { Self(exactly: value) } else { nil }
  }
}

extension Int: OptionValue {}
extension Int32: OptionValue {}
extension Int64: OptionValue {}
extension UInt: OptionValue {}
extension UInt8: OptionValue {}
extension UInt16: OptionValue {}
extension UInt32: OptionValue {}

extension Double: OptionValue {
  /// A number as in Swift and Python, blanks around it allowed.
  public static func parse(option text: String) throws(OptionError) -> Double {
    guard let value = Double(text.trimmingBlanks) else { throw .invalid(text, "a number") }
    return value
  }

  /// A number.
  public static func convert(option literal: ConfigValue) -> Double? {
    switch literal {
    case .double(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }
}

extension Array: OptionValue where Element: OptionValue {
  /// The values that the text stands for.
  public static func parse(option text: String) throws(OptionError) -> [Element] {
    try Element.parseList(option: text)
  }

  /// A list of values, of which text is read as on the command line.
  public static func convert(option literal: ConfigValue) -> [Element]? {
    guard case .list(let items) = literal else { return nil }
    var values: [Element] = []
    for item in items {
      if case .string(let text) = item {
        guard let value = try? Element.parse(option: text) else { return nil }
        values.append(value)
      } else {
        guard let value = Element.convert(option: item) else { return nil }
        values.append(value)
      }
    }
    return values
  }

  /// The values in brackets.
  public var optionText: String? { "[\(map { $0.optionText ?? "" }.joined(separator: ", "))]" }
}

extension Optional: OptionValue where Wrapped: OptionValue {
  /// A value.
  public static func parse(option text: String) throws(OptionError) -> Wrapped? {
    try Wrapped.parse(option: text)
  }

  /// A value, or nothing.
  public static func convert(option literal: ConfigValue) -> Wrapped?? {
    if case .none = literal { return .some(nil) }
    return Wrapped.convert(option: literal).map { .some($0) }
  }

  /// As the value's type.
  public static var isFlag: Bool { Wrapped.isFlag }

  /// The value's text.
  public var optionText: String? { flatMap(\.optionText) }
}

extension String {
  /// Without white space at its ends.
  var trimmingBlanks: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
