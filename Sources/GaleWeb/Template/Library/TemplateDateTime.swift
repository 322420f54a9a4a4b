// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A day and a time of day without a time zone: Python's naive `datetime`, and its `date`.
public struct TemplateDateTime: TemplateObject, Hashable {
  /// Microseconds since 1970 on a clock that shows this time in UTC.
  private let ticks: Int
  /// Whether this is a `date`, without a time of day.
  private let isDate: Bool

  private init(ticks: Int, isDate: Bool) {
    self.ticks = ticks
    self.isDate = isDate
  }

  /// The time that clocks show at a Unix time, in UTC or in the time zone of this process.
  public init(unixSeconds: Double, isUTC: Bool = true) {
    let limited = min(max(unixSeconds, -6e10), 2.5e11)
    self.init(microseconds: Int((limited * 1e6).rounded()), isUTC: isUTC)
  }

  init(microseconds: Int, isUTC: Bool) {
    guard !isUTC else {
      self.init(ticks: microseconds, isDate: false)
      return
    }
    var seconds = time_t(Self.floor(microseconds, 1_000_000))
    var parts = unsafe tm()
    // SAFETY: both structures live for the call.
    unsafe localtime_r(&seconds, &parts)
    self.init(ticks: microseconds + (unsafe parts.tm_gmtoff) * 1_000_000, isDate: false)
  }

  init(parts: [Int]) throws {
    let limits = [1...9999, 1...12, 1...31, 0...23, 0...59, 0...59, 0...999_999]
    let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"]
    for (index, part) in parts.enumerated() where !limits[index].contains(part) {
      throw TemplateException(
        .valueError, "\(names[index]) must be in \(limits[index].lowerBound)..\(limits[index].upperBound)")
    }
    let days = Self.days(parts[0], parts[1], parts[2])
    guard Self.civil(days).day == parts[2] else {
      throw TemplateException(.valueError, "day is out of range for month")
    }
    let seconds = ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5]
    self.init(ticks: seconds * 1_000_000 + parts[6], isDate: false)
  }

  /// Midnight of the day, as a `date`.
  var date: TemplateDateTime {
    TemplateDateTime(ticks: Self.floor(ticks, 86_400_000_000) * 86_400_000_000, isDate: true)
  }

  /// The Unix time if this is a time in UTC, as Tornado's `format_date` takes it.
  var secondsAsUTC: Int { Self.floor(ticks, 1_000_000) }

  // MARK: - The calendar

  private static func floor(_ value: Int, _ unit: Int) -> Int {
    value >= 0 ? value / unit : (value + 1) / unit - 1
  }

  /// Days since 1970 of a day of the Gregorian calendar.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = floor(year, 400)
    let ofEra = year - era * 400
    let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = floor(shifted, 146_097)
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * ofYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * part + 2) / 5 + 1)
  }

  private struct Parts {
    var year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, microsecond = 0, weekday = 0,
      dayOfYear = 0
  }

  private var parts: Parts {
    let days = Self.floor(ticks, 86_400_000_000)
    let rest = ticks - days * 86_400_000_000
    let civil = Self.civil(days)
    return Parts(
      year: civil.year, month: civil.month, day: civil.day, hour: rest / 3_600_000_000,
      minute: rest / 60_000_000 % 60, second: rest / 1_000_000 % 60, microsecond: rest % 1_000_000,
      weekday: ((days + 3) % 7 + 7) % 7, dayOfYear: days - Self.days(civil.year, 1, 1) + 1)
  }

  // MARK: - As text

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private func iso(_ separator: String) -> String {
    let parts = parts
    let day = "\(Self.padded(parts.year, 4))-\(Self.padded(parts.month, 2))-\(Self.padded(parts.day, 2))"
    if isDate { return day }
    let time = "\(Self.padded(parts.hour, 2)):\(Self.padded(parts.minute, 2)):\(Self.padded(parts.second, 2))"
    return day + separator + time + (parts.microsecond == 0 ? "" : "." + Self.padded(parts.microsecond, 6))
  }

  /// `datetime` or `date`.
  public var templateTypeName: String { isDate ? "date" : "datetime" }
  /// Like `2026-01-02 03:04:05`.
  public var templateText: String { iso(" ") }

  /// Like `datetime.datetime(2026, 1, 2, 3, 4)`.
  public var templateRepresentation: String {
    let parts = parts
    var numbers = [parts.year, parts.month, parts.day]
    if !isDate {
      numbers += [parts.hour, parts.minute]
      if parts.second != 0 || parts.microsecond != 0 { numbers.append(parts.second) }
      if parts.microsecond != 0 { numbers.append(parts.microsecond) }
    }
    return "datetime.\(templateTypeName)(\(numbers.map { String($0) }.joined(separator: ", ")))"
  }

  private static let dayNames = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]
  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
  ]

  /// Python's `strftime`, with English names.
  func formatted(_ format: String) throws -> String {
    var output = ""
    let parts = parts
    var scalars = format.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      guard scalar == "%", var code = scalars.popFirst() else {
        output.unicodeScalars.append(scalar)
        continue
      }
      // The C library's flag for a number without padding.
      let isBare = code == "-"
      if isBare { code = scalars.popFirst() ?? "-" }
      let text = Self.directive(code, parts) ?? "%\(code)"
      output +=
        isBare && text.utf8.count > 1 && text.utf8.first == 0x30 ? String(text.drop { $0 == "0" }) : text
    }
    return output
  }

  private static func directive(_ code: Unicode.Scalar, _ parts: Parts) -> String? {
    let hour12 = parts.hour % 12 == 0 ? 12 : parts.hour % 12
    switch code {
    case "a": return String(dayNames[parts.weekday].prefix(3))
    case "A": return dayNames[parts.weekday]
    case "b", "h": return String(monthNames[parts.month - 1].prefix(3))
    case "B": return monthNames[parts.month - 1]
    case "d": return padded(parts.day, 2)
    case "e": return (parts.day < 10 ? " " : "") + String(parts.day)
    case "f": return padded(parts.microsecond, 6)
    case "H": return padded(parts.hour, 2)
    case "I": return padded(hour12, 2)
    case "j": return padded(parts.dayOfYear, 3)
    case "m": return padded(parts.month, 2)
    case "M": return padded(parts.minute, 2)
    case "p": return parts.hour < 12 ? "AM" : "PM"
    case "S": return padded(parts.second, 2)
    case "w": return String((parts.weekday + 1) % 7)
    case "u": return String(parts.weekday + 1)
    case "y": return padded(parts.year % 100, 2)
    case "Y": return String(parts.year)
    case "z", "Z": return ""
    case "%": return "%"
    case "n": return "\n"
    case "t": return "\t"
    case "F", "D", "T", "R", "r", "c", "x", "X": return composed(code, parts)
    default: return nil
    }
  }

  private static func composed(_ code: Unicode.Scalar, _ parts: Parts) -> String {
    let codes: [Unicode.Scalar: [Unicode.Scalar]] = [
      "F": ["Y", "m", "d"], "D": ["m", "d", "y"], "x": ["m", "d", "y"], "T": ["H", "M", "S"],
      "X": ["H", "M", "S"],
      "R": ["H", "M"],
    ]
    if code == "c" {
      return "\(directive("a", parts) ?? "") \(directive("b", parts) ?? "") \(directive("e", parts) ?? "") "
        + "\(composed("T", parts)) \(parts.year)"
    }
    if code == "r" {
      return
        "\(directive("I", parts) ?? "")\(composed("T", parts).dropFirst(2)) \(directive("p", parts) ?? "")"
    }
    let separator = code == "F" ? "-" : code == "D" || code == "x" ? "/" : ":"
    return (codes[code] ?? []).compactMap { directive($0, parts) }.joined(separator: separator)
  }

  // MARK: - Attributes and operators

  /// Python's attributes and methods: `year`, `strftime`, `isoformat` and the like.
  public func templateAttribute(_ name: String) -> TemplateValue? {
    let parts = parts
    switch name {
    case "year": return .int(parts.year)
    case "month": return .int(parts.month)
    case "day": return .int(parts.day)
    case "strftime": return .function(name) { .string(try formatted(try $0.string(0))) }
    case "isoformat":
      return .function(name) { arguments in
        .string(iso(try arguments.value(0, "sep").map { _ in try arguments.string(0, "sep") } ?? "T"))
      }
    case "weekday": return .function(name) { _ in .int(parts.weekday) }
    case "isoweekday": return .function(name) { _ in .int(parts.weekday + 1) }
    default: break
    }
    guard !isDate else { return nil }
    switch name {
    case "hour": return .int(parts.hour)
    case "minute": return .int(parts.minute)
    case "second": return .int(parts.second)
    case "microsecond": return .int(parts.microsecond)
    case "date": return .function(name) { _ in date.templateValue }
    case "timestamp": return .function(name) { _ in .double(unixSeconds) }
    default: return nil
    }
  }

  /// The Unix time at which clocks of this process's time zone show it.
  private var unixSeconds: Double {
    let parts = parts
    var fields = unsafe tm()
    unsafe fields.tm_year = Int32(parts.year - 1900)
    unsafe fields.tm_mon = Int32(parts.month - 1)
    unsafe fields.tm_mday = Int32(parts.day)
    unsafe fields.tm_hour = Int32(parts.hour)
    unsafe fields.tm_min = Int32(parts.minute)
    unsafe fields.tm_sec = Int32(parts.second)
    unsafe fields.tm_isdst = -1
    // SAFETY: the structure lives for the call.
    return Double(unsafe mktime(&fields)) + Double(parts.microsecond) / 1e6
  }

  /// Whether both are the same time.
  public func templateIsEqual(to other: any TemplateObject) -> Bool { self == other as? TemplateDateTime }

  /// Which time comes first.
  public func templateOrder(_ other: any TemplateObject) -> Int? {
    guard let other = other as? TemplateDateTime, isDate == other.isDate else { return nil }
    return ticks < other.ticks ? -1 : ticks > other.ticks ? 1 : 0
  }

  /// Differences of times, and times some time later.
  public func templateOperate(_ sign: String, _ other: TemplateValue, isSwapped: Bool) throws
    -> TemplateValue?
  {
    guard case .object(let object) = other else { return nil }
    if let other = object as? TemplateDateTime, sign == "-", isDate == other.isDate, !isSwapped {
      return TemplateTimeDelta(microseconds: ticks - other.ticks).templateValue
    }
    guard let difference = object as? TemplateTimeDelta, sign == "+" || sign == "-" && !isSwapped else {
      return nil
    }
    let shift = sign == "+" ? difference.microseconds : -difference.microseconds
    let (sum, overflows) = ticks.addingReportingOverflow(shift)
    let moved = TemplateDateTime(ticks: sum, isDate: false)
    guard !overflows, (1...9999).contains(moved.parts.year) else {
      throw TemplateException(.overflowError, "date value out of range")
    }
    return (isDate ? moved.date : moved).templateValue
  }
}

extension TemplateDateTime: FormattedByDate {}
