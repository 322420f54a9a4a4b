// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A day of the Gregorian calendar and a time of day, without a time zone: Python's naive `datetime`.
public struct LocalDateTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 1…9999.
  public let year: Int
  /// 1…12.
  public let month: Int
  /// 1…31.
  public let day: Int
  /// 0…23.
  public let hour: Int
  /// 0…59.
  public let minute: Int
  /// 0…59.
  public let second: Int

  /// Makes a date and time; `nil` if there is no such day or time.
  public init?(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0
  ) {
    guard (1...9999).contains(year), (1...12).contains(month),
      (1...LocalDateTime.dayCount(year, month)).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...59).contains(second)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  private static func dayCount(_ year: Int, _ month: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// The Unix time in seconds at which clocks in this process's time zone show it.
  public var unixSeconds: Int {
    var parts = unsafe tm()
    unsafe parts.tm_year = Int32(year - 1900)
    unsafe parts.tm_mon = Int32(month - 1)
    unsafe parts.tm_mday = Int32(day)
    unsafe parts.tm_hour = Int32(hour)
    unsafe parts.tm_min = Int32(minute)
    unsafe parts.tm_sec = Int32(second)
    unsafe parts.tm_isdst = -1
    // SAFETY: the structure lives for the call.
    return unsafe mktime(&parts)
  }

  /// Which comes first.
  public static func < (left: LocalDateTime, right: LocalDateTime) -> Bool {
    (left.year, left.month, left.day, left.secondOfDay) < (
      right.year, right.month, right.day, right.secondOfDay
    )
  }

  private var secondOfDay: Int { (hour * 60 + minute) * 60 + second }

  /// Like `2013-04-28 05:16:00`.
  public var description: String {
    func padded(_ number: Int, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    return "\(date) \(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
  }
}

extension LocalDateTime: OptionValue {
  /// What Tornado reads, the first that fits.
  private static let formats = [
    "%a %b %d %H:%M:%S %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y%m%d %H:%M:%S",
    "%Y%m%d %H:%M", "%Y-%m-%d", "%Y%m%d", "%H:%M:%S", "%H:%M",
  ]

  /// Reads one of ten forms, such as `2013-04-28 05:16`, `20130428` and `05:16` (of 1 January 1900).
  public static func parse(option text: String) throws(OptionError) -> LocalDateTime {
    for format in formats {
      var scanner = DateScanner(text)
      if let value = scanner.read(format) { return value }
    }
    throw OptionError(.invalidValue, "Unrecognized date/time format: '\(text)'")
  }

  /// Python's `datetime(…)`.
  public static func convert(option literal: ConfigValue) -> LocalDateTime? {
    if case .dateTime(let value) = literal { value } else { nil }
  }
}

/// Reads a date as Python's `strptime` does, names of days and months in English.
private struct DateScanner {
  private var rest: ArraySlice<UInt8>
  private var year = 1900, month = 1, day = 1, hour = 0, minute = 0, second = 0

  init(_ text: String) { rest = Array(text.utf8)[...] }

  mutating func read(_ format: String) -> LocalDateTime? {
    var directives = format.utf8[...]
    while let byte = directives.popFirst() {
      let isRead =
        byte == ASCII.percent
        ? directives.popFirst().map { read(directive: $0) } ?? false
        : byte == ASCII.space ? readBlanks() : read(literal: byte)
      guard isRead else { return nil }
    }
    guard rest.isEmpty else { return nil }
    return LocalDateTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
  }

  private mutating func read(directive: UInt8) -> Bool {
    switch directive {
    case UInt8(ascii: "Y"):
      let digits = rest.prefix(4)
      guard digits.count == 4, digits.allSatisfy(\.isASCIIDigit) else { return false }
      year = digits.reduce(0) { $0 * 10 + Int($1 - ASCII.zero) }
      rest.removeFirst(4)
      return true
    case UInt8(ascii: "m"): return readNumber(1...12, into: \.month)
    case UInt8(ascii: "d"):
      if rest.first == ASCII.space { rest.removeFirst() }
      return readNumber(1...31, into: \.day)
    case UInt8(ascii: "H"): return readNumber(0...23, into: \.hour)
    case UInt8(ascii: "M"): return readNumber(0...59, into: \.minute)
    case UInt8(ascii: "S"): return readNumber(0...61, into: \.second)
    case UInt8(ascii: "a"): return readName(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]) != nil
    case UInt8(ascii: "b"):
      let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
      guard let index = readName(names) else { return false }
      month = index + 1
      return true
    default: return false
    }
  }

  /// Two digits if they make a number in the range, else one.
  private mutating func readNumber(_ range: ClosedRange<Int>, into part: WritableKeyPath<Self, Int>) -> Bool {
    for count in [2, 1] {
      let digits = rest.prefix(count)
      guard digits.count == count, digits.allSatisfy(\.isASCIIDigit) else { continue }
      let value = digits.reduce(0) { $0 * 10 + Int($1 - ASCII.zero) }
      guard range.contains(value) else { continue }
      self[keyPath: part] = value
      rest.removeFirst(count)
      return true
    }
    return false
  }

  private mutating func readName(_ names: [String]) -> Int? {
    let word = String(decoding: rest.prefix(3).map(\.asciiLowercased), as: UTF8.self)
    guard let index = names.firstIndex(of: word) else { return nil }
    rest.removeFirst(3)
    return index
  }

  private mutating func readBlanks() -> Bool {
    let count = rest.prefix { $0 == ASCII.space || (9...13).contains($0) }.count
    rest.removeFirst(count)
    return count > 0
  }

  private mutating func read(literal: UInt8) -> Bool {
    guard let byte = rest.first, byte.asciiLowercased == literal.asciiLowercased else { return false }
    rest.removeFirst()
    return true
  }
}
