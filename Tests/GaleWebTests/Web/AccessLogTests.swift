// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import Logging
import Testing

private struct NoisyError: Error, CustomStringConvertible, CustomDebugStringConvertible {
  let description: String
  var debugDescription: String { description }
}

@Suite("web: logs")
struct AccessLogTests {
  /// The records that `body` logs.
  private func logged(_ body: () throws -> Void) async throws -> [TestLogRecord] {
    let all = ExpectLog("", "")
    try await all.during { try body() }
    return all.records.filter { $0.level >= .info }
  }

  @Test func `each request is a line with status, method, target, client and time`() async throws {
    let records = try await logged {
      try serving(
        [
          .text("/", "hello"), .to("/error") { _ in throw HTTPError(503) },
          .to("/flush") { handler in
            try await handler.flush()
            throw Finish()
          },
        ], settings: Application.Settings()
      ) { server in
        for target in ["/?a=b", "/none", "/error", "/flush"] { _ = try await server.fetch("GET", target) }
        _ = try await server.fetch("HEAD", "/", ["If-None-Match: *"])
        _ = try await server.fetch("POST", "/none", body: [1])
        try await server.settle()
      }
    }.filter { $0.label == "gale.access" }
    let expected: [(level: Logger.Level, text: String)] = [
      (.info, "200 GET /?a=b (127.0.0.1) "), (.warning, "404 GET /none (127.0.0.1) "),
      (.error, "503 GET /error (127.0.0.1) "), (.info, "200 GET /flush (127.0.0.1) "),
      (.info, "304 HEAD / (127.0.0.1) "), (.warning, "404 POST /none (127.0.0.1) "),
    ]
    #expect(records.count == expected.count)
    for (record, (level, text)) in zip(records, expected) {
      #expect(record.level == level)
      #expect(record.message.hasPrefix(text))
      #expect(record.message.contains(/\) [0-9]+\.[0-9]{2}ms$/))
    }
  }

  @Test func `an error is logged with its message, which the client does not see`() async throws {
    let messages = try await logged {
      try serving([
        .to("/http") { _ in throw HTTPError(403, "not for you") },
        .to("/quiet") { _ in throw HTTPError(403) },
        .to("/other") { _ in throw TestFailure("broken pipe dream") },
        .to("/finish") { _ in throw Finish("fine") },
      ]) { server in
        for target in ["/http", "/quiet", "/other", "/finish"] {
          let response = try await server.fetch("GET", target)
          #expect(!response.text.contains("not for you") && !response.text.contains("dream"))
        }
      }
    }.map(\.message)
    #expect(messages.count { $0.hasPrefix("403 GET /http (127.0.0.1): not for you") } == 1)
    #expect(messages.count { $0.hasPrefix("Uncaught exception GET /other (127.0.0.1) [") } == 1)
    #expect(messages.count { $0.contains("broken pipe dream") } == 1)
    #expect(!messages.contains { $0.contains("/quiet") || $0.contains("/finish") })
  }

  @Test func `nothing that a client sends can make a line of its own`() async throws {
    let text = "one\n2026-01-01 FORGED line\r\u{1B}[31mred\u{9B}31m\u{0}end"
    let messages = try await logged {
      try serving(
        [
          .to("/message") { _ in throw HTTPError(400, text) },
          .to("/error") { _ in throw NoisyError(description: text) },
          .to("/reason") { _ in throw HTTPError(400, reason: text) },
        ], settings: Application.Settings()
      ) { server in
        for target in ["/message", "/error", "/reason", "/%0A2026-01-01%20FORGED"] {
          _ = try await server.fetch("GET", target)
        }
        let long = "/" + String(repeating: "x", count: 7000)
        #expect(try await server.fetch("GET", long).status == 404)
      }
    }.map(\.message)
    let lines = messages.flatMap { $0.split(separator: "\n") }
    #expect(!lines.contains { $0.hasPrefix("2026-01-01") })
    #expect(lines.allSatisfy { $0.utf8.count < 4400 })
    #expect(
      lines.contains { $0.contains(#"one\x0a2026-01-01 FORGED line\x0d\x1b[31mred\xc2\x9b31m\x00end"#) })
    for line in lines { #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }) }
  }

  @Test func `logFunction replaces the access log and is called once for each answer`() throws {
    let journal = Journal()
    var settings = Application.Settings()
    settings.logFunction = { handler in
      journal.note("\(handler.status) \(handler.request.method) \(handler.request.uri) \(handler.isFinished)")
    }
    try serving(
      [
        .text("/", "hello"), .to("/error") { _ in throw TestFailure("x") },
        .to("/cut") { handler in
          try await handler.flush()
          throw TestFailure("x")
        },
        .to("/moved") { try $0.redirect(to: "/") },
      ], settings: settings
    ) { server in
      for target in ["/", "/error", "/none", "/moved"] { _ = try await server.fetch("GET", target) }
      _ = try await server.fetch("HEAD", "/")
      _ = try? await server.fetch("GET", "/cut")
      try await server.settle()
    }
    #expect(
      journal.entries == [
        "200 GET / true", "500 GET /error true", "404 GET /none true", "302 GET /moved true",
        "200 HEAD / true",
        "200 GET /cut true",
      ])
  }

  @Test func `the log comes before onFinish`() throws {
    let journal = Journal()
    var settings = Application.Settings()
    settings.logFunction = { _ in journal.note("log") }
    let route = URLSpec.to("/", onFinish: { _ in journal.note("onFinish") }) { $0.write("x") }
    try serving([route], settings: settings) { server in
      _ = try await server.fetch("GET", "/")
      try await server.settle()
    }
    #expect(journal.entries == ["log", "onFinish"])
  }
}
