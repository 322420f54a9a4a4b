// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Testing

@Suite("routing: route table")
struct RouteTableTests {
  static func table(_ patterns: [String]) throws -> RouteTable<String> {
    RouteTable(try patterns.map { (try PathPattern($0), $0) })
  }

  /// What trying one route after the other finds.
  static func slowly(_ table: RouteTable<String>, _ path: [UInt8], from start: Int) -> (Int, [Range<Int>?])? {
    for index in start..<max(start, table.routes.count) {
      guard let captures = table.routes[index].pattern.match(bytes: path) else { continue }
      return (index, (0..<captures.count).map { captures[$0] })
    }
    return nil
  }

  static let overlapping = [
    "/a/b", "/a/([^/]+)", "/a/(.*)", "/a/b/(c|d)", "/(\\w+)/b", "/a/b", "/a/b?", "/(?:a|b)/(.*)",
    "/a(?:/(b))?", "/a",
    "/([^/]+)/([^/]+)", "/([^/]+)/([^/]+)/x", "/([^/]+)/(\\d+)", "/a/?", "(.*)", "/a/(b)", "/a/(b*)/x", "/",
    "",
    "/(.*)/(.*)", "/(a)(/)(b)", "/a/[bc]{2}", "/a/[bc]{1,3}/?", "(/a/b)+", "/a/b$|/c", "/abc", "/ab",
    "/abd/(x)",
  ]

  static let paths = [
    "", "/", "/a", "/a/", "/a/b", "/a/c", "/a/b/c", "/a/b/d", "/a/bb", "/a/bc/", "/b/x", "/c", "/c/b", "/c/1",
    "/c/1/x",
    "/a/b/a/b", "/abc", "/ab", "/abd/x", "/abd/", "/a/b/x", "/a//x", "zzz", "/a/bbb/x",
  ]

  @Test(arguments: paths, [overlapping, overlapping.reversed(), overlapping.sorted()])
  func `finds every match in order, as trying one after the other does`(_ path: String, _ patterns: [String])
    throws
  {
    let table = try Self.table(patterns)
    let path = Array(path.utf8)
    for start in 0...patterns.count {
      let match = table.firstMatch(bytes: path, startingAt: start)
      let expected = Self.slowly(table, path, from: start)
      #expect(match?.index == expected?.0)
      #expect(match?.target == expected.map { patterns[$0.0] })
      #expect(match.map { match in (0..<match.captures.count).map { match.captures[$0] } } == expected?.1)
    }
  }

  @Test func `finds each of a thousand routes`() throws {
    let patterns = (0..<1000).map {
      ["/r\($0)", "/r\($0)/(\\d+)", "/x/([^/]+)/y\($0)", "/(?:a|b)\($0)"][$0 % 4]
    }
    let table = try Self.table(patterns)
    for index in 0..<1000 {
      let path = Array(["/r\(index)", "/r\(index)/42", "/x/é/y\(index)", "/b\(index)"][index % 4].utf8)
      #expect(table.firstMatch(bytes: path)?.index == index)
    }
    #expect(table.firstMatch(bytes: Array("/r1000".utf8)) == nil)
  }

  @Test func `an empty table and a start beyond the end find nothing`() throws {
    let path = Array("/".utf8)
    #expect(RouteTable<Int>().firstMatch(bytes: path) == nil)
    let table = RouteTable([(PathPattern.any, 1)])
    #expect(table.firstMatch(bytes: path, startingAt: 1) == nil)
    #expect(table.firstMatch(bytes: path, startingAt: .max) == nil)
    #expect(table.firstMatch(bytes: path, startingAt: -1)?.target == 1)
  }

  @Test func `routes can be put in anywhere`() throws {
    var table = RouteTable([(try PathPattern("/a"), 1), (PathPattern.any, 2)])
    table.insert([(try PathPattern("/(b)"), 3)], at: 1)
    table.insert([(try PathPattern("/b"), 4)])
    #expect(table.routes.map(\.target) == [1, 3, 2, 4])
    #expect(table.firstMatch(bytes: Array("/b".utf8))?.target == 3)
    #expect(table.firstMatch(bytes: Array("/b".utf8), startingAt: 2)?.target == 2)
  }

  @Test func `a pattern with many groups and spans is found with all of them`() throws {
    let pattern = String(repeating: "/([^/]+)", count: 20)
    let table = try Self.table(["/1/2", pattern, ".*"])
    let path = Array((0..<20).map { "/\($0)" }.joined().utf8)
    let match = try #require(table.firstMatch(bytes: path))
    #expect(match.index == 1)
    #expect(
      (0..<20).map { match.captures.decoded($0, in: path) } == (0..<20).map { Array("\($0)".utf8) })
  }
}
