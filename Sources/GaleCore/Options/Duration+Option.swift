// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension Duration: OptionValue {
  /// Adds up numbers with units, such as `45s`, `1h 30m`, `1h30m` and `-2.5 days`.
  ///
  /// The units are `w`, `d`, `h`, `m` or `min`, `s` or `sec`, `ms`, `us`, and their names in the plural; a
  /// number without one is in seconds. Fractions of a microsecond are rounded.
  /// - Throws: ``OptionError`` `.invalidValue`.
  public static func parse(option text: String) throws(OptionError) -> Duration {
    let invalid = OptionError.invalid(text, "a time span such as 1h 30m")
    var rest = Array(text.utf8)[...]
    var sum = 0.0
    skipBlanks(&rest)
    while !rest.isEmpty {
      guard let number = takeNumber(&rest) else { throw invalid }
      skipBlanks(&rest)
      guard let unit = microseconds(inUnit: takeLetters(&rest)) else { throw invalid }
      sum += (number * unit).rounded(.toNearestOrEven)
      skipBlanks(&rest)
    }
    // Doubles hold whole microseconds up to 285 years.
    guard abs(sum) < 9e15 else { throw invalid }
    return .microseconds(Int64(sum))
  }

  /// Python's `timedelta(…)`.
  public static func convert(option literal: ConfigValue) -> Duration? {
    if case .duration(let value) = literal { value } else { nil }
  }

  static func microseconds(inUnit unit: String) -> Double? {
    switch unit {
    case "us", "microseconds": 1
    case "ms", "milliseconds": 1e3
    case "", "s", "sec", "seconds": 1e6
    case "m", "min", "minutes": 60e6
    case "h", "hours": 3600e6
    case "d", "days": 86_400e6
    case "w", "weeks": 604_800e6
    default: nil
    }
  }

  private static func skipBlanks(_ rest: inout ArraySlice<UInt8>) {
    rest = rest.drop { $0 == ASCII.space || (9...13).contains($0) }
  }

  /// A sign, digits with a point, and an exponent.
  private static func takeNumber(_ rest: inout ArraySlice<UInt8>) -> Double? {
    var end = rest.startIndex
    func skipDigits() {
      while end < rest.endIndex, rest[end].isASCIIDigit { end += 1 }
    }
    func skip(_ bytes: String) {
      if end < rest.endIndex, bytes.utf8.contains(rest[end]) { end += 1 }
    }
    skip("+-")
    skipDigits()
    skip(".")
    skipDigits()
    let mantissa = end
    skip("eE")
    if end > mantissa {
      skip("+-")
      let exponent = end
      skipDigits()
      if end == exponent { end = mantissa }
    }
    guard let number = Double(String(decoding: rest[..<end], as: UTF8.self)) else { return nil }
    rest = rest[end...]
    return number
  }

  private static func takeLetters(_ rest: inout ArraySlice<UInt8>) -> String {
    let letters = rest.prefix { (0x61...0x7A).contains($0.asciiLowercased) }
    rest = rest.dropFirst(letters.count)
    return String(decoding: letters, as: UTF8.self)
  }
}
