// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Testing

@Suite("routing: path patterns")
struct PathPatternTests {
  /// A line of `PatternVectors`.
  struct Vector: Sendable, CustomTestStringConvertible {
    let pattern: String
    let path: String
    let expected: String

    init?(_ line: Substring) {
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard cells.count == 3 else { return nil }
      pattern = String(cells[0])
      path = String(
        cells[1].split(separator: "<TAB>", omittingEmptySubsequences: false).joined(separator: "\t"))
      expected = String(cells[2])
    }

    var testDescription: String { "\(pattern) on \(path)" }
  }

  static let vectors =
    (PatternVectors.byHand.split(separator: "\n") + PatternVectors.random.split(separator: "\n"))
    .map(Vector.init)

  static func describe(_ pattern: PathPattern, _ path: String) -> String {
    guard let captures = pattern.match(bytes: Array(path.utf8)) else { return "-" }
    let groups = (0..<captures.count).map {
      captures[$0].map { "\($0.lowerBound)-\($0.upperBound)" } ?? "nil"
    }
    return (["+"] + groups).joined(separator: " ")
  }

  @Test(arguments: vectors)
  func `matches what Python matches, with the same groups`(_ vector: Vector?) throws {
    let vector = try #require(vector)
    #expect(Self.describe(try PathPattern(vector.pattern), vector.path) == vector.expected)
  }

  @Test(arguments: [
    ("/a|/b", "/ab"), ("/a|/b", "/a/b"), (#"/a\$"#, "/a$x"), ("/a$", "/a\n"), ("/a", "/a\n"), ("/A", "/a"),
    (#"/\d"#, "/\u{0661}"), (#"/\w"#, "/\u{E9}"),
  ])
  func `is anchored at both ends and knows ASCII only`(_ pattern: String, _ path: String) throws {
    #expect(try PathPattern(pattern).match(bytes: Array(path.utf8)) == nil)
  }

  @Test(arguments: [
    "(a*)*b", "(a|a)*$", "(.*)*x", "(a|aa)+b", "(.*)(.*)(.*)(.*)x", "(?:.*a){8}b", ".*?(?:aa)*c", ".*[^/]*/",
    "(a?){50}b",
    "(?:a|[^/]*/)*", "((a*)*)*b", ".*a{3,}?b", "(a{0,5}a){0,5}b",
  ])
  func `finishes at once on paths made to be slow`(_ pattern: String) throws {
    let pattern = try PathPattern(pattern)
    let path = Array(repeating: UInt8(ascii: "a"), count: 10_000)
    let time = ContinuousClock().measure { _ = pattern.match(bytes: path) }
    #expect(time < .seconds(5))
  }

  @Test func `a long path that matches keeps its groups`() throws {
    let path = Array(repeating: UInt8(ascii: "a"), count: 100_000) + Array("b".utf8)
    let captures = try #require(PathPattern("(a|b)*?((?:a|b)+)").match(bytes: path))
    #expect(captures[0] == nil)
    #expect(captures[1] == 0..<100_001)
  }

  @Test func `a quantifier applies to a whole character`() throws {
    #expect(try PathPattern("/caf\u{E9}?").match(bytes: Array("/caf".utf8)) != nil)
    #expect(try PathPattern("/caf\u{E9}+").match(bytes: Array("/caf\u{E9}\u{E9}".utf8)) != nil)
  }

  @Test func `more than eight groups work`() throws {
    let pattern = try PathPattern(String(repeating: "/(.)", count: 12) + "(x)?")
    let captures = try #require(pattern.match(bytes: Array("/a/b/c/d/e/f/g/h/i/j/k/l".utf8)))
    #expect((0..<13).map { captures[$0] } == (0..<12).map { 2 * $0 + 1..<2 * $0 + 2 } + [nil])
  }

  @Test func `groups have names or places`() throws {
    let named = try PathPattern("/(?P<year>\\d+)/(?<slug>.*)")
    #expect(named.groupNames == ["year", "slug"])
    #expect(named.groupIndex(named: "slug") == 1)
    #expect(named.groupIndex(named: "month") == nil)
    #expect(try PathPattern("/(a)").groupNames.isEmpty)
  }

  @Test(arguments: [
    ("/a%2Fb", "a/b"), ("/a+b", "a+b"), ("/%", "%"), ("/%4", "%4"), ("/%4g", "%4g"), ("/%41%42c", "ABc"),
    ("/%%41", "%A"),
    ("/", ""),
  ])
  func `captured text is percent-decoded, a plus sign is not special`(_ path: String, _ expected: String)
    throws
  {
    let path = Array(path.utf8)
    let captures = try #require(PathPattern("/(.*)").match(bytes: path))
    #expect(captures.decoded(0, in: path) == Array(expected.utf8))
  }

  @Test func `decoding looks at the captured bytes only`() throws {
    let path = Array("/%4/1%FF".utf8)
    let captures = try #require(PathPattern("/(..)(/)1(...)(x)?").match(bytes: path))
    #expect(captures.decoded(0, in: path) == Array("%4".utf8))
    #expect(captures.decoded(2, in: path) == [0xFF])
    #expect(captures.decoded(3, in: path) == nil)
  }

  @Test func `any matches every path`() {
    #expect(PathPattern.any.match(bytes: [])?.count == 0)
    #expect(PathPattern.any.match(bytes: [0, 10, 255])?.count == 0)
  }

  @Test(arguments: [
    ("example.com", true), ("WWW.Example.COM", true), ("example.com.evil.net", false), ("examplexcom", false),
  ])
  func `a host name must match as a whole, in either case`(_ host: String, _ expected: Bool) throws {
    let pattern = try HostPattern(#"example\.com|(?:www|api)\.example\.com"#)
    #expect(pattern.matches(bytes: Array(host.utf8)) == expected)
  }
}
