// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

/// Serves texts that are in no file.
private final class VirtualHandler: StaticFileHandler {
  override class func absolutePath(root: String, path: String) -> String { "virtual:" + path }
  override func validateAbsolutePath(_ root: String, _ absolutePath: String) throws -> String? {
    if absolutePath == "virtual:gone" { throw HTTPError(410) }
    if absolutePath == "virtual:moved" {
      try redirect(to: "/v/here")
      return nil
    }
    return absolutePath
  }
  override func parseURLPath(_ urlPath: String) -> String { urlPath.lowercased() }
  override func contentSize() throws -> Int { absolutePath.utf8.count }
  override func modifiedTime() throws -> HTTPDate? { HTTPDate(unixSeconds: 1_359_312_200) }
  override func contentType() -> String { "text/virtual" }
  override class func contentVersion(at absolutePath: String) throws -> String? {
    "v-\(absolutePath.utf8.count)"
  }
  override func writeContent(_ range: Range<Int>) async throws {
    write(Array(Array(absolutePath.utf8)[range]))
  }
  override func setHeaders() throws {
    try super.setHeaders()
    try setHeader("X-Virtual", path)
  }
}

private final class AlwaysHandler: StaticFileHandler {
  override func shouldReturn304() throws -> Bool { false }
  override func computeETag() -> ComputedETag { .none }
  override class func makeStaticURL(
    settings: Application.Settings, path: String, includeVersion: Bool = true
  ) -> String { "https://cdn.example/\(path)" }
}

@Suite("web: URLs of static files")  // WEB-065, WEB-086, SET-030 to SET-033, STA-005 to STA-022
struct StaticURLTests {
  let tree: TemporaryTree
  var settings = Application.Settings.quiet

  init() throws {
    tree = try TemporaryTree()
    try tree.write("abc", to: "a.txt")
    try tree.write("robots", to: "robots.txt")
    try tree.write("icon", to: "favicon.ico")
    try tree.makeDirectory("sub")
    try tree.write("index", to: "sub/index.html")
    settings.staticPath = tree.path
  }

  /// SHA-512 of `abc`: FIPS 180-4's example.
  static let abc =
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

  static let url: URLSpec = .to("/url") { handler in
    let include = try handler.queryArgument("bare") == nil
    handler.write(
      try handler.staticURL(
        try handler.argument("path", default: "a.txt"), includeHost: try handler.queryArgument("host") != nil,
        includeVersion: include))
  }

  @Test func `have the hash of the content`() throws {
    try serving([Self.url], settings: settings) { server async throws in
      #expect(try await server.fetch("GET", "/url").text == "/static/a.txt?v=\(Self.abc)")
      #expect(
        try await server.fetch("GET", "/url?host=1").text == "http://gale.test/static/a.txt?v=\(Self.abc)")
      #expect(try await server.fetch("GET", "/url?bare=1").text == "/static/a.txt")
      #expect(try await server.fetch("GET", "/url?path=none").text == "/static/none")
      #expect(try await server.fetch("GET", "/url?path=sub").text == "/static/sub")
      let file = try await server.fetch("GET", "/static/a.txt?v=\(Self.abc)")
      #expect(file.text == "abc")
      #expect(file["Etag"] == "\"\(Self.abc)\"")
      #expect(file["Cache-Control"] == "max-age=315360000")
    }
  }

  @Test func `change with the content`() throws {
    let tree = tree
    try serving([Self.url], settings: settings) { server async throws in
      let before = try await server.fetch("GET", "/url").text
      try tree.write("other", to: "a.txt")
      tree.setModified("a.txt", 1_700_000_000)
      let after = try await server.fetch("GET", "/url").text
      #expect(before != after)
      StaticFileHandler.reset()
      #expect(try await server.fetch("GET", "/url").text == after)
    }
  }

  @Test func `the setting makes the routes`() throws {
    var settings = settings
    settings.staticURLPrefix = "/s.t/"
    settings.staticHandlerArguments = ["default_filename": "index.html"]
    try serving([URLSpec.text("/.*", "mine")], settings: settings) { server async throws in
      let texts = [
        "/s.t/a.txt": "abc", "/robots.txt": "robots", "/favicon.ico": "icon", "/s.t/sub/": "index",
        "/sxt/a.txt": "mine", "/static/a.txt": "mine", "/": "mine",
      ]
      for (path, text) in texts { #expect(try await server.fetch("GET", path).text == text) }
      let response = try await server.fetch("GET", "/s.t/sub")
      #expect(response["Location"] == "/s.t/sub/")
    }
  }

  @Test func `without the setting it is 500`() throws {
    try serving([Self.url]) { server async throws in
      #expect(try await server.fetch("GET", "/url").status == 500)
      #expect(try await server.fetch("GET", "/robots.txt").status == 404)
    }
  }

  @Test func `a handler of one's own makes its URLs and answers`() throws {
    var settings = settings
    settings.staticHandler = AlwaysHandler.self
    try serving([Self.url], settings: settings) { server async throws in
      #expect(try await server.fetch("GET", "/url").text == "https://cdn.example/a.txt")
      let response = try await server.fetch("GET", "/static/a.txt", ["If-None-Match: *"])
      #expect((response.status, response["Etag"]) == (200, nil))
    }
  }

  @Test func `content need not be a file`() throws {
    var settings = settings
    settings.staticHandler = VirtualHandler.self
    let routes = [Self.url, URLSpec("/v/(.*)", VirtualHandler.self, ["path": "/nowhere"])]
    try serving(routes, settings: settings) { server async throws in
      let response = try await server.fetch("GET", "/v/Text")
      #expect(response.text == "virtual:text")
      #expect(response["Etag"] == "\"v-12\"")
      #expect(response["Content-Type"] == "text/virtual")
      #expect(response["Content-Length"] == "12")
      #expect(response["Last-Modified"] == "Sun, 27 Jan 2013 18:43:20 GMT")
      #expect(response["X-Virtual"] == "text")
      let part = try await server.fetch("GET", "/v/text", ["Range: bytes=0-6"])
      #expect((part.status, part.text) == (206, "virtual"))
      #expect(part["Content-Range"] == "bytes 0-6/12")
      #expect(try await server.fetch("GET", "/v/text", ["If-None-Match: \"v-12\""]).status == 304)
      #expect(try await server.fetch("HEAD", "/v/text")["Content-Length"] == "12")
      #expect(try await server.fetch("GET", "/v/gone").status == 410)
      #expect(try await server.fetch("GET", "/v/moved")["Location"] == "/v/here")
      #expect(try await server.fetch("GET", "/url?path=text").text == "/static/text?v=v-12")
    }
  }
}
