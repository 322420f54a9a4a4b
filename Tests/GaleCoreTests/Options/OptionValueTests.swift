// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleCore

/// What Tornado 6.6 makes of these texts, save where a comment says so.
@Suite("options: values")
struct OptionValueTests {
  /// OPT-006.
  @Test(arguments: [
    ("Sun Apr 28 05:16:07 2013", "2013-04-28 05:16:07"), ("sun apr 8 5:16:07 2013", "2013-04-08 05:16:07"),
    ("2013-04-28 05:16:07", "2013-04-28 05:16:07"), ("2013-04-28 05:16", "2013-04-28 05:16:00"),
    ("2013-04-28T05:16", "2013-04-28 05:16:00"), ("20130428 05:16:07", "2013-04-28 05:16:07"),
    ("20130428 05:16", "2013-04-28 05:16:00"), ("2013-04-28", "2013-04-28 00:00:00"),
    ("20130428", "2013-04-28 00:00:00"), ("05:16:07", "1900-01-01 05:16:07"),
    ("05:16", "1900-01-01 05:16:00"),
    ("5:6", "1900-01-01 05:06:00"), ("2013428", "2013-04-28 00:00:00"), ("2013-4-8", "2013-04-08 00:00:00"),
    ("2012-02-29", "2012-02-29 00:00:00"), ("2013-04-28  05:16", "2013-04-28 05:16:00"),
    ("99990101", "9999-01-01 00:00:00"),
  ])
  func `dates are read in ten forms`(_ text: String, _ expected: String) throws {
    #expect(try LocalDateTime.parse(option: text).description == expected)
  }

  @Test(arguments: [
    "2013-02-30", "13-04-28", "2013-04-28 24:00", "2013-04-28T05:16:07", "", "noon", "2013-04-28 05:16 ",
    "2013-13-01", "2100-02-29", "0000-01-01",
  ])
  func `other texts are no dates`(_ text: String) {
    #expect(throws: OptionError(.invalidValue, "Unrecognized date/time format: '\(text)'")) {
      try LocalDateTime.parse(option: text)
    }
  }

  @Test func `dates have an order and a place in time`() throws {
    let first = try LocalDateTime.parse(option: "2013-04-28 05:16")
    let second = try LocalDateTime.parse(option: "2013-04-28 05:17")
    #expect(first < second)
    #expect(second.unixSeconds - first.unixSeconds == 60)
    #expect(LocalDateTime(year: 2013, month: 4, day: 31) == nil)
  }

  /// OPT-007, in microseconds: `1h30m`, `1s2s` are errors in Tornado.
  @Test(arguments: [
    ("45s", 45_000_000), ("1h 30m", 5_400_000_000), ("1h30m", 5_400_000_000), ("90", 90_000_000),
    ("1.5h", 5_400_000_000), ("-2.5 days", -216_000_000_000), ("1w 2d", 777_600_000_000),
    ("3 min", 180_000_000),
    ("10ms", 10_000), ("7us", 7), ("1e3", 1_000_000_000), ("2 hours 5 minutes", 7_500_000_000),
    (" 4 sec ", 4_000_000), ("", 0), (".5s", 500_000), ("5.s", 5_000_000), ("-1h 30m", -1_800_000_000),
    ("0.0000005", 0), ("+3s", 3_000_000), ("1e2s", 100_000_000), ("1s2s", 3_000_000),
    ("2 weeks 1 microseconds 3 milliseconds", 1_209_600_003_001),
  ])
  func `time spans are added up`(_ text: String, _ microseconds: Int64) throws {
    #expect(try Duration.parse(option: text) == .microseconds(microseconds))
  }

  @Test(arguments: [
    "h", "1 fortnight", "1H", "3 4 x", "1 hour", "5e", "1,5s", "--1s", "1e300", "nan", "inf", "0x10s",
  ])
  func `other texts are no time spans`(_ text: String) {
    #expect(throws: OptionError.self) { try Duration.parse(option: text) }
  }

  /// OPT-004, and section 1.35.
  @Test(arguments: [
    ("1,3:5", [1, 3, 4, 5]), ("3:3", [3]), ("5:3", []), ("-2:1", [-2, -1, 0, 1]), ("1:", [1]), (" 7 ", [7]),
    ("1_000", [1000]), ("+4", [4]), ("1,3,5:7", [1, 3, 5, 6, 7]),
  ])
  func `lists of integers have ranges`(_ text: String, _ expected: [Int]) throws {
    #expect(try [Int].parse(option: text) == expected)
  }

  @Test(arguments: [
    "", "1,,2", "a", "1__0", "_1", "1_", "1.5", "1:x", "9223372036854775808", "1:99999999", "+", "- 1",
  ])
  func `other texts are no lists of integers`(_ text: String) {
    #expect(throws: OptionError.self) { try [Int].parse(option: text) }
  }

  @Test func `integers fit their type`() throws {
    #expect(try UInt16.parse(option: "65535") == 65535)
    #expect(throws: OptionError.self) { try UInt16.parse(option: "65536") }
    #expect(throws: OptionError.self) { try UInt16.parse(option: "-1") }
    #expect(try Int32.parse(option: "-7") == -7)
    #expect(try [UInt8].parse(option: "253:255") == [253, 254, 255])
  }

  /// OPT-005.
  @Test(arguments: [
    ("true", true), ("false", false), ("False", false), ("FALSE", false), ("0", false), ("f", false),
    ("F", false),
    ("1", true), ("no", true), ("", true), ("00", true),
  ])
  func `only three words are false`(_ text: String, _ expected: Bool) throws {
    #expect(try Bool.parse(option: text) == expected)
  }

  @Test func `numbers, texts and lists of them`() throws {
    #expect(try Double.parse(option: " 1.5 ") == 1.5)
    #expect(throws: OptionError.self) { try Double.parse(option: "1,5") }
    #expect(try String.parse(option: " a,b ") == " a,b ")
    #expect(try [String].parse(option: "a,b,,c") == ["a", "b", "", "c"])
    #expect(try [Double].parse(option: "1,2.5") == [1, 2.5])
    #expect(try Int?.parse(option: "3") == 3)
  }

  private enum Mode: String, OptionValue { case fast, safe }

  /// OPT-003: any type that can read text.
  private struct Email: OptionValue {
    let address: String
    static func parse(option text: String) throws(OptionError) -> Email {
      guard text.contains("@") else { throw OptionError(.invalidValue, "\(text) has no @") }
      return Email(address: text)
    }
  }

  @Test func `types of one's own`() throws {
    #expect(try Mode.parse(option: "safe") == .safe)
    #expect(throws: OptionError.self) { try Mode.parse(option: "other") }
    #expect(try [Mode].parse(option: "safe,fast") == [.safe, .fast])
    let parser = OptionParser()
    let email = parser.define("email", as: Email.self)
    try parser.parseCommandLine(["main", "--email=tornado@web.com"])
    #expect(parser[email]?.address == "tornado@web.com")
    #expect(throws: OptionError(.invalidValue, "Option 'email': x has no @")) {
      try parser.parseCommandLine(["main", "--email=x"])
    }
  }
}
