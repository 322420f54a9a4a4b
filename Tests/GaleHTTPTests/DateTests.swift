// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@testable import GaleHTTP

#if DEBUG
@Suite("httpserver: the date")
struct DateTests {
  /// A clock that is one second on with each look, and stands still after the last.
  private func clock(_ seconds: ClosedRange<Int>) -> () -> Int {
    var next = seconds.lowerBound
    return {
      defer { next = min(next + 1, seconds.upperBound) }
      return next
    }
  }

  @Test func `a second that begins while the date is renewed leaves the template whole`() throws {
    try withServer { server async throws in
      server.context.clock = clock(100...102)
      for second in [100, 101, 102, 102] {
        let fields = server.context.defaultHeaders.map { "\($0.name): \($0.value)" }
        #expect(
          fields == [
            "Server: Gale/\(galeVersion)", "Date: \(HTTPDate(unixSeconds: second))",
            "Content-Type: text/html; charset=UTF-8",
          ])
      }
    }
  }

  @Test func `answers carry one date each, of their own second`() throws {
    try withServer { server async throws in
      server.context.clock = clock(0...3)
      for second in 0...3 {
        let answer = try await server.exchange("BAD\r\n\r\n")
        let dates = answer.split(separator: "\r\n").filter { $0.hasPrefix("Date:") }
        #expect(dates == ["Date: \(HTTPDate(unixSeconds: second))"])
      }
    }
  }

  @Test func `a clock that is set back is believed`() throws {
    try withServer { server async throws in
      var now = 100
      server.context.clock = { now }
      _ = server.context.defaultHeaders
      now = 50
      #expect(server.context.defaultHeaders["Date"] == "Thu, 01 Jan 1970 00:00:50 GMT")
    }
  }
}
#endif
