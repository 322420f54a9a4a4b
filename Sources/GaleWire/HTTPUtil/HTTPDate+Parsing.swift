// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

extension HTTPDate {
  /// Reads a date in any of the three forms that a recipient must accept (RFC 9110, section 5.6.7):
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
  ///
  /// - Parameters:
  ///   - text: The field's value, white space around it removed.
  ///   - now: What decides the century of a year of two digits: a date more than 50 years after it was meant
  ///     in the century before. Without it, 69–99 mean 19xx.
  /// - Returns: `nil` when the text has another form or names a day or time that does not exist; such a field
  ///   is to be ignored. The name of the weekday must be one, but need not be the right one.
  public init?(parsing text: String, relativeTo now: HTTPDate? = nil) {
    self.init(parsing: text.utf8.span, relativeTo: now)
  }

  /// Reads a date in any of the three forms, like ``init(parsing:relativeTo:)`` of text.
  public init?(parsing text: Span<UInt8>, relativeTo now: HTTPDate? = nil) {
    // The longest, `Wednesday, 06-Nov-94 08:49:37 GMT`, has 33 bytes.
    guard text.count >= 24, text.count <= 33 else { return nil }
    let reader = DateReader(bytes: text.bytes(in: 0..<text.count))
    let date: HTTPDate? =
      switch text.count {
      case 24: reader.asctimeDate()
      case 29 where text[3] == ASCII.comma: reader.fixDate()
      default: reader.rfc850Date(relativeTo: now)
      }
    guard let date else { return nil }
    self = date
  }
}

/// Reads fields at fixed places.
private struct DateReader {
  let bytes: [UInt8]

  /// `IMF-fixdate`.
  func fixDate() -> HTTPDate? {
    guard bytes.count == 29, name(at: 0, of: CalendarNames.weekdays) != nil, has(", ", at: 3),
      has(" ", at: 7),
      has(" ", at: 11), has(" ", at: 16), has(" GMT", at: 25)
    else { return nil }
    return date(year: number(at: 12, digits: 4), monthAt: 8, day: number(at: 5, digits: 2), timeAt: 17)
  }

  /// `asctime-date`; the day has a space where others have a zero.
  func asctimeDate() -> HTTPDate? {
    guard bytes.count == 24, name(at: 0, of: CalendarNames.weekdays) != nil, has(" ", at: 3), has(" ", at: 7),
      has(" ", at: 10), has(" ", at: 19)
    else { return nil }
    let day = has(" ", at: 8) ? number(at: 9, digits: 1) : number(at: 8, digits: 2)
    return date(year: number(at: 20, digits: 4), monthAt: 4, day: day, timeAt: 11)
  }

  /// `rfc850-date`.
  func rfc850Date(relativeTo now: HTTPDate?) -> HTTPDate? {
    guard let comma = bytes.firstIndex(of: ASCII.comma), bytes.count == comma + 24, isLongWeekday(comma),
      has(", ", at: comma), has("-", at: comma + 4), has("-", at: comma + 8), has(" ", at: comma + 11),
      has(" GMT", at: comma + 20), let shortYear = number(at: comma + 9, digits: 2)
    else { return nil }
    func inCentury(_ century: Int) -> HTTPDate? {
      date(
        year: century + shortYear, monthAt: comma + 5, day: number(at: comma + 2, digits: 2),
        timeAt: comma + 12)
    }
    guard let now else { return inCentury(shortYear >= 69 ? 1900 : 2000) }
    let nowDate = CivilDate(dayNumber: now.unixSeconds.floorDivided(by: 86_400).quotient)
    let century = nowDate.year / 100 * 100
    let isFarAhead = century + shortYear > nowDate.year + 50
    return inCentury(isFarAhead ? century - 100 : century)
  }

  private func isLongWeekday(_ count: Int) -> Bool {
    let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    return names.contains { $0.utf8.elementsEqual(bytes.prefix(count)) }
  }

  private func date(year: Int?, monthAt monthOffset: Int, day: Int?, timeAt offset: Int) -> HTTPDate? {
    guard let year, year > 0, let day, let month = name(at: monthOffset, of: CalendarNames.months),
      let hour = number(at: offset, digits: 2), has(":", at: offset + 2),
      let minute = number(at: offset + 3, digits: 2), has(":", at: offset + 5),
      let second = number(at: offset + 6, digits: 2)
    else { return nil }
    let civil = CivilDate(year: year, month: month + 1, day: day)
    // A leap second (60) is in the grammar; it becomes the first second of the next minute.
    guard civil.exists, hour < 24, minute < 60, second <= 60 else { return nil }
    return HTTPDate(unixSeconds: civil.dayNumber * 86_400 + hour * 3600 + minute * 60 + second)
  }

  private func has(_ text: String, at offset: Int) -> Bool {
    offset <= bytes.count && bytes[offset...].starts(with: text.utf8)
  }

  private func number(at offset: Int, digits: Int) -> Int? {
    guard offset + digits <= bytes.count else { return nil }
    var number = 0
    for byte in bytes[offset..<offset + digits] {
      guard byte.isASCIIDigit else { return nil }
      number = number * 10 + Int(byte - ASCII.zero)
    }
    return number
  }

  /// Which of the three-letter names stands at `offset`.
  private func name(at offset: Int, of names: String) -> Int? {
    guard offset + 3 <= bytes.count else { return nil }
    let source = names.utf8.span
    var start = 0
    while start + 3 <= source.count {
      if source[start] == bytes[offset], source[start + 1] == bytes[offset + 1],
        source[start + 2] == bytes[offset + 2]
      {
        return start / 3
      }
      start += 3
    }
    return nil
  }
}
