// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A value as a config file writes it down.
public enum ConfigValue: Hashable, Sendable {
  /// Python's `None`, JSON's `null`.
  case none
  /// A truth value.
  case bool(Bool)
  /// A whole number.
  case integer(Int)
  /// A number with a fraction or an exponent.
  case double(Double)
  /// Text.
  case string(String)
  /// A list or tuple.
  case list([ConfigValue])
  /// Python's `datetime(…)`.
  case dateTime(LocalDateTime)
  /// Python's `timedelta(…)`.
  case duration(Duration)

  /// The name of its type in messages.
  var typeName: String {
    switch self {
    case .none: "None"
    case .bool: "bool"
    case .integer: "int"
    case .double: "float"
    case .string: "str"
    case .list: "list"
    case .dateTime: "datetime"
    case .duration: "timedelta"
    }
  }
}

extension ConfigValue {
  /// A value of JSON; `nil` for an object.
  init?(_ json: JSONValue) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .integer(value)
    case .double(let value): self = .double(value)
    case .string(let value): self = .string(value)
    case .array(let items):
      let values = items.compactMap { ConfigValue($0) }
      guard values.count == items.count else { return nil }
      self = .list(values)
    case .object: return nil
    }
  }
}
