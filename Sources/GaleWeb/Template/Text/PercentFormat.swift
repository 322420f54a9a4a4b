// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Python's `text % values`.
func percentFormat(_ format: String, _ values: TemplateValue) throws -> String {
  var formatter = PercentFormatter(format, values)
  return try formatter.run()
}

private struct PercentFormatter {
  private let scalars: [Unicode.Scalar]
  private var at = 0
  private let values: TemplateValue
  private var rest: ArraySlice<TemplateValue>
  private var usesMapping = false

  init(_ format: String, _ values: TemplateValue) {
    scalars = Array(format.unicodeScalars)
    self.values = values
    if case .tuple(let elements) = values { rest = elements[...] } else { rest = [values] }
  }

  mutating func run() throws -> String {
    var output = ""
    while at < scalars.count {
      if scalars[at] == "%" {
        at += 1
        output += try conversion()
      } else {
        output.unicodeScalars.append(scalars[at])
        at += 1
      }
    }
    let isUnused = if case .dictionary = values { false } else { !rest.isEmpty }
    if isUnused, !usesMapping {
      throw TemplateException(.typeError, "not all arguments converted during string formatting")
    }
    return output
  }

  private mutating func peek() throws -> Unicode.Scalar {
    guard at < scalars.count else { throw TemplateException(.valueError, "incomplete format") }
    return scalars[at]
  }

  private mutating func next() throws -> TemplateValue {
    guard let value = rest.popFirst() else {
      throw TemplateException(.typeError, "not enough arguments for format string")
    }
    return value
  }

  private mutating func conversion() throws -> String {
    var named: TemplateValue?
    if try peek() == "(" { named = try mapped() }
    var specification = FormatSpecification()
    specification.align = ">"
    var isLeft = false
    while "-+ 0#".unicodeScalars.contains(try peek()) {
      switch scalars[at] {
      case "-": isLeft = true
      case "+": specification.sign = "+"
      case " ": if specification.sign == "-" { specification.sign = " " }
      case "#": specification.isAlternate = true
      default: (specification.fill, specification.align) = ("0", "=")
      }
      at += 1
    }
    specification.width = try number() ?? 0
    if specification.width < 0 { (isLeft, specification.width) = (true, -specification.width) }
    if try peek() == "." {
      at += 1
      specification.precision = max(0, try number() ?? 0)
    }
    if isLeft { (specification.fill, specification.align) = (" ", "<") }
    while "hlL".unicodeScalars.contains(try peek()) { at += 1 }
    let type = try peek()
    at += 1
    if type == "%" { return "%" }
    return try converted(try named ?? next(), type, specification)
  }

  private mutating func mapped() throws -> TemplateValue {
    guard case .dictionary(let dictionary) = values else {
      throw TemplateException(.typeError, "format requires a mapping")
    }
    usesMapping = true
    let start = at + 1
    var depth = 1
    while depth > 0 {
      at += 1
      guard at < scalars.count else { throw TemplateException(.valueError, "incomplete format key") }
      if scalars[at] == "(" { depth += 1 } else if scalars[at] == ")" { depth -= 1 }
    }
    let key = String(String.UnicodeScalarView(scalars[start..<at]))
    at += 1
    guard let value = dictionary[key] else { throw TemplateException(.keyError, key) }
    return value
  }

  private mutating func number() throws -> Int? {
    if try peek() == "*" {
      at += 1
      let value = try next()
      guard let number = value.intValue, number.magnitude <= FormatSpecification.widthLimit else {
        throw TemplateException(.typeError, "* wants int")
      }
      return number
    }
    var value: Int?
    while (0x30...0x39).contains(try peek().value) {
      value = (value ?? 0) * 10 + Int(scalars[at].value - 0x30)
      guard value ?? 0 <= FormatSpecification.widthLimit else {
        throw TemplateException(.valueError, "width too big")
      }
      at += 1
    }
    return value
  }

  private func converted(
    _ value: TemplateValue, _ type: Unicode.Scalar, _ given: FormatSpecification
  ) throws -> String {
    var specification = given
    switch type {
    case "s", "r", "a":
      if specification.align == "=" { (specification.fill, specification.align) = (" ", ">") }
      specification.sign = "-"
      return try specification.format(type == "s" ? value.text : value.representation)
    case "c":
      if specification.align == "=" { (specification.fill, specification.align) = (" ", ">") }
      if let text = value.stringValue, text.unicodeScalars.count == 1 {
        return try specification.format(text)
      }
      guard let number = value.intValue else {
        throw TemplateException(.typeError, "%c requires int or char")
      }
      specification.type = "c"
      return try specification.format(number)
    case "d", "i", "u", "x", "X", "o":
      guard let number = try integer(value, type) else {
        throw TemplateException(
          .typeError, "%\(type) format: a real number is required, not \(value.typeName)")
      }
      specification.type = type == "i" || type == "u" ? "d" : type
      return try whole(number, specification)
    case "e", "E", "f", "F", "g", "G":
      guard let number = value.doubleValue else {
        throw TemplateException(.typeError, "must be real number, not \(value.typeName)")
      }
      specification.type = type
      return try specification.format(number)
    default:
      throw TemplateException(
        .valueError,
        "unsupported format character '\(type)' (0x\(String(type.value, radix: 16))) at index \(at - 1)")
    }
  }

  private func integer(_ value: TemplateValue, _ type: Unicode.Scalar) throws -> Int? {
    if case .double(let number) = value, "diu".unicodeScalars.contains(type) {
      guard let whole = Int(exactly: number.rounded(.towardZero)) else {
        throw TemplateException(.overflowError, "cannot convert float to integer")
      }
      return whole
    }
    return value.intValue
  }

  /// A precision is the least number of digits here, which `format` does not know.
  private func whole(_ number: Int, _ given: FormatSpecification) throws -> String {
    var specification = given
    guard let precision = specification.precision else { return try specification.format(number) }
    specification.precision = nil
    var digits = specification
    (digits.width, digits.align, digits.fill) = (0, ">", " ")
    let text = try digits.format(number)
    let mark = text.prefix { "+- ".contains($0) }
    let rest = text.dropFirst(mark.count)
    let zeros = String(repeating: "0", count: max(0, precision - rest.utf8.count))
    specification.type = nil
    if specification.align == "=" { specification.align = ">" }
    return try specification.format(mark + zeros + rest)
  }
}
