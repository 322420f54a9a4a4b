// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: cookies of a request")
struct CookieTests {
  @Test(
    arguments: [
      ("", [:]),
      (#"a=b; c; d="q\054x"; =y; é=1"#, ["a": "b", "": "y", "d": "q,x", "é": "1"]),
      ("a=b; a=c", ["a": "c"]),
      ("a=b=c;d = e ;", ["a": "b=c", "d": "e"]),
      (";;; ;", [:]),
      (#"ga="x; _xsrf=evil; y""#, ["ga": "\"x", "_xsrf": "evil", "": "y\""]),
      ("a=b[; _xsrf=evil", ["a": "b[", "_xsrf": "evil"]),
      (#"a="\"\\\x\377\400\08""#, ["a": "\"\\xÿ40008"]),
      (#"a="""#, ["a": ""]), (#"a=""#, ["a": "\""]), (#"a="\""#, ["a": "\\"]), (#"a="\05""#, ["a": "05"]),
      ("chips=ahoy; vienna=finger", ["chips": "ahoy", "vienna": "finger"]),
      ("foo=bar; domain=x; path=/", ["foo": "bar", "domain": "x", "path": "/"]),
      ("$Version=1; a b=c", ["$Version": "1", "a b": "c"]),
    ] as [(String, [String: String])])
  func `cookies are split as browsers do`(_ field: String, _ expected: [String: String]) {
    let cookies = Cookies(parsing: field)
    #expect(cookies.dictionary == expected)
    for (name, value) in expected { #expect(cookies[name] == value) }
    #expect(cookies["none"] == nil)
  }

  @Test func `bytes that are not UTF-8 are Latin-1`() {
    let cookies = Cookies(parsing: ([0x61, 0x3D, 0xE9] as [UInt8]).span)
    #expect(cookies["a"] == "é")
  }

  @Test func `long rows of escapes are no work`() {
    let cookies = Cookies(parsing: "a=\"" + String(repeating: #"\073"#, count: 50_000) + "\"")
    #expect(cookies["a"]?.utf8.count == 50_000)
    #expect(Cookies(parsing: "a=\"" + String(repeating: "\\", count: 100_001) + "\"").entries.count == 1)
    #expect(Cookies(parsing: String(repeating: "a=b;", count: 10_000)).entries.count == 10_000)
  }
}

@Suite("web: set_cookie")
struct SetCookieTests {
  @Test func `all attributes in Python's order`() throws {
    let cookie = SetCookie(
      "n", "a=b;c,\"d\"é\u{7F}", domain: "x.org", expires: HTTPDate(unixSeconds: 1_767_225_600), maxAge: 5,
      isSecure: true, isHTTPOnly: true, sameSite: .lax)
    #expect(
      try cookie.headerValue() == #"n="a=b\073c\054\"d\"\351\177"; Domain=x.org; "#
        + "expires=Thu, 01 Jan 2026 00:00:00 GMT; HttpOnly; Max-Age=5; Path=/; SameSite=Lax; Secure")
  }

  @Test(arguments: [
    ("ab/c", #""ab/c""#), ("a@b", #""a@b""#), ("", #""""#), ("한", "\"한\""), ("abc:~", "abc:~"),
    ("a\\b", #""a\\b""#), ("2|1:0", "2|1:0"), ("dg==", #""dg==""#),
  ])
  func `values are quoted as needed and read back`(_ value: String, _ expected: String) throws {
    let field = try SetCookie("n", value).headerValue()
    #expect(field == "n=" + expected + "; Path=/")
    #expect(Cookies(parsing: field)["n"] == value)
  }

  @Test func `no attribute is sent that is not set`() throws {
    #expect(try SetCookie("n", "v", path: nil).headerValue() == "n=v")
    let cookie = SetCookie("n", "v", path: "/a", maxAge: 0, sameSite: .unrestricted, isPartitioned: true)
    #expect(try cookie.headerValue() == "n=v; Max-Age=0; Partitioned; Path=/a; SameSite=None")
  }

  @Test(arguments: [
    (SetCookie("", "v"), "name"), (SetCookie("a b", "v"), "name"), (SetCookie("a=b", "v"), "name"),
    (SetCookie("a;b", "v"), "name"), (SetCookie("é", "v"), "name"), (SetCookie("a\u{7F}", "v"), "name"),
    (SetCookie("n", "a b"), "value"), (SetCookie("n", "a\r\nSet-Cookie:x"), "value"),
    (SetCookie("n", "\0"), "value"),
    (SetCookie("n", "v", domain: "evil.com; Secure; Path=/x"), "domain"),
    (SetCookie("n", "v", domain: "a\u{7F}"), "domain"), (SetCookie("n", "v", domain: "a\n"), "domain"),
    (SetCookie("n", "v", path: "/; Domain=evil.com"), "path"), (SetCookie("n", "v", path: "/;"), "path"),
    (SetCookie("n", "v", path: "/\t"), "path"),
  ])
  func `nothing becomes another attribute`(_ cookie: SetCookie, _ attribute: String) {
    let error = #expect(throws: CookieError.self) { try cookie.headerValue() }
    #expect(error?.attribute == attribute)
  }

  @Test func `name, domain and path tell cookies apart`() {
    #expect(SetCookie("n", "1").identity == SetCookie("n", "2", maxAge: 1).identity)
    #expect(SetCookie("n", "1").identity != SetCookie("n", "1", path: "/a").identity)
    #expect(SetCookie("n", "1").identity != SetCookie("n", "1", domain: "a.org").identity)
  }
}
