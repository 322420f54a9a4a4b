// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import GaleWire
import Testing

private final class ExtraHandler: StaticFileHandler {
  override func setExtraHeaders(_ path: String) throws { try setHeader("X-Path", path) }
  override func cacheTime(_ path: String) throws -> Int { 60 }
}

extension StaticFileTests {
  // MARK: - Caching

  @Test func `a version in the URL lets browsers keep the file for ten years`() throws {
    try serving(files.routes()) { server in
      let response = try await server.fetch("GET", "/static/letters.txt?v=1")
      #expect(response["Cache-Control"] == "max-age=315360000")
      let expires = try #require(response["Expires"].flatMap { HTTPDate(parsing: $0) })
      let now = try #require(response["Date"].flatMap { HTTPDate(parsing: $0) })
      #expect((315_359_990...315_360_010).contains(expires.unixSeconds - now.unixSeconds))
    }
  }

  @Test func `a subclass adds headers and says how long to keep`() throws {
    try serving(files.routes(ExtraHandler.self)) { server in
      let response = try await server.fetch("GET", "/static/sub/inner.css")
      #expect(response["X-Path"] == "sub/inner.css")
      #expect(response["Cache-Control"] == "max-age=60")
    }
  }

  static let conditions: [(headers: [String], status: Int)] = [
    (["If-Modified-Since: Fri, 13 Feb 2009 23:31:30 GMT"], 304),
    (["If-Modified-Since: Fri, 13 Feb 2009 23:31:31 GMT"], 304),
    (["If-Modified-Since: Fri, 13 Feb 2009 23:31:29 GMT"], 200),
    (["If-Modified-Since: Friday, 13-Feb-09 23:31:30 GMT"], 304),
    (["If-Modified-Since: Fri Feb 13 23:31:30 2009"], 304),
    (["If-Modified-Since: nonsense"], 200), (["If-Modified-Since: "], 200),
    (["If-None-Match: *"], 304), (["If-None-Match: \"other\""], 200),
    (["If-None-Match: TAG"], 304), (["If-None-Match: W/TAG"], 304), (["If-None-Match: \"other\", TAG"], 304),
    (["If-None-Match: \"other\"", "If-Modified-Since: Fri, 13 Feb 2009 23:31:30 GMT"], 200),
    (["If-None-Match: TAG", "If-Modified-Since: Fri, 13 Feb 2009 23:31:29 GMT"], 304),
    (["Range: bytes=0-3", "If-None-Match: TAG"], 304),
    (["Range: bytes=0-3", "If-Range: TAG"], 206), (["Range: bytes=0-3", "If-Range: \"other\""], 200),
    (["Range: bytes=0-3", "If-Range: Fri, 13 Feb 2009 23:31:30 GMT"], 206),
    (["Range: bytes=0-3", "If-Range: Fri, 13 Feb 2009 23:31:31 GMT"], 200),
    (["Range: bytes=0-3", "If-Range: W/TAG"], 200), (["If-Range: TAG"], 200),
  ]

  @Test(arguments: conditions, ["GET", "HEAD"])
  func `conditions decide what is sent`(_ condition: (headers: [String], status: Int), _ method: String)
    throws
  {
    try serving(files.routes()) { server in
      let tag = try #require(try await server.fetch("GET", "/static/letters.txt")["Etag"])
      let headers = condition.headers.map { header in
        header.hasSuffix("TAG") ? header.dropLast(3) + tag : header
      }
      let response = try await server.fetch(method, "/static/letters.txt", headers)
      #expect(response.status == condition.status)
      #expect(response["Etag"] == tag)
      if condition.status == 304 {
        #expect(response["Content-Type"] == nil)
        #expect(response["Content-Length"] == nil)
        #expect(response["Last-Modified"] != nil)
      }
      if condition.status == 206 { #expect(method == "HEAD" || response.text == "abcd") }
    }
  }

  @Test func `the tag follows the content`() throws {
    try serving(files.routes()) { server in
      let before = try await server.fetch("GET", "/static/sub/inner.css")["Etag"]
      #expect(try await server.fetch("GET", "/static/sub/inner.css")["Etag"] == before)
      try files.tree.write("other", to: "static/sub/inner.css")
      files.tree.setModified("static/sub/inner.css", 1_000_000_000)
      let after = try await server.fetch("GET", "/static/sub/inner.css")
      #expect(after["Etag"] != before)
      #expect(after.text == "other")
    }
  }

  // MARK: - Ranges

  static let ranges: [(range: String, status: Int, text: String, contentRange: String?)] = [
    ("bytes=0-3", 206, "abcd", "bytes 0-3/26"), ("bytes=4-", 206, "efghijklmnopqrstuvwxyz", "bytes 4-25/26"),
    ("bytes=-3", 206, "xyz", "bytes 23-25/26"), ("bytes=25-25", 206, "z", "bytes 25-25/26"),
    ("bytes=0-0", 206, "a", "bytes 0-0/26"), ("bytes=20-1000", 206, "uvwxyz", "bytes 20-25/26"),
    ("bytes=20-99999999999999999999", 206, "uvwxyz", "bytes 20-25/26"),
    ("bytes=0-25", 200, StaticTree.alphabet, nil), ("bytes=0-", 200, StaticTree.alphabet, nil),
    ("bytes=0-1000", 200, StaticTree.alphabet, nil), ("bytes=-26", 200, StaticTree.alphabet, nil),
    ("bytes=-1000", 200, StaticTree.alphabet, nil),
    ("bytes=26-", 416, "", "bytes */26"), ("bytes=1000-", 416, "", "bytes */26"),
    ("bytes=26-30", 416, "", "bytes */26"), ("bytes=-0", 416, "", "bytes */26"),
    ("bytes=5-4", 416, "", "bytes */26"),
    ("bytes=99999999999999999999-", 416, "", "bytes */26"),
    ("bytes=0-1,4-5", 200, StaticTree.alphabet, nil), ("bytes=a-b", 200, StaticTree.alphabet, nil),
    ("bytes=--1", 200, StaticTree.alphabet, nil), ("lines=0-3", 200, StaticTree.alphabet, nil),
    ("bytes", 200, StaticTree.alphabet, nil), ("bytes=0x1-2", 200, StaticTree.alphabet, nil),
    ("bytes=+1-2", 200, StaticTree.alphabet, nil), ("bytes 0-3", 200, StaticTree.alphabet, nil),
  ]

  @Test(arguments: ranges)
  func `ranges are served`(_ range: String, _ status: Int, _ text: String, _ contentRange: String?) throws {
    try serving(files.routes()) { server in
      let client = try await server.connect()
      for method in ["GET", "HEAD", "GET"] {
        try await client.send(method, "/static/letters.txt", ["Range: \(range)"])
        let response = try await client.response(isHead: method == "HEAD")
        #expect(response.status == status)
        #expect(response["Content-Range"] == contentRange)
        #expect(response["Content-Length"] == String(text.utf8.count))
        #expect(response.values("Content-Length").count == 1)
        if method == "GET" { #expect(response.text == text) }
        if status == 416 { #expect(response["Content-Type"] == "text/plain") }
      }
    }
  }

  @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=1-"])
  func `no range of an empty file can be served`(_ range: String) throws {
    try serving(files.routes()) { server in
      let response = try await server.fetch("GET", "/static/nothing.txt", ["Range: \(range)"])
      #expect(response.status == 416)
      #expect(response["Content-Range"] == "bytes */0")
      let whole = try await server.fetch("GET", "/static/nothing.txt")
      #expect(whole.status == 200)
      #expect(whole["Content-Length"] == "0")
    }
  }
}
