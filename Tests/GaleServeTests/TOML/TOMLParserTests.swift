// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleServe

/// A value as text, for comparisons: types, order and lines count.
private func show(_ node: TOMLNode) -> String {
  switch node.value {
  case .string(let text): "s:\(text)"
  case .integer(let number): "i:\(number)"
  case .float(let number): "f:\(number)"
  case .boolean(let flag): "b:\(flag)"
  case .time(let text): "t:\(text)"
  case .array(let items): "[\(items.map(show).joined(separator: ","))]"
  case .table(let table): show(table)
  case .tables(let tables): "[[\(tables.map(show).joined(separator: ","))]]"
  }
}

private func show(_ table: TOMLTable) -> String {
  "{\(table.names.map { name in "\(name)=\(table[name].map { show($0) } ?? "?")" }.joined(separator: ","))}"
}

@Suite("serve: TOML")
struct TOMLParserTests {
  @Test(
    "is read",
    arguments: [
      ("", "{}"), ("# only this", "{}"), ("a = 1", "{a=i:1}"), ("a=1\r\nb=2\r\n", "{a=i:1,b=i:2}"),
      ("\u{FEFF}a = 1", "{a=i:1}"), ("a = -17 # why", "{a=i:-17}"), ("a = +1_000", "{a=i:1000}"),
      ("a = 0xDEAD_beef", "{a=i:3735928559}"), ("a = 0o755", "{a=i:493}"), ("a = 0b11", "{a=i:3}"),
      ("a = 0", "{a=i:0}"),
      ("a = 1.5", "{a=f:1.5}"), ("a = -0.01", "{a=f:-0.01}"), ("a = 5e+2", "{a=f:500.0}"),
      ("a = 1E2", "{a=f:100.0}"),
      ("a = 6.626e-34", "{a=f:6.626e-34}"), ("a = inf", "{a=f:inf}"), ("a = -inf", "{a=f:-inf}"),
      ("a = nan", "{a=f:nan}"),
      ("a = true\nb = false", "{a=b:true,b=b:false}"), ("a = \"x\"", "{a=s:x}"),
      ("a = 'C:\\n'", "{a=s:C:\\n}"),
      ("a = \"\\t\\\"\\\\\\u00e9\\U0001F600\"", "{a=s:\t\"\\é😀}"), ("a = \"\"", "{a=s:}"),
      ("a = \"\"\"\nx\n  y\"\"\"", "{a=s:x\n  y}"), ("a = \"\"\"x \\\n\n   y\"\"\"", "{a=s:x y}"),
      ("a = \"\"\"\"x\"\"\"\"\"", "{a=s:\"x\"\"}"), ("a = '''\nit's'''", "{a=s:it's}"),
      ("a = \"\"\"\"\"\"", "{a=s:}"),
      ("a = \"\"\"one\r\ntwo\"\"\"", "{a=s:one\ntwo}"),
      ("a = [1, 2,]", "{a=[i:1,i:2]}"), ("a = [\n 1, # one\n 2\n]\nb = 3", "{a=[i:1,i:2],b=i:3}"),
      ("a = []", "{a=[]}"),
      ("a = [[1], ['x']]", "{a=[[i:1],[s:x]]}"), ("a = {b = 1, c.d = 2}", "{a={b=i:1,c={d=i:2}}}"),
      ("a = {}", "{a={}}"),
      ("a.b.c = 1\na.b.d = 2", "{a={b={c=i:1,d=i:2}}}"), ("\"a.b\" = 1", "{a.b=i:1}"), ("'' = 1", "{=i:1}"),
      ("a . b = 1", "{a={b=i:1}}"), ("1 = 2", "{1=i:2}"), ("a-b_C = 1", "{a-b_C=i:1}"),
      ("[a]\nb = 1\n[c.d]\ne = 2", "{a={b=i:1},c={d={e=i:2}}}"),
      ("[a.b]\nx=1\n[a]\ny=2", "{a={b={x=i:1},y=i:2}}"),
      ("[ a . \"b\" ] # x\n", "{a={b={}}}"),
      ("[[a]]\nb=1\n[[a]]\nb=2", "{a=[[{b=i:1},{b=i:2}]]}"),
      ("[[a]]\n[a.b]\nc=1\n[[a]]\n", "{a=[[{b={c=i:1}},{}]]}"),
      ("[a]\nb.c=1\n[a.d]\ne=1", "{a={b={c=i:1},d={e=i:1}}}"),
      ("[a]\nb.c=1\n[a.b.d]\ne=1", "{a={b={c=i:1,d={e=i:1}}}}"),
      ("a = 1979-05-27T07:32:00Z", "{a=t:1979-05-27T07:32:00Z}"), ("a = 1979-05-27", "{a=t:1979-05-27}"),
      ("a = 1979-05-27 07:32:00.5+01:00", "{a=t:1979-05-27 07:32:00.5+01:00}"),
      ("a = 07:32:00", "{a=t:07:32:00}"),
    ])
  func reading(_ text: String, _ expected: String) throws {
    #expect(show(try TOMLParser.parse(text)) == expected)
  }

  @Test(
    "that is none is refused, with its line",
    arguments: [
      ("a", 1), ("a =", 1), ("= 1", 1), ("a = 1 b = 2", 1), ("a = 1\na = 2", 2), ("\n\na = x", 3),
      ("a = 'x", 1),
      ("a = \"x\ny\"", 1), ("a = \"\\q\"", 1), ("a = \"\\ud800\"", 1), ("a = \"\\u12\"", 1),
      ("a = \"\u{1}\"", 1),
      ("a = [1 2]", 1), ("a = [1", 1), ("a = [\n1,\n", 3), ("a = {b = 1,}", 1), ("a = {b = 1\n}", 1),
      ("a = {b=1", 1),
      ("a = 01", 1), ("a = 1__0", 1), ("a = _1", 1), ("a = 1_", 1), ("a = 0x", 1), ("a = 0x_1", 1),
      ("a = +0x1", 1), ("a = 1.", 1),
      ("a = .5", 1), ("a = 1e", 1), ("a = 99999999999999999999", 1), ("a = True", 1), ("a = 1979-5-27", 1),
      ("a = 1979-05-27T", 1), ("a = 07:32", 1), ("[a", 1), ("[]", 1), ("[a]\n[a]", 2), ("[a]]", 1),
      ("[[a]", 1),
      ("[[a]]\n[a]", 2), ("[a]\n[[a]]", 2), ("a = 1\n[a]", 2), ("a = 1\n[a.b]", 2), ("a = {}\na.b = 1", 2),
      ("a = {}\n[a.b]", 2),
      ("a = []\n[[a]]", 2), ("[a]\nb.c=1\n[a.b]", 3), ("a.b = 1\na = 2", 2), ("a = 1\na.b = 2", 2),
      ("[a.b.c]\nz=9\n[a]\nb.c.t=1", 4), ("a = \"\"\"x\"\"\"\"\"\"", 1), ("\"\"\"a\"\"\" = 1", 1),
      ("a = 1 # \u{7}", 1),
      ("a b = 1", 1), ("a. = 1", 1), ("[a.]", 1), ("a = \"x\" \"y\"", 1), ("a = {b=1, b=2}", 1),
    ])
  func refusal(_ text: String, _ line: Int) {
    let error = #expect(throws: TOMLError.self) { try TOMLParser.parse(text) }
    #expect(error?.line == line, "\(error?.message ?? "")")
  }

  @Test("that is too deep is refused")
  func depth() {
    #expect(throws: TOMLError.self) {
      try TOMLParser.parse("a = " + String(repeating: "[", count: 100_000))
    }
  }

  @Test("has lines, and an order")
  func lines() throws {
    let table = try TOMLParser.parse(
      "b = 1\n\n# x\na = [\n  1,\n  2,\n]\n[[m]]\nc = \"\"\"\n\n\"\"\"\nd = 1\n")
    #expect(table.names == ["b", "a", "m"])
    #expect(table["a"]?.line == 4)
    guard case .array(let items)? = table["a"]?.value, case .tables(let tables)? = table["m"]?.value else {
      Issue.record("no list")
      return
    }
    #expect(items.map(\.line) == [5, 6])
    #expect(tables.first?.line == 8)
    #expect(tables.first?["d"]?.line == 12)
  }
}
