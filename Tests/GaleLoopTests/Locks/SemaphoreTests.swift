// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleLoop

private struct Failure: Error {}

@Suite("locks: Semaphore and Lock")
struct SemaphoreTests {
  // MARK: - Semaphore (LCK-004)

  @Test(arguments: [1, 2, 5])
  func `as many as there are permits get in, the rest in order`(_ permits: Int) throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(permits, on: loop)
      var entered: [Int] = []
      var inside = 0
      var most = 0
      let tasks = (0..<20).map { index in
        loop.spawn {
          try await semaphore.withPermit {
            entered.append(index)
            inside += 1
            most = max(most, inside)
            await loop.turns(index % 3)
            inside -= 1
          }
        }
      }
      for task in tasks { await task.value }
      #expect(entered == Array(0..<20))
      #expect(most == permits)
      #expect(semaphore.value == permits)
    }
  }

  @Test func `a permit goes to who waits, not to who comes later`() throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(on: loop)
      try await semaphore.acquire()
      var order: [String] = []
      let waiting = loop.spawn {
        try await semaphore.acquire()
        order.append("waiting")
      }
      await loop.turns(1)
      semaphore.release()
      #expect(semaphore.value == 0)
      let late = loop.spawn {
        try await semaphore.acquire()
        order.append("late")
      }
      await waiting.value
      await loop.turns(2)
      #expect(order == ["waiting"])
      semaphore.release()
      await late.value
      #expect(order == ["waiting", "late"])
    }
  }

  @Test func `a permit may be given that nobody took`() throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(on: loop)
      semaphore.release()
      semaphore.release()
      #expect(semaphore.value == 3)
      for _ in 0..<3 { try await semaphore.acquire(timeout: .zero) }
      await #expect(throws: LoopError.self) { try await semaphore.acquire(timeout: .zero) }
    }
  }

  @Test func `one whose time is over gets none`() throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(0, on: loop)
      await #expect { try await semaphore.acquire(timeout: .milliseconds(1)) } throws: {
        ($0 as? LoopError)?.code == .timedOut
      }
      semaphore.release()
      #expect(semaphore.value == 1)
      try await semaphore.acquire(timeout: .milliseconds(1))
      #expect(semaphore.value == 0)
      // Given before the time is over, though both are due in the same turn.
      let task = loop.spawn { try await semaphore.acquire(timeout: .milliseconds(1)) }
      await loop.turns(1)
      semaphore.release()
      try await loop.sleep(for: .milliseconds(3))
      await task.value
      #expect(semaphore.value == 0)
    }
  }

  @Test func `the body's error gives the permit back`() throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(on: loop)
      await #expect(throws: Failure.self) { try await semaphore.withPermit { throw Failure() } }
      #expect(semaphore.value == 1)
      await #expect(throws: LoopError.self) {
        try await semaphore.acquire()
        try await semaphore.withPermit(timeout: .zero) {}
      }
      #expect(semaphore.value == 0)
    }
  }

  @Test func `those whose time is over cost no memory`() throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(0, on: loop)
      var timedOut = 0
      for _ in 0..<101 {
        loop.spawn {
          do { try await semaphore.acquire(timeout: .milliseconds(1)) } catch { timedOut += 1 }
        }
      }
      var isIn = false
      loop.spawn {
        try await semaphore.acquire()
        isIn = true
      }
      try await loop.wait { timedOut == 101 }
      #expect(semaphore.waiterCount == 1)
      #expect(semaphore.abandonedCount == 0)
      semaphore.release()
      try await loop.wait { isIn }
    }
  }

  @Test func `a cancelled task leaves its permit to the next`() throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(0, on: loop)
      var order: [String] = []
      func waiter(_ name: String) -> Task<Void, Never> {
        loop.spawn {
          do {
            try await semaphore.acquire()
            order.append(name)
          } catch {
            order.append("cancelled \(name)")
          }
        }
      }
      let tasks = ["a", "b", "c"].map(waiter)
      await loop.turns(1)
      tasks[0].cancel()
      semaphore.release()
      await loop.turns(2)
      #expect(order == ["cancelled a", "b"])
      // It has the permit already when it is cancelled, and keeps it.
      semaphore.release()
      tasks[2].cancel()
      await loop.turns(2)
      #expect(order == ["cancelled a", "b", "c"])
      #expect(semaphore.value == 0)
    }
  }

  /// Whatever is timed out and cancelled, no permit is lost and none made.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `permits are kept count of`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let plans = (0..<200).map { _ in
      (Int.random(in: 0..<4, using: &random), Int.random(in: 0..<6, using: &random))
    }
    try runLoop { loop async throws in
      let semaphore = Semaphore(3, on: loop)
      var inside = 0
      var tasks: [Task<Void, Never>] = []
      for (kind, turns) in plans {
        let task = loop.spawn {
          do {
            try await semaphore.withPermit(timeout: kind == 1 ? .microseconds(turns * 100) : nil) {
              inside += 1
              #expect(inside <= 3)
              await loop.turns(turns)
              inside -= 1
            }
          } catch {
            #expect(kind == 1 || kind == 2)
          }
        }
        tasks.append(task)
        if kind == 2 {
          loop.spawn {
            await loop.turns(turns)
            task.cancel()
          }
        }
        if turns == 0 { await loop.moment() }
      }
      for task in tasks { await task.value }
      #expect(semaphore.value == 3)
      #expect(semaphore.waiterCount == 0)
    }
  }

  @Test func `descriptions tell the state`() throws {
    try runLoop { loop async throws in
      let semaphore = Semaphore(on: loop)
      #expect("\(semaphore)" == "<Semaphore [unlocked,value:1]>")
      try await semaphore.acquire()
      let task = loop.spawn { try await semaphore.acquire() }
      await loop.turns(1)
      #expect("\(semaphore)" == "<Semaphore [locked,waiters:1]>")
      semaphore.release()
      await task.value
      #expect("\(BoundedSemaphore(on: loop))" == "<BoundedSemaphore [unlocked,value:1]>")
      let lock = Lock(on: loop)
      #expect("\(lock)" == "<Lock unlocked>")
      try await lock.acquire()
      #expect("\(lock)" == "<Lock locked>")
    }
  }

  // MARK: - BoundedSemaphore (LCK-005)

  @Test func `a bounded semaphore works as any other`() throws {
    try runLoop { loop async throws in
      let semaphore = BoundedSemaphore(2, on: loop)
      try await semaphore.acquire()
      try await semaphore.acquire()
      let task = loop.spawn { try await semaphore.acquire() }
      await loop.turns(1)
      semaphore.release()
      await task.value
      semaphore.release()
      semaphore.release()
      #expect(semaphore.value == 2)
    }
  }

  @Test func `mistakes stop the program`() async {
    await #expect(processExitsWith: .failure) { _ = Semaphore(-1) }
    await #expect(processExitsWith: .failure) { BoundedSemaphore().release() }
    await #expect(processExitsWith: .failure) { Lock().release() }
    await #expect(processExitsWith: .failure) {
      // Another thread (LCK-008); where the compiler cannot see it, the loop does.
      let lock = LoopConfined(Lock())
      try await onThread { lock.value.release() }
    }
    await #expect(processExitsWith: .success) {
      let semaphore = BoundedSemaphore()
      try IOLoop.current.runSync {
        try await semaphore.acquire()
        semaphore.release()
      }
    }
  }

  // MARK: - Lock (LCK-006)

  @Test func `one at a time has the lock, in the order of asking`() throws {
    try runLoop { loop async throws in
      let lock = Lock(on: loop)
      try await lock.acquire()
      var order: [Int] = []
      let tasks = (0..<10).map { index in
        loop.spawn {
          try await lock.withLock {
            order.append(index)
            await loop.turns(2)
            #expect(order.last == index)
          }
        }
      }
      await loop.turns(2)
      #expect(order.isEmpty && lock.isLocked)
      lock.release()
      for task in tasks { await task.value }
      #expect(order == Array(0..<10))
      #expect(!lock.isLocked)
    }
  }

  @Test func `a lock that takes too long is given up`() throws {
    try runLoop { loop async throws in
      let lock = Lock(on: loop)
      try await lock.acquire()
      await #expect(throws: LoopError.self) { try await lock.acquire(timeout: .milliseconds(1)) }
      await #expect(throws: LoopError.self) { try await lock.withLock(timeout: .milliseconds(1)) {} }
      lock.release()
      try await lock.withLock(timeout: .zero) {}
      await #expect(throws: Failure.self) { try await lock.withLock { throw Failure() } }
      #expect(!lock.isLocked)
    }
  }
}
