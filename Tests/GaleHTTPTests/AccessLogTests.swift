// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTesting
import Logging
import TestSupport
import Testing

@testable import GaleHTTP

/// R23, CVE-2020-7694: what a client sends cannot forge lines or steer a terminal.
@Suite("httpserver: the log")
struct AccessLogTests {
  @Test(arguments: [
    ("GET / (127.0.0.1)", "GET / (127.0.0.1)"), ("a\r\nb", "a\\x0d\\x0ab"), ("\u{1B}[31m", "\\x1b[31m"),
    ("\u{0}\u{7F}\t", "\\x00\\x7f\\x09"), ("é", "\\xc3\\xa9"), ("\u{2028}", "\\xe2\\x80\\xa8"), ("", ""),
  ])
  func `control characters and bytes beyond ASCII are escaped`(_ text: String, _ expected: String) {
    #expect(HTTPServerRequest.escapeForLog(text) == expected)
  }

  @Test func `a long text is cut`() {
    let escaped = HTTPServerRequest.escapeForLog(String(repeating: "\n", count: 100_000))
    #expect(escaped.utf8.count < 4 * 4096 + 10)
    #expect(escaped.hasSuffix("\\x0a…"))
    #expect(HTTPServerRequest.escapeForLog(String(repeating: "a", count: 4096)).utf8.count == 4096)
    #expect(HTTPServerRequest.escapeForLog(String(repeating: "a", count: 5000)).utf8.count == 4096 + 3)
  }

  @Test(.loop(timeLimit: .seconds(60))) func `each answer is one line, at the level of its status`()
    async throws
  {
    let expected = ExpectLog("gale.access", "")
    let malformed = ExpectLog("gale.general", "Malformed HTTP message from 127.0.0.1:", level: .info)
    try await malformed.during {
      try await expected.during {
        let server = try HTTPTestServer { request in
          request.answer("", status: Int(request.query) ?? 500)
          request.logAccess()
        }
        let client = RawClient(try await server.connect())
        for status in [200, 302, 404, 503] { _ = try await client.request(get("/a%0D%0Ab'\"<>?\(status)")) }
        for text in [
          "GET /\u{1B}[31m\r\nINJECTED HTTP/1.1\r\nHost: a\r\n\r\n", get("/", "X: \r\nbad line\u{1B}\r\n"),
        ] {
          let client = RawClient(try await server.connect())
          try await client.send(text)
          _ = try await client.rest()
        }
      }
    }
    #expect(expected.records.map(\.level) == [.info, .info, .warning, .error])
    #expect(expected.records[0].message.hasPrefix("200 GET /a%0D%0Ab'\"<>?200 (127.0.0.1) "))
    #expect(expected.records[0].message.hasSuffix("ms"))
    #expect(malformed.records.count == 2)
    for record in expected.records + malformed.records {
      #expect(record.message.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
      #expect(!record.message.contains("INJECTED"))
    }
  }
}
