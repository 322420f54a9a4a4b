// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Glibc
import Testing

/// Tries a second time what fails the first time, with another file open by then.
private final class SecondTryHandler: StaticFileHandler {
  private var tries = 0

  override func setExtraHeaders(_ path: String) throws {
    tries += 1
    if tries == 1 { throw HTTPError(500) }
  }

  override func get() async throws {
    do { try await super.get() } catch {
      let other = FileStatus.open(root + "/sub/inner.css")
      defer { System.close(other) }
      try await super.get()
    }
  }
}

@Suite("web: static files")
struct StaticFileTests {
  let files: StaticTree

  init() throws { files = try StaticTree() }

  @Test func `are sent whole with what is known of them`() throws {
    try serving(files.routes()) { server in
      let response = try await server.fetch("GET", "/static/letters.txt")
      #expect(response.status == 200)
      #expect(response.text == StaticTree.alphabet)
      #expect(response["Content-Length"] == "26")
      #expect(response["Content-Type"] == "text/plain")
      #expect(response["Accept-Ranges"] == "bytes")
      #expect(response["Last-Modified"] == "Fri, 13 Feb 2009 23:31:30 GMT")
      let tag = try #require(response["Etag"])
      #expect(tag.utf8.count == 130 && tag.hasPrefix("\"") && tag.hasSuffix("\""))
      #expect(response["Cache-Control"] == nil)
      #expect(response["Expires"] == nil)
      #expect(response["Transfer-Encoding"] == nil)
      for name in ["Content-Type", "Content-Length", "Etag"] { #expect(response.values(name).count == 1) }
    }
  }

  @Test func `HEAD has the same header`() throws {
    try serving(files.routes()) { server in
      let get = try await server.fetch("GET", "/static/letters.txt")
      let client = try await server.connect()
      try await client.send("HEAD", "/static/letters.txt")
      let head = try await client.response(isHead: true)
      for name in ["Content-Length", "Content-Type", "Etag", "Last-Modified", "Accept-Ranges"] {
        #expect(head[name] == get[name])
      }
      #expect(await client.isAlive("/static/letters.txt"), "no body may follow")
      #expect(try await server.fetch("POST", "/static/letters.txt").status == 405)
    }
  }

  static let found: [(path: String, text: String, type: String)] = [
    ("sub/inner.css", "inner", "text/css"), ("sub/index.html", "index of sub\n", "text/html"),
    ("a%20b.txt", "space", "text/plain"), ("gr%C3%BCn.txt", "unicode", "text/plain"),
    ("%6Cetters.txt", StaticTree.alphabet, "text/plain"), ("nothing.txt", "", "text/plain"),
    ("./letters.txt", StaticTree.alphabet, "text/plain"),
    ("sub/../letters.txt", StaticTree.alphabet, "text/plain"),
    ("sub//inner.css", "inner", "text/css"), ("in.txt", StaticTree.alphabet, "text/plain"),
    ("indir/inner.css", "inner", "text/css"), ("unknown.zzz", "?", "application/octet-stream"),
    ("letters.txt?a=b", StaticTree.alphabet, "text/plain"),
  ]

  @Test(arguments: found)
  func `are found by their name`(_ path: String, _ text: String, _ type: String) throws {
    try serving(files.routes()) { server in
      let response = try await server.fetch("GET", "/static/\(path)")
      #expect(response.status == 200)
      #expect(response.text == text)
      #expect(response["Content-Type"] == type)
    }
  }

  /// SEC: path traversal, sibling directories, links, special files.
  static let refused: [(path: String, statuses: [Int])] = [
    ("missing.txt", [404]), ("sub/missing.txt", [404]), ("letters.txt/", [404, 403]),
    ("letters.txt/x", [404, 403]),
    ("sub", [403]), ("sub/", [403]), ("", [403]), ("empty", [403]), ("fifo", [403]),
    ("out.txt", [403]), ("outdir/canary.txt", [403]), ("outdir", [403]), ("up.txt", [403]),
    ("loop", [403, 404]),
    ("dangling", [404]),
    ("../secret.txt", [403]), ("../static_secret/canary.txt", [403]), ("../staticx", [403]),
    ("..%2fsecret.txt", [403]), ("%2e%2e/secret.txt", [403]), ("%2E%2E%2Fsecret.txt", [403]),
    ("sub/../../secret.txt", [403]), ("sub/%2e%2e/%2e%2e/secret.txt", [403]),
    (".%2e/.%2e/etc/passwd", [403, 404]),
    ("%252e%252e/secret.txt", [404]), ("..%5csecret.txt", [404, 403]), ("%5c..%5csecret.txt", [404, 403]),
    ("..%c0%afsecret.txt", [400]), ("%ff", [400]), ("letters.txt%00", [400, 403, 404]),
    ("%00", [400, 403, 404]), ("letters.txt%00.html", [400, 403, 404]), ("/etc/passwd", [403, 404]),
    ("//etc/passwd", [403, 404]), ("%2fetc/passwd", [403, 404]), ("....//secret.txt", [404]),
    ("..;/secret.txt", [404]), ("../../../../../../../../etc/passwd", [403]), ("..", [403]), ("../", [403]),
    (String(repeating: "a", count: 300), [404, 403]), (String(repeating: "a/", count: 2500), [404, 403]),
  ]

  @Test(arguments: refused)
  func `are not found outside, nor what is no file`(_ path: String, _ statuses: [Int]) throws {
    for index in [nil, "nowhere.html"] {
      try serving(files.routes(index: index)) { server in
        for method in ["GET", "HEAD"] {
          let response = try await server.fetch(method, "/static/\(path)")
          if index == nil {
            #expect(statuses.contains(response.status))
          } else {
            #expect((300...499).contains(response.status))
          }
          #expect(!response.text.contains("CANARY"))
          #expect(!response.text.contains("root:"))
        }
      }
    }
  }

  @Test func `that may not be read are 403`() async {
    await #expect(processExitsWith: .success) {
      let files = try StaticTree()
      unsafe chmod(files.tree.path, 0o755)
      // Root may read everything; this is for it to become somebody else.
      if getuid() == 0, setuid(65534) != 0 { throw TestFailure("setuid failed") }
      try serving(files.routes()) { server in
        let response = try await server.fetch("GET", "/static/hidden.txt")
        #expect(response.status == 403)
        #expect(try await server.fetch("GET", "/static/letters.txt").status == 200)
      }
    }
  }

  @Test func `a root that does not exist is 404`() throws {
    try serving([URLSpec("/(.*)", StaticFileHandler.self, ["path": "/nonexistent/gale"])]) { server in
      let response = try await server.fetch("GET", "/etc/passwd")
      #expect(response.status == 404)
    }
  }

  @Test func `a root that is a link is followed`() throws {
    try files.tree.link("alias", to: "static")
    try serving([URLSpec("/(.*)", StaticFileHandler.self, ["path": files.tree.path + "/alias/"])]) { server in
      #expect(try await server.fetch("GET", "/letters.txt").text == StaticTree.alphabet)
      let response = try await server.fetch("GET", "/../secret.txt")
      #expect(response.status == 403)
    }
  }

  @Test func `a root that is a link may come to lead elsewhere`() throws {
    try files.tree.makeDirectory("next")
    try files.tree.write("new release", to: "next/letters.txt")
    try files.tree.link("current", to: "static")
    try serving([URLSpec("/(.*)", StaticFileHandler.self, ["path": files.tree.path + "/current"])]) {
      server in
      #expect(try await server.fetch("GET", "/letters.txt").text == StaticTree.alphabet)
      try files.tree.link("switch", to: "next")
      #expect(unsafe rename(files.tree.path + "/switch", files.tree.path + "/current") == 0)
      while try await server.fetch("GET", "/letters.txt").text == StaticTree.alphabet {}
      #expect(try await server.fetch("GET", "/letters.txt").text == "new release")
      #expect(try await server.fetch("GET", "/sub/inner.css").status == 404)
    }
  }

  @Test func `are opened anew by a handler that tries twice`() throws {
    try serving(files.routes(SecondTryHandler.self)) { server in
      let response = try await server.fetch("GET", "/static/letters.txt")
      #expect(response.status == 200)
      #expect(response.text == StaticTree.alphabet)
    }
  }

  @Test func `no descriptor is left open`() throws {
    try serving(files.routes(index: "index.html")) { server in
      let client = try await server.connect()
      func fetchAll() async throws {
        for path in ["letters.txt", "sub", "sub/", "missing", "fifo", "out.txt", "empty/", "odd/"] {
          for header in ["Range: bytes=0-1", "Range: bytes=99-", "If-None-Match: *"] {
            try await client.send("GET", "/static/\(path)", [header])
            _ = try await client.response()
          }
        }
      }
      try await fetchAll()
      let before = Self.openDescriptors(below: files.tree.path)
      for _ in 0..<10 { try await fetchAll() }
      #expect(Self.openDescriptors(below: files.tree.path) == before)
      #expect(before == 0)
    }
  }

  /// How many of this process's descriptors are files below `path`.
  static func openDescriptors(below path: String) -> Int {
    (0..<1024).count { number in
      // SAFETY: with no buffer given, realpath allocates the string that is freed here.
      guard let target = unsafe realpath("/proc/self/fd/\(number)", nil) else { return false }
      defer { unsafe free(target) }
      return unsafe String(cString: target).hasPrefix(path)
    }
  }

  // MARK: - Directories

  @Test func `a directory without its slash is redirected to it`() throws {
    try serving(files.routes(index: "index.html")) { server in
      let response = try await server.fetch("GET", "/static/sub")
      #expect(response.status == 301)
      #expect(response["Location"] == "/static/sub/")
      #expect(try await server.fetch("GET", "/static/sub/").text == "index of sub\n")
      #expect(try await server.fetch("GET", "/static/sub/")["Content-Type"] == "text/html")
      #expect(try await server.fetch("GET", "/static/empty/").status == 404)
      #expect(try await server.fetch("GET", "/static/odd/").status == 403)
      #expect(try await server.fetch("GET", "/static/").status == 404)
      #expect(try await server.fetch("GET", "/static/letters.txt").text == StaticTree.alphabet)
    }
  }

  @Test func `a default file that leads outside is refused`() throws {
    try serving(files.routes(index: "default-out")) { server in
      let response = try await server.fetch("GET", "/static/sub/")
      #expect(response.status == 403)
    }
    try serving(files.routes(index: "../../secret.txt")) { server in
      let response = try await server.fetch("GET", "/static/sub/")
      #expect(response.status == 403)
    }
  }

  /// SEC: CVE-2023-28370.
  @Test(arguments: [
    "//evil.example/%2e%2e", "//evil.example/..", "/%5cevil.example/%2e%2e", "//evil.example/%2e%2e?x",
    "/%09/evil.example/%2e%2e", "///evil.example/%2e%2e", "//sub", "//evil.example/..%2f..%2fstatic/sub",
    "/\\evil.example/%2e%2e",
  ])
  func `a directory's redirect never leaves the site`(_ path: String) throws {
    try files.tree.makeDirectory("static/evil.example")
    let route = URLSpec(
      "/(.*)", StaticFileHandler.self, ["path": files.root, "default_filename": "index.html"])
    try serving([route]) { server in
      let response = try await server.fetch("GET", path)
      let location = response["Location"] ?? "/"
      #expect(location.hasPrefix("/") && !location.hasPrefix("//") && !location.hasPrefix("/\\"))
      #expect(response.status >= 400)
    }
  }
}
