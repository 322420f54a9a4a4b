// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTesting
import GaleWire
import Testing

@testable import GaleHTTP

/// A second that began between two looks at the clock once corrupted the template of headers.
@Suite("httpserver: the date", .loop(timeLimit: .seconds(60), clock: .manual(autojump: nil)))
struct DateTests {
  private let clock: ManualClock

  init() throws { clock = try #require(ManualClock.current) }

  @Test func `a second that begins while the date is renewed leaves the template whole`() throws {
    let context = try HTTPTestServer { _ in }.server.context
    clock.wallTime = 100
    clock.wallTick = .seconds(1)
    for second in 100...103 {
      let fields = context.defaultHeaders.map { "\($0.name): \($0.value)" }
      #expect(
        fields == [
          "Server: Gale/\(galeVersion)", "Date: \(HTTPDate(unixSeconds: second))",
          "Content-Type: text/html; charset=UTF-8",
        ])
    }
  }

  @Test func `answers carry one date each, of their own second`() async throws {
    let server = try HTTPTestServer { _ in }
    clock.wallTime = 0
    clock.wallTick = .seconds(1)
    for second in 0...3 {
      let stream = try await server.connect()
      try await stream.write(Array("BAD\r\n\r\n".utf8))
      let answer = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
      let dates = answer.split(separator: "\r\n").filter { $0.hasPrefix("Date:") }
      #expect(dates == ["Date: \(HTTPDate(unixSeconds: second))"])
    }
  }

  @Test func `a clock that is set back is believed`() throws {
    let context = try HTTPTestServer { _ in }.server.context
    clock.wallTime = 100
    _ = context.defaultHeaders
    clock.wallTime = 50
    #expect(context.defaultHeaders["Date"] == "Thu, 01 Jan 1970 00:00:50 GMT")
  }
}
