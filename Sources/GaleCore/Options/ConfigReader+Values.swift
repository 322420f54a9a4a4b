// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension ConfigReader {
  /// A number, a text, a list, or what a name stands for.
  mutating func readValue() throws(OptionError) -> ConfigValue {
    skipBlanks()
    switch peek {
    case nil, ASCII.lineFeed: throw error("a value is expected")
    case UInt8(ascii: "["): return .list(try readItems(until: UInt8(ascii: "]")).items)
    case UInt8(ascii: "("):
      let (items, isTuple) = try readItems(until: UInt8(ascii: ")"))
      return isTuple || items.count != 1 ? .list(items) : items[0]
    case let byte? where byte.isASCIIDigit || byte == UInt8(ascii: "."): return try readNumber()
    default: break
    }
    if let text = try readTexts() { return .string(text) }
    guard let name = readName() else { throw error("only literals are read") }
    switch name {
    case "True": return .bool(true)
    case "False": return .bool(false)
    case "None": return .none
    case "datetime", "timedelta": return try readCall(name)
    default:
      guard let value = values[name] else { throw error("\(name) is not known here") }
      return value
    }
  }

  private mutating func readItems(
    until end: UInt8
  ) throws(OptionError) -> (items: [ConfigValue], hasComma: Bool) {
    guard depth < 64 else { throw error("nested too deep") }
    at += 1
    depth += 1
    var items: [ConfigValue] = []
    var hasComma = false
    skipBlanks()
    while !take(end) {
      items.append(try readExpression())
      skipBlanks()
      if take(ASCII.comma) {
        hasComma = true
      } else if peek != end {
        throw error("\(Character(Unicode.Scalar(end))) is missing")
      }
      skipBlanks()
    }
    depth -= 1
    return (items, hasComma)
  }

  // MARK: - Numbers

  private mutating func readNumber() throws(OptionError) -> ConfigValue {
    let start = at
    var isHexadecimal = false
    while let byte = peek {
      let letter = byte.asciiLowercased
      if letter == UInt8(ascii: "x") { isHexadecimal = true }
      let isSign = byte == ASCII.plus || byte == ASCII.hyphen
      let followsExponent = at > start && bytes[at - 1].asciiLowercased == UInt8(ascii: "e")
      guard
        byte.isASCIIDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
          || (0x61...0x7A).contains(letter) || isSign && followsExponent && !isHexadecimal
      else { break }
      at += 1
    }
    let written = String(decoding: bytes[start..<at], as: UTF8.self).lowercased()
    let isWellFormed = !written.hasSuffix("_") && !written.contains("__")
    let text = String(written.filter { $0 != "_" })
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
      guard isWellFormed, let value = Int(text.dropFirst(2), radix: radix) else { break }
      return .integer(value)
    }
    if isWellFormed, let value = Int(text) { return .integer(value) }
    let hasOnlyDigits = text.utf8.allSatisfy(\.isASCIIDigit)
    guard isWellFormed, !isHexadecimal, !hasOnlyDigits, let value = Double(text), value.isFinite else {
      throw error("\(written) is no number that can be held")
    }
    return .double(value)
  }

  // MARK: - datetime and timedelta

  private mutating func readCall(_ name: String) throws(OptionError) -> ConfigValue {
    var function = name
    if take(UInt8(ascii: ".")) { function = readName() ?? "" }
    skipBlanks()
    guard peek == UInt8(ascii: "("), function == "datetime" || function == "timedelta" else {
      throw error("\(name).\(function) is not known here")
    }
    let isSpan = function == "timedelta"
    let names =
      isSpan
      ? ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"]
      : ["year", "month", "day", "hour", "minute", "second", "microsecond"]
    let arguments = try readArguments(names)
    return try isSpan ? makeSpan(arguments) : makeDate(arguments)
  }

  private mutating func readArguments(_ names: [String]) throws(OptionError) -> [String: Double] {
    at += 1
    depth += 1
    var arguments: [String: Double] = [:]
    var position = 0
    skipBlanks()
    while !take(UInt8(ascii: ")")) {
      let start = at
      var name = position < names.count ? names[position] : nil
      if let keyword = readName() {
        skipBlanks()
        if take(ASCII.equals) { name = names.contains(keyword) ? keyword : nil } else { at = start }
      }
      guard let name, arguments[name] == nil else { throw error("an argument too many") }
      switch try readExpression() {
      case .integer(let value): arguments[name] = Double(value)
      case .double(let value): arguments[name] = value
      default: throw error("\(name) must be a number")
      }
      position += 1
      skipBlanks()
      guard take(ASCII.comma) || peek == UInt8(ascii: ")") else { throw error(") is missing") }
      skipBlanks()
    }
    depth -= 1
    return arguments
  }

  private func makeSpan(_ arguments: [String: Double]) throws(OptionError) -> ConfigValue {
    let sum = arguments.reduce(0) { $0 + $1.value * (Duration.microseconds(inUnit: $1.key) ?? 0) }
    guard abs(sum) < 9e15 else { throw error("the time span is too long") }
    return .duration(.microseconds(Int64(sum.rounded(.toNearestOrEven))))
  }

  private func makeDate(_ arguments: [String: Double]) throws(OptionError) -> ConfigValue {
    func part(_ name: String) -> Int { arguments[name].flatMap { Int(exactly: $0) } ?? -1 }
    func time(_ name: String) -> Int { arguments[name] == nil ? 0 : part(name) }
    guard
      let value = LocalDateTime(
        year: part("year"), month: part("month"), day: part("day"), hour: time("hour"),
        minute: time("minute"), second: time("second"))
    else { throw error("there is no such date") }
    return .dateTime(value)
  }
}
