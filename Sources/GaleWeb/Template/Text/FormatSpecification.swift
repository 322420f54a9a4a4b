// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Python's format specification: what stands behind the colon in `{:>8.2f}`.
struct FormatSpecification {
  var fill: Unicode.Scalar = " "
  var align: Unicode.Scalar?
  var sign: Unicode.Scalar = "-"
  var isAlternate = false
  var width = 0
  var grouping: Unicode.Scalar?
  var precision: Int?
  var type: Unicode.Scalar?

  /// What a width or a precision may be at most: a mistake should not ask for all the memory there is.
  static let widthLimit = 100_000

  init() {}

  init(parsing text: String) throws {
    let scalars = Array(text.unicodeScalars)
    var at = 0
    let aligns: Set<Unicode.Scalar> = ["<", ">", "^", "="]
    if scalars.count > 1, aligns.contains(scalars[1]) {
      (fill, align) = (scalars[0], scalars[1])
      at = 2
    } else if let first = scalars.first, aligns.contains(first) {
      align = first
      at = 1
    }
    func next(_ wanted: Unicode.Scalar...) -> Unicode.Scalar? {
      guard at < scalars.count, wanted.contains(scalars[at]) else { return nil }
      at += 1
      return scalars[at - 1]
    }
    func number() throws -> Int? {
      var value: Int?
      while at < scalars.count, (0x30...0x39).contains(scalars[at].value) {
        value = (value ?? 0) * 10 + Int(scalars[at].value - 0x30)
        guard value ?? 0 <= Self.widthLimit else {
          throw TemplateException(.valueError, "Too many decimal digits in format string")
        }
        at += 1
      }
      return value
    }
    if let found = next("+", "-", " ") { sign = found }
    isAlternate = next("#") != nil
    if next("0") != nil, align == nil { (fill, align) = ("0", "=") }
    width = try number() ?? 0
    grouping = next(",", "_")
    if next(".") != nil {
      guard let digits = try number() else {
        throw TemplateException(.valueError, "Format specifier missing precision")
      }
      precision = digits
    }
    if at < scalars.count {
      type = scalars[at]
      at += 1
    }
    guard at == scalars.count else {
      throw TemplateException(.valueError, "Invalid format specifier '\(text)'")
    }
  }

  // MARK: - Values

  /// Python's `format(value, specification)`.
  static func format(_ value: TemplateValue, _ specification: String) throws -> String {
    if specification.isEmpty { return value.text }
    if case .object(let object) = value, let dated = object as? any FormattedByDate {
      return try dated.formatted(specification)
    }
    let parsed = try FormatSpecification(parsing: specification)
    switch value {
    case .string(let text): return try parsed.format(text)
    case .int(let number): return try parsed.format(number)
    case .bool(let value) where parsed.type != nil: return try parsed.format(value ? 1 : 0)
    case .bool: return try parsed.format(value.text)
    case .double(let number): return try parsed.format(number)
    default:
      throw TemplateException(.typeError, "unsupported format string passed to \(value.typeName).__format__")
    }
  }

  private func unknown(_ type: String) -> TemplateException {
    let code = self.type.map(String.init) ?? ""
    return TemplateException(.valueError, "Unknown format code '\(code)' for object of type '\(type)'")
  }

  func format(_ text: String) throws -> String {
    guard type == nil || type == "s" else { throw unknown("str") }
    guard align != "=" else {
      throw TemplateException(.valueError, "'=' alignment not allowed in string format specifier")
    }
    let cut = precision.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) } ?? text
    return pad(cut, "<")
  }

  func format(_ number: Int) throws -> String {
    let digits: String
    var prefix = ""
    switch type {
    case nil, "d", "n": digits = grouped(String(number.magnitude), by: 3)
    case "b":
      digits = grouped(String(number.magnitude, radix: 2), by: 4)
      prefix = "0b"
    case "o":
      digits = grouped(String(number.magnitude, radix: 8), by: 4)
      prefix = "0o"
    case "x", "X":
      digits = grouped(String(number.magnitude, radix: 16, uppercase: type == "X"), by: 4)
      prefix = type == "x" ? "0x" : "0X"
    case "c":
      guard let value = UInt32(exactly: number), let scalar = Unicode.Scalar(value) else {
        throw TemplateException(.overflowError, "%c arg not in range(0x110000)")
      }
      return pad(String(scalar), "<")
    case "e", "E", "f", "F", "g", "G", "%": return try format(Double(number))
    default: throw unknown("int")
    }
    guard precision == nil else {
      throw TemplateException(.valueError, "Precision not allowed in integer format specifier")
    }
    return signed(number < 0, isAlternate ? prefix : "", digits)
  }

  func format(_ number: Double) throws -> String {
    var digits: String
    switch type {
    case nil where precision == nil: digits = pythonText(number.magnitude)
    case nil:
      digits = printed("g", number.magnitude, precision)
      if !digits.contains("e"), !digits.contains("."), number.isFinite { digits += ".0" }
    case "f", "F": digits = printed("f", number.magnitude, precision)
    case "e", "E", "g", "G": digits = printed(type ?? "g", number.magnitude, precision)
    case "n": digits = printed("g", number.magnitude, precision)
    case "%": digits = printed("f", number.magnitude * 100, precision) + "%"
    default: throw unknown("float")
    }
    if type == "F" { digits = digits.uppercased() }
    if grouping != nil {
      let whole = digits.prefix { ("0"..."9").contains($0) }
      digits = grouped(String(whole), by: 3) + digits.dropFirst(whole.count)
    }
    return signed(number.sign == .minus && !number.isNaN, "", digits)
  }

  /// What C's `printf` makes of it: correctly rounded, as Python's.
  private func printed(_ type: Unicode.Scalar, _ number: Double, _ precision: Int?) -> String {
    let format = "%\(isAlternate ? "#" : "").*\(type)"
    let count = min(precision ?? 6, Self.widthLimit)
    var buffer = [CChar](repeating: 0, count: count + 330)
    // SAFETY: the arguments are those that the format names, and the buffer's length is given.
    let length = unsafe withVaList([Int32(count), number]) {
      unsafe vsnprintf(&buffer, buffer.count, format, $0)
    }
    return String(decoding: buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: - Signs and widths

  private func grouped(_ digits: String, by size: Int) -> String {
    guard let grouping, digits.utf8.count > size else { return digits }
    var output = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.utf8.count - index) % size == 0 { output.unicodeScalars.append(grouping) }
      output.append(digit)
    }
    return output
  }

  private func signed(_ isNegative: Bool, _ prefix: String, _ digits: String) -> String {
    let mark = (isNegative ? "-" : sign == "-" ? "" : String(sign)) + prefix
    guard align == "=" else { return pad(mark + digits, ">") }
    let missing = width - mark.utf8.count - digits.unicodeScalars.count
    return mark + String(repeating: String(fill), count: max(0, missing)) + digits
  }

  private func pad(_ text: String, _ standard: Unicode.Scalar) -> String {
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return text }
    let (align, fill) = (align ?? standard, String(fill))
    let before = align == ">" ? missing : align == "^" ? missing / 2 : 0
    return String(repeating: fill, count: before) + text + String(repeating: fill, count: missing - before)
  }
}

/// Something whose format specification is one of `strftime`.
protocol FormattedByDate {
  func formatted(_ format: String) throws -> String
}
