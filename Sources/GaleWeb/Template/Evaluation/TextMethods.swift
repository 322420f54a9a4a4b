// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// The methods of `str`.
enum TextMethods {
  static func call(
    _ text: String, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue {
    if let result = try cases(text, method) { return result }
    if let result = tests(text, method) { return result }
    if let result = try searches(text, method, arguments) { return result }
    if let result = try pieces(text, method, arguments) { return result }
    return try layout(text, method, arguments)
  }

  // MARK: - Upper and lower case

  private static func cases(_ text: String, _ method: TemplateMethod) throws -> TemplateValue? {
    switch method {
    case .upper: return .string(text.uppercased())
    case .lower, .casefold: return .string(text.lowercased())
    case .capitalize: return .string(capitalized(text))
    case .title: return .string(titled(text))
    case .swapcase:
      return .string(
        text.unicodeScalars.reduce(into: "") { output, scalar in
          let isUpper = scalar.properties.isUppercase
          output += isUpper ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
        })
    default: return nil
    }
  }

  private static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return "" }
    return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
  }

  private static func titled(_ text: String) -> String {
    var output = ""
    var isInside = false
    for scalar in text.unicodeScalars {
      output += isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
      isInside = scalar.properties.isCased
    }
    return output
  }

  // MARK: - Questions

  private static func tests(_ text: String, _ method: TemplateMethod) -> TemplateValue? {
    let scalars = text.unicodeScalars
    func all(_ test: (Unicode.Scalar) -> Bool) -> TemplateValue {
      .bool(!scalars.isEmpty && scalars.allSatisfy(test))
    }
    let cased = scalars.filter { $0.properties.isCased }
    switch method {
    case .isascii: return .bool(text.utf8.allSatisfy { $0 < 0x80 })
    case .isspace: return all(\.isPythonSpace)
    case .isdigit: return all { isDigit($0) }
    case .isdecimal: return all { $0.properties.generalCategory == .decimalNumber }
    case .isnumeric: return all { $0.properties.numericType != nil }
    case .isalpha: return all { isLetter($0) }
    case .isalnum: return all { isLetter($0) || $0.properties.numericType != nil }
    case .isupper: return .bool(!cased.isEmpty && cased.allSatisfy { $0.properties.isUppercase })
    case .islower: return .bool(!cased.isEmpty && cased.allSatisfy { $0.properties.isLowercase })
    case .istitle: return .bool(!cased.isEmpty && titled(text) == text)
    case .isidentifier:
      guard let first = scalars.first, first == "_" || first.properties.isIDStart else { return .bool(false) }
      return .bool(scalars.allSatisfy { $0.properties.isIDContinue })
    default: return nil
    }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  // MARK: - Searching

  private static func searches(
    _ text: String, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue? {
    switch method {
    case .startswith, .endswith:
      let wanted = try arguments.required(0)
      let options = if case .tuple(let options) = wanted { options } else { [wanted] }
      let part = try range(text, arguments).text
      return .bool(
        try options.contains { option throws(TemplateException) in
          guard case .string(let affix) = option else {
            throw TemplateException(
              .typeError,
              "\(method.rawValue) first arg must be str or a tuple of str, not \(option.typeName)")
          }
          let bytes = affix.utf8
          return method == .startswith
            ? part.utf8.starts(with: bytes) : part.utf8.reversed().starts(with: bytes.reversed())
        })
    case .find, .index, .rfind, .rindex:
      let part = try arguments.string(0)
      let (slice, offset) = try range(text, arguments)
      let bytes = Array(slice.utf8)
      let isLast = method == .rfind || method == .rindex
      let found =
        isLast
        ? TextSearch.last(Array(part.utf8), in: bytes[...])
        : TextSearch.first(Array(part.utf8), in: bytes[...])
      guard let found else {
        if method == .find || method == .rfind { return .int(-1) }
        throw TemplateException(.valueError, "substring not found")
      }
      return .int(offset + String(decoding: bytes[..<found], as: UTF8.self).unicodeScalars.count)
    case .count:
      let part = try arguments.string(0)
      let slice = try range(text, arguments).text
      guard !part.isEmpty else { return .int(slice.unicodeScalars.count + 1) }
      return .int(TextSearch.split(slice, part, limit: -1).count - 1)
    case .replace:
      let (old, new) = (try arguments.string(0), try arguments.string(1))
      return .string(replaced(text, old, new, arguments.value(2, "count")?.intValue ?? -1))
    default: return nil
    }
  }

  /// The part of the text that the second and third argument name, and how many scalars come before.
  private static func range(_ text: String, _ arguments: TemplateArguments) throws -> (
    text: String, offset: Int
  ) {
    guard arguments.positional.count > 1 else { return (text, 0) }
    let lower = arguments.positional[1].intValue
    let upper = arguments.positional.count > 2 ? arguments.positional[2].intValue : nil
    let count = text.unicodeScalars.count
    let start = lower.map { $0 < 0 ? max(0, $0 + count) : min($0, count) } ?? 0
    return (try TemplateValue.string(text).sliced(lower, upper, nil).text, start)
  }

  private static func replaced(_ text: String, _ old: String, _ new: String, _ limit: Int) -> String {
    guard old.isEmpty else { return TextSearch.split(text, old, limit: limit).joined(separator: new) }
    var output = ""
    var left = limit
    for scalar in text.unicodeScalars {
      if left != 0 { output += new }
      left -= 1
      output.unicodeScalars.append(scalar)
    }
    return left == 0 || limit >= 0 && left < 0 ? output : output + new
  }

  // MARK: - Pieces

  private static func pieces(
    _ text: String, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue? {
    switch method {
    case .split, .rsplit:
      let limit = try arguments.value(1, "maxsplit").map { _ in try arguments.int(1, "maxsplit") } ?? -1
      let isLast = method == .rsplit
      let separator = arguments.value(0, "sep") ?? .null
      let parts: [String]
      if separator.isNull {
        parts = TextSearch.words(text, limit: limit, fromEnd: isLast)
      } else {
        let mark = try arguments.string(0, "sep")
        guard !mark.isEmpty else { throw TemplateException(.valueError, "empty separator") }
        parts = TextSearch.split(text, mark, limit: limit, fromEnd: isLast)
      }
      return .list(TemplateList(parts.map { .string($0) }))
    case .partition, .rpartition:
      let mark = try arguments.string(0)
      guard !mark.isEmpty else { throw TemplateException(.valueError, "empty separator") }
      let parts = TextSearch.split(text, mark, limit: 1, fromEnd: method == .rpartition)
      guard parts.count == 2 else {
        return .tuple(method == .partition ? [.string(text), "", ""] : ["", "", .string(text)])
      }
      return .tuple([.string(parts[0]), .string(mark), .string(parts[1])])
    case .splitlines:
      let keeps = arguments.value(0, "keepends")?.isTrue ?? false
      return .list(TemplateList(lines(text, keeps).map { .string($0) }))
    case .join:
      let parts = try arguments.required(0).iterated()
      let texts = try parts.enumerated().map { index, part in
        guard case .string(let text) = part else {
          throw TemplateException(
            .typeError, "sequence item \(index): expected str instance, \(part.typeName) found")
        }
        return text
      }
      return .string(texts.joined(separator: text))
    case .encode: return .bytes(Array(text.utf8))
    case .format: return .string(try braceFormat(text, arguments))
    case .formatMap:
      guard case .dictionary(let dictionary) = try arguments.required(0) else {
        throw TemplateException(.typeError, "format_map() wants a mapping")
      }
      let names = zip(dictionary.keys, dictionary.values).map { (name: $0.text, value: $1) }
      return .string(try braceFormat(text, TemplateArguments(keywords: names)))
    default: return nil
    }
  }

  private static func lines(_ text: String, _ keepsEnds: Bool) -> [String] {
    let ends: Set<Unicode.Scalar> = [
      "\n", "\r", "\u{0B}", "\u{0C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}",
    ]
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var isOpen = false
    let scalars = Array(text.unicodeScalars)
    var at = 0
    while at < scalars.count {
      let scalar = scalars[at]
      isOpen = !ends.contains(scalar)
      if isOpen || keepsEnds { line.append(scalar) }
      if scalar == "\r", at + 1 < scalars.count, scalars[at + 1] == "\n" {
        at += 1
        if keepsEnds { line.append("\n") }
      }
      if !isOpen {
        lines.append(String(line))
        line.removeAll()
      }
      at += 1
    }
    return isOpen ? lines + [String(line)] : lines
  }

  // MARK: - Layout

  private static func layout(
    _ text: String, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue {
    switch method {
    case .strip, .lstrip, .rstrip:
      let given = arguments.value(0) ?? .null
      let set = given.isNull ? nil : Set(try arguments.string(0).unicodeScalars)
      return .string(stripped(text, set, left: method != .rstrip, right: method != .lstrip))
    case .removeprefix:
      let affix = try arguments.string(0)
      return .string(
        text.utf8.starts(with: affix.utf8)
          ? String(decoding: text.utf8.dropFirst(affix.utf8.count), as: UTF8.self) : text)
    case .removesuffix:
      let affix = try arguments.string(0)
      let ends = text.utf8.reversed().starts(with: affix.utf8.reversed())
      return .string(ends ? String(decoding: text.utf8.dropLast(affix.utf8.count), as: UTF8.self) : text)
    case .center, .ljust, .rjust, .zfill: return .string(try padded(text, method, arguments))
    case .expandtabs:
      let size = arguments.value(0, "tabsize")?.intValue ?? 8
      return .string(expanded(text, min(max(size, 0), 1000)))
    default: throw TemplateException(.attributeError, "'str' object has no attribute '\(method.rawValue)'")
    }
  }

  static func stripped(_ text: String, _ set: Set<Unicode.Scalar>?, left: Bool, right: Bool) -> String {
    func isOff(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
    var scalars = text.unicodeScalars[...]
    if left { while let first = scalars.first, isOff(first) { scalars.removeFirst() } }
    if right { while let last = scalars.last, isOff(last) { scalars.removeLast() } }
    return String(scalars)
  }

  private static func padded(
    _ text: String, _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> String {
    let width = try arguments.int(0)
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return text }
    guard width <= FormatSpecification.widthLimit else {
      throw TemplateException(.overflowError, "the width is too large")
    }
    if method == .zfill {
      let sign = text.prefix { $0 == "+" || $0 == "-" }.prefix(1)
      return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
    }
    let fill = try arguments.value(1).map { _ in try arguments.string(1) } ?? " "
    guard fill.unicodeScalars.count == 1 else {
      throw TemplateException(.typeError, "The fill character must be exactly one character long")
    }
    // Python puts the odd blank of `center` to the left if the width is odd.
    let before =
      method == .ljust ? 0 : method == .rjust ? missing : missing / 2 + (missing & width & 1)
    return String(repeating: fill, count: before) + text + String(repeating: fill, count: missing - before)
  }

  private static func expanded(_ text: String, _ size: Int) -> String {
    var output = ""
    var column = 0
    for scalar in text.unicodeScalars {
      if scalar == "\t" {
        let count = size > 0 ? size - column % size : 0
        output += String(repeating: " ", count: count)
        column += count
      } else {
        output.unicodeScalars.append(scalar)
        column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
      }
    }
    return output
  }
}

/// The methods of `bytes`: those of text, of bytes that are UTF-8.
enum BytesMethods {
  static func call(
    _ bytes: [UInt8], _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws -> TemplateValue {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TemplateException(.unicodeDecodeError, "'utf-8' codec can't decode the bytes")
    }
    if method == .decode { return .string(text) }
    let result = try TextMethods.call(text, method, TemplateArguments(arguments.positional.map(asText)))
    return asBytes(result)
  }

  private static func asText(_ value: TemplateValue) -> TemplateValue {
    switch value {
    case .bytes: value.stringValue.map { .string($0) } ?? value
    case .tuple(let elements): .tuple(elements.map(asText))
    case .list(let list): .list(TemplateList(list.elements.map(asText)))
    default: value
    }
  }

  private static func asBytes(_ value: TemplateValue) -> TemplateValue {
    switch value {
    case .string(let text): .bytes(Array(text.utf8))
    case .tuple(let elements): .tuple(elements.map(asBytes))
    case .list(let list): .list(TemplateList(list.elements.map(asBytes)))
    default: value
    }
  }
}
