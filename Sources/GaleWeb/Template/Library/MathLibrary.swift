// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Python's `round` and a part of its `math`.
enum MathLibrary {
  static var module: TemplateValue {
    var names: [String: TemplateValue] = ["pi": .double(.pi), "e": .double(M_E), "inf": .double(.infinity)]
    for (name, body) in [
      "sqrt": sqrt, "sin": sin, "cos": cos, "tan": tan, "exp": exp, "log10": log10, "log2": log2,
    ]
      as [String: @Sendable (Double) -> Double]
    {
      names[name] = .function(name) { arguments in
        let result = body(try TemplateLibrary.float(try arguments.required(0)))
        guard !result.isNaN else { throw TemplateException(.valueError, "math domain error") }
        return .double(result)
      }
    }
    for (name, rule) in ["floor": .down, "ceil": .up, "trunc": .towardZero]
      as [String: FloatingPointRoundingRule]
    {
      names[name] = .function(name) {
        .int(try whole(try TemplateLibrary.float(try $0.required(0)).rounded(rule)))
      }
    }
    return TemplateModuleObject("math", names).templateValue
  }

  private static func whole(_ number: Double) throws -> Int {
    guard let whole = Int(exactly: number) else {
      throw TemplateException(.overflowError, "cannot convert float \(pythonText(number)) to integer")
    }
    return whole
  }

  /// Half to even, as Python does.
  static func round(_ arguments: TemplateArguments) throws -> TemplateValue {
    let value = try arguments.required(0)
    let digits = arguments.value(1, "ndigits").flatMap { $0.isNull ? nil : $0 }
    guard case .double(let number) = value else {
      guard let number = value.intValue else {
        throw TemplateException(.typeError, "type \(value.typeName) doesn't define __round__ method")
      }
      guard let digits = digits?.intValue, digits < 0 else { return .int(number) }
      guard digits > -19 else { return .int(0) }
      let unit = Int(pow(10, Double(-digits)))
      let (low, rest) = (
        try TemplateOperators.divided(number, unit, false), try TemplateOperators.divided(number, unit, true)
      )
      let isUp = rest > unit - rest || rest == unit - rest && low & 1 == 1
      return .int((low + (isUp ? 1 : 0)) &* unit)
    }
    guard let digits else { return .int(try whole(number.rounded(.toNearestOrEven))) }
    guard let count = digits.intValue else {
      throw TemplateException(.typeError, "'\(digits.typeName)' object cannot be interpreted as an integer")
    }
    guard number.isFinite, count < 300 else { return .double(number) }
    guard count >= 0 else {
      let unit = pow(10, Double(-count))
      return .double((number / unit).rounded(.toNearestOrEven) * unit)
    }
    // Through the decimal text, which is rounded correctly.
    var specification = FormatSpecification()
    (specification.type, specification.precision) = ("f", count)
    return .double(Double(try specification.format(number)) ?? number)
  }
}
