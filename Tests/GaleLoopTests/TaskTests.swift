// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

private struct Failure: Error, Equatable {
  let number: Int
}

/// Work on another thread's loop: an executor that is not the test's.
private actor Elsewhere {
  let loop: IOLoop
  init(_ loop: IOLoop) { self.loop = loop }
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
  func isThere() -> Bool { loop.isCurrent }
}

/// Waits for work on all kinds of executors, and notes where it is afterwards.
private func visitExecutors(from loop: IOLoop, _ other: IOLoop) async throws -> [Bool] {
  var trace: [Bool] = [loop.isCurrent]
  trace.append(await Elsewhere(other).isThere())
  trace.append(loop.isCurrent)
  await Task.detached { await Task.yield() }.value
  trace.append(loop.isCurrent)
  trace.append(await Task { @concurrent in !loop.isCurrent }.value)
  trace.append(loop.isCurrent)
  _ = try await loop.runInExecutor { 1 }
  trace.append(loop.isCurrent)
  async let child = loop.isCurrent
  trace.append(await child)
  trace.append(
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<3 { group.addTask { loop.isCurrent } }
      return await group.allSatisfy { $0 }
    })
  loop.spawn { trace.append(loop.isCurrent) }
  await loop.turns(2)
  return trace
}

@Suite("ioloop: tasks")
struct TaskTests {
  // MARK: - runSync (LOOP-007)

  @Test(arguments: PollerKind.allCases)
  func `runSync returns the result or throws the error`(_ poller: PollerKind) throws {
    let loop = try IOLoop(poller: poller.make())
    defer { loop.close() }
    #expect(try loop.runSync { 5 } == 5)
    let text = try loop.runSync {
      try await loop.sleep(for: .milliseconds(1))
      return loop.isCurrent ? "on the loop" : "elsewhere"
    }
    #expect(text == "on the loop")
    #expect(throws: Failure(number: 7)) { try loop.runSync { throw Failure(number: 7) } }
    #expect(throws: Failure(number: 8)) {
      try loop.runSync(timeout: .seconds(60)) {
        await loop.moment()
        throw Failure(number: 8)
      }
    }
  }

  @Test func `runSync cancels what takes too long`() throws {
    let loop = try IOLoop()
    defer { loop.close() }
    var wasCancelled = false
    #expect {
      try loop.runSync(timeout: .milliseconds(20)) {
        do { try await loop.sleep(for: .seconds(3600)) } catch { wasCancelled = true }
      }
    } throws: { ($0 as? LoopError)?.code == .timedOut }
    // What was cancelled ends in the loop's next run, and has no part in it.
    let result = try loop.runSync {
      try await loop.sleep(for: .milliseconds(5))
      return "second"
    }
    #expect(result == "second")
    #expect(wasCancelled)
  }

  @Test func `runSync ends when the loop is stopped`() throws {
    let loop = try IOLoop()
    defer { loop.close() }
    #expect {
      try loop.runSync {
        loop.addLocalCallback { loop.stop() }
        try await loop.sleep(for: .seconds(3600))
      }
    } throws: { ($0 as? LoopError)?.code == .stopped }
    #expect(try loop.runSync { 1 } == 1)
  }

  // MARK: - spawn (LOOP-016, LOOP-022)

  @Test func `an error of a spawned task is reported, its cancellation is not`() throws {
    let reports = Reports()
    try runLoop(reports: reports) { loop async throws in
      await loop.spawn { throw Failure(number: 1) }.value
      let task = loop.spawn { try await loop.sleep(for: .seconds(3600)) }
      await loop.turns(2)
      task.cancel()
      await task.value
    }
    #expect(reports.texts.count == 1)
    #expect(reports.texts.first?.contains("Failure(number: 1)") == true)
  }

  /// In a process of its own: the executors that the task visits need threads that no other test holds.
  @Test(arguments: PollerKind.allCases)
  func `tasks stay on the loop's thread, whatever they wait for`(_ poller: PollerKind) async {
    await #expect(processExitsWith: .success) { [poller = poller as PollerKind] in
      let trace = try await onThread {
        let other = try IOLoop()
        startThread { other.start() }
        defer { other.addCallback { other.stop() } }
        return try runLoop(poller) { loop in try await visitExecutors(from: loop, other) }
      }
      #expect(trace == Array(repeating: true, count: 10))
    }
  }

  @Test func `a spawned task starts in the next turn`() throws {
    try runLoop { loop async throws in
      var order: [String] = []
      let task = loop.spawn { order.append("task") }
      order.append("caller")
      await task.value
      #expect(order == ["caller", "task"])
    }
  }

  @Test func `many tasks take turns`() throws {
    let counts = try runLoop { loop async throws in
      var counts = Array(repeating: 0, count: 100)
      var most = 0
      let tasks = (0..<100).map { index in
        loop.spawn {
          for _ in 0..<20 {
            counts[index] += 1
            most = max(most, (counts.max() ?? 0) - (counts.min() ?? 0))
            await loop.moment()
          }
        }
      }
      for task in tasks { await task.value }
      #expect(most <= 1)
      return counts
    }
    #expect(counts.allSatisfy { $0 == 20 })
  }

  // MARK: - The pool of tasks

  private final class Job: LoopJob {
    let body: () async -> Void
    init(_ body: @escaping () async -> Void) { self.body = body }
    func run() async { await body() }
  }

  @Test func `a task of the pool is used again`() throws {
    try runLoop { loop async throws in
      var runs = 0
      let first = loop.tasks.start(Job { runs += 1 }, on: loop)
      try await loop.wait { runs == 1 }
      let second = loop.tasks.start(Job { runs += 1 }, on: loop)
      #expect(first === second)
      try await loop.wait { runs == 2 }
    }
  }

  @Test func `a cancelled task of the pool is not used again`() throws {
    try runLoop { loop async throws in
      var outcome: [String] = []
      let job = Job { do { try await loop.sleep(for: .seconds(3600)) } catch { outcome.append("cancelled") } }
      let first = loop.tasks.start(job, on: loop)
      await loop.turns(2)
      first.cancel(Job {})
      await loop.turns(2)
      #expect(outcome.isEmpty)
      first.cancel(job)
      try await loop.wait { outcome.count == 1 }
      await loop.turns(2)
      let second = loop.tasks.start(Job { outcome.append(Task.isCancelled ? "late" : "fresh") }, on: loop)
      #expect(first !== second)
      try await loop.wait { outcome.count == 2 }
      first.cancel(job)
      #expect(outcome == ["cancelled", "fresh"])
    }
  }

  @Test func `the pool has as many tasks as are busy at once`() throws {
    try runLoop { loop async throws in
      for _ in 0..<3 {
        var running = 0
        var most = 0
        for _ in 0..<500 {
          loop.tasks.start(
            Job {
              running += 1
              most = max(most, running)
              try? await loop.sleep(for: .milliseconds(1))
              running -= 1
            }, on: loop)
        }
        try await loop.wait { most == 500 && running == 0 }
      }
    }
  }

  @Test func `closing the loop ends idle tasks of the pool`() throws {
    weak var worker: LoopWorker?
    try runLoop { loop async throws in
      var isDone = false
      worker = loop.tasks.start(Job { isDone = true }, on: loop)
      try await loop.wait { isDone }
      await loop.turns(2)
      #expect(worker != nil)
    }
    #expect(worker == nil)
  }

  // MARK: - Threads (LOOP-018, LOOP-019)

  @Test func `blocking work runs elsewhere and its result comes back`() throws {
    try runLoop { loop async throws in
      let wasOnLoop = try await loop.runInExecutor { loop.isCurrent }
      #expect(!wasOnLoop)
      #expect(loop.isCurrent)
      await #expect(throws: Failure(number: 3)) { try await loop.runInExecutor { throw Failure(number: 3) } }
    }
  }

  @Test(arguments: [1, 3])
  func `a pool runs everything, in order of submission, on its threads`(_ threads: Int) throws {
    let pool = ThreadPoolExecutor(threads: threads)
    defer { pool.shutdown() }
    let (order, most) = try runLoop { loop async throws in
      let order = Mutex<[Int]>([])
      let running = Mutex((now: 0, most: 0))
      for index in 0..<200 {
        pool.submit {
          running.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
          }
          order.withLock { $0.append(index) }
          running.withLock { $0.now -= 1 }
        }
      }
      try await loop.wait { order.withLock { $0.count == 200 } }
      return (order.withLock { $0 }, running.withLock { $0.most })
    }
    #expect(most <= threads)
    #expect(order.sorted() == Array(0..<200))
    if threads == 1 { #expect(order == Array(0..<200)) }
  }

  @Test(arguments: 0..<20)
  func `work that waits for later work gets a thread for it`(_ round: Int) throws {
    let pool = ThreadPoolExecutor(threads: 2)
    defer { pool.shutdown() }
    try runLoop { loop async throws in
      // One thread is idle when both are submitted.
      _ = try await loop.runInExecutor(pool) { 0 }
      if round % 2 == 0 { try await loop.sleep(for: .milliseconds(2)) }
      let gate = Monitor(false)
      let isDone = Atomic(false)
      pool.submit {
        _ = gate.waitUntil { $0 ? true : nil }
        isDone.store(true, ordering: .relaxed)
      }
      pool.submit {
        gate.withLock { $0 = true }
        gate.broadcast()
      }
      try await loop.wait { isDone.load(ordering: .relaxed) }
    }
  }

  @Test func `the default executor can be replaced`() throws {
    try runLoop { loop async throws in
      let pool = ThreadPoolExecutor(threads: 1)
      loop.setDefaultExecutor(pool)
      async let first = loop.runInExecutor { 1 }
      async let second = loop.runInExecutor { 2 }
      #expect(try await [first, second] == [1, 2])
    }
  }
}
