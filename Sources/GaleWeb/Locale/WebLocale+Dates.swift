// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
public import GaleWire

extension WebLocale {
  /// When something happened, in words: Tornado's `format_date`.
  ///
  /// `2 minutes ago`, `yesterday at 10:05 pm`, `Thursday at 7:12 am`, `July 10 at 3:00 pm`. All phrases are translated.
  /// Times up to a minute ahead are taken for now, as clocks differ; those further ahead are written in full.
  ///
  /// - Parameters:
  ///   - date: The time.
  ///   - gmtOffset: How many minutes the user's clock is behind GMT: JavaScript's `getTimezoneOffset()`.
  ///   - relative: Whether times of the last day are told by their distance.
  ///   - shorter: Whether the time of day is left out where there is a day.
  ///   - fullFormat: Whether it is always `July 10, 1980 at 3:00 pm`.
  ///   - now: The present; `nil` for the clock's.
  public func formatDate(
    _ date: HTTPDate, gmtOffset: Int = 0, relative: Bool = true, shorter: Bool = false,
    fullFormat: Bool = false, now: HTTPDate? = nil
  ) -> String {
    let now = (now ?? HTTPDate(unixSeconds: System.wallSeconds)).unixSeconds
    var (time, isFull) = (date.unixSeconds, fullFormat)
    if time > now {
      if relative, time - now < 60 { time = now } else { isFull = true }
    }
    let local = CalendarTime(time, gmtOffset)
    let format =
      isFull ? nil : recentFormat(age: now - time, local, now: now, gmtOffset, relative, shorter)
    if case .done(let text)? = format { return text }
    var pattern = translate(
      shorter ? "%(month_name)s %(day)s, %(year)s" : "%(month_name)s %(day)s, %(year)s at %(time)s")
    if case .pattern(let recent)? = format { pattern = recent }
    return WebLocale.fill(
      pattern,
      [
        "month_name": monthName(local), "weekday": weekdayName(local), "day": String(local.day),
        "year": String(local.year), "time": clock(local),
      ])
  }

  private enum Format {
    case done(String)
    case pattern(String)
  }

  /// How something of the last eleven months is told.
  private func recentFormat(
    age: Int, _ local: CalendarTime, now: Int, _ gmtOffset: Int, _ relative: Bool, _ shorter: Bool
  ) -> Format? {
    let days = age / 86_400
    if days == 0 { return relative ? .done(distance(age)) : .pattern(translate("%(time)s")) }
    if days == 1, relative, local.day == CalendarTime(now - 86_400, gmtOffset).day {
      return .pattern(translate(shorter ? "yesterday" : "yesterday at %(time)s"))
    }
    if days < 5 { return .pattern(translate(shorter ? "%(weekday)s" : "%(weekday)s at %(time)s")) }
    // Eleven months, as the same month of the last year would be taken for this year's.
    guard days < 334 else { return nil }
    return .pattern(
      translate(shorter ? "%(month_name)s %(day)s" : "%(month_name)s %(day)s at %(time)s"))
  }

  private func distance(_ seconds: Int) -> String {
    func rounded(_ unit: Double) -> Int { Int((Double(seconds) / unit).rounded(.toNearestOrEven)) }
    func tell(_ one: String, _ many: String, _ name: String, _ count: Int) -> String {
      WebLocale.fill(translate(one, plural: many, count: count), [name: String(count)])
    }
    if seconds < 50 { return tell("1 second ago", "%(seconds)d seconds ago", "seconds", seconds) }
    if seconds < 50 * 60 { return tell("1 minute ago", "%(minutes)d minutes ago", "minutes", rounded(60)) }
    return tell("1 hour ago", "%(hours)d hours ago", "hours", rounded(3600))
  }

  /// A day of the year, `Monday, January 22`: Tornado's `format_day`.
  /// - Parameters:
  ///   - date: The time.
  ///   - gmtOffset: How many minutes the user's clock is behind GMT.
  ///   - weekday: Whether the day of the week stands before it.
  public func formatDay(_ date: HTTPDate, gmtOffset: Int = 0, weekday: Bool = true) -> String {
    let local = CalendarTime(date.unixSeconds, gmtOffset)
    return WebLocale.fill(
      translate(weekday ? "%(weekday)s, %(month_name)s %(day)s" : "%(month_name)s %(day)s"),
      ["month_name": monthName(local), "weekday": weekdayName(local), "day": String(local.day)])
  }

  private func monthName(_ time: CalendarTime) -> String { translate(WebLocale.months[time.month - 1]) }

  private func weekdayName(_ time: CalendarTime) -> String { translate(WebLocale.weekdays[time.weekday]) }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]
  private static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  /// `11:51 pm` in English, `下午11:51` in Chinese, `23:51` elsewhere.
  private func clock(_ time: CalendarTime) -> String {
    let minute = (time.minute < 10 ? "0" : "") + String(time.minute)
    let twelve = time.hour % 12 == 0 ? 12 : time.hour % 12
    switch code {
    case "en", "en_US": return "\(twelve):\(minute) \(time.hour >= 12 ? "pm" : "am")"
    case "zh_CN": return "\(time.hour >= 12 ? "\u{4E0B}\u{5348}" : "\u{4E0A}\u{5348}")\(twelve):\(minute)"
    default: return "\(time.hour):\(minute)"
    }
  }
}

/// What calendar and clock show at a time, somewhere.
private struct CalendarTime {
  let (year, month, day): (Int, Int, Int)
  let (hour, minute): (Int, Int)
  /// 0 for Monday.
  let weekday: Int

  /// - Parameter gmtOffset: Minutes behind GMT.
  init(_ unixSeconds: Int, _ gmtOffset: Int) {
    let seconds = unixSeconds.subtractingReportingOverflow(
      gmtOffset.multipliedReportingOverflow(by: 60).partialValue
    )
    .partialValue
    let date = HTTPDate(unixSeconds: seconds)
    (year, month, day) = date.calendarDay
    let daySecond = (date.unixSeconds % 86_400 + 86_400) % 86_400
    (hour, minute) = (daySecond / 3600, daySecond / 60 % 60)
    // 1970-01-01 was a Thursday.
    weekday = (((date.unixSeconds - daySecond) / 86_400 + 3) % 7 + 7) % 7
  }
}
