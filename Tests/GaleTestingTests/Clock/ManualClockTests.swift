// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import GaleWire
import Testing

@Suite("testing: the manual clock", .loop(timeLimit: .seconds(60), clock: .manual(autojump: nil)))
struct ManualClockTests {
  private let loop = IOLoop.current

  private func clock() throws -> ManualClock { try #require(ManualClock.current) }

  @Test func `it stands still until it is told to go on`() async throws {
    let clock = try clock()
    let start = clock.time
    System.pause(.milliseconds(5))
    await loop.moment()
    #expect(loop.time == start)
    await clock.advance(by: .seconds(7))
    #expect(loop.time - start == .seconds(7))
  }

  @Test func `timers run in order, each at its time`() async throws {
    let clock = try clock()
    let start = loop.time
    var calls: [(String, Duration)] = []
    for seconds in [30, 10, 20] {
      loop.callLater(.seconds(seconds)) { [loop] in
        calls.append(("\(seconds)", loop.time - start))
        if seconds == 10 { loop.callLater(.seconds(5)) { calls.append(("15", loop.time - start)) } }
      }
    }
    await clock.advance(by: .seconds(25))
    #expect(calls.map(\.0) == ["10", "15", "20"])
    #expect(calls.map(\.1) == [.seconds(10), .seconds(15), .seconds(20)])
    await clock.advance(by: .seconds(25))
    #expect(calls.map(\.0) == ["10", "15", "20", "30"])
  }

  @Test func `a periodic callback keeps its phase`() async throws {
    var times: [Duration] = []
    let start = loop.time
    let periodic = PeriodicCallback(every: .seconds(10)) { [loop] in times.append(loop.time - start) }
    periodic.start()
    try await clock().advance(by: .seconds(45))
    periodic.stop()
    #expect(times == [.seconds(10), .seconds(20), .seconds(30), .seconds(40)])
  }

  @Test func `the wall clock goes along, and can be set`() async throws {
    let clock = try clock()
    let start = clock.wallTime
    await clock.advance(by: .seconds(90))
    #expect(clock.wallTime == start + 90)
    clock.wallTime = 1_000_000
    await clock.advance(by: .seconds(1))
    #expect(clock.wallTime == 1_000_001)
    #expect(loop.wallSeconds == 1_000_001)
  }

  @Test func `a loop of the system's time has none`() async throws {
    try await withTestLoop { _ in #expect(ManualClock.current == nil) }
  }
}

@Suite("testing: the clock that jumps", .loop(timeLimit: .seconds(60), clock: .manual()))
struct AutojumpTests {
  private let loop = IOLoop.current

  @Test func `who sleeps for hours is woken at once, at the right time`() async throws {
    let start = loop.time
    let began = System.monotonicNanoseconds
    try await loop.sleep(for: .seconds(7200))
    #expect(loop.time - start == .seconds(7200))
    #expect(System.monotonicNanoseconds - began < 30_000_000_000)
  }

  @Test func `a time-out comes at its time, and no earlier than what is quicker`() async throws {
    let start = loop.time
    let error = await #expect(throws: LoopError.self) {
      try await withTimeout(.seconds(30)) { [loop] () async throws -> Void in
        try await loop.sleep(for: .seconds(60))
      }
    }
    #expect(error?.code == .timedOut)
    #expect(loop.time - start == .seconds(30))
    let result = try await withTimeout(.seconds(60)) { [loop] in
      try await loop.sleep(for: .seconds(30))
      return 1
    }
    #expect(result == 1)
  }

  @Test func `it does not jump while other threads work for the loop`() async throws {
    let clock = try #require(ManualClock.current)
    loop.callLater(.seconds(3600)) {}
    try await loop.runInExecutor { System.pause(.milliseconds(50)) }
    #expect(clock.jumpCount == 0)
  }

  /// R20: an idle connection is closed after 75 seconds.
  @Test func `an idle connection is closed after its time, which takes no time`() async throws {
    let server = try HTTPTestServer { request in try request.answer("hello") }
    let stream = try await server.connect()
    try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    let answer = try await stream.read(until: Array("hello".utf8))
    #expect(answer.starts(with: "HTTP/1.1 200 OK".utf8))
    let start = loop.time
    #expect(try await stream.readUntilClose() == [])
    let passed = loop.time - start
    // A connection's time-out comes up to a tick late.
    #expect(passed >= .seconds(74) && passed <= .seconds(76))
  }

  @Test func `a client that sends its head too slowly is answered 408`() async throws {
    let server = try HTTPTestServer { request in try request.answer("hello") }
    let stream = try server.connectInMemory(toServer: [.piece(10), .delay(.seconds(20))])
    try await stream.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    let start = loop.time
    let answer = try await stream.readUntilClose()
    #expect(answer.starts(with: "HTTP/1.1 408 ".utf8))
    #expect(loop.time - start < .seconds(20))
  }
}

/// A second that ticked between two looks at the clock once corrupted the template of dates.
@Suite("testing: dates", .loop(timeLimit: .seconds(60), clock: .manual()))
struct DateTests {
  @Test func `a cookie's end is counted from the time of the test`() async throws {
    try #require(ManualClock.current).wallTime = 0
    let server = try HTTPTestServer([URLSpec("/", CookieHandler.self)])
    let stream = try await server.connect()
    try await stream.write(Array("GET / HTTP/1.0\r\n\r\n".utf8))
    let answer = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
    #expect(answer.contains("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"))
    #expect(answer.contains("expires=Fri, 02 Jan 1970 00:00:00 GMT"))
  }
}

private final class CookieHandler: RequestHandler {
  override func get() async throws { try setCookie("a", "b", expiresInDays: 1) }
}

extension HTTPServerRequest {
  /// Sends a whole answer.
  func answer(_ text: String, status: Int = 200) throws {
    var headers = HTTPHeaders()
    headers.append("Content-Length", decimal: text.utf8.count)
    try writeHeaders(status, headers)
    try write(Array(text.utf8))
    try finish()
  }
}
