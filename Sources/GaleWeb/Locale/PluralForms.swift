// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Which of a language's plural forms fits a number: the `Plural-Forms` of a gettext catalogue.
///
/// An expression of C without side effects: `n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2`.
struct PluralForms: Sendable, Hashable {
  private indirect enum Expression: Sendable, Hashable {
    case number(Int)
    case n
    case not(Expression)
    case binary(Operator, Expression, Expression)
    case choice(Expression, Expression, Expression)
  }

  private enum Operator: String, CaseIterable, Sendable {
    case or = "||"
    case and = "&&"
    case equal = "=="
    case unequal = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divided = "/"
    case modulo = "%"

    /// How tightly it binds.
    var level: Int {
      switch self {
      case .or: 1
      case .and: 2
      case .equal, .unequal: 3
      case .lessOrEqual, .greaterOrEqual, .less, .greater: 4
      case .plus, .minus: 5
      case .times, .divided, .modulo: 6
      }
    }
  }

  private let expression: Expression

  /// One form for 1 and one for everything else, as English and German have them.
  static let germanic = PluralForms(expression: .binary(.unequal, .n, .number(1)))

  private init(expression: Expression) { self.expression = expression }

  /// Reads an expression.
  /// - Returns: `nil` for what is none, and for one that is nested too deeply.
  init?(parsing text: String) {
    guard text.utf8.count <= 1000 else { return nil }
    var parser = Parser(Array(text.utf8))
    guard let expression = parser.choice(depth: 0), parser.isAtEnd else { return nil }
    self.expression = expression
  }

  /// The number of the form for `n`; `nil` when the expression divides by zero.
  func index(_ n: Int) -> Int? { PluralForms.evaluate(expression, n) }

  private static func evaluate(_ expression: Expression, _ n: Int) -> Int? {
    switch expression {
    case .number(let number): return number
    case .n: return n
    case .not(let operand): return evaluate(operand, n).map { $0 == 0 ? 1 : 0 }
    case .choice(let condition, let yes, let no):
      guard let value = evaluate(condition, n) else { return nil }
      return evaluate(value != 0 ? yes : no, n)
    case .binary(let operation, let left, let right):
      guard let first = evaluate(left, n) else { return nil }
      if operation == .or, first != 0 { return 1 }
      if operation == .and, first == 0 { return 0 }
      guard let second = evaluate(right, n) else { return nil }
      return apply(operation, first, second)
    }
  }

  private static func apply(_ operation: Operator, _ left: Int, _ right: Int) -> Int? {
    switch operation {
    case .or, .and: right != 0 ? 1 : 0
    case .equal: left == right ? 1 : 0
    case .unequal: left != right ? 1 : 0
    case .lessOrEqual: left <= right ? 1 : 0
    case .greaterOrEqual: left >= right ? 1 : 0
    case .less: left < right ? 1 : 0
    case .greater: left > right ? 1 : 0
    case .plus: left &+ right
    case .minus: left &- right
    case .times: left &* right
    case .divided: right == 0 ? nil : left.dividedReportingOverflow(by: right).partialValue
    case .modulo: right == 0 ? nil : left.remainderReportingOverflow(dividingBy: right).partialValue
    }
  }

  private struct Parser {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return at == bytes.count
      }
    }

    /// `a ? b : c`, or anything that binds more tightly.
    mutating func choice(depth: Int) -> Expression? {
      guard depth < 20, let condition = binary(level: 1, depth: depth) else { return nil }
      guard take("?") else { return condition }
      guard let yes = choice(depth: depth + 1), take(":"), let no = choice(depth: depth + 1) else {
        return nil
      }
      return .choice(condition, yes, no)
    }

    private mutating func binary(level: Int, depth: Int) -> Expression? {
      guard level <= 6 else { return unary(depth: depth) }
      guard var left = binary(level: level + 1, depth: depth) else { return nil }
      while let operation = Operator.allCases.first(where: { $0.level == level && take($0.rawValue) }) {
        guard let right = binary(level: level + 1, depth: depth) else { return nil }
        left = .binary(operation, left, right)
      }
      return left
    }

    private mutating func unary(depth: Int) -> Expression? {
      if take("!") {
        guard depth < 20, let operand = unary(depth: depth + 1) else { return nil }
        return .not(operand)
      }
      if take("(") {
        guard let inner = choice(depth: depth + 1), take(")") else { return nil }
        return inner
      }
      if take("n") { return .n }
      let digits = bytes[at...].prefix { $0.isASCIIDigit }
      guard let number = Int(digits: digits) else { return nil }
      at += digits.count
      return .number(number)
    }

    private mutating func take(_ token: String) -> Bool {
      skipSpace()
      guard bytes[at...].starts(with: token.utf8) else { return false }
      // `!` is not the beginning of `!=`.
      if token == "!", at + 1 < bytes.count, bytes[at + 1] == ASCII.equals { return false }
      at += token.utf8.count
      return true
    }

    private mutating func skipSpace() {
      while at < bytes.count, bytes[at] == ASCII.space || bytes[at] == ASCII.tab { at += 1 }
    }
  }
}
