// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import Testing

@Suite("web: compressed files")
struct PrecompressedFileTests {
  private let files: StaticTree

  init() throws {
    files = try StaticTree()
    try files.tree.write("plain", to: "static/app.js")
    for (name, text) in [("app.js.gz", "as gzip"), ("app.js.br", "as brotli"), ("app.js.zst", "as zstd")] {
      try files.tree.write(text, to: "static/\(name)")
      files.tree.setModified("static/\(name)", StaticTree.modified + 1)
    }
    files.tree.setModified("static/app.js", StaticTree.modified)
  }

  private var routes: [URLSpec] { files.routes(PrecompressedFileHandler.self) }

  @Test(
    "are sent to those who like them best",
    arguments: [
      ("gzip", "gzip", "as gzip"), ("gzip, deflate, br", "br", "as brotli"),
      ("zstd, gzip", "zstd", "as zstd"),
      ("br;q=0.5, gzip;q=0.8", "gzip", "as gzip"), ("x-gzip", "gzip", "as gzip"), ("*", "br", "as brotli"),
      ("br;q=0, *", "zstd", "as zstd"), ("identity", nil, "plain"), ("gzip;q=0.1, identity", nil, "plain"),
      ("", nil, "plain"),
    ] as [(String, String?, String)])
  func choice(_ accepted: String, _ coding: String?, _ text: String) throws {
    try serving(routes) { server in
      let response = try await server.fetch("GET", "/static/app.js", ["Accept-Encoding: \(accepted)"])
      #expect(response.status == 200)
      #expect(response.text == text)
      #expect(response["Content-Encoding"] == coding)
      #expect(response["Content-Type"]?.contains("javascript") ?? false)
      #expect(response["Vary"] == "Accept-Encoding")
    }
  }

  @Test("have entity tags and ranges of their own")
  func tags() throws {
    try serving(routes) { server in
      let plain = try await server.fetch("GET", "/static/app.js")
      let packed = try await server.fetch("GET", "/static/app.js", ["Accept-Encoding: gzip"])
      #expect(plain["Etag"] != packed["Etag"])
      let part = try await server.fetch(
        "GET", "/static/app.js", ["Accept-Encoding: gzip", "Range: bytes=3-"])
      #expect(part.status == 206)
      #expect(part.text == "gzip")
      let tag = try #require(packed["Etag"])
      let same = try await server.fetch(
        "GET", "/static/app.js", ["Accept-Encoding: gzip", "If-None-Match: \(tag)"])
      #expect(same.status == 304)
      #expect(same["Vary"] == "Accept-Encoding")
    }
  }

  @Test("that are older than their file, or lie elsewhere, are not sent")
  func staleness() throws {
    files.tree.setModified("static/app.js.br", StaticTree.modified - 1)
    try files.tree.link("static/letters.txt.gz", to: files.tree.path + "/outside/canary.txt")
    try serving(routes) { server in
      let response = try await server.fetch("GET", "/static/app.js", ["Accept-Encoding: br"])
      #expect(response.text == "plain")
      let outside = try await server.fetch("GET", "/static/letters.txt", ["Accept-Encoding: gzip"])
      #expect(outside.text == StaticTree.alphabet)
      #expect(outside["Vary"] == nil)
    }
  }
}
