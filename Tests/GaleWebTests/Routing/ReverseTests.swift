// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Testing

@Suite("routing: reversal of patterns")
struct ReverseTests {
  @Test(
    arguments: [
      ("/", [], "/"),
      ("^/index\\.html$", [], "/index.html"),
      ("/user/([^/]+)", ["mickey"], "/user/mickey"),
      ("/(\\d+)/(?P<x>.*)", nil, nil),
      ("/([0-9]{4})/([a-z-]+)/", ["2024", "a-b"], "/2024/a-b/"),
      ("/a/(?P<x>.*)\\.(?P<y>\\w+)", ["b/c", "css"], "/a/b/c.css"),
      ("/(.*)", ["a b+c/d?e&%~._-é"], "/a%20b%2Bc/d%3Fe%26%25~._-%C3%A9"),
      ("/100%/(x)", ["1"], "/100%/1"),
      ("/users/?", [], "/users"),
      ("/x{3}(?:ab){2,}c*", [], "/xxxabab"),
      ("/a[.]b", [], "/a.b"),
      ("/(?:a/(b))", ["1"], "/a/1"),
      ("/a(?:/(\\d+))?", ["7"], "/a/7"),
      ("/a(?:/(\\d+))?", [nil], "/a"),
      ("/a(?:/(\\d+)(?:/(\\d+))?)?", ["1", nil], "/a/1"),
    ] as [(String, [String?]?, String?)])
  func `arguments fill the groups`(_ pattern: String, _ arguments: [String?]?, _ expected: String?) throws {
    guard let arguments, let expected else {
      #expect(throws: RoutingError.self) { try PathPattern(pattern) }
      return
    }
    #expect(try PathPattern(pattern).reverse(arguments) == expected)
  }

  @Test(arguments: ["plain", "a/b", "a b", "%41", "é+", "", "\u{0}\u{7F}", "?#&="])
  func `what is reversed matches and decodes to the same`(_ argument: String) throws {
    let pattern = try PathPattern("/x/(.*)/y(?:/(.*))?")
    let path = try Array(pattern.reverse([argument, nil]).utf8)
    let captures = try #require(pattern.match(bytes: path))
    #expect(captures.decoded(0, in: path) == Array(argument.utf8))
    #expect(captures[1] == nil)
  }

  @Test func `arguments need not be UTF-8`() throws {
    #expect(try PathPattern("/(.*)").reverse(bytes: [[0xFF, 0x61]]) == "/%FFa")
  }

  @Test(
    arguments: [
      ("/(a)", []), ("/(a)", ["1", "2"]), ("/", ["1"]), ("/(a)", [nil]), ("/a(?:(b)(c))?", ["1", nil]),
    ] as [(String, [String?])])
  func `a wrong number of arguments is an error`(_ pattern: String, _ arguments: [String?]) throws {
    let pattern = try PathPattern(pattern)
    #expect(throws: RoutingError.self) { try pattern.reverse(arguments) }
    #expect { try pattern.reverse(arguments) } throws: { ($0 as? RoutingError)?.code == .wrongArgumentCount }
  }

  @Test(arguments: ["/((a)b)", "/[ab]", "/.", "/a|/b", "/(a)*", "/(?:a|b)", "/(a){2}", "/\\d+(a)"])
  func `a pattern that leaves text open is too complex`(_ pattern: String) throws {
    let pattern = try PathPattern(pattern)
    let arguments = Array(repeating: "1" as String?, count: pattern.groupCount)
    #expect { try pattern.reverse(arguments) } throws: { ($0 as? RoutingError)?.code == .tooComplex }
    #expect(throws: RoutingError.self) { try PathPattern.any.reverse([]) }
  }
}
