// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleTemplate

extension TemplateCode {
  private static func whole(_ sign: BinaryOperator, _ left: Int, _ right: Int) throws -> Int {
    guard let result = try TemplateOperators.binary(sign, .int(left), .int(right)).intValue else {
      throw TemplateException(.typeError, "the result is no whole number")
    }
    return result
  }

  private static func real(_ sign: BinaryOperator, _ left: Double, _ right: Double) throws -> Double {
    guard let result = try TemplateOperators.binary(sign, .double(left), .double(right)).doubleValue else {
      throw TemplateException(.typeError, "the result is no number")
    }
    return result
  }

  // MARK: - Arithmetic

  /// `left + right`.
  public static func add(_ left: Int, _ right: Int) throws -> Int {
    let result = left.addingReportingOverflow(right)
    guard !result.overflow else { return try whole(.add, left, right) }
    return result.partialValue
  }

  /// `left + right`.
  public static func add(_ left: Double, _ right: Double) throws -> Double { try real(.add, left, right) }

  /// `left + right`.
  public static func add(_ left: Int, _ right: Double) throws -> Double {
    try real(.add, Double(left), right)
  }

  /// `left + right`.
  public static func add(_ left: Double, _ right: Int) throws -> Double {
    try real(.add, left, Double(right))
  }

  /// `left - right`.
  public static func subtract(_ left: Int, _ right: Int) throws -> Int {
    let result = left.subtractingReportingOverflow(right)
    guard !result.overflow else { return try whole(.subtract, left, right) }
    return result.partialValue
  }

  /// `left - right`.
  public static func subtract(_ left: Double, _ right: Double) throws -> Double {
    try real(.subtract, left, right)
  }

  /// `left - right`.
  public static func subtract(_ left: Int, _ right: Double) throws -> Double {
    try real(.subtract, Double(left), right)
  }

  /// `left - right`.
  public static func subtract(_ left: Double, _ right: Int) throws -> Double {
    try real(.subtract, left, Double(right))
  }

  /// `left * right`.
  public static func multiply(_ left: Int, _ right: Int) throws -> Int {
    let result = left.multipliedReportingOverflow(by: right)
    guard !result.overflow else { return try whole(.multiply, left, right) }
    return result.partialValue
  }

  /// `left * right`.
  public static func multiply(_ left: Double, _ right: Double) throws -> Double {
    try real(.multiply, left, right)
  }

  /// `left * right`.
  public static func multiply(_ left: Int, _ right: Double) throws -> Double {
    try real(.multiply, Double(left), right)
  }

  /// `left * right`.
  public static func multiply(_ left: Double, _ right: Int) throws -> Double {
    try real(.multiply, left, Double(right))
  }

  /// `left // right`.
  public static func floorDivide(_ left: Int, _ right: Int) throws -> Int {
    try whole(.floorDivide, left, right)
  }

  /// `left // right`.
  public static func floorDivide(_ left: Double, _ right: Double) throws -> Double {
    try real(.floorDivide, left, right)
  }

  /// `left // right`.
  public static func floorDivide(_ left: Int, _ right: Double) throws -> Double {
    try real(.floorDivide, Double(left), right)
  }

  /// `left // right`.
  public static func floorDivide(_ left: Double, _ right: Int) throws -> Double {
    try real(.floorDivide, left, Double(right))
  }

  /// `left % right`.
  public static func modulo(_ left: Int, _ right: Int) throws -> Int { try whole(.modulo, left, right) }

  /// `left % right`.
  public static func modulo(_ left: Double, _ right: Double) throws -> Double {
    try real(.modulo, left, right)
  }

  /// `left % right`.
  public static func modulo(_ left: Int, _ right: Double) throws -> Double {
    try real(.modulo, Double(left), right)
  }

  /// `left % right`.
  public static func modulo(_ left: Double, _ right: Int) throws -> Double {
    try real(.modulo, left, Double(right))
  }

  /// `left / right`.
  public static func divide(_ left: Int, _ right: Int) throws -> Double {
    try TemplateOperators.binary(.divide, left.templateValue, right.templateValue).doubleValue ?? .nan
  }

  /// `left ** right`.
  public static func power(_ left: Int, _ right: Int) throws -> TemplateValue {
    try TemplateOperators.binary(.power, left.templateValue, right.templateValue)
  }

  /// `left / right`.
  public static func divide(_ left: Double, _ right: Double) throws -> Double {
    try TemplateOperators.binary(.divide, left.templateValue, right.templateValue).doubleValue ?? .nan
  }

  /// `left ** right`.
  public static func power(_ left: Double, _ right: Double) throws -> TemplateValue {
    try TemplateOperators.binary(.power, left.templateValue, right.templateValue)
  }

  /// `left / right`.
  public static func divide(_ left: Int, _ right: Double) throws -> Double {
    try TemplateOperators.binary(.divide, left.templateValue, right.templateValue).doubleValue ?? .nan
  }

  /// `left ** right`.
  public static func power(_ left: Int, _ right: Double) throws -> TemplateValue {
    try TemplateOperators.binary(.power, left.templateValue, right.templateValue)
  }

  /// `left / right`.
  public static func divide(_ left: Double, _ right: Int) throws -> Double {
    try TemplateOperators.binary(.divide, left.templateValue, right.templateValue).doubleValue ?? .nan
  }

  /// `left ** right`.
  public static func power(_ left: Double, _ right: Int) throws -> TemplateValue {
    try TemplateOperators.binary(.power, left.templateValue, right.templateValue)
  }

  /// `left & right`.
  public static func bitAnd(_ left: Int, _ right: Int) throws -> Int { try whole(.bitAnd, left, right) }

  /// `left | right`.
  public static func bitOr(_ left: Int, _ right: Int) throws -> Int { try whole(.bitOr, left, right) }

  /// `left ^ right`.
  public static func bitXor(_ left: Int, _ right: Int) throws -> Int { try whole(.bitXor, left, right) }

  /// `left << right`.
  public static func shiftLeft(_ left: Int, _ right: Int) throws -> Int { try whole(.shiftLeft, left, right) }

  /// `left >> right`.
  public static func shiftRight(_ left: Int, _ right: Int) throws -> Int {
    try whole(.shiftRight, left, right)
  }

  /// `left + right`.
  public static func add(_ left: String, _ right: String) throws -> String { left + right }

  /// `left + right`.
  public static func add<Element>(_ left: [Element], _ right: [Element]) throws -> [Element] { left + right }

  /// `left * right`.
  public static func multiply(_ left: String, _ right: Int) throws -> String {
    try TemplateOperators.binary(.multiply, .string(left), .int(right)).text
  }

  /// `left * right`.
  public static func multiply(_ left: Int, _ right: String) throws -> String { try multiply(right, left) }

  /// `format % values`.
  public static func percent(_ format: String, _ values: [TemplateValue]) throws -> String {
    try percentFormat(format, .tuple(values))
  }

  /// `format % value`.
  public static func modulo(_ format: String, _ value: some TemplateConvertible) throws -> String {
    try percentFormat(format, value.templateValue)
  }

  /// `-value`.
  public static func minus(_ value: Int) throws -> Int { try subtract(0, value) }

  /// `-value`.
  public static func minus(_ value: Double) throws -> Double { -value }

  /// `+value`.
  public static func plus<Number: Numeric>(_ value: Number) throws -> Number { value }

  /// `~value`.
  public static func invert(_ value: Int) throws -> Int { ~value }

  /// `left + right` of a value that only the page knows.
  public static func add(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> TemplateValue {
    try TemplateOperators.binary(.add, left, right.templateValue)
  }

  /// `left + right` of a value that only the page knows.
  @_disfavoredOverload
  public static func add(_ left: some TemplateConvertible, _ right: TemplateValue) throws -> TemplateValue {
    try TemplateOperators.binary(.add, left.templateValue, right)
  }

  /// `left - right` of a value that only the page knows.
  public static func subtract(_ left: TemplateValue, _ right: some TemplateConvertible) throws
    -> TemplateValue
  {
    try TemplateOperators.binary(.subtract, left, right.templateValue)
  }

  /// `left - right` of a value that only the page knows.
  @_disfavoredOverload
  public static func subtract(_ left: some TemplateConvertible, _ right: TemplateValue) throws
    -> TemplateValue
  {
    try TemplateOperators.binary(.subtract, left.templateValue, right)
  }

  /// `left * right` of a value that only the page knows.
  public static func multiply(_ left: TemplateValue, _ right: some TemplateConvertible) throws
    -> TemplateValue
  {
    try TemplateOperators.binary(.multiply, left, right.templateValue)
  }

  /// `left * right` of a value that only the page knows.
  @_disfavoredOverload
  public static func multiply(_ left: some TemplateConvertible, _ right: TemplateValue) throws
    -> TemplateValue
  {
    try TemplateOperators.binary(.multiply, left.templateValue, right)
  }

  /// `left / right` of a value that only the page knows.
  public static func divide(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> TemplateValue
  {
    try TemplateOperators.binary(.divide, left, right.templateValue)
  }

  /// `left / right` of a value that only the page knows.
  @_disfavoredOverload
  public static func divide(_ left: some TemplateConvertible, _ right: TemplateValue) throws -> TemplateValue
  {
    try TemplateOperators.binary(.divide, left.templateValue, right)
  }

  /// `left // right` of a value that only the page knows.
  public static func floorDivide(_ left: TemplateValue, _ right: some TemplateConvertible) throws
    -> TemplateValue
  {
    try TemplateOperators.binary(.floorDivide, left, right.templateValue)
  }

  /// `left // right` of a value that only the page knows.
  @_disfavoredOverload
  public static func floorDivide(_ left: some TemplateConvertible, _ right: TemplateValue) throws
    -> TemplateValue
  {
    try TemplateOperators.binary(.floorDivide, left.templateValue, right)
  }

  /// `left % right` of a value that only the page knows.
  public static func modulo(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> TemplateValue
  {
    try TemplateOperators.binary(.modulo, left, right.templateValue)
  }

  /// `left % right` of a value that only the page knows.
  @_disfavoredOverload
  public static func modulo(_ left: some TemplateConvertible, _ right: TemplateValue) throws -> TemplateValue
  {
    try TemplateOperators.binary(.modulo, left.templateValue, right)
  }

  /// `left ** right` of a value that only the page knows.
  public static func power(_ left: TemplateValue, _ right: some TemplateConvertible) throws -> TemplateValue {
    try TemplateOperators.binary(.power, left, right.templateValue)
  }

  /// `left ** right` of a value that only the page knows.
  @_disfavoredOverload
  public static func power(_ left: some TemplateConvertible, _ right: TemplateValue) throws -> TemplateValue {
    try TemplateOperators.binary(.power, left.templateValue, right)
  }
}
