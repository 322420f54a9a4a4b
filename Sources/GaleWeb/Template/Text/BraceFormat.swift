// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Python's `text.format(…)`.
func braceFormat(_ format: String, _ arguments: TemplateArguments) throws -> String {
  var formatter = BraceFormatter(arguments)
  return try formatter.format(format, depth: 0)
}

private struct BraceFormatter {
  private let arguments: TemplateArguments
  private var nextIndex: Int? = 0

  init(_ arguments: TemplateArguments) { self.arguments = arguments }

  mutating func format(_ text: String, depth: Int) throws -> String {
    guard depth < 3 else { throw TemplateException(.valueError, "Max string recursion exceeded") }
    let scalars = Array(text.unicodeScalars)
    var output = ""
    var at = 0
    while at < scalars.count {
      let scalar = scalars[at]
      let isDoubled = at + 1 < scalars.count && scalars[at + 1] == scalar
      at += 1
      if scalar == "{", !isDoubled {
        let end = try closing(scalars, from: at)
        output += try field(String(String.UnicodeScalarView(scalars[at..<end])), depth)
        at = end + 1
      } else if scalar == "}", !isDoubled {
        throw TemplateException(.valueError, "Single '}' encountered in format string")
      } else {
        output.unicodeScalars.append(scalar)
        if scalar == "{" || scalar == "}" { at += 1 }
      }
    }
    return output
  }

  private func closing(_ scalars: [Unicode.Scalar], from start: Int) throws -> Int {
    var depth = 1
    for index in start..<scalars.count {
      if scalars[index] == "{" { depth += 1 } else if scalars[index] == "}" { depth -= 1 }
      if depth == 0 { return index }
    }
    throw TemplateException(.valueError, "expected '}' before end of string")
  }

  private mutating func field(_ text: String, _ depth: Int) throws -> String {
    let colon = text.firstIndex(of: ":")
    var name = String(text[..<(colon ?? text.endIndex)])
    let specification = colon.map { String(text[text.index(after: $0)...]) } ?? ""
    var conversion: Character?
    if let mark = name.lastIndex(of: "!") {
      let code = name[name.index(after: mark)...]
      guard code.count == 1 else {
        throw TemplateException(.valueError, "end of string while looking for conversion specifier")
      }
      conversion = code.first
      name = String(name[..<mark])
    }
    var value = try self.value(name)
    switch conversion {
    case nil: break
    case "s": value = .string(value.text)
    case "r", "a": value = .string(value.representation)
    default: throw TemplateException(.valueError, "Unknown conversion specifier \(conversion ?? " ")")
    }
    return try FormatSpecification.format(value, try format(specification, depth: depth + 1))
  }

  private mutating func value(_ name: String) throws -> TemplateValue {
    let first = name.prefix { $0 != "." && $0 != "[" }
    var value: TemplateValue
    if first.isEmpty {
      guard let index = nextIndex else {
        throw TemplateException(
          .valueError, "cannot switch from manual field specification to automatic field numbering")
      }
      nextIndex = index + 1
      value = try positional(index)
    } else if let index = Int(first) {
      if let next = nextIndex, next > 0 {
        throw TemplateException(
          .valueError, "cannot switch from automatic field numbering to manual field specification")
      }
      nextIndex = nil
      value = try positional(index)
    } else {
      guard let found = arguments[String(first)] else { throw TemplateException(.keyError, String(first)) }
      value = found
    }
    var rest = name[first.endIndex...]
    while let mark = rest.popFirst() {
      if mark == "." {
        let attribute = rest.prefix { $0 != "." && $0 != "[" }
        value = try value.attribute(String(attribute))
        rest = rest[attribute.endIndex...]
      } else {
        guard let close = rest.firstIndex(of: "]") else {
          throw TemplateException(.valueError, "Missing ']' in format string")
        }
        let key = String(rest[..<close])
        value = try value.item(Int(key).map { .int($0) } ?? .string(key))
        rest = rest[rest.index(after: close)...]
      }
    }
    return value
  }

  private func positional(_ index: Int) throws -> TemplateValue {
    guard arguments.positional.indices.contains(index) else {
      throw TemplateException(
        .indexError, "Replacement index \(index) out of range for positional args tuple")
    }
    return arguments.positional[index]
  }
}
