// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: start lines")  // HUT-024 to HUT-026
struct StartLineTests {
  static let requests: [(line: String, method: String, path: String, version: String)] = [
    ("GET /foo HTTP/1.1", "GET", "/foo", "HTTP/1.1"), ("GET / HTTP/1.0", "GET", "/", "HTTP/1.0"),
    ("OPTIONS * HTTP/1.1", "OPTIONS", "*", "HTTP/1.1"),
    ("M-SEARCH /?a=b&c HTTP/1.9", "M-SEARCH", "/?a=b&c", "HTTP/1.9"),
    ("CONNECT a:443 HTTP/1.1", "CONNECT", "a:443", "HTTP/1.1"), ("get /ä HTTP/1.1", "get", "/ä", "HTTP/1.1"),
  ]

  @Test(arguments: requests)
  func `of requests are read`(_ row: (line: String, method: String, path: String, version: String)) throws {
    let line = try RequestStartLine(parsing: row.line)
    #expect(line == RequestStartLine(method: row.method, path: row.path, version: row.version))
    #expect(line.description == row.line)
  }

  static let badRequests: [(line: String, code: HTTPInputError.Code)] = [
    ("", .invalidStartLine), ("GET", .invalidStartLine), ("GET /", .invalidStartLine),
    ("GET  / HTTP/1.1", .invalidStartLine), ("GET / HTTP/1.1 ", .invalidStartLine),
    (" GET / HTTP/1.1", .invalidStartLine), ("GET /a b HTTP/1.1", .invalidStartLine),
    ("GET / HTTP/1.1\r\n", .invalidStartLine), ("GET / http/1.1", .invalidStartLine),
    ("GET / HTTP/1", .invalidStartLine), ("GET / HTTP/11", .invalidStartLine),
    ("GET / HTTP/1.10", .invalidStartLine), ("G(T / HTTP/1.1", .invalidStartLine),
    ("GET /\u{7F} HTTP/1.1", .invalidStartLine), ("GET\t/ HTTP/1.1", .invalidStartLine),
    ("GET / HTTP/2.0", .unsupportedVersion), ("GET / HTTP/0.9", .unsupportedVersion),
  ]

  @Test(arguments: badRequests)
  func `of requests that are malformed are refused`(_ row: (line: String, code: HTTPInputError.Code)) {
    let error = #expect(throws: HTTPInputError.self) { try RequestStartLine(parsing: row.line) }
    #expect(error?.code == row.code)
  }

  static let responses: [(line: String, version: String, code: Int, reason: String)] = [
    ("HTTP/1.1 200 OK", "HTTP/1.1", 200, "OK"), ("HTTP/1.0 404 Not Found", "HTTP/1.0", 404, "Not Found"),
    ("HTTP/1.1 200 ", "HTTP/1.1", 200, ""), ("HTTP/1.1 200", "HTTP/1.1", 200, ""),
    ("HTTP/1.1 999 Größe", "HTTP/1.1", 999, "Größe"), ("HTTP/1.1 000 x  y", "HTTP/1.1", 0, "x  y"),
  ]

  @Test(arguments: responses)
  func `of answers are read`(_ row: (line: String, version: String, code: Int, reason: String)) throws {
    let line = try ResponseStartLine(parsing: row.line)
    #expect(line == ResponseStartLine(version: row.version, code: row.code, reason: row.reason))
  }

  static let badResponses: [(line: String, code: HTTPInputError.Code)] = [
    ("", .invalidStartLine), ("HTTP/1.1", .invalidStartLine), ("HTTP/1.1 20 OK", .invalidStartLine),
    ("HTTP/1.1 2000 OK", .invalidStartLine), ("HTTP/1.1 2x0 OK", .invalidStartLine),
    ("HTTP/1.1 +20 OK", .invalidStartLine), ("HTTP/1.1  200 OK", .invalidStartLine),
    ("HTTP/1.1 200 OK\r", .invalidStartLine), ("HTTP/1.1 200 O\u{0}K", .invalidStartLine),
    ("200 OK", .invalidStartLine), ("HTTP/2.0 200 OK", .unsupportedVersion),
  ]

  @Test(arguments: badResponses)
  func `of answers that are malformed are refused`(_ row: (line: String, code: HTTPInputError.Code)) {
    let error = #expect(throws: HTTPInputError.self) { try ResponseStartLine(parsing: row.line) }
    #expect(error?.code == row.code)
  }

  /// What Tornado's own tests give: the same password in two forms of Unicode.
  @Test(arguments: ["j\u{E1}n", "ja\u{301}n"])
  func `names and passwords are joined in one form`(_ name: String) {
    #expect(encodeUsernamePassword(name, "pa:\u{DF}") == Array("j\u{E1}n:pa:\u{DF}".utf8))
    #expect(encodeUsernamePassword("", "") == [0x3A])
  }
}

@Suite("httputil: HTTPHeaders from text")  // HUT-004, HUT-005
struct HeaderParsingTests {
  @Test func `lines are added one by one`() throws {
    var headers = HTTPHeaders()
    for line in ["Content-Type: text/html", "set-cookie:a=b\r\n", "Set-Cookie: \t c=d \n", "X-Empty:", ""] {
      try headers.parseLine(line)
    }
    #expect(headers["content-type"] == "text/html")
    #expect(headers.values("Set-Cookie") == ["a=b", "c=d"])
    #expect(headers["X-Empty"] == "")
    #expect(headers.map(\.name) == ["Content-Type", "Set-Cookie", "Set-Cookie", "X-Empty"])
  }

  @Test(arguments: [
    "no colon", " a: b", "\ta: b", ": b", "a : b", "a b: c", "a: b\rc", "a: b\u{0}", "a: b\u{B}c", "ä: b",
    "a: b\u{1B}",
    "a: b\nc: d",
  ])
  func `what is no field is refused`(_ line: String) {
    var headers = HTTPHeaders()
    let error = #expect(throws: HTTPInputError.self) { try headers.parseLine(line) }
    #expect(error?.code == .invalidHeader)
    #expect(Array(headers).isEmpty)
  }

  @Test func `a block is taken apart`() throws {
    let headers = try HTTPHeaders(parsing: "Content-Type: text/html\r\nContent-Length: 42\r\n\r\n")
    #expect(headers.map { "\($0.name)=\($0.value)" } == ["Content-Type=text/html", "Content-Length=42"])
    #expect(Array(try HTTPHeaders(parsing: "")).isEmpty)
    let mixed = try HTTPHeaders(parsing: "CRLF: crlf\r\nLF: lf\nLast: x")
    #expect(mixed.map(\.value) == ["crlf", "lf", "x"])
  }

  /// Tornado's HTTPHeadersTest.test_multi_line.
  @Test func `lines that go on are joined`() throws {
    let headers = try HTTPHeaders(
      parsing: "Foo: bar\n baz\nAsdf: qwer\n\tzxcv\nFoo: even\n     more\n     lines\n")
    #expect(headers["asdf"] == "qwer zxcv")
    #expect(headers.values("Foo") == ["bar baz", "even more lines"])
    #expect(throws: HTTPInputError.self) { try HTTPHeaders(parsing: " Foo: bar\n") }
  }

  /// Tornado's HTTPHeadersTest.test_unicode_newlines: only CR and LF end lines.
  @Test(arguments: ["\u{85}", "\u{2028}", "\u{2029}"])
  func `other ends of lines are a part of the value`(_ newline: String) throws {
    let headers = try HTTPHeaders(parsing: "Cookie: foo=\"bar\(newline)baz\"")
    #expect(headers["Cookie"] == "foo=\"bar\(newline)baz\"")
    #expect(Array(headers).count == 1)
  }

  @Test func `many lines that go on take no long time`() throws {
    let text = "A: b\n" + String(repeating: " c\n", count: 20_000)
    #expect(try HTTPHeaders(parsing: text)["A"]?.utf8.count == 40_001)
  }
}
