// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What a setting of gunicorn was set to, on its command line or in its file.
enum GunicornValue: Hashable, Sendable {
  case none
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([String])
  case function(String)
  /// Something else of Python's; its type.
  case other(String)

  init(_ json: JSONValue) {
    switch json {
    case .null: self = .none
    case .bool(let flag): self = .flag(flag)
    case .int(let number): self = .integer(number)
    case .double(let number): self = .number(number)
    case .string(let text): self = .text(text)
    case .array(let items):
      self = .list(
        items.map { item in
          if case .string(let text) = item { text } else { GunicornValue(item).asText }
        })
    case .object(let members):
      if let name = members.first(where: { $0.key == "function" }), case .string(let text) = name.value {
        self = .function(text)
      } else if let name = members.first(where: { $0.key == "other" }), case .string(let text) = name.value {
        self = .other(text)
      } else {
        self = .other("dict")
      }
    }
  }

  /// As it would stand on a command line.
  var asText: String {
    switch self {
    case .none: ""
    case .flag(let flag): flag ? "true" : "false"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .text(let text): text
    case .list(let items): items.joined(separator: ",")
    case .function(let name), .other(let name): name
    }
  }

  /// A whole number; upwards, where it has a fraction.
  var asInteger: Int? {
    switch self {
    case .integer(let number): number
    case .number(let number): Int(exactly: number.rounded(.up))
    case .text(let text): Int(text)
    default: nil
    }
  }

  /// Whether it says yes.
  var isTrue: Bool {
    switch self {
    case .none: false
    case .flag(let flag): flag
    case .integer(let number): number != 0
    case .text(let text): !["", "0", "false", "no", "off"].contains(text.lowercased())
    default: true
    }
  }

  /// The pieces of a list, or of a text with commas.
  var asList: [String] {
    let items: [String]
    switch self {
    case .none: return []
    case .list(let list): items = list
    default: items = asText.split(separator: ",").map(String.init)
    }
    return items.map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty }
  }
}
