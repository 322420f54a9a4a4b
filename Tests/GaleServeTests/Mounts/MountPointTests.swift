// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleServe

@Suite("serve: places")
struct MountPointTests {
  @Test(
    "are read",
    arguments: [
      ("/", nil, "", "/"), ("/shop", nil, "/shop", "/shop"), ("/shop/", nil, "/shop", "/shop"),
      ("/a/b", nil, "/a/b", "/a/b"), ("api.example.com/", "api.example.com", "", "api.example.com/"),
      ("API.Example.com/v1", "api.example.com", "/v1", "api.example.com/v1"),
      ("*.example.com/", "*.example.com", "", "*.example.com/"), ("[::1]/x", "[::1]", "/x", "[::1]/x"),
    ] as [(String, String?, String, String)])
  func reading(_ text: String, _ host: String?, _ path: String, _ description: String) throws {
    let point = try MountPoint(text)
    #expect(point.host == host)
    #expect(point.path == path)
    #expect(point.description == description)
  }

  @Test(
    "that no request leads to are refused",
    arguments: [
      "shop", "", "//", "/a//b", "/a/../b", "/./a", "/a?b", "/a#b", "/a\u{7}", "host:80/", "a b/", "*/",
      "a.*.b/", ".com/",
    ])
  func refusal(_ text: String) {
    let error = #expect(throws: ServeError.self) { try MountPoint(text) }
    #expect(error?.code == .setting)
  }

  @Test(
    "take a path as it was sent",
    arguments: [
      ("/", "/", 0), ("/", "/a", 0), ("/shop", "/shop", 5), ("/shop", "/shop/", 5),
      ("/shop", "/shop/cart", 5),
      ("/shop", "/shopping", nil), ("/shop", "/sho", nil), ("/shop", "/sh%6Fp/x", 7), ("/shop", "/sh%6fp", 7),
      ("/shop", "/shop%2Fx", nil), ("/a/b", "/a%2Fb", nil), ("/shop", "/shop%", nil), ("/shop", "/sh%6", nil),
      ("/grün", "/gr%C3%BCn/x", 10), ("/shop", "*", nil), ("/shop", "/Shop", nil),
    ] as [(String, String, Int?)])
  func paths(_ point: String, _ path: String, _ count: Int?) throws {
    let bytes = Array(path.utf8)
    #expect(try MountPoint(point).prefixCount(of: bytes.span) == count)
  }

  @Test(
    "take hosts",
    arguments: [
      ("/", "a.example", true), ("a.example/", "a.example", true), ("a.example/", "a.example.", true),
      ("a.example/", "b.a.example", false), ("a.example/", "", false),
      ("*.example.com/", "a.example.com", true),
      ("*.example.com/", "a.b.example.com", true), ("*.example.com/", "example.com", false),
      ("*.example.com/", "badexample.com", false), ("*.example.com/", ".example.com", false),
    ])
  func hosts(_ point: String, _ host: String, _ takes: Bool) throws {
    #expect(try MountPoint(point).takes(host) == takes)
  }

  private func table(_ points: [String]) throws -> MountTable<String> {
    MountTable(try points.map { (point: try MountPoint($0), target: $0) })
  }

  @Test(
    "are asked for the most exact one",
    arguments: [
      ("/shop/cart/1", "x", "/shop/cart"), ("/shop/car", "x", "/shop"), ("/other", "x", "/"),
      ("/shop", "a.example.com", "a.example.com/"), ("/v1", "b.example.com", "*.example.com/v1"),
      ("/v2", "b.example.com", "/"), ("/v1", "c.deep.example.com", "*.deep.example.com/"),
    ])
  func order(_ path: String, _ host: String, _ expected: String) throws {
    let points = [
      "/", "/shop", "/shop/cart", "a.example.com/", "*.example.com/v1", "*.deep.example.com/",
    ]
    for points in [points, points.reversed()] {
      let bytes = Array(path.utf8)
      #expect(try table(points).find(bytes.span) { host }?.target == expected)
    }
  }

  @Test("do not ask for the host when none has one")
  func lazyHost() throws {
    let bytes = Array("/shop".utf8)
    let found = try table(["/shop"]).find(bytes.span) {
      Issue.record("asked")
      return ""
    }
    #expect(found?.prefixCount == 5)
    let other = Array("/".utf8)
    #expect(try table(["/shop"]).find(other.span) { "" } == nil)
  }
}
