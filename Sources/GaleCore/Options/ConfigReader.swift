// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads the statements and expressions of a config file; see ``ConfigFile``.
struct ConfigReader {
  var values: [String: ConfigValue]
  /// The names that the file assigned.
  private(set) var order: [String] = []
  let path: String
  let bytes: [UInt8]
  var at = 0
  /// Brackets that are open here: line breaks mean nothing inside.
  var depth = 0

  init(_ bytes: [UInt8], path: String) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    self.bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes
    self.path = path
    values = ["__file__": .string(path)]
  }

  func error(_ message: String) -> OptionError {
    let line = 1 + bytes.prefix(at).count { $0 == ASCII.lineFeed }
    return OptionError(.syntax, "\(path):\(line): \(message)")
  }

  // MARK: - Statements

  mutating func readFile() throws(OptionError) {
    while true {
      skipBlankLines()
      guard at < bytes.count else { return }
      try readStatement()
      skipBlanks()
      guard at == bytes.count || bytes[at] == ASCII.lineFeed || bytes[at] == ASCII.semicolon else {
        throw error("only assignments of literals are read")
      }
    }
  }

  private mutating func readStatement() throws(OptionError) {
    if let quote = peek, quote == ASCII.quote || quote == UInt8(ascii: "'") {
      _ = try readExpression()  // A text that stands alone is a comment.
      return
    }
    guard let name = readName() else { throw error("an assignment is expected") }
    if name == "from" || name == "import" { return try readImport() }
    skipBlanks()
    guard take(ASCII.equals), peek != ASCII.equals else {
      throw error("only assignments of literals are read")
    }
    let value = try readExpression()
    if values.updateValue(value, forKey: name) == nil { order.append(name) }
  }

  private mutating func readImport() throws(OptionError) {
    skipBlanks()
    guard readName() == "datetime" else { throw error("nothing but datetime can be imported") }
    while at < bytes.count, bytes[at] != ASCII.lineFeed, bytes[at] != ASCII.semicolon { at += 1 }
  }

  // MARK: - Expressions

  /// A list or tuple without brackets, or one value.
  mutating func readExpression() throws(OptionError) -> ConfigValue {
    let first = try readSum()
    guard depth == 0 else { return first }
    skipBlanks()
    guard peek == ASCII.comma else { return first }
    var items = [first]
    while take(ASCII.comma) {
      skipBlanks()
      guard let next = peek, next != ASCII.lineFeed, next != ASCII.semicolon else { break }
      items.append(try readSum())
      skipBlanks()
    }
    return .list(items)
  }

  private mutating func readSum() throws(OptionError) -> ConfigValue {
    var left = try readProduct()
    while true {
      skipBlanks()
      guard let sign = peek, sign == ASCII.plus || sign == ASCII.hyphen else { return left }
      at += 1
      left = try calculate(left, sign == ASCII.plus ? "+" : "-", readProduct())
    }
  }

  private mutating func readProduct() throws(OptionError) -> ConfigValue {
    var left = try readFactor()
    while true {
      skipBlanks()
      guard let sign = peek, sign == UInt8(ascii: "*") || sign == ASCII.slash else { return left }
      at += 1
      let isDoubled = take(sign)
      if isDoubled, sign != ASCII.slash { throw error("** is not read") }
      left = try calculate(left, isDoubled ? "//" : sign == ASCII.slash ? "/" : "*", readFactor())
    }
  }

  private mutating func readFactor() throws(OptionError) -> ConfigValue {
    var sign: String?
    while true {
      skipBlanks()
      if take(ASCII.hyphen) {
        sign = sign == "-" ? "+" : "-"
      } else if take(ASCII.plus) {
        sign = sign ?? "+"
      } else {
        break
      }
    }
    let value = try readValue()
    guard let sign else { return value }
    return try calculate(.integer(0), sign, value)
  }

  private func calculate(
    _ left: ConfigValue, _ sign: String, _ right: ConfigValue
  ) throws(OptionError) -> ConfigValue {
    switch (left, sign, right) {
    case (.string(let left), "+", .string(let right)): return .string(left + right)
    case (.list(let left), "+", .list(let right)): return .list(left + right)
    case (.integer(let left), "/", .integer(let right)) where right != 0:
      return .double(Double(left) / Double(right))
    case (.integer(let left), _, .integer(let right)):
      guard let result = whole(left, sign, right) else {
        throw error("the result is too large, or undefined")
      }
      return .integer(result)
    default:
      guard let left = number(left), let right = number(right), right != 0 || !sign.hasPrefix("/") else {
        throw error("\(sign) is not possible there")
      }
      switch sign {
      case "+": return .double(left + right)
      case "-": return .double(left - right)
      case "*": return .double(left * right)
      case "/": return .double(left / right)
      default: return .double((left / right).rounded(.down))
      }
    }
  }

  private func whole(_ left: Int, _ sign: String, _ right: Int) -> Int? {
    let result: (partialValue: Int, overflow: Bool)
    switch sign {
    case "+": result = left.addingReportingOverflow(right)
    case "-": result = left.subtractingReportingOverflow(right)
    case "*": result = left.multipliedReportingOverflow(by: right)
    default:
      result = left.dividedReportingOverflow(by: right)
      guard !result.overflow else { return nil }
      // Python's // rounds down.
      return left % right != 0 && (left < 0) != (right < 0) ? result.partialValue - 1 : result.partialValue
    }
    return result.overflow ? nil : result.partialValue
  }

  private func number(_ value: ConfigValue) -> Double? {
    switch value {
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  // MARK: - Bytes

  var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  mutating func skipBlanks() {
    while let byte = peek {
      if byte == ASCII.space || byte == ASCII.tab || byte == ASCII.carriageReturn || byte == 0x0C {
        at += 1
      } else if byte == ASCII.lineFeed, depth > 0 {
        at += 1
      } else if byte == ASCII.backslash, at + 1 < bytes.count, bytes[at + 1] == ASCII.lineFeed {
        at += 2
      } else if byte == UInt8(ascii: "#") {
        while at < bytes.count, bytes[at] != ASCII.lineFeed { at += 1 }
      } else {
        return
      }
    }
  }

  private mutating func skipBlankLines() {
    skipBlanks()
    while let byte = peek, byte == ASCII.lineFeed || byte == ASCII.semicolon {
      at += 1
      skipBlanks()
    }
  }

  mutating func readName() -> String? {
    let start = at
    while let byte = peek,
      byte == UInt8(ascii: "_") || byte >= 0x80 || byte.isASCIIDigit && at > start
        || (0x61...0x7A).contains(byte.asciiLowercased)
    {
      at += 1
    }
    return at > start ? String(decoding: bytes[start..<at], as: UTF8.self) : nil
  }
}
