// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// When a log file is put aside and a new one begun.
public enum LogRotation: Hashable, Sendable {
  /// Never.
  case never
  /// By somebody else, such as logrotate: the file is opened again once its name leads elsewhere, like Python's
  /// `WatchedFileHandler`.
  case watched
  /// Before it reaches that many bytes: Python's `RotatingFileHandler`.
  case size(Int)
  /// At times: Python's `TimedRotatingFileHandler`.
  case time(LogRotationTime)
}

/// The times at which a log file is put aside, as Python's `TimedRotatingFileHandler` knows them.
public struct LogRotationTime: Hashable, Sendable {
  enum Unit: Hashable, Sendable {
    case seconds(Int)
    case midnight
    /// The end of a weekday; 0 is Monday.
    case weekday(Int)
  }

  let unit: Unit
  let interval: Int
  /// What the name of a file that was put aside ends with, for `strftime`.
  let suffixFormat: String
  /// How many digits that has at which places: `0` stands for a digit.
  let suffixShape: String

  /// Reads Python's `when` and `interval`; `nil` if there is no such time.
  /// - Parameters:
  ///   - when: `S`, `M`, `H`, `D`, `midnight`, or `W0` (at the end of Monday) to `W6`, in any case of letters.
  ///   - interval: After how many of them, 1 or more.
  public init?(when: String, interval: Int = 1) {
    guard interval > 0, interval < 1_000_000 else { return nil }
    let day = ("%Y-%m-%d", "0000-00-00")
    let form: (String, String)
    switch when.uppercased() {
    case "S": (unit, form) = (.seconds(1), ("%Y-%m-%d_%H-%M-%S", "0000-00-00_00-00-00"))
    case "M": (unit, form) = (.seconds(60), ("%Y-%m-%d_%H-%M", "0000-00-00_00-00"))
    case "H": (unit, form) = (.seconds(3600), ("%Y-%m-%d_%H", "0000-00-00_00"))
    case "D": (unit, form) = (.seconds(86400), day)
    case "MIDNIGHT": (unit, form) = (.midnight, day)
    case let text where text.hasPrefix("W"):
      guard let number = Int(text.dropFirst()), text.count == 2, (0...6).contains(number) else { return nil }
      (unit, form) = (.weekday(number), day)
    default: return nil
    }
    self.interval = interval
    (suffixFormat, suffixShape) = form
  }

  /// The first such time after `seconds`.
  func next(after seconds: Int) -> Int {
    switch unit {
    case .seconds(let length): return seconds + length * interval
    case .midnight: return midnight(after: seconds, days: interval)
    case .weekday(let weekday):
      // tm_wday counts from Sunday.
      let today = unsafe Int(LogTime.local(seconds).tm_wday + 6) % 7
      return midnight(after: seconds, days: (weekday - today + 7) % 7 + 1 + (interval - 1) * 7)
    }
  }

  /// The beginning of the period that ends at `end`: what the file's name tells.
  func start(ofPeriodEndingAt end: Int) -> Int {
    switch unit {
    case .seconds(let length): end - length * interval
    case .midnight: midnight(after: end, days: -interval)
    case .weekday: midnight(after: end, days: -7 * interval)
    }
  }

  /// The beginning of the day that comes `days` days after that of `seconds`, by local clocks: not every
  /// day has 24 hours.
  private func midnight(after seconds: Int, days: Int) -> Int {
    var parts = unsafe LogTime.local(seconds)
    unsafe parts.tm_mday += Int32(days)
    unsafe parts.tm_hour = 0
    unsafe parts.tm_min = 0
    unsafe parts.tm_sec = 0
    return unsafe LogTime.unixSeconds(parts)
  }
}
