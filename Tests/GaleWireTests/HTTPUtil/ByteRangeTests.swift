// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: ranges")
struct ByteRangeTests {
  @Test(
    arguments: [
      (nil, .full),
      ("bytes=0-0", .partial(0..<1)),
      ("bytes=1-2", .partial(1..<3)),
      ("bytes=6-", .partial(6..<10)),
      ("bytes=-6", .partial(4..<10)),
      ("bytes=-10", .full), ("bytes=-11", .full), ("bytes=0-", .full), ("bytes=0-9", .full),
      ("bytes=0-99", .full),
      ("bytes=9-100", .partial(9..<10)),
      ("bytes=10-", .unsatisfiable), ("bytes=10-20", .unsatisfiable), ("bytes=-0", .unsatisfiable),
      ("bytes=5-4", .unsatisfiable),
      ("bytes=", .full), ("bytes=-", .full), ("foo=42", .full), ("lines=0-1", .full), ("bytes", .full),
      ("bytes=1-2,6-10", .full), ("bytes=--5", .full), ("bytes=+0-+1", .full), ("bytes=0_0-0_1", .full),
      ("bytes=a-b", .full), ("bytes=0x1-2", .full), ("bytes=1-2-3", .full), ("", .full), ("=1-2", .full),
      (" Bytes = 1 - 2 ", .partial(1..<3)),
      ("bytes=0-18446744073709551616", .full), ("bytes=18446744073709551616-", .unsatisfiable),
      ("bytes=-9223372036854775808", .full),
      ("bytes=9223372036854775807-9223372036854775807", .unsatisfiable),
      ("bytes=1-" + String(repeating: "9", count: 5000), .partial(1..<10)),
      ("bytes=" + String(repeating: "0", count: 5000) + "1-2", .partial(1..<3)),
    ] as [(String?, ByteRange)])
  func `a field selects`(_ field: String?, _ expected: ByteRange) {
    #expect(ByteRange(parsing: field, size: 10) == expected)
  }

  @Test(arguments: ["bytes=0-", "bytes=-5", "bytes=0-0"])
  func `nothing satisfies a range of nothing`(_ field: String) {
    #expect(ByteRange(parsing: field, size: 0) == .unsatisfiable)
    #expect(ByteRange(parsing: field, size: -1) == .unsatisfiable)
    #expect(ByteRange(parsing: nil, size: 0) == .full)
  }

  @Test func `the largest size has its last byte`() {
    #expect(
      ByteRange(parsing: "bytes=9223372036854775806-9223372036854775807", size: .max)
        == .partial(.max - 1 ..< .max))
  }

  @Test func `the answer says what it holds`() {
    #expect(ByteRange.partial(1..<3).contentRange(size: 10) == "bytes 1-2/10")
    #expect(ByteRange.unsatisfiable.contentRange(size: 10) == "bytes */10")
    #expect(ByteRange.full.contentRange(size: 10) == nil)
  }
}
