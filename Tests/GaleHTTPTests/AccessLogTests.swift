// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import Logging
import Synchronization
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

  @Test func `each answer is one line, at the level of its status`() async throws {
    let result = try await #require(processExitsWith: .success, observing: [\.standardErrorContent]) {
      LoggingSystem.bootstrap { PlainHandler(label: $0) }
      try withServer(
        start: { _ in
          Exchange { request in
            request.answer("", status: Int(request.query) ?? 500)
            request.logAccess()
          }
        }
      ) { server async throws in
        let client = try await server.connect()
        for status in [200, 302, 404, 503] { _ = try await client.request(get("/a%0D%0Ab'\"<>?\(status)")) }
        _ = try await server.exchange("GET /\u{1B}[31m\r\nINJECTED HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try await server.exchange(get("/", "X: \r\nbad line\u{1B}\r\n"))
      }
    }
    let lines = String(decoding: result.standardErrorContent, as: UTF8.self)
      .split(separator: "\n").filter { $0.hasPrefix("|") }
    let levels = lines.map { $0.split(separator: " ").first ?? "" }
    #expect(levels == ["|info", "|info", "|warning", "|error", "|info", "|info"])
    #expect(lines[0].hasPrefix("|info gale.access 200 GET /a%0D%0Ab'\"<>?200 (127.0.0.1) "))
    #expect(lines[0].hasSuffix("ms"))
    #expect(lines.allSatisfy { line in line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } })
    #expect(!lines.contains { $0.contains("INJECTED") })
  }
}

/// Writes each record as one line to standard error.
private struct PlainHandler: LogHandler {
  let label: String
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    printToStandardError("|\(event.level) \(label) \(event.message)\n")
  }
}
