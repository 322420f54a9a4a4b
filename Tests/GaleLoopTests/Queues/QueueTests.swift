// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleLoop

private func code(_ error: any Error) -> QueueError.Code? { (error as? QueueError)?.code }
private func isTimeout(_ error: any Error) -> Bool { (error as? LoopError)?.code == .timedOut }

@Suite("queues")
struct QueueTests {
  // MARK: - State and order (QUE-001, QUE-009, QUE-010)

  @Test(arguments: [0, 1, 2, 100])
  func `a queue knows how much it holds`(_ limit: Int) throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: limit, on: loop)
      #expect(queue.isEmpty && queue.isFull == false && queue.maxCount == limit)
      for index in 0..<(limit == 0 ? 300 : limit) { try queue.putNoWait(index) }
      #expect(!queue.isEmpty)
      #expect(queue.isFull == (limit > 0))
      #expect(queue.count == (limit == 0 ? 300 : limit))
    }
  }

  private static func order<Storage: QueueStorage>(
    _ queue: BasicQueue<Storage>, _ items: [Storage.Element]
  ) throws -> [Storage.Element] {
    for item in items { try queue.putNoWait(item) }
    return try items.map { _ in try queue.getNoWait() }
  }

  @Test func `each kind of queue has its order`() throws {
    try runLoop { loop async throws in
      #expect(try QueueTests.order(Queue(on: loop), [1, 3, 2]) == [1, 3, 2])
      #expect(try QueueTests.order(LIFOQueue(on: loop), [1, 3, 2]) == [2, 3, 1])
      #expect(try QueueTests.order(PriorityQueue(on: loop), [1, 3, 2]) == [1, 2, 3])
      let tasks = [(1, "medium"), (0, "high"), (10, "low")].map { Prioritized($0.0, $0.1) }
      #expect(try QueueTests.order(PriorityQueue(on: loop), tasks).map(\.value) == ["high", "medium", "low"])
    }
  }

  /// As Tornado: an item that waited for room takes part in the order as soon as there is room.
  @Test func `items that wait for room are chosen among`() throws {
    func drain<Storage: QueueStorage<Int>>(_ queue: BasicQueue<Storage>, _ loop: IOLoop, _ items: [Int])
      async throws -> [Int]
    {
      for item in items.prefix(2) { try queue.putNoWait(item) }
      for item in items.dropFirst(2) { loop.spawn { try await queue.put(item) } }
      await loop.turns(1)
      var taken: [Int] = []
      for index in items.indices {
        taken.append(index % 2 == 0 ? try queue.getNoWait() : try await queue.get())
      }
      #expect(queue.isEmpty)
      return taken
    }
    try runLoop { loop async throws in
      #expect(try await drain(PriorityQueue(maxCount: 2, on: loop), loop, [1, 0, 3, 2]) == [0, 1, 2, 3])
      #expect(try await drain(LIFOQueue(maxCount: 2, on: loop), loop, [1, 0, 3, 2]) == [3, 2, 0, 1])
      #expect(try await drain(Queue(maxCount: 2, on: loop), loop, [1, 0, 3, 2]) == [1, 0, 3, 2])
    }
  }

  // MARK: - Putting and getting (QUE-002…005, QUE-011)

  @Test func `without waiting, a full and an empty queue refuse`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 1, on: loop)
      #expect(throws: QueueError(.empty)) { try queue.getNoWait() }
      try queue.putNoWait(1)
      #expect(throws: QueueError(.full)) { try queue.putNoWait(2) }
      #expect(try queue.getNoWait() == 1)
      #expect("\(QueueError(.full))" == "Queue is full")
    }
  }

  @Test func `who waits for an item gets it at once`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 1, on: loop)
      var taken: [Int] = []
      for _ in 0..<2 { loop.spawn { taken.append(try await queue.get()) } }
      await loop.turns(1)
      try queue.putNoWait(1)
      try queue.putNoWait(2)  // The first is not in the queue any more.
      #expect(queue.isEmpty)
      try queue.putNoWait(3)
      #expect(queue.isFull)
      await loop.turns(2)
      #expect(taken == [1, 2])
      #expect(try await queue.get() == 3)
    }
  }

  @Test func `who waits for room goes on in order`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 1, on: loop)
      var done: [Int] = []
      for item in 0..<5 {
        loop.spawn {
          try await queue.put(item)
          done.append(item)
        }
      }
      await loop.turns(2)
      #expect(done == [0])
      for item in 0..<5 {
        #expect(try await queue.get() == item)
        await loop.turns(2)
        #expect(done == Array(0...min(4, item + 1)))
      }
    }
  }

  @Test func `time runs out on both sides`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 1, on: loop)
      for timeout in [Duration.zero, .milliseconds(1)] {
        await #expect { try await queue.get(timeout: timeout) } throws: { isTimeout($0) }
      }
      try queue.putNoWait(0)
      for timeout in [Duration.zero, .milliseconds(1)] {
        await #expect { try await queue.put(1, timeout: timeout) } throws: { isTimeout($0) }
      }
      let waiting = loop.spawn { try await queue.put(2) }
      await loop.turns(1)
      #expect(try queue.getNoWait() == 0)
      // What ran out of time was never put in.
      #expect(try await queue.get() == 2)
      await waiting.value
      #expect(queue.unfinishedCount == 2)
    }
  }

  @Test func `those that gave up are passed over`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(on: loop)
      var outcomes: [String] = []
      func getter(_ name: String, timeout: Duration? = nil) -> Task<Void, Never> {
        loop.spawn {
          do {
            outcomes.append("\(name): \(try await queue.get(timeout: timeout))")
          } catch {
            outcomes.append("\(name): \(type(of: error))")
          }
        }
      }
      _ = getter("slow", timeout: .milliseconds(1))
      let cancelled = getter("cancelled")
      let last = getter("last")
      try await loop.wait { outcomes == ["slow: LoopError"] }
      cancelled.cancel()
      try queue.putNoWait(7)
      await last.value
      #expect(outcomes.sorted() == ["cancelled: CancellationError", "last: 7", "slow: LoopError"])
      #expect(queue.isEmpty)
    }
  }

  @Test func `an item that was handed over is not lost by cancelling`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(on: loop)
      var taken: Int?
      let task = loop.spawn { taken = try await queue.get() }
      await loop.turns(1)
      try queue.putNoWait(1)
      task.cancel()
      await task.value
      #expect(taken == 1)
    }
  }

  @Test func `a cancelled put leaves its item out`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 1, on: loop)
      try queue.putNoWait(0)
      let task = loop.spawn { try await queue.put(1) }
      await loop.turns(1)
      task.cancel()
      #expect(try queue.getNoWait() == 0)
      await task.value
      #expect(queue.isEmpty && queue.unfinishedCount == 1)
    }
  }

  /// However puts and gets are cut short, what was put comes out, once, in order.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `nothing is lost and nothing comes twice`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let plans = (0..<300).map { _ in
      (Int.random(in: 0..<4, using: &random), Int.random(in: 0..<5, using: &random))
    }
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 4, on: loop)
      var put: [Int] = []
      var taken: [Int] = []
      var tasks: [Task<Void, Never>] = []
      func attempt(_ isCutShort: Bool, _ body: @escaping () async throws -> Void) -> Task<Void, Never> {
        loop.spawn {
          do { try await body() } catch { #expect(isCutShort || code(error) == .closed) }
        }
      }
      for (index, (kind, turns)) in plans.enumerated() {
        let timeout: Duration? = kind == 1 ? .microseconds(100 * turns) : nil
        let putter = attempt(kind == 1 || kind == 2) {
          try await queue.put(index, timeout: timeout)
          put.append(index)
        }
        let getter = attempt(kind == 1 || kind == 2) { taken.append(try await queue.get(timeout: timeout)) }
        tasks += [putter, getter]
        if kind == 2 {
          loop.spawn {
            await loop.turns(turns)
            putter.cancel()
            getter.cancel()
          }
        }
        if turns == 0 { await loop.moment() }
      }
      // Those that find no partner wait until the queue is closed.
      try await loop.sleep(for: .milliseconds(20))
      queue.close()
      for task in tasks { await task.value }
      while let item = try? queue.getNoWait() { taken.append(item) }
      #expect(Set(taken).count == taken.count)
      #expect(Set(put) == Set(taken))
    }
  }

  // MARK: - join (QUE-006, QUE-007)

  private static func share<Storage: QueueStorage<Int>>(
    _ queue: BasicQueue<Storage>, _ loop: IOLoop
  ) async throws -> Int {
    try await queue.join()
    for index in 0..<100 { try queue.putNoWait(index) }
    var sum = 0
    for _ in 0..<2 {
      loop.spawn {
        for await item in queue {
          sum += item
          await loop.moment()
          queue.taskDone()
        }
      }
    }
    try await queue.join()
    queue.close()
    return sum
  }

  @Test func `join waits for all work of every kind of queue`() throws {
    try runLoop { loop async throws in
      #expect(try await QueueTests.share(Queue(on: loop), loop) == 4950)
      #expect(try await QueueTests.share(LIFOQueue(on: loop), loop) == 4950)
      #expect(try await QueueTests.share(PriorityQueue(on: loop), loop) == 4950)
    }
  }

  @Test func `taking an item does not end join, reporting it does`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(on: loop)
      try queue.putNoWait(0)
      var isJoined = false
      loop.spawn {
        try await queue.join()
        isJoined = true
      }
      await #expect { try await queue.join(timeout: .milliseconds(1)) } throws: { isTimeout($0) }
      _ = try await queue.get()
      await loop.turns(3)
      #expect(!isJoined)
      queue.taskDone()
      await loop.turns(2)
      #expect(isJoined)
    }
  }

  @Test func `mistakes stop the program`() async {
    await #expect(processExitsWith: .failure) { Queue<Int>().taskDone() }
    await #expect(processExitsWith: .failure) { _ = Queue<Int>(maxCount: -1) }
  }

  @Test func `a producer and a consumer take turns`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 3, on: loop)
      var history: [Int] = []
      loop.spawn {
        for await item in queue {
          history.append(item)
          queue.taskDone()
        }
      }
      for item in 0..<10 { try await queue.put(item) }
      try await queue.join()
      #expect(history == Array(0..<10))
    }
  }

  // MARK: - Iteration and close (QUE-008)

  @Test func `iteration ends with the queue`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(on: loop)
      for item in 0..<3 { try queue.putNoWait(item) }
      var items: [Int] = []
      var ends = 0
      let tasks = (0..<3).map { _ in
        loop.spawn {
          for await item in queue { items.append(item) }
          ends += 1
        }
      }
      await loop.turns(3)
      #expect(items == [0, 1, 2] && ends == 0)
      queue.close()
      queue.close()
      for task in tasks { await task.value }
      #expect(ends == 3)
    }
  }

  @Test func `a closed queue gives what it holds and takes no more`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 1, on: loop)
      try queue.putNoWait(1)
      var refused: QueueError.Code?
      let putter = loop.spawn {
        do { try await queue.put(2) } catch { refused = code(error) }
      }
      await loop.turns(1)
      queue.close()
      await putter.value
      #expect(refused == .closed)
      #expect(throws: QueueError(.closed)) { try queue.putNoWait(3) }
      await #expect(throws: QueueError(.closed)) { try await queue.put(3) }
      #expect(try await queue.get() == 1)
      #expect(throws: QueueError(.closed)) { try queue.getNoWait() }
      await #expect(throws: QueueError(.closed)) { try await queue.get() }
      #expect(queue.isClosed)
    }
  }

  @Test func `iteration ends with its task`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(on: loop)
      var hasEnded = false
      let task = loop.spawn {
        for await _ in queue {}
        hasEnded = true
      }
      await loop.turns(1)
      task.cancel()
      await task.value
      #expect(hasEnded && !queue.isClosed)
    }
  }

  @Test func `descriptions tell who waits`() throws {
    try runLoop { loop async throws in
      let queue = Queue<Int>(maxCount: 1, on: loop)
      let getter = loop.spawn { _ = try await queue.get() }
      await loop.turns(1)
      #expect("\(queue)" == "<Queue maxCount=1 count=0 getters[1]>")
      try queue.putNoWait(1)
      try queue.putNoWait(2)
      loop.spawn { try? await queue.put(3) }
      await getter.value
      await loop.turns(1)
      #expect("\(queue)" == "<Queue maxCount=1 count=1 putters[1] tasks=2>")
      queue.close()
      #expect("\(queue)" == "<Queue maxCount=1 count=1 tasks=2 closed>")
    }
  }
}
