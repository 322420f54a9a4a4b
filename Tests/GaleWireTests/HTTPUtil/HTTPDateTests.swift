// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: dates")
struct HTTPDateTests {
  @Test(arguments: [
    (1_359_312_200, "Sun, 27 Jan 2013 18:43:20 GMT"),
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
    (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
  ])
  func `dates are written as IMF-fixdate and read back`(_ seconds: Int, _ expected: String) {
    let date = HTTPDate(unixSeconds: seconds)
    #expect(date.description == expected)
    #expect(HTTPDate(parsing: expected) == date)
  }

  @Test(arguments: [Int.min, Int.max])
  func `what no date can say becomes the nearest`(_ seconds: Int) {
    let expected = seconds < 0 ? "Mon, 01 Jan 0001 00:00:00 GMT" : "Fri, 31 Dec 9999 23:59:59 GMT"
    #expect(HTTPDate(unixSeconds: seconds).description == expected)
  }

  @Test func `days of six centuries are read back`() {
    for day in stride(from: -120_000, through: 120_000, by: 19) {
      let date = HTTPDate(unixSeconds: day * 86_400 + 3661)
      guard HTTPDate(parsing: date.description) != date else { continue }
      Issue.record("\(date) is not read back")
      return
    }
  }

  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    "Sun Nov 06 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT",
  ])
  func `all three forms are read`(_ text: String) {
    #expect(HTTPDate(parsing: text)?.unixSeconds == 784_111_777)
  }

  @Test func `a leap second is the next minute`() {
    #expect(HTTPDate(parsing: "Sat, 31 Dec 2016 23:59:60 GMT")?.unixSeconds == 1_483_228_800)
  }

  @Test(
    arguments: [("68", 2068, nil), ("69", 1969, nil), ("77", 1977, 2026), ("76", 2076, 2026)]
      as [(String, Int, Int?)])
  func `a short year is at most 50 years ahead`(_ short: String, _ year: Int, _ nowYear: Int?) {
    let now = nowYear.flatMap { HTTPDate(parsing: "Sun, 06 Nov \($0) 08:49:37 GMT") }
    let date = HTTPDate(parsing: "Sunday, 06-Nov-\(short) 08:49:37 GMT", relativeTo: now)
    #expect(date?.description.contains(" \(year) ") == true)
  }

  @Test(arguments: [
    "", "0", String(repeating: "9", count: 500), "Fri, 31 Feb 99999999999 00:00:00 GMT",
    "Fri, 31 Feb 2020 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Jan 1994 08:49:37 GMT",
    "Tue, 29 Feb 2100 00:00:00 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Xun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 0000 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
    "Sundax, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov  6 08:49:37 199x",
    "Sun, 06 Nov 1994 08:49:37 GMT ", ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,", "eNo 06 unS 1994 08:49:37",
    "MonTue 06 Nov 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37  GMT", "unM, 06 Nov 1994 08:49:37 GMT",
  ])
  func `everything else is no date`(_ text: String) {
    #expect(HTTPDate(parsing: text) == nil)
  }
}
