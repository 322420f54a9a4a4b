// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import TestSupport
import Testing

@testable import GaleLoop

private struct Failure: Error, Equatable {
  var number = 0
}

@Suite("concurrent: Future")
struct FutureTests {
  // MARK: - Outcomes (CON-001, CON-005)

  @Test func `the first outcome stays`() throws {
    try runLoop { loop async throws in
      let future = Future<Int>(on: loop)
      #expect(!future.isDone && future.result == nil)
      #expect(future.fulfil(1))
      #expect(!future.fulfil(2))
      #expect(!future.fail(Failure()))
      #expect(!future.cancel())
      #expect(future.isDone && !future.isCancelled)
      #expect(try await future.get() == 1)
      #expect(try await future.get() == 1)
      let failed = Future<Int>(on: loop)
      #expect(failed.fail(Failure(number: 3)))
      await #expect(throws: Failure(number: 3)) { try await failed.get() }
      let cancelled = Future<Int>(on: loop)
      #expect(cancelled.cancel())
      #expect(cancelled.isCancelled && !cancelled.fulfil(1))
      await #expect(throws: CancellationError.self) { try await cancelled.get() }
    }
  }

  @Test func `everyone who waits gets the outcome`() throws {
    try runLoop { loop async throws in
      let future = Future<[Int]>(on: loop)
      var got: [String] = []
      let tasks = (0..<3).map { index in
        loop.spawn { got.append("\(index): \(try await future.get())") }
      }
      await loop.turns(1)
      tasks[1].cancel()
      await loop.turns(1)
      future.fulfil([7])
      for task in tasks { await task.value }
      #expect(got == ["0: [7]", "2: [7]"])
    }
  }

  /// CON-006: at once when it is done, else later in an own turn.
  @Test func `callbacks see the end`() throws {
    try runLoop { loop async throws in
      let future = Future<Int>(on: loop)
      var seen: [Int] = []
      future.addDoneCallback { if case .success(let value) = $0.result { seen.append(value) } }
      future.fulfil(1)
      #expect(seen.isEmpty)
      await loop.turns(2)
      #expect(seen == [1])
      future.addDoneCallback { _ in seen.append(2) }
      #expect(seen == [1, 2])
    }
  }

  /// CON-004.
  @Test func `an outcome is passed on, unless there is one`() throws {
    try runLoop { loop async throws in
      let first = Future<Int>(on: loop)
      let open = Future<Int>(on: loop)
      let cancelled = Future<Int>(on: loop)
      first.chain(to: open)
      first.chain(to: cancelled)
      cancelled.cancel()
      first.fulfil(5)
      #expect(try await open.get() == 5)
      await loop.turns(2)
      #expect(cancelled.isCancelled)
      let failed = Future<Int>(on: loop)
      failed.fail(Failure(number: 1))
      let other = Future<Int>(on: loop)
      failed.chain(to: other)
      await #expect(throws: Failure(number: 1)) { try await other.get() }
    }
  }

  @Test func `an operation's outcome is the future's`() throws {
    try runLoop { loop async throws in
      var isRunning = false
      let future = Future(on: loop) {
        isRunning = true
        await loop.moment()
        return "done"
      }
      #expect(!isRunning)
      #expect(try await future.get() == "done")
      let failed = Future<Int>(on: loop) { throw Failure(number: 2) }
      await #expect(throws: Failure(number: 2)) { try await failed.get() }
      var wasCancelled = false
      let endless = Future<Int>(on: loop) {
        do { try await loop.sleep(for: .seconds(3600)) } catch { wasCancelled = true }
        return 4
      }
      await loop.turns(2)
      endless.cancel()
      #expect(!endless.isDone)
      // The operation's own end is the outcome, as with a task.
      #expect(try await endless.get() == 4)
      #expect(wasCancelled)
    }
  }

  // MARK: - What nobody looks at (CON-005, CON-009, GEN-020)

  /// In a process of its own, whose log this is.
  @Test func `an error that nobody looks at is logged`() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try runLoop { loop async throws in
        do {
          let forgotten = Future<Int>(on: loop)
          forgotten.fail(Failure(number: 17))
          let noticed = Future<Int>(on: loop)
          noticed.fail(Failure(number: 18))
          _ = noticed.result
          let awaited = Future<Int>(on: loop)
          awaited.fail(Failure(number: 19))
          _ = try? await awaited.get()
          let cancelled = Future<Int>(on: loop)
          cancelled.cancel()
          let late = Future<Int>(on: loop)
          late.cancel()
          late.fail(Failure(number: 20))
        }
        await loop.turns(2)
      }
    }
    let log = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(log.contains("Future exception was never retrieved: Failure(number: 17)"))
    #expect(log.contains("Exception after Future was cancelled: Failure(number: 20)"))
    #expect(!log.contains("(number: 18)") && !log.contains("(number: 19)"))
    #expect(!log.contains("CancellationError"))
  }

  // MARK: - Awaitable (GEN-004, GEN-005)

  /// Somebody else's promise: what a bridge would bring.
  private final class Promise: Awaitable {
    private var value: Int?
    private var waiting: [CheckedContinuation<Int, Never>] = []

    func get() async throws -> Int {
      if let value { return value }
      return await withCheckedContinuation { waiting.append($0) }
    }

    func keep(_ value: Int) {
      self.value = value
      for continuation in waiting { continuation.resume(returning: value) }
    }
  }

  @Test func `other kinds of promises take part`() throws {
    try runLoop { loop async throws in
      let promise = Promise()
      loop.callLater(.milliseconds(1)) { promise.keep(3) }
      #expect(try await multi([promise, promise], on: loop) == [3, 3])
      #expect(
        try await multi(
          [Task(executorPreference: loop) { 1 }, Task(executorPreference: loop) { 2 }], on: loop) == [1, 2])
      let failing: Task<Int, any Error> = Task { throw Failure(number: 6) }
      await #expect(throws: Failure(number: 6)) { try await withTimeout(.seconds(60), failing, on: loop) }
    }
  }

  // MARK: - CallbackMap (GEN-016)

  @Test func `callbacks and waiters meet by key, in any order`() throws {
    try runLoop { loop async throws in
      let map = CallbackMap<String, Int>(on: loop)
      map.callback("before")(1)
      #expect(try await map.wait("before") == 1)
      let calls = ["a", "b", "c"].map { ($0, map.callback($0)) }
      for (index, call) in calls.reversed().enumerated() {
        loop.callLater(.milliseconds(index)) { call.1(index * 10) }
      }
      #expect(try await map.waitAll(["a", "b", "c"]) == [20, 10, 0])
      // A key that was waited for is free again.
      let again = map.callback("a")
      loop.addLocalCallback { again(5) }
      #expect(try await map.wait("a") == 5)
    }
  }

  @Test func `mistakes with keys stop the program or are logged`() async {
    await #expect(processExitsWith: .failure) {
      let map = CallbackMap<String, Int>()
      _ = map.callback("k")
      _ = map.callback("k")
    }
    await #expect(processExitsWith: .failure) {
      try IOLoop.current.runSync { _ = try await CallbackMap<String, Int>().wait("k") }
    }
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      _ = CallbackMap<String, Int>().callback("leaked")
    }
    let log = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(log.contains("Callbacks that nobody waited for: leaked"))
  }

  // MARK: - Executors (CON-003, CON-007)

  @Test func `the inline executor runs work where it is`() throws {
    try runLoop { loop async throws in
      let executor = InlineExecutor()
      #expect(try await loop.runInExecutor(executor) { loop.isCurrent })
      await #expect(throws: Failure(number: 1)) {
        try await loop.runInExecutor(executor) { throw Failure(number: 1) }
      }
      loop.setDefaultExecutor(executor)
      #expect(try await loop.runInExecutor { loop.isCurrent })
      executor.shutdown()
      #expect(try await loop.runInExecutor { 1 } == 1)
    }
  }
}
