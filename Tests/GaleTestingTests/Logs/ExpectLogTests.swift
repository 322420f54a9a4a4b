// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWeb
import Logging
import Testing

/// TST-012.
@Suite("testing: the log", .loop(timeLimit: .seconds(60)))
struct ExpectLogTests {
  /// One of the test's own, made when the test kit has the log.
  private let log: Logger

  init() {
    TestLogging.bootstrap { StreamLogHandler.standardError(label: $0) }
    log = Logger(label: "test.own")
  }

  @Test func `an expected record is taken, with all that belongs to it`() async throws {
    let expected = ExpectLog("test.own", #/answer \d+/#, level: .warning)
    let result = try await expected.during {
      log.warning("answer 42: yes", error: LoopError.test, metadata: ["a": "b"])
      return 1
    }
    #expect(result == 1)
    let record = try #require(expected.records.first)
    #expect(expected.records.count == 1)
    #expect(record.label == "test.own" && record.level == .warning && record.message == "answer 42: yes")
    #expect(record.error as? LoopError == .test)
    #expect(record.metadata == ["a": "b"])
    #expect(record.description == "warning test.own: answer 42: yes")
    #expect(expected.loggedStack)
  }

  @Test(.expectLog("test.own", "begins with this"))
  func `a trait expects a record of the whole test`() async throws {
    log.info("begins with this, and goes on")
  }

  @Test func `a record that does not come fails the test`() async throws {
    let texts = await failures {
      try await ExpectLog("test.own", "never", level: .error).during { log.warning("never") }
    }
    #expect(texts.count == 1)
    #expect(texts[0].contains("The log did not get the expected record of level error from test.own"))
    try await ExpectLog("test.own", "never", isRequired: false).during {}
  }

  @Test(arguments: [
    ("other", "text", Logger.Level?.none), ("test.own", "ext", nil), ("test.own", "text", .error),
  ])
  func `another label, a later place and another level do not match`(
    _ label: String, _ pattern: String, _ level: Logger.Level?
  ) async throws {
    let expected = ExpectLog(label, pattern, level: level, isRequired: false)
    let outer = ExpectLog("test.own", "text")
    try await outer.during { try await expected.during { log.info("text") } }
    #expect(expected.records.isEmpty)
    #expect(outer.records.count == 1)
    #expect(!outer.loggedStack)
  }

  @Test func `an empty label stands for any`() async throws {
    let expected = ExpectLog("", "text")
    try await expected.during { log.debug("text") }
    #expect(expected.records.first?.level == .debug)
  }

  @Test func `what plain callbacks log belongs to the test of their loop`() async throws {
    let expected = ExpectLog("test.own", "from a callback")
    try await expected.during {
      let loop = IOLoop.current
      let (near, far) = try IOStream.pair()
      var isDone = false
      try loop.addHandler(far.descriptor, events: .read) { [log] descriptor, _ in
        log.info("from a callback")
        loop.removeHandler(descriptor)
        isDone = true
      }
      try await near.write([1])
      while !isDone { await loop.moment() }
    }
    #expect(expected.records.count == 1)
  }

  @Test func `what a handler logs is the test's`() async throws {
    let server = try HTTPTestServer([URLSpec("/", FailingHandler.self)])
    let expected = ExpectLog("gale.application", "Uncaught exception GET /", level: .error)
    let access = ExpectLog("gale.access", #/500 GET / \(127\.0\.0\.1\) [0-9.]+ms$/#, level: .error)
    try await access.during {
      try await expected.during {
        let stream = try await server.connect()
        try await stream.write(Array("GET / HTTP/1.0\r\n\r\n".utf8))
        #expect(try await stream.readUntilClose().starts(with: "HTTP/1.1 500 ".utf8))
      }
    }
    #expect(expected.loggedStack && !access.loggedStack)
  }

  @Test func `tests beside each other get their own records`() async throws {
    let log = log
    let found = try await withThrowingTaskGroup(of: [String].self) { group in
      for number in 0..<8 {
        group.addTask {
          let expected = ExpectLog("test.own", "number")
          try await withTestLoop(timeLimit: .seconds(60)) { loop in
            try await expected.during {
              log.info("number \(number)")
              try await loop.sleep(for: .milliseconds(1))
              await loop.spawn { log.info("number \(number)") }.value
            }
          }
          return expected.records.map(\.message)
        }
      }
      return try await group.reduce(into: Set<[String]>()) { $0.insert($1) }
    }
    #expect(found == Set((0..<8).map { [String](repeating: "number \($0)", count: 2) }))
  }
}

@Suite("testing: the strict log", .loop(timeLimit: .seconds(60)))
struct StrictLogTests {
  /// One of the test's own, made when the test kit has the log.
  private let log: Logger

  init() {
    TestLogging.bootstrap { StreamLogHandler.standardError(label: $0) }
    log = Logger(label: "test.strict")
  }

  @Test func `what is not expected fails the test, if it is severe`() async throws {
    let log = log
    let texts = await failures {
      try await withStrictLog {
        log.info("harmless")
        log.warning("a warning")
        log.error("an error")
      }
    }
    #expect(texts.count == 2)
    #expect(texts.first?.contains("Unexpected record of the log: warning test.strict: a warning") == true)
  }

  @Test(.strictLog) func `what is expected does not`() async throws {
    try await ExpectLog("test.strict", "a warning").during { log.warning("a warning") }
    log.info("harmless")
  }

  @Test(.expectLog("test.strict", "a warning"), .strictLog)
  func `nor what is expected around it`() async throws {
    log.warning("a warning")
  }
}

private final class FailingHandler: RequestHandler {
  override func get() async throws { throw LoopError.test }
}
