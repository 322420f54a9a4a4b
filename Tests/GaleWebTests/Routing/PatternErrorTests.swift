// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Testing

@Suite("routing: errors in patterns")
struct PatternErrorTests {
  @Test(arguments: [
    ("/(a", 1), ("/a)", 2), ("/[a", 1), ("/[]", 1), ("/[a-", 1), ("/*", nil), ("*", 0), ("/a**", 3),
    ("/a{2}{3}", 5),
    ("/a{3,2}", 2), ("{2}", 0), ("/^*", 2), (#"/\q"#, 1), ("/\\", 1), (#"/\x4"#, 1), ("/[z-a]", 2),
    (#"/[\d-x]"#, 2),
    ("/(?P<a>x)(?P<a>y)", 9), ("/(?P<>x)", 5), ("/(?P<1>x)", 5), ("/(?P<a", 5), ("/(?Px)", 1), ("/(?", 3),
    ("/(?z)", 1),
    ("/(?P<é-b>x)", 5),
  ])
  func `bad syntax is refused where Python refuses it`(_ pattern: String, _ position: Int?) {
    guard let position else {
      #expect(throws: Never.self) { try PathPattern(pattern) }
      return
    }
    let error = #expect(throws: RoutingError.self) { try PathPattern(pattern) }
    #expect(error?.code == .invalidSyntax)
    #expect(error?.position == position)
    #expect(error?.pattern == pattern)
  }

  @Test(arguments: [
    (#"/\bx"#, 1), (#"/(a)\1"#, 4), ("/(?P<a>x)(?P=a)", 9), ("/(?=a)", 1), ("/(?!a)", 1), ("/(?<=a)", 1),
    ("/(?<!a)", 1),
    ("/(?i)a", 1), ("/(?#a)", 1), ("/(?>a)", 1), ("/(?(1)a)", 1), ("/a++", 3), (#"/\u0041"#, 1),
    (#"/\012"#, 1),
    ("/[é]", 2),
  ])
  func `what Python knows and we do not is named`(_ pattern: String, _ position: Int) {
    let error = #expect(throws: RoutingError.self) { try PathPattern(pattern) }
    #expect(error?.code == .unsupportedSyntax)
    #expect(error?.position == position)
  }

  @Test func `named and positional groups do not mix`() {
    let error = #expect(throws: RoutingError.self) { try PathPattern("/(?P<a>x)/(y)") }
    #expect(error?.code == .mixedGroups)
    #expect(error?.position == 10)
    #expect(error?.description.contains("all named or all positional at position 10") == true)
  }

  @Test(arguments: [
    "/a{1001}", "/(?:(?:a{100}b){100}c){100}",
    String(repeating: "(?:", count: 60) + String(repeating: ")", count: 60),
    String(repeating: "(a)", count: 101), "/a{99999999999999999999}",
  ])
  func `what would grow too large is refused`(_ pattern: String) {
    #expect(throws: RoutingError.self) { try PathPattern(pattern) }
    #expect((try? PathPattern(pattern)) == nil)
  }

  @Test func `a host pattern reports the same errors`() {
    let error = #expect(throws: RoutingError.self) { try HostPattern("(") }
    #expect(error?.code == .invalidSyntax)
  }
}
