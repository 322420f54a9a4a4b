// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// An option and its value, whatever its type.
struct OptionDefinition: Sendable {
  let name: String
  let help: String
  let metavar: String?
  let group: String
  let file: String
  let typeName: String
  let isFlag: Bool
  /// The default value as help shows it.
  let defaultText: String?
  var value: any OptionValue
  /// Reads a text.
  let parse: @Sendable (String) throws(OptionError) -> any OptionValue
  /// The value of a literal in a config file.
  let convert: @Sendable (ConfigValue) -> (any OptionValue)?
  /// The value as one of the option's type.
  let accept: @Sendable (any OptionValue) -> (any OptionValue)?
  /// Tells the owner of the option.
  let changed: @Sendable (any OptionValue) throws -> Void

  init<Value: OptionValue>(
    name: String, value: Value, help: String, metavar: String?, group: String, file: String,
    onChange: (@Sendable (Value) throws -> Void)?
  ) {
    self.name = name
    self.value = value
    self.help = help
    self.metavar = metavar
    self.group = group
    self.file = file
    typeName = "\(Value.self)"
    isFlag = Value.isFlag
    defaultText = value.optionText
    parse = { (text) throws(OptionError) in try Value.parse(option: text) }
    convert = { Value.convert(option: $0) }
    accept = { $0 as? Value }
    changed = { value in
      if let value = value as? Value { try onChange?(value) }
    }
  }

  /// Reads a text, and says in an error which option it was for.
  func read(_ text: String) throws(OptionError) -> any OptionValue {
    do throws(OptionError) {
      return try parse(text)
    } catch {
      throw error.about(name)
    }
  }

  /// The value that a config file gives.
  func read(_ literal: ConfigValue) throws(OptionError) -> any OptionValue {
    if case .string(let text) = literal { return try read(text) }
    guard let value = convert(literal) else { throw wrongType(literal.typeName) }
    return value
  }

  func wrongType(_ given: String) -> OptionError {
    OptionError(.wrongType, "Option '\(name)' is required to be of type \(typeName) (\(given) given)")
  }
}
