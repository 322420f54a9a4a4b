// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A difference between two times: Python's `timedelta`.
struct TemplateTimeDelta: TemplateObject, Hashable {
  let microseconds: Int

  private var days: Int {
    let unit = 86_400_000_000
    return microseconds >= 0 ? microseconds / unit : (microseconds + 1) / unit - 1
  }
  private var rest: Int { microseconds - days * 86_400_000_000 }

  var templateTypeName: String { "timedelta" }
  var templateIsTrue: Bool { microseconds != 0 }

  var templateText: String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    let day = days == 0 ? "" : "\(days) day\(days.magnitude == 1 ? "" : "s"), "
    let time = "\(rest / 3_600_000_000):\(two(rest / 60_000_000 % 60)):\(two(rest / 1_000_000 % 60))"
    let fraction = String(rest % 1_000_000)
    return day + time
      + (rest % 1_000_000 == 0 ? "" : "." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction)
  }

  var templateRepresentation: String {
    let parts = [("days", days), ("seconds", rest / 1_000_000), ("microseconds", rest % 1_000_000)].filter {
      $0.1 != 0
    }
    return
      "datetime.timedelta(\(parts.isEmpty ? "0" : parts.map { "\($0.0)=\($0.1)" }.joined(separator: ", ")))"
  }

  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "days": .int(days)
    case "seconds": .int(rest / 1_000_000)
    case "microseconds": .int(rest % 1_000_000)
    case "total_seconds": .function(name) { _ in .double(Double(microseconds) / 1e6) }
    default: nil
    }
  }

  func templateIsEqual(to other: any TemplateObject) -> Bool { self == other as? TemplateTimeDelta }

  func templateOrder(_ other: any TemplateObject) -> Int? {
    guard let other = other as? TemplateTimeDelta else { return nil }
    return microseconds < other.microseconds ? -1 : microseconds > other.microseconds ? 1 : 0
  }

  func templateOperate(_ sign: String, _ other: TemplateValue, isSwapped: Bool) throws -> TemplateValue? {
    func made(_ result: (partialValue: Int, overflow: Bool)) throws -> TemplateValue {
      guard !result.overflow else { throw TemplateException(.overflowError, "days out of range") }
      return TemplateTimeDelta(microseconds: result.partialValue).templateValue
    }
    if case .object(let object) = other, let other = object as? TemplateTimeDelta {
      switch sign {
      case "+": return try made(microseconds.addingReportingOverflow(other.microseconds))
      case "-": return try made(microseconds.subtractingReportingOverflow(other.microseconds))
      case "/", "//":
        return try TemplateOperators.binary(
          sign == "/" ? .divide : .floorDivide, .int(microseconds), .int(other.microseconds))
      default: return nil
      }
    }
    guard let number = other.intValue else { return nil }
    switch sign {
    case "*": return try made(microseconds.multipliedReportingOverflow(by: number))
    case "-" where isSwapped && number == 0: return try made(0.subtractingReportingOverflow(microseconds))
    case "//" where !isSwapped:
      return try made((try TemplateOperators.divided(microseconds, number, false), false))
    default: return nil
    }
  }
}
