// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
public import GaleLoop
import Synchronization
public import Testing

/// How long a test on a loop may take: Tornado's `get_async_test_timeout`.
///
/// The environment's `ASYNC_TEST_TIMEOUT` in seconds, or 5 seconds.
public func asyncTestTimeout() -> Duration {
  guard let text = System.environment("ASYNC_TEST_TIMEOUT"), let seconds = Double(text), seconds > 0,
    seconds < 1e9
  else { return .seconds(5) }
  return .seconds(seconds)
}

/// What a test's loop goes by.
public struct TestClock: Sendable, Hashable {
  let isManual: Bool
  let autojump: Duration?

  /// The system's clock.
  public static let system = TestClock(isManual: false, autojump: nil)

  /// A ``ManualClock``.
  /// - Parameter autojump: See ``ManualClock/autojump``.
  public static func manual(autojump: Duration? = .milliseconds(2)) -> TestClock {
    TestClock(isManual: true, autojump: autojump)
  }
}

/// Runs a test on a loop of its own: what Tornado's `AsyncTestCase` and `gen_test` do.
///
/// ```swift
/// @Test(.loop) func `the echo comes back`() async throws {
///   let stream = try await IOStream.connect(to: address)
///   …
/// }
/// ```
///
/// Each test has a new loop on a thread of its own, so tests run in parallel. The test is run by it: `IOLoop.current` is
/// that loop. When the test ends, servers of the kit are closed; tasks that were spawned are cancelled and waited for;
/// streams that are open are closed. An error that a callback or a task threw and that nobody took fails the test, and so
/// does a task that goes on although it is cancelled.
///
/// A test that takes too long is cancelled and fails, and the failure says what its loop was waiting for.
public struct LoopTrait: TestTrait, SuiteTrait, TestScoping {
  let timeLimit: Duration?
  let clock: TestClock
  let make: @Sendable () throws -> IOLoop

  /// On a suite: each of its tests has a loop.
  public var isRecursive: Bool { true }

  /// Runs a test on its loop; for Swift Testing.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await runTest(
      timeLimit: timeLimit ?? asyncTestTimeout(), clock, make, at: test.sourceLocation
    ) { _ in try await function() }
  }
}

extension Trait where Self == LoopTrait {
  /// Runs the test on a new loop.
  public static var loop: Self { loop() }

  /// Runs the test on a new loop.
  /// - Parameters:
  ///   - timeLimit: How long it may take, by the system's clock; ``asyncTestTimeout()`` unless told.
  ///   - clock: What the loop's timers go by.
  ///   - make: Makes the loop: Tornado's `get_new_ioloop`. Called on any thread.
  public static func loop(
    timeLimit: Duration? = nil, clock: TestClock = .system,
    _ make: @escaping @Sendable () throws -> IOLoop = { try IOLoop() }
  ) -> Self {
    LoopTrait(timeLimit: timeLimit, clock: clock, make: make)
  }
}

/// Runs `body` on a new loop on a thread of its own, as a test with the trait `.loop` is: for tests without it.
/// - Parameters:
///   - timeLimit: How long it may take, by the system's clock; ``asyncTestTimeout()`` unless told.
///   - clock: What the loop's timers go by.
///   - sourceLocation: Where failures are reported.
///   - body: The test.
@discardableResult
public func withTestLoop<Result: Sendable>(
  timeLimit: Duration? = nil, clock: TestClock = .system, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @Sendable (IOLoop) async throws -> Result
) async throws -> Result {
  let limit = timeLimit ?? asyncTestTimeout()
  let taken = Mutex<Result?>(nil)
  try await runTest(timeLimit: limit, clock, { try IOLoop() }, at: sourceLocation) { loop in
    let result = try await body(loop)
    taken.withLock { $0 = result }
  }
  guard let result = taken.withLock({ $0 }) else {
    throw LoopError(.timedOut, "The test has not ended within \(limit)")
  }
  return result
}

private func runTest(
  timeLimit: Duration, _ clock: TestClock, _ make: @Sendable () throws -> IOLoop, at location: SourceLocation,
  _ body: @Sendable (IOLoop) async throws -> Void
) async throws {
  let host = try LoopHost(make)
  // Its own: tests beside each other in one test do not take each other's records.
  let log = LogStack(inside: LogStack.current)
  log.attach(to: host.loop)
  host.start { loop in
    if clock.isManual { ManualClock(on: loop, autojump: clock.autojump) }
  }
  defer { for error in host.takeErrors() { Issue.record("\(error)", sourceLocation: location) } }
  do {
    try await runBody(on: host, log, timeLimit: timeLimit, at: location, body)
  } catch {
    await finish(host, log)
    throw error
  }
  await finish(host, log)
}

private func finish(_ host: LoopHost, _ log: LogStack) async {
  await host.stop()
  log.detach(from: host.loop)
}

/// Runs the body until it has ended, and cancels it when its time is over.
private func runBody(
  on host: LoopHost, _ log: LogStack, timeLimit: Duration, at location: SourceLocation,
  _ body: @Sendable (IOLoop) async throws -> Void
) async throws {
  let race = TimeRace(timeLimit)
  async let result: Void = LoopHost.$current.withValue(host) {
    try await LogStack.$current.withValue(log) {
      try await perform(body, on: host, race)
    }
  }
  guard await race.isLost() else { return try await result }
  let waits = await host.waits()
  let reason =
    switch waits {
    case nil: "Its loop's thread does not answer: something on it blocks or computes."
    case []: "Its loop waits for nothing: something that would resume the test was forgotten."
    case let lines?: "Its loop waits for:\n" + lines.map { "- \($0)" }.joined(separator: "\n")
    }
  Issue.record("The test has not ended within \(timeLimit). \(reason)", sourceLocation: location)
  // A stream's read ends with the stream, not with its task.
  host.loop.addCallback { [loop = host.loop] in loop.closeStreams() }
  // Leaving cancels the body, and waits for it.
}

private func perform(
  _ body: @Sendable (IOLoop) async throws -> Void, on host: LoopHost, _ race: TimeRace
) async throws {
  try await withTaskExecutorPreference(host.loop) {
    var failure: (any Error)?
    do {
      try await body(host.loop)
    } catch {
      failure = error
    }
    race.finish()
    await Task(executorPreference: host.loop) { await host.tearDown() }.value
    if let failure { throw failure }
  }
}

/// Whether something ends before its time is over.
private final class TimeRace: Sendable {
  private let isOver = Signal()
  private let hasFinished = Atomic(false)
  private let timer = Mutex<Task<Void, Never>?>(nil)

  init(_ limit: Duration) {
    timer.withLock { timer in
      timer = Task.detached { [isOver] in
        try? await Task.sleep(for: limit)
        isOver.set()
      }
    }
  }

  /// It has ended.
  func finish() {
    hasFinished.store(true, ordering: .releasing)
    timer.withLock { $0 }?.cancel()
    isOver.set()
  }

  /// Waits for the end, or for the time to be over.
  func isLost() async -> Bool {
    await isOver.wait()
    return !hasFinished.load(ordering: .acquiring)
  }
}
