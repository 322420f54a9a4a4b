// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// A point in time as HTTP writes it: whole seconds, always GMT (RFC 9110, section 5.6.7).
public struct HTTPDate: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
  public let unixSeconds: Int

  /// Makes a date of Unix time.
  ///
  /// - Parameter unixSeconds: Seconds since 1970. Before the year 1 and after 9999 there is no way to write a
  ///   date: such a number becomes the nearest that there is.
  public init(unixSeconds: Int) {
    self.unixSeconds = min(max(unixSeconds, Self.earliest), Self.latest)
  }

  /// The seconds of 0001-01-01T00:00:00Z and of 9999-12-31T23:59:59Z.
  private static let earliest = -62_135_596_800
  private static let latest = 253_402_300_799

  /// Whether `lhs` is earlier.
  public static func < (lhs: HTTPDate, rhs: HTTPDate) -> Bool { lhs.unixSeconds < rhs.unixSeconds }

  /// This date as `Sun, 27 Jan 2013 18:43:20 GMT`: Tornado's `format_timestamp`.
  public var description: String { String(validatingOrLatin1: bytes.span) }

  /// The day of the Gregorian calendar, in GMT.
  package var calendarDay: (year: Int, month: Int, day: Int) {
    let date = CivilDate(dayNumber: unixSeconds.floorDivided(by: 86_400).quotient)
    return (date.year, date.month, date.day)
  }

  /// The 29 bytes of ``description``, without an allocation.
  public var bytes: InlineArray<29, UInt8> {
    let (dayNumber, secondOfDay) = unixSeconds.floorDivided(by: 86_400)
    let date = CivilDate(dayNumber: dayNumber)
    var bytes = InlineArray<29, UInt8>(repeating: ASCII.space)
    // 1970-01-01 was a Thursday.
    bytes.put(CalendarNames.weekdays, entry: (dayNumber &+ 4).floorDivided(by: 7).remainder, at: 0)
    bytes[3] = ASCII.comma
    bytes.put(date.day, digits: 2, at: 5)
    bytes.put(CalendarNames.months, entry: date.month &- 1, at: 8)
    bytes.put(date.year, digits: 4, at: 12)
    bytes.put(secondOfDay / 3600, digits: 2, at: 17)
    bytes[19] = ASCII.colon
    bytes.put(secondOfDay / 60 % 60, digits: 2, at: 20)
    bytes[22] = ASCII.colon
    bytes.put(secondOfDay % 60, digits: 2, at: 23)
    bytes.put("GMT", entry: 0, at: 26)
    return bytes
  }
}

/// `day-name` and `month` of RFC 9110's grammar, three letters each.
enum CalendarNames {
  static let weekdays = "SunMonTueWedThuFriSat"
  static let months = "JanFebMarAprMayJunJulAugSepOctNovDec"
}

/// A day of the proleptic Gregorian calendar.
struct CivilDate {
  var year: Int
  var month: Int
  var day: Int

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day so many days after 1970-01-01, by counting eras of 400 years from 1 March of the year 0.
  init(dayNumber: Int) {
    let (era, dayOfEra) = (dayNumber &+ 719_468).floorDivided(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  var dayNumber: Int {
    let yearFromMarch = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = yearFromMarch.floorDivided(by: 400)
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Whether the calendar has this day.
  var exists: Bool {
    guard (1...12).contains(month), day >= 1, day <= 31 else { return false }
    let normalized = CivilDate(dayNumber: dayNumber)
    return normalized.month == month && normalized.day == day
  }
}

extension Int {
  /// Division that rounds down, so that the remainder is never negative.
  func floorDivided(by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension InlineArray where Element == UInt8 {
  /// Writes the three letters of an entry of `names`.
  fileprivate mutating func put(_ names: String, entry: Int, at offset: Int) {
    let source = names.utf8.span
    for index in 0..<3 { self[offset &+ index] = source[entry &* 3 &+ index] }
  }

  /// Writes a number with leading zeros.
  fileprivate mutating func put(_ number: Int, digits: Int, at offset: Int) {
    var rest = number
    var index = offset &+ digits
    while index > offset {
      index &-= 1
      self[index] = ASCII.zero &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}
