// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate
import Glibc

/// Python's operators.
enum TemplateOperators {
  /// How many bytes or elements a repetition may make.
  private static let repetitionLimit = 1 << 26

  static func unary(_ sign: UnaryOperator, _ value: TemplateValue) throws -> TemplateValue {
    if let number = value.intValue {
      switch sign {
      case .plus: return .int(number)
      case .minus:
        guard number != .min else { throw overflow() }
        return .int(-number)
      case .invert: return .int(~number)
      case .not: return .bool(number == 0)
      }
    }
    if case .double(let number) = value, sign == .minus { return .double(-number) }
    if case .double = value, sign == .plus { return value }
    if case .object(let object) = value, sign == .minus,
      let result = try object.templateOperate("-", .int(0), isSwapped: true)
    {
      return result
    }
    let name = sign == .minus ? "-" : sign == .plus ? "+" : "~"
    throw TemplateException(.typeError, "bad operand type for unary \(name): '\(value.typeName)'")
  }

  static func binary(
    _ sign: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> TemplateValue {
    if let result = try numbers(sign, left, right) ?? texts(sign, left, right) { return result }
    if let result = try containers(sign, left, right) { return result }
    if case .object(let object) = left,
      let result = try object.templateOperate(sign.rawValue, right, isSwapped: false)
    {
      return result
    }
    if case .object(let object) = right,
      let result = try object.templateOperate(sign.rawValue, left, isSwapped: true)
    {
      return result
    }
    throw unsupported(sign, left, right)
  }

  private static func unsupported(
    _ sign: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue
  ) -> TemplateException {
    if sign == .add, case .string = left {
      return TemplateException(.typeError, "can only concatenate str (not \"\(right.typeName)\") to str")
    }
    if sign == .add, case .list = left {
      return TemplateException(.typeError, "can only concatenate list (not \"\(right.typeName)\") to list")
    }
    let name = sign == .power ? "** or pow()" : sign.rawValue
    return TemplateException(
      .typeError, "unsupported operand type(s) for \(name): '\(left.typeName)' and '\(right.typeName)'")
  }

  private static func overflow() -> TemplateException {
    TemplateException(.overflowError, "the number does not fit into 64 bits")
  }

  // MARK: - Numbers

  private static func numbers(
    _ sign: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> TemplateValue? {
    if let first = left.intValue, let second = right.intValue {
      if let result = logic(sign, left, right) { return result }
      return try whole(sign, first, second)
    }
    guard let first = left.doubleValue, let second = right.doubleValue else { return nil }
    return try real(sign, first, second)
  }

  /// Of two truth values, `&`, `|` and `^` are truth values again.
  private static func logic(
    _ sign: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue
  ) -> TemplateValue? {
    guard case .bool(let left) = left, case .bool(let right) = right else { return nil }
    switch sign {
    case .bitAnd: return .bool(left && right)
    case .bitOr: return .bool(left || right)
    case .bitXor: return .bool(left != right)
    default: return nil
    }
  }

  private static func whole(_ sign: BinaryOperator, _ left: Int, _ right: Int) throws -> TemplateValue {
    let result: (partialValue: Int, overflow: Bool)
    switch sign {
    case .add: result = left.addingReportingOverflow(right)
    case .subtract: result = left.subtractingReportingOverflow(right)
    case .multiply: result = left.multipliedReportingOverflow(by: right)
    case .divide:
      guard right != 0 else { throw TemplateException(.zeroDivisionError, "division by zero") }
      return .double(Double(left) / Double(right))
    case .floorDivide, .modulo: return .int(try divided(left, right, sign == .modulo))
    case .power: return try power(left, right)
    case .shiftLeft:
      guard right >= 0 else { throw TemplateException(.valueError, "negative shift count") }
      guard left != 0 else { return .int(0) }
      guard right < 63, left.magnitude.leadingZeroBitCount > right else { throw overflow() }
      return .int(left << right)
    case .shiftRight:
      guard right >= 0 else { throw TemplateException(.valueError, "negative shift count") }
      return .int(left >> right)
    case .bitAnd: return .int(left & right)
    case .bitOr: return .int(left | right)
    case .bitXor: return .int(left ^ right)
    }
    guard !result.overflow else { throw overflow() }
    return .int(result.partialValue)
  }

  /// Rounds down; the remainder has the sign of the divisor.
  static func divided(_ left: Int, _ right: Int, _ isModulo: Bool) throws -> Int {
    guard right != 0 else {
      throw TemplateException(
        .zeroDivisionError, "integer \(isModulo ? "modulo" : "division or modulo") by zero")
    }
    let (quotient, overflows) = left.dividedReportingOverflow(by: right)
    guard !overflows else {
      if isModulo { return 0 }
      throw overflow()
    }
    let remainder = left % right
    let isOff = remainder != 0 && (remainder < 0) != (right < 0)
    return isModulo ? (isOff ? remainder + right : remainder) : (isOff ? quotient - 1 : quotient)
  }

  private static func power(_ base: Int, _ exponent: Int) throws -> TemplateValue {
    guard exponent >= 0 else {
      guard base != 0 else {
        throw TemplateException(.zeroDivisionError, "0.0 cannot be raised to a negative power")
      }
      return .double(pow(Double(base), Double(exponent)))
    }
    var result = 1
    var base = base
    var exponent = exponent
    while exponent > 0 {
      if exponent & 1 == 1 {
        let (product, overflows) = result.multipliedReportingOverflow(by: base)
        guard !overflows else { throw overflow() }
        result = product
      }
      exponent >>= 1
      guard exponent > 0 else { break }
      let (square, overflows) = base.multipliedReportingOverflow(by: base)
      guard !overflows else { throw overflow() }
      base = square
    }
    return .int(result)
  }

  private static func real(_ sign: BinaryOperator, _ left: Double, _ right: Double) throws -> TemplateValue? {
    switch sign {
    case .add: return .double(left + right)
    case .subtract: return .double(left - right)
    case .multiply: return .double(left * right)
    case .divide:
      guard right != 0 else { throw TemplateException(.zeroDivisionError, "float division by zero") }
      return .double(left / right)
    case .floorDivide, .modulo:
      guard right != 0 else {
        throw TemplateException(
          .zeroDivisionError, "float \(sign == .modulo ? "modulo" : "floor division by zero")")
      }
      var remainder = fmod(left, right)
      if remainder != 0, (remainder < 0) != (right < 0) { remainder += right }
      if sign == .modulo { return .double(remainder) }
      return .double(((left - remainder) / right).rounded())
    case .power:
      if left == 0, right < 0 {
        throw TemplateException(.zeroDivisionError, "0.0 cannot be raised to a negative power")
      }
      return .double(pow(left, right))
    default: return nil
    }
  }

  // MARK: - Text and containers

  private static func texts(
    _ sign: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> TemplateValue? {
    switch (sign, left, right) {
    case (.add, .string(let left), .string(let right)): return .string(left + right)
    case (.add, .bytes(let left), .bytes(let right)): return .bytes(left + right)
    case (.modulo, .string(let format), _): return .string(try percentFormat(format, right))
    case (.multiply, .string(let text), _):
      guard let count = right.intValue else { return nil }
      return .string(String(repeating: text, count: try repetitions(count, text.utf8.count)))
    case (.multiply, .bytes(let bytes), _):
      guard let count = right.intValue else { return nil }
      return .bytes(Array(repeatElement(bytes, count: try repetitions(count, bytes.count)).joined()))
    case (.multiply, _, .string), (.multiply, _, .bytes):
      guard left.intValue != nil else { return nil }
      return try texts(sign, right, left)
    default: return nil
    }
  }

  private static func repetitions(_ count: Int, _ size: Int) throws -> Int {
    let (total, overflows) = max(count, 0).multipliedReportingOverflow(by: size)
    guard !overflows, total <= repetitionLimit else {
      throw TemplateException(.overflowError, "a repetition would make too much")
    }
    return max(count, 0)
  }

  private static func containers(
    _ sign: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> TemplateValue? {
    switch (sign, left, right) {
    case (.add, .list(let left), .list(let right)): return .list(TemplateList(left.elements + right.elements))
    case (.add, .tuple(let left), .tuple(let right)): return .tuple(left + right)
    case (.multiply, .list(let list), _):
      guard let count = right.intValue else { return nil }
      let elements = list.elements
      return .list(
        TemplateList(Array(repeatElement(elements, count: try repetitions(count, elements.count)).joined())))
    case (.multiply, .tuple(let elements), _):
      guard let count = right.intValue else { return nil }
      return .tuple(Array(repeatElement(elements, count: try repetitions(count, elements.count)).joined()))
    case (.multiply, _, .list), (.multiply, _, .tuple):
      guard left.intValue != nil else { return nil }
      return try containers(sign, right, left)
    case (.bitOr, .dictionary(let left), .dictionary(let right)):
      let merged = left.copy()
      try merged.update(with: .dictionary(right))
      return .dictionary(merged)
    case (_, .set(let left), .set(let right)):
      switch sign {
      case .bitOr: return .set(TemplateSet(left.elements + right.elements))
      case .bitAnd: return .set(TemplateSet(left.elements.filter(right.contains)))
      case .subtract: return .set(TemplateSet(left.elements.filter { !right.contains($0) }))
      case .bitXor:
        return .set(
          TemplateSet(
            left.elements.filter { !right.contains($0) } + right.elements.filter { !left.contains($0) }))
      default: return nil
      }
    default: return nil
    }
  }

  // MARK: - Comparisons

  static func compare(_ sign: ComparisonOperator, _ left: TemplateValue, _ right: TemplateValue) throws
    -> Bool
  {
    switch sign {
    case .equal: return left == right
    case .unequal: return left != right
    case .isSame: return left.isIdentical(to: right)
    case .isNotSame: return !left.isIdentical(to: right)
    case .isIn: return try right.contains(left)
    case .isNotIn: return try !right.contains(left)
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      if case .set(let first) = left, case .set(let second) = right { return subset(sign, first, second) }
      guard let order = try left.order(right, sign.rawValue) else { return false }
      switch sign {
      case .less: return order < 0
      case .lessOrEqual: return order <= 0
      case .greater: return order > 0
      default: return order >= 0
      }
    }
  }

  private static func subset(_ sign: ComparisonOperator, _ left: TemplateSet, _ right: TemplateSet) -> Bool {
    switch sign {
    case .less: left.count < right.count && left.elements.allSatisfy(right.contains)
    case .lessOrEqual: left.elements.allSatisfy(right.contains)
    case .greater: right.count < left.count && right.elements.allSatisfy(left.contains)
    default: right.elements.allSatisfy(left.contains)
    }
  }
}
