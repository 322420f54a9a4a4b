// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: statuses, tags, URLs, types")
struct SmallValuesTests {
  @Test(arguments: [
    (200, "OK"), (404, "Not Found"), (418, "I'm a Teapot"), (299, "Unknown"), (-1, "Unknown"),
  ])
  func `a status has its phrase`(_ code: Int, _ reason: String) {
    #expect(HTTPStatus(code).reason == reason)
    #expect(HTTPStatus(code).description == "\(code) \(reason)")
  }

  @Test(arguments: [(100, true), (101, true), (200, false), (204, true), (304, true), (404, false)])
  func `some statuses have no body`(_ code: Int, _ forbidsBody: Bool) {
    #expect(HTTPStatus(code).forbidsBody == forbidsBody)
  }

  @Test(arguments: [
    ("Fine", "Fine"), ("a\tb é", "a\tb é"), ("", "Unknown"), ("x\r\nInjected: y", "Unknown"),
    ("<script>", "Unknown"),
    ("a\u{7F}", "Unknown"), ("한", "Unknown"), ("\0", "Unknown"),
  ])
  func `an unsafe phrase is not sent`(_ reason: String, _ expected: String) {
    #expect(HTTPStatus.safeReason(reason) == expected)
  }

  @Test(arguments: [
    ("\"a\"", true), ("W/\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), (" *", true),
    ("\"b\", *", false),
    ("\"b\"", false), ("", false), ("a", false), ("\"a", false), ("\"A\"", false), ("\"b\",\"a\"", true),
    ("\"\"", false),
    ("x \"a\" y", true),
  ])
  func `If-None-Match compares weakly`(_ field: String, _ expected: Bool) {
    #expect(ETag.matches("\"a\"", ifNoneMatch: field) == expected)
    #expect(ETag.matches("W/\"a\"", ifNoneMatch: field) == expected)
    #expect(!ETag.matches("", ifNoneMatch: field))
  }

  @Test(
    arguments: [
      ("http://x/foo?a=b", [("c", "d"), ("c", "é")], "http://x/foo?a=b&c=d&c=%C3%A9"),
      ("http://x/foo#f", [("a", "1")], "http://x/foo?a=1#f"),
      ("http://x/foo?a&b=#f?x", [("y", "/y"), ("z", "z z")], "http://x/foo?a=&b=&y=%2Fy&z=z+z#f?x"),
      ("http://x/foo?", [], "http://x/foo"), ("", [("a", "b")], "?a=b"), ("/p?q=%FF", [], "/p?q=%FF"),
    ] as [(String, [(String, String)], String)])
  func `arguments are added to a URL`(_ url: String, _ arguments: [(String, String)], _ expected: String) {
    #expect(urlConcat(url, arguments) == expected)
  }

  @Test(arguments: [
    ("/", true), ("/next?a=b#c", true), ("/a//b", true), ("/a\\b", true), ("", false), ("next", false),
    ("//evil", false),
    ("/\\evil", false), ("/\t/evil", false), ("/\n", false), ("/a\u{7F}", false), ("https://evil", false),
    ("\\\\evil", false),
    (" /a", false), ("////evil", false),
  ])
  func `redirects stay on the host`(_ target: String, _ expected: Bool) {
    #expect(isLocalRedirectTarget(target) == expected)
  }

  @Test(arguments: [
    ("/a/index.html", "text/html"), ("A.JS", "text/javascript"), ("x.tar.gz", "application/gzip"),
    ("x.tgz", "application/gzip"), ("x.css.br", "application/octet-stream"), ("x.gz", "application/gzip"),
    ("x.Z", "application/octet-stream"), ("x.bz2", "application/octet-stream"),
    ("noending", "application/octet-stream"),
    (".html", "application/octet-stream"), ("a.b/c", "application/octet-stream"), ("x.woff2", "font/woff2"),
    ("x." + String(repeating: "y", count: 9000), "application/octet-stream"),
    ("", "application/octet-stream"),
    ("..png", "application/octet-stream"), ("x.png", "image/png"), ("x.png/", "application/octet-stream"),
    (".gz", "application/octet-stream"), ("x.", "application/octet-stream"),
  ])
  func `a file's name tells its type`(_ path: String, _ expected: String) {
    #expect(MIMEType.contentType(forPath: path) == expected)
  }

  @Test func `compression and content are told apart`() {
    #expect(MIMEType.guess("a.tgz") == ("application/x-tar", "gzip"))
    #expect(MIMEType.guess("a.txt.xz") == ("text/plain", "xz"))
    #expect(MIMEType.guess("a.unknown") == (nil, nil))
  }
}
