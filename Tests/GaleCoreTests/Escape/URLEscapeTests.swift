// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

@Suite("escape: url_escape, url_unescape, parse_qs_bytes")
struct URLEscapeTests {
  @Test(arguments: [
    ("", true, ""),
    ("a b+c/é?&=", true, "a+b%2Bc%2F%C3%A9%3F%26%3D"),
    ("a b+c/é?&=", false, "a%20b%2Bc/%C3%A9%3F%26%3D"),
    ("AZaz09_.-~", true, "AZaz09_.-~"),
    ("/a/b", false, "/a/b"),
  ])
  func `escaping keeps letters, digits and four marks`(_ text: String, _ plus: Bool, _ expected: String) {
    #expect(urlEscape(text, plus: plus) == expected)
    #expect(urlUnescape(expected, plus: plus) == text)
  }

  @Test(arguments: [
    ("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%%41", "%A"), ("a+b", "a b"), ("%C3%A9", "é"),
    ("%E9", "\u{FFFD}"), ("%e2%82", "\u{FFFD}"), ("é%2B", "é+"),
  ])
  func `what is no escape stays`(_ text: String, _ expected: String) {
    #expect(urlUnescape(text) == expected)
  }

  @Test func `bytes survive that are not UTF-8`() {
    #expect(urlUnescapeBytes("%E9+%00+", plus: false) == [0xE9, 0x2B, 0x00, 0x2B])
    #expect(urlUnescapeBytes("%E9+%00") == [0xE9, 0x20, 0x00])
  }

  @Test func `long rows of percent signs are no work`() {
    let text = String(repeating: "%", count: 100_000)
    #expect(urlUnescape(text) == text)
    #expect(urlUnescape(String(repeating: "%25", count: 50_000)).utf8.count == 50_000)
  }
}

@Suite("escape: parse_qs_bytes")
struct QueryStringTests {
  @Test(
    arguments: [
      ("", []),
      ("a=1&b=2&a=3", [QueryArgument("a", "1"), QueryArgument("b", "2"), QueryArgument("a", "3")]),
      ("a=1;b=2", [QueryArgument("a", "1;b=2")]),
      ("a&b=&=c&&", [QueryArgument("a", ""), QueryArgument("b", ""), QueryArgument("", "c")]),
      ("a=b=c", [QueryArgument("a", "b=c")]),
      ("a+b=%20+%2B", [QueryArgument("a b", "  +")]),
      ("k=%E9", [QueryArgument(name: [0x6B], value: [0xE9])]),
      ("%3D=%26", [QueryArgument("=", "&")]),
    ] as [(String, [QueryArgument])])
  func `arguments come in their order`(_ query: String, _ expected: [QueryArgument]) throws {
    #expect(try parseQueryString(query) == expected)
  }

  @Test func `blank values can be left out`() throws {
    #expect(try parseQueryString("a&b=&c=d", keepingBlankValues: false) == [QueryArgument("c", "d")])
  }

  @Test(arguments: [1000, 1001])
  func `a thousand arguments are enough`(_ count: Int) throws {
    let query = Array(repeating: "a=1", count: count).joined(separator: "&")
    if count > 1000 {
      #expect(throws: QueryStringError.self) { try parseQueryString(query) }
      #expect(throws: QueryStringError.self) { try parseQueryString(String(repeating: "&", count: 1000)) }
    } else {
      #expect(try parseQueryString(query).count == 1000)
    }
    #expect(try parseQueryString(query, limit: 2000).count == count)
  }
}
