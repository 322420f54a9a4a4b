// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

/// A path of interop/apps/torture.py and what its docstring says of it.
struct TortureCase: Sendable, CustomTestStringConvertible {
  let path: String
  let statuses: [Int]
  var body: String?
  var isCut = false
  var testDescription: String { path }

  init(_ path: String, _ statuses: Int..., body: String? = nil, isCut: Bool = false) {
    self.path = path
    self.statuses = statuses
    self.body = body
    self.isCut = isCut
  }

  static let all: [TortureCase] = [
    TortureCase("/", 200), TortureCase("/nothing", 404),
    TortureCase("/exit", 500), TortureCase("/exit-zero", 500), TortureCase("/keyboard-interrupt", 500),
    TortureCase("/exit-mid", 200, body: "first piece\n", isCut: true),
    TortureCase("/none", 500), TortureCase("/str-body", 500), TortureCase("/int-body", 500),
    TortureCase("/int-body?yield=1", 500),
    TortureCase("/empty-list", 200, body: ""), TortureCase("/empty-pieces", 200, body: "abc"),
    TortureCase("/only-empty-pieces", 200, body: ""),
    TortureCase("/generator", 200, body: "piece 0\npiece 1\npiece 2\n"),
    TortureCase("/len-one", 200, body: "only piece"), TortureCase("/len-lies", 200, body: "abc"),
    TortureCase("/close-raises", 200, body: "done\n"),
    TortureCase("/no-start-response", 500), TortureCase("/late-start-response", 200, body: "late\n"),
    TortureCase("/too-late-start-response", 500), TortureCase("/twice", 500),
    TortureCase("/twice-caught", 200, body: "AssertionError"),
    TortureCase("/exc-info-before", 503, body: "replaced\n"),
    TortureCase("/exc-info-after", 200, body: "first piece\n", isCut: true),
    TortureCase("/exc-info-first", 503, body: "first call\n"),
    TortureCase("/start-response-args?kind=none", 500), TortureCase("/start-response-args?kind=one", 500),
    TortureCase("/start-response-args?kind=four", 500),
    TortureCase("/start-response-args?kind=keywords", 200, 500),
    TortureCase("/start-response-args?kind=exc-info-str", 500),
    TortureCase("/start-response-args?kind=exc-info-empty", 200, 500),
    TortureCase("/write", 200, body: "written returned"),
    TortureCase("/write-raise", 200, body: "written\n", isCut: true), TortureCase("/write-str", 500),
    TortureCase("/loose-header?kind=tuple", 200, 500), TortureCase("/loose-header?kind=dict-items", 200, 500),
    TortureCase("/loose-header?kind=item-list", 200, 500), TortureCase("/loose-header?kind=status", 200, 500),
    TortureCase("/str-subclass", 200, body: "body\n"), TortureCase("/latin1", 200),
    TortureCase("/set-cookie", 200),
    TortureCase("/own-headers", 200, body: "own\n"),
    TortureCase("/short", 200, body: "12345", isCut: true), TortureCase("/long", 200, body: "12345"),
    TortureCase("/long?stream=1", 200, body: "12345"),
    TortureCase("/head-body", 200), TortureCase("/head-length", 200, body: "", isCut: true),
    TortureCase("/204-body", 204), TortureCase("/204", 204), TortureCase("/304", 304),
    TortureCase("/304?body=1", 304), TortureCase("/1xx-status", 500),
    TortureCase("/1xx-status?status=101+Switching+Protocols", 500),
    TortureCase("/status", 418, body: "body\n"),
    TortureCase("/status?status=999+Odd", 999, body: "body\n"), TortureCase("/status?status=299+", 299),
    TortureCase("/file-text", 500), TortureCase("/file-raises", 500),
    TortureCase("/environ", 200), TortureCase("/environ-pollute", 200), TortureCase("/environ-clear", 200),
    TortureCase("/errors", 200, body: "written\n"), TortureCase("/sleep?s=0.01", 200, body: "slept\n"),
    TortureCase("/spin?s=0.01", 200), TortureCase("/many-headers?n=100", 200, body: "many\n"),
    TortureCase("/pieces?n=5&size=3&ms=5", 200, body: "xxxxxxxxxxxxxxx"),
    TortureCase("/input-none", 200, body: "not read\n"), TortureCase("/input-read", 200),
  ]
}

extension GaleWSGITests {
  @Suite("torture")
  struct TortureTests {
    @Test("behaves as the docstring says", arguments: TestLane.allCases, TortureCase.all)
    func path(_ lane: TestLane, _ torture: TortureCase) throws {
      let port = try TestServer.port("torture:app", lane)
      let response = try RawClient.get(port, torture.path)
      #expect(torture.statuses.contains(response.status))
      #expect(response.isCut == torture.isCut)
      if let body = torture.body { #expect(response.text == body) }
      #expect(try RawClient.get(port, "/closes").status == 200, "the next request is unharmed")
    }

    private static func kinds(_ table: String) throws -> [String] {
      try TestServer.evaluate("' '.join(torture.\(table))").split(separator: " ").map(String.init)
    }

    @Test("answers 500 to whatever is raised, and logs it once", arguments: TestLane.allCases)
    func raising(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      for kind in try Self.kinds("RAISES") {
        for path in ["/raise", "/raise-after-start", "/raise-first"] {
          _ = TestLog.take()
          let response = try RawClient.get(port, "\(path)?kind=\(kind)")
          // PEP 479 does not reach an application that raises StopIteration outside of a generator.
          #expect(response.status == 500, "\(path) \(kind)")
          #expect(response.header("x-not") == nil)
          let log = TestLog.take()
          #expect(
            log.components(separatedBy: "Traceback (most recent call last)").count >= 2, "\(path) \(kind)")
          #expect(log.components(separatedBy: "Uncaught exception").count == 2, "\(path) \(kind)")
          #expect(log.contains("(127.0.0.1) ["), "\(path) \(kind)")
        }
        let cut = try RawClient.get(port, "/raise-mid?kind=\(kind)")
        #expect(cut.status == 200 && cut.isCut && cut.text == "first piece\n", "\(kind)")
      }
    }

    @Test("answers 500 to bad statuses, headers and bodies", arguments: TestLane.allCases)
    func bad(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      for (path, table) in [
        ("/bad-status", "BAD_STATUSES"), ("/bad-header", "BAD_HEADERS"), ("/hop", "HOP_HEADERS"),
        ("/bad-body", "BAD_BODIES"),
      ] {
        for kind in try Self.kinds(table) where !(table == "BAD_STATUSES" && kind == "short") {
          let response = try RawClient.get(port, "\(path)?kind=\(kind)")
          #expect(response.status == 500, "\(path) \(kind)")
          #expect(response.header("x-injected") == nil, "\(path) \(kind)")
        }
      }
    }

    @Test("keeps later requests safe from what an app kept", arguments: TestLane.allCases)
    func kept(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      for kind in try Self.kinds("KEPT_USES") {
        #expect(try RawClient.get(port, "/keep", method: "POST", body: Array("abc".utf8)).text == "kept\n")
        let response = try RawClient.get(port, "/kept?kind=\(kind)")
        #expect(response.status == 200 && !response.isCut, "\(kind)")
        #expect(!response.text.contains("old write"), "\(kind)")
      }
    }

    @Test("wsgiref's validator finds nothing", arguments: TestLane.allCases)
    func validator(_ lane: TestLane) throws {
      let port = try TestServer.port("validated:torture_ok", lane)
      let paths = try TestServer.evaluate("' '.join(sorted(torture.LEGAL))").split(separator: " ").map(
        String.init)
      for path in paths where !["/endless", "/head-length"].contains(path) {
        let response = try RawClient.get(port, path == "/sleep" || path == "/spin" ? path + "?s=0.01" : path)
        #expect(!response.text.hasPrefix("AssertionError"), "\(path): \(response.text)")
        #expect(response.status != 500 && !response.isCut, "\(path)")
      }
      let post = try RawClient.get(port, "/input-mixed", method: "POST", body: Array("one\ntwo\nthree".utf8))
      #expect(post.status == 200, "\(post.text)")
    }
  }
}

#endif
