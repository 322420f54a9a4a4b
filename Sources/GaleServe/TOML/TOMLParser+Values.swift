// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension TOMLParser {
  /// Any value.
  mutating func value(_ depth: Int) throws(TOMLError) -> TOMLNode.Value {
    guard depth < Self.depthLimit else { throw error("this is too deep") }
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
    case UInt8(ascii: "["): return .array(try array(depth + 1))
    case UInt8(ascii: "{"): return .table(try inlineTable(depth + 1))
    case nil, 0x0A, 0x0D, UInt8(ascii: "#"): throw error("a value is missing")
    default: return try scalar()
    }
  }

  private mutating func array(_ depth: Int) throws(TOMLError) -> [TOMLNode] {
    at += 1
    var items: [TOMLNode] = []
    while true {
      try skipBlanks()
      if peek == UInt8(ascii: "]") { break }
      let start = line
      items.append(TOMLNode(value: try value(depth), line: start))
      try skipBlanks()
      if peek == UInt8(ascii: ",") {
        at += 1
      } else if peek != UInt8(ascii: "]") {
        throw error("between the values of a list there must be commas, and a ] at its end")
      }
    }
    at += 1
    return items
  }

  private mutating func inlineTable(_ depth: Int) throws(TOMLError) -> TOMLTable {
    at += 1
    let table = TOMLTable(.header, line: line)
    skipSpaces()
    if peek == UInt8(ascii: "}") {
      at += 1
    } else {
      while true {
        try assignment(in: table, depth: depth)
        skipSpaces()
        if peek == UInt8(ascii: "}") { break }
        try expect(",", "between the entries in braces, which stand on one line, there must be")
        skipSpaces()
      }
      at += 1
    }
    seal(table)
    return table
  }

  /// Lets nobody add to a table, nor to those that its keys made.
  private func seal(_ table: TOMLTable) {
    table.origin = .inline
    for name in table.names {
      if case .table(let inner) = table[name]?.value { seal(inner) }
    }
  }

  // MARK: - Numbers, times and the two words

  private mutating func scalar() throws(TOMLError) -> TOMLNode.Value {
    var text = word()
    // A space may stand between a date and a time.
    if Self.isDate(text), peek == 0x20, at + 1 < bytes.count, bytes[at + 1] &- 0x30 < 10 {
      at += 1
      text += " " + word()
    }
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    if let number = try number(text) { return number }
    if TOMLTime.isValid(text) { return .time(text) }
    throw error(text.isEmpty ? "a value is missing" : "\(text) is no value; texts stand in quotes")
  }

  private mutating func word() -> String {
    let start = at
    while let byte = peek, byte > 0x20, ![0x23, 0x2C, 0x5D, 0x7D, 0x3D, 0x22, 0x27].contains(byte) { at += 1 }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private static func isDate(_ text: String) -> Bool { text.utf8.count == 10 && TOMLTime.isValid(text) }

  private func number(_ text: String) throws(TOMLError) -> TOMLNode.Value? {
    let isSigned = text.hasPrefix("+") || text.hasPrefix("-")
    let magnitude = isSigned ? String(text.dropFirst()) : text
    if magnitude == "inf" { return .float(text.hasPrefix("-") ? -.infinity : .infinity) }
    if magnitude == "nan" { return .float(.nan) }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
      let digits = text.dropFirst(2)
      guard let plain = Self.withoutUnderscores(digits), let number = Int(plain, radix: radix),
        digits.first != "+", digits.first != "-"
      else { throw error("\(text) is no whole number") }
      return .integer(number)
    }
    guard let plain = Self.withoutUnderscores(magnitude[...]), let first = plain.utf8.first,
      first &- 0x30 < 10
    else { return nil }
    let sign = text.hasPrefix("-") ? "-" : ""
    let hasLeadingZero =
      plain.utf8.count > 1 && first == 0x30 && plain.utf8.dropFirst().first.map { $0 &- 0x30 < 10 } ?? false
    if plain.utf8.allSatisfy({ $0 &- 0x30 < 10 }) {
      guard !hasLeadingZero else { throw error("\(text) begins with a zero") }
      guard let number = Int(sign + plain) else { throw error("\(text) is too large") }
      return .integer(number)
    }
    guard Self.isFloat(plain), let number = Double(sign + plain) else { return nil }
    guard !hasLeadingZero else { throw error("\(text) begins with a zero") }
    return .float(number)
  }

  /// The digits, if underscores stand between digits only.
  private static func withoutUnderscores(_ text: Substring) -> String? {
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() where byte == 0x5F {
      guard index > 0, index + 1 < bytes.count, isDigit(bytes[index - 1]), isDigit(bytes[index + 1]) else {
        return nil
      }
    }
    return bytes.isEmpty ? nil : String(decoding: bytes.filter { $0 != 0x5F }, as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 }

  /// Digits, perhaps a fraction, perhaps an exponent.
  private static func isFloat(_ text: String) -> Bool {
    let parts = text.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
    let upper = text.split(separator: "E", maxSplits: 1, omittingEmptySubsequences: false)
    let (mantissa, exponent) =
      parts.count == 2 ? (parts[0], parts[1]) : (upper[0], upper.count == 2 ? upper[1] : "0")
    let numbers = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    let power = exponent.hasPrefix("+") || exponent.hasPrefix("-") ? exponent.dropFirst() : exponent
    return numbers.count <= 2
      && (numbers + [power]).allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { $0 &- 0x30 < 10 }
      }
  }
}

/// Dates and times (RFC 3339), of which only the form is looked at.
enum TOMLTime {
  static func isValid(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    let hasDate = matches(&rest, "0000-00-00")
    if hasDate {
      if rest.isEmpty { return true }
      guard let separator = rest.popFirst(), [0x54, 0x74, 0x20].contains(separator) else { return false }
    }
    guard matches(&rest, "00:00:00") else { return false }
    if rest.first == 0x2E {
      rest.removeFirst()
      guard let digit = rest.first, digit &- 0x30 < 10 else { return false }
      while let digit = rest.first, digit &- 0x30 < 10 { rest.removeFirst() }
    }
    if rest.isEmpty { return true }
    guard hasDate else { return false }
    if rest.count == 1 { return rest.first == 0x5A || rest.first == 0x7A }
    guard let sign = rest.popFirst(), sign == 0x2B || sign == 0x2D else { return false }
    return matches(&rest, "00:00") && rest.isEmpty
  }

  /// Takes what looks like `form`, in which a zero stands for any digit.
  private static func matches(_ text: inout ArraySlice<UInt8>, _ form: String) -> Bool {
    guard text.count >= form.utf8.count else { return false }
    for (byte, wanted) in zip(text, form.utf8) where wanted == 0x30 ? byte &- 0x30 >= 10 : byte != wanted {
      return false
    }
    text = text.dropFirst(form.utf8.count)
    return true
  }
}
