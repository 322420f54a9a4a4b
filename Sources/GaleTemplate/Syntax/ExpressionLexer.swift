// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A token of an expression.
enum Token {
  case name(String)
  case constant(Literal)
  case formatted([Expression.FormattedPart])
  case sign(String)
  case end
}

/// What an expression cannot be; the parser of the template adds the place.
package struct SyntaxProblem: Error {
  package let message: String
  init(_ message: String) { self.message = message }
}

/// Takes Python's expressions apart.
struct ExpressionLexer {
  private let source: [UInt8]
  private var at = 0
  private let depth: Int

  init(_ text: String, depth: Int) {
    source = Array(text.utf8)
    self.depth = depth
  }

  /// All tokens, the end included.
  static func tokens(of text: String, depth: Int) throws -> [Token] {
    var lexer = ExpressionLexer(text, depth: depth)
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if case .end = token { return tokens }
    }
  }

  private func byte(_ offset: Int = 0) -> UInt8 { at + offset < source.count ? source[at + offset] : 0 }

  private mutating func next() throws -> Token {
    while at < source.count {
      let byte = source[at]
      if byte == 0x5C, self.byte(1) == 0x0A {
        at += 2
      } else if byte == UInt8(ascii: "#") {
        while at < source.count, source[at] != 0x0A { at += 1 }
      } else if byte <= 0x20 {
        at += 1
      } else {
        break
      }
    }
    guard at < source.count else { return .end }
    let byte = source[at]
    if byte.isDigit || byte == UInt8(ascii: ".") && self.byte(1).isDigit { return try number() }
    if byte == 0x22 || byte == 0x27 { return try strings(prefix: "") }
    if Self.isNameByte(byte) { return try word() }
    return try sign()
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "_") || byte.lowercased &- 0x61 < 26 || byte.isDigit
  }

  private mutating func word() throws -> Token {
    let start = at
    while at < source.count, Self.isNameByte(source[at]) { at += 1 }
    let text = String(decoding: source[start..<at], as: UTF8.self)
    if at < source.count, source[at] == 0x22 || source[at] == 0x27, text.utf8.count <= 2 {
      let prefix = text.lowercased()
      if ["r", "b", "u", "f", "br", "rb", "fr", "rf"].contains(prefix) { return try strings(prefix: prefix) }
    }
    return .name(text)
  }

  private static let signs = [
    "**=", "//=", ">>=", "<<=", "!=", "==", "<=", ">=", "**", "//", "<<", ">>", ":=", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=",
  ].map { Array($0.utf8) }

  private mutating func sign() throws -> Token {
    for sign in Self.signs where source[at...].starts(with: sign) {
      at += sign.count
      return .sign(String(decoding: sign, as: UTF8.self))
    }
    let byte = source[at]
    guard "+-*/%&|^~<>()[]{},:.=;".utf8.contains(byte) else {
      throw SyntaxProblem("invalid syntax near '\(Character(Unicode.Scalar(byte)))'")
    }
    at += 1
    return .sign(String(decoding: [byte], as: UTF8.self))
  }

  // MARK: - Numbers

  private mutating func number() throws -> Token {
    if byte() == 0x30, let radix = [0x78: 16, 0x6F: 8, 0x62: 2][Int(byte(1).lowercased)] {
      at += 2
      let digits = takeDigits { $0.hexadecimalValue != nil }
      guard let value = Int(digits, radix: radix) else { throw SyntaxProblem("invalid number") }
      return try endOfNumber(.int(value))
    }
    var text = takeDigits(\.isDigit)
    var isFloat = false
    if byte() == UInt8(ascii: ".") {
      isFloat = true
      at += 1
      text += "." + takeDigits(\.isDigit)
    }
    let exponent = byte().lowercased == UInt8(ascii: "e")
    let isSigned = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
    if exponent, byte(isSigned ? 2 : 1).isDigit {
      isFloat = true
      text += "e"
      at += 1
      if isSigned {
        text.unicodeScalars.append(Unicode.Scalar(byte()))
        at += 1
      }
      text += takeDigits(\.isDigit)
    }
    if isFloat {
      let padded = (text.hasPrefix(".") ? "0" : "") + text
      let whole = padded.replacingSuffixPoint
      guard let value = Double(whole) else { throw SyntaxProblem("invalid number \(text)") }
      return try endOfNumber(.double(value))
    }
    guard let value = Int(text) else { throw SyntaxProblem("the number \(text) does not fit into 64 bits") }
    guard !text.hasPrefix("0") || value == 0 else {
      throw SyntaxProblem("leading zeros in decimal integer literals are not permitted")
    }
    return try endOfNumber(.int(value))
  }

  private func endOfNumber(_ value: Literal) throws -> Token {
    // `1if x else 2` is Python, too, but nobody writes it.
    guard !Self.isNameByte(byte()) else { throw SyntaxProblem("invalid decimal literal") }
    return .constant(value)
  }

  private mutating func takeDigits(_ isDigit: (UInt8) -> Bool) -> String {
    var digits: [UInt8] = []
    while at < source.count, isDigit(source[at]) || source[at] == UInt8(ascii: "_") && isDigit(byte(1)) {
      if source[at] != UInt8(ascii: "_") { digits.append(source[at]) }
      at += 1
    }
    return String(decoding: digits, as: UTF8.self)
  }

  // MARK: - Strings

  /// A string, joined with those that follow it.
  private mutating func strings(prefix: String) throws -> Token {
    let isBytes = prefix.contains("b")
    var bytes: [UInt8] = []
    var parts: [Expression.FormattedPart] = []
    var isFormatted = false
    var prefix = prefix
    while true {
      let isRaw = prefix.contains("r")
      guard prefix.contains("b") == isBytes else {
        throw SyntaxProblem("cannot mix bytes and nonbytes literals")
      }
      let body = try quoted()
      if prefix.contains("f") {
        isFormatted = true
        if !bytes.isEmpty { parts.append(.text(String(decoding: bytes, as: UTF8.self))) }
        bytes = []
        parts += try Self.formattedParts(body, isRaw: isRaw, depth: depth + 1)
      } else {
        bytes += isRaw ? body : try StringEscapes.decode(body, isBytes: isBytes)
      }
      guard let following = followingPrefix() else { break }
      prefix = following
    }
    if isFormatted {
      if !bytes.isEmpty { parts.append(.text(String(decoding: bytes, as: UTF8.self))) }
      return .formatted(parts)
    }
    return .constant(isBytes ? .bytes(bytes) : .string(String(decoding: bytes, as: UTF8.self)))
  }

  /// The prefix of a string that follows; nothing is taken if there is none.
  private mutating func followingPrefix() -> String? {
    var look = at
    while look < source.count, source[look] <= 0x20 { look += 1 }
    let start = look
    while look < source.count, look - start < 2, "rbufRBUF".utf8.contains(source[look]) { look += 1 }
    guard look < source.count, source[look] == 0x22 || source[look] == 0x27 else { return nil }
    at = look
    return String(decoding: source[start..<look], as: UTF8.self).lowercased()
  }

  private mutating func quoted() throws -> [UInt8] {
    let quote = source[at]
    let isTriple = byte(1) == quote && byte(2) == quote
    at += isTriple ? 3 : 1
    let start = at
    while at < source.count {
      if source[at] == 0x5C {
        at += 2
      } else if source[at] == quote, !isTriple || byte(1) == quote && byte(2) == quote {
        let body = Array(source[start..<at])
        at += isTriple ? 3 : 1
        return body
      } else {
        guard isTriple || source[at] != 0x0A else { break }
        at += 1
      }
    }
    throw SyntaxProblem("unterminated string literal")
  }

  // MARK: - Formatted strings

  private static func formattedParts(
    _ body: [UInt8], isRaw: Bool, depth: Int
  ) throws -> [Expression.FormattedPart] {
    guard depth < ExpressionParser.depthLimit else { throw SyntaxProblem("too many nested expressions") }
    var parts: [Expression.FormattedPart] = []
    var text: [UInt8] = []
    var at = 0
    func flush() throws {
      guard !text.isEmpty else { return }
      let decoded = isRaw ? text : try StringEscapes.decode(text, isBytes: false)
      parts.append(.text(String(decoding: decoded, as: UTF8.self)))
      text = []
    }
    while at < body.count {
      let byte = body[at]
      let isDoubled = at + 1 < body.count && body[at + 1] == byte
      if byte == UInt8(ascii: "{"), !isDoubled {
        try flush()
        let end = try closingBrace(body, from: at + 1)
        parts.append(try replacement(Array(body[at + 1..<end]), isRaw: isRaw, depth: depth))
        at = end + 1
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") {
        guard isDoubled else { throw SyntaxProblem("f-string: single '}' is not allowed") }
        text.append(byte)
        at += 2
      } else {
        text.append(byte)
        at += 1
      }
    }
    try flush()
    return parts
  }

  private static func closingBrace(_ body: [UInt8], from start: Int) throws -> Int {
    var depth = 1
    var quote: UInt8 = 0
    for index in start..<body.count {
      let byte = body[index]
      if quote != 0 {
        if byte == quote { quote = 0 }
      } else if byte == 0x22 || byte == 0x27 {
        quote = byte
      } else if "{[(".utf8.contains(byte) {
        depth += 1
      } else if "}])".utf8.contains(byte) {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    throw SyntaxProblem("f-string: expecting '}'")
  }

  private static func replacement(
    _ field: [UInt8], isRaw: Bool, depth: Int
  ) throws -> Expression.FormattedPart {
    var expression = field
    var specification: [Expression.FormattedPart] = []
    var conversion: Unicode.Scalar?
    var level = 0
    var quote: UInt8 = 0
    for (index, byte) in field.enumerated() {
      if quote != 0 {
        if byte == quote { quote = 0 }
      } else if byte == 0x22 || byte == 0x27 {
        quote = byte
      } else if "{[(".utf8.contains(byte) {
        level += 1
      } else if "}])".utf8.contains(byte) {
        level -= 1
      } else if level == 0, byte == UInt8(ascii: ":") {
        expression = Array(field[..<index])
        specification = try formattedParts(Array(field[(index + 1)...]), isRaw: isRaw, depth: depth + 1)
        break
      }
    }
    if expression.count > 2, expression[expression.count - 2] == UInt8(ascii: "!") {
      let code = Unicode.Scalar(expression[expression.count - 1])
      guard "sra".unicodeScalars.contains(code) else {
        throw SyntaxProblem("f-string: invalid conversion character")
      }
      conversion = code
      expression.removeLast(2)
    }
    var parser = try ExpressionParser(String(decoding: expression, as: UTF8.self), depth: depth)
    return .value(try parser.wholeExpression(), conversion: conversion, specification: specification)
  }
}

extension String {
  /// `1.` and `1.e5` as Swift reads them.
  fileprivate var replacingSuffixPoint: String {
    var output = ""
    let scalars = Array(unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      output.unicodeScalars.append(scalar)
      guard scalar == "." else { continue }
      if index + 1 == scalars.count || !(0x30...0x39).contains(scalars[index + 1].value) { output += "0" }
    }
    return output
  }
}
