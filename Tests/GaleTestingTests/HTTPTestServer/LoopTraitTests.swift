// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTesting
import Synchronization
import Glibc
import Testing

/// Runs `body`, in which something must fail, and returns what the failures say.
func failures(_ body: () async throws -> Void) async -> [String] {
  let texts = Mutex<[String]>([])
  do {
    try await withKnownIssue {
      try await body()
    } matching: { issue in
      texts.withLock { $0.append("\(issue)") }
      return true
    }
  } catch {
    Issue.record(error)
  }
  return texts.withLock { $0 }
}

/// TST-003, TST-011.
@Suite("testing: loops of tests", .loop(timeLimit: .seconds(60)))
struct LoopTraitTests {
  @Test func `the loop of a test runs it`() async throws {
    let loop = IOLoop.current
    #expect(loop.isCurrent)
    try await loop.sleep(for: .milliseconds(1))
    #expect(loop.isCurrent)
    await loop.moment()
    #expect(IOLoop.current === loop)
  }

  @Test func `a test that is not asynchronous is run by it too`() {
    #expect(IOLoop.currentIfPresent != nil)
  }

  @Test(arguments: [1, 2]) func `each case has a loop of its own`(_ number: Int) throws {
    let identity = ObjectIdentifier(IOLoop.current)
    let others = LoopTraitTests.loops.withLock { loops in
      defer { loops[number] = IOLoop.current }
      return loops.filter { $0.key != number }.map { ObjectIdentifier($0.value) }
    }
    #expect(!others.contains(identity))
  }

  private static let loops = Mutex<[Int: IOLoop]>([:])

  /// TST-005.
  @Test(.loop { try IOLoop(backend: .poll) }) func `a test may choose its loop`() async throws {
    let (near, far) = try IOStream.pair()
    try await near.write([1])
    #expect(try await far.read(count: 1) == [1])
  }
}

@Suite("testing: the end of a test")
struct LoopEndTests {
  @Test func `what the body returns and throws is passed on`() async throws {
    #expect(try await withTestLoop { _ in 42 } == 42)
    let error = await #expect(throws: LoopError.self) {
      try await withTestLoop { loop in try await loop.runInExecutor { throw LoopError.test } }
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `loops of tests run at the same time`() async throws {
    // Each waits for the other on its thread, which would never end if they shared one.
    let (first, second) = (Gate(), Gate())
    async let one: Void = withTestLoop { _ in
      first.open()
      second.wait()
    }
    async let two: Void = withTestLoop { _ in
      second.open()
      first.wait()
    }
    _ = try await (one, two)
  }

  @Test func `tasks that were spawned are cancelled and waited for`() async throws {
    let ended = Mutex(false)
    try await withTestLoop { loop in
      _ = loop.spawn {
        defer { ended.withLock { $0 = true } }
        try await loop.sleep(for: .seconds(3600))
      }
    }
    #expect(ended.withLock { $0 })
  }

  @Test func `streams that are open are closed, which ends who reads them`() async throws {
    let outcome = Mutex<StreamError.Code?>(nil)
    try await withTestLoop { loop in
      let (near, far) = try IOStream.pair(on: loop)
      loop.spawn {
        do {
          _ = try await near.read(count: 1)
        } catch let error as StreamError {
          outcome.withLock { $0 = error.code }
        }
        far.close()
      }
    }
    #expect(outcome.withLock { $0 } == .closed)
  }

  @Test func `an error that nobody takes fails the test`() async throws {
    let texts = await failures {
      try await withTestLoop { loop in
        await loop.spawn { throw LoopError.test }.value
      }
    }
    #expect(texts.count == 1)
    #expect(texts.first?.contains("Uncaught error in a spawned callback: made for a test") == true)
  }

  @Test func `an error that the test takes does not`() async throws {
    try await withTestLoop { loop in
      var taken: [String] = []
      loop.unhandledErrors = { error, _ in taken.append("\(error)") }
      await loop.spawn { throw LoopError.test }.value
      #expect(taken == ["made for a test"])
    }
  }

  @Test func `a task that goes on although it is cancelled fails the test`() async throws {
    let texts = await failures {
      try await withTestLoop { loop in
        _ = loop.spawn { while true { await loop.moment() } }
      }
    }
    #expect(texts.count == 1)
    #expect(texts.first?.contains("1 spawned tasks that do not end when they are cancelled") == true)
  }
}

/// TST-004, TST-011.
@Suite("testing: tests that hang")
struct HangingTestTests {
  @Test func `a read that never ends is named, with its peer and what it has`() async throws {
    let texts = await failures {
      try await withTestLoop(timeLimit: .milliseconds(200)) { loop in
        let server = try HTTPTestServer(on: loop) { _ in }
        let stream = try await server.connect()
        _ = try await stream.read(until: Array("\r\n".utf8))
      }
    }
    let text = texts.joined(separator: "\n")
    #expect(text.contains("The test has not ended within 0.2 seconds. Its loop waits for:"))
    #expect(text.contains(#/- IOStream \d+ to 127\.0\.0\.1:\d+: to read until "\\r\\n", has 0 bytes/#))
    #expect(text.contains(#/- descriptor \d+: for connections/#))
    #expect(text.contains(#/- IOStream \d+ to 127\.0\.0\.1:\d+: for HTTP1ServerConnection/#))
  }

  @Test func `timers and work on other threads are named`() async throws {
    let gate = Gate()
    let texts = await failures {
      try await withTestLoop(timeLimit: .milliseconds(200)) { loop in
        loop.callLater(.seconds(3600)) {}
        loop.spawn { try await loop.sleep(for: .seconds(3600)) }
        let stop = Task(executorPreference: loop) {
          try? await loop.sleep(for: .seconds(3600))
          gate.open()
        }
        try await withTaskCancellationHandler {
          try await loop.runInExecutor { gate.wait() }
        } onCancel: {
          stop.cancel()
        }
      }
    }
    let text = texts.joined(separator: "\n")
    #expect(text.contains(#/3 timers, the next of them due in 35\d\d\.\d+ seconds/#))
    #expect(text.contains("1 pieces of work on other threads"))
    #expect(text.contains("1 spawned tasks"))
  }

  @Test func `a thread that is held is told from one that waits`() async throws {
    let gate = Gate()
    let texts = await failures {
      async let opening: Void = withTestLoop { loop in
        try await loop.sleep(for: .seconds(3))
        gate.open()
      }
      try await withTestLoop(timeLimit: .milliseconds(100)) { _ in gate.wait() }
      try await opening
    }
    #expect(texts.contains { $0.contains("something on it blocks or computes") })
  }

  @Test func `who waits for nothing is told so`() async throws {
    let texts = await failures {
      try await withTestLoop(timeLimit: .milliseconds(100)) { loop in
        try await Event().wait()
      }
    }
    #expect(texts.contains { $0.contains("waits for nothing") })
  }

  /// TST-002.
  @Test func `the time limit is the environment's`() async {
    await #expect(processExitsWith: .success) {
      _ = unsafe unsetenv("ASYNC_TEST_TIMEOUT")
      #expect(asyncTestTimeout() == .seconds(5))
      _ = unsafe setenv("ASYNC_TEST_TIMEOUT", "0.25", 1)
      #expect(asyncTestTimeout() == .milliseconds(250))
      _ = unsafe setenv("ASYNC_TEST_TIMEOUT", "soon", 1)
      #expect(asyncTestTimeout() == .seconds(5))
    }
  }
}

/// Holds threads up until it is opened.
final class Gate: Sendable {
  private let monitor = Monitor(false)

  func open() {
    monitor.withLock { $0 = true }
    monitor.broadcast()
  }

  func wait() {
    _ = monitor.waitUntil { $0 ? true : nil }
  }
}

extension LoopError {
  static var test: LoopError { LoopError(.invalidArgument, "made for a test") }
}
