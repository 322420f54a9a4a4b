// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import HeapModule
import TestSupport
import Testing

@testable import GaleLoop

@Suite("ioloop: timers")
struct TimerTests {
  @Test(arguments: PollerKind.allCases)
  func `timers run in the order of their deadlines and not early`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      var order: [Int] = []
      let start = loop.time
      for delay in [30, 10, 20, 0] {
        loop.callLater(.milliseconds(delay)) {
          #expect(loop.time - start >= .milliseconds(delay))
          order.append(delay)
        }
      }
      try await loop.wait { order.count == 4 }
      #expect(order == [0, 10, 20, 30])
    }
  }

  @Test func `equal deadlines run in the order in which they were set`() throws {
    try runLoop { loop async throws in
      var order: [Int] = []
      let deadline = loop.time + .milliseconds(5)
      for index in 0..<50 { loop.callAt(deadline) { order.append(index) } }
      try await loop.wait { order.count == 50 }
      #expect(order == Array(0..<50))
    }
  }

  @Test func `a removed timer does not run, and removing it again is harmless`() throws {
    try runLoop { loop async throws in
      var ran: [String] = []
      let removed = loop.callLater(.milliseconds(1)) { ran.append("removed") }
      var sibling: TimeoutHandle?
      let deadline = loop.time + .milliseconds(5)
      let remover = loop.callAt(deadline) {
        ran.append("remover")
        if let sibling { loop.removeTimeout(sibling) }
      }
      sibling = loop.callAt(deadline) { ran.append("sibling") }
      loop.removeTimeout(removed)
      loop.removeTimeout(removed)
      try await loop.sleep(for: .milliseconds(20))
      loop.removeTimeout(remover)
      #expect(ran == ["remover"])
    }
  }

  /// LOOP-012, LOOP-026.
  @Test func `a deadline in the past is due in the next turn`() throws {
    try runLoop { loop async throws in
      var order: [String] = []
      let past = LoopTime(nanoseconds: 0)
      var rounds = 0
      func again() {
        rounds += 1
        order.append("timer")
        loop.addLocalCallback { order.append("callback") }
        if rounds < 3 { loop.callAt(past, again) }
      }
      loop.callAt(past, again)
      try await loop.wait { order.count == 6 }
      #expect(order == ["timer", "callback", "timer", "callback", "timer", "callback"])
    }
  }

  /// LOOP-025.
  @Test func `cancelled timers are thrown away`() throws {
    try runLoop { loop async throws in
      let before = loop.timers.count
      let kept = (0..<600).map { _ in loop.callLater(.seconds(3600)) {} }
      for _ in 0..<5000 {
        loop.removeTimeout(loop.callLater(.seconds(3600)) {})
        #expect(loop.timers.count <= before + 600 + 2 * 600 + 520)
      }
      for handle in kept { loop.removeTimeout(handle) }
      #expect(loop.timers.count < before + 1100)
      var ran = false
      loop.callLater(.milliseconds(1)) { ran = true }
      try await loop.wait { ran }
    }
  }

  @Test(arguments: [Duration.seconds(Int64.max), .seconds(3600 * 24 * 365 * 1000), .seconds(1 << 33)])
  func `the far future is never`(_ delay: Duration) throws {
    try runLoop { loop async throws in
      let handle = loop.callLater(delay) { Issue.record("the future has come") }
      try await loop.sleep(for: .milliseconds(2))
      loop.removeTimeout(handle)
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `sleeping lets the loop go on`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      var order: [Int] = []
      for delay in [20, 0, 10] {
        loop.spawn {
          try await loop.sleep(for: .milliseconds(delay))
          #expect(loop.isCurrent)
          order.append(delay)
        }
      }
      let start = loop.time
      try await loop.wait { order.count == 3 }
      #expect(order == [0, 10, 20])
      #expect(loop.time - start >= .milliseconds(20))
    }
  }

  @Test func `cancelling ends a sleep at once`() throws {
    try runLoop { loop async throws in
      var caught: (any Error)?
      let task = loop.spawn {
        do { try await loop.sleep(for: .seconds(3600)) } catch { caught = error }
        #expect(loop.isCurrent)
      }
      await loop.turns(3)
      task.cancel()
      await task.value
      #expect(caught is CancellationError)

      caught = nil
      let early = loop.spawn {
        do { try await loop.sleep(for: .seconds(3600)) } catch { caught = error }
      }
      early.cancel()
      await early.value
      #expect(caught is CancellationError)
    }
  }

  @Test func `cancelling from another thread ends a sleep too`() throws {
    try runLoop { loop async throws in
      var wasCancelled = false
      let task = loop.spawn {
        do { try await loop.sleep(for: .seconds(3600)) } catch { wasCancelled = true }
        #expect(loop.isCurrent)
      }
      await loop.turns(2)
      startThread { task.cancel() }
      await task.value
      #expect(wasCancelled)
    }
  }

  @Test func `times far away do not wrap round`() {
    let now = LoopTime(nanoseconds: 5)
    #expect(now + .seconds(Int64.max) == LoopTime(nanoseconds: .max))
    #expect(now + .seconds(Int64.min) == LoopTime(nanoseconds: .min + 5))
    #expect(now + .nanoseconds(3) - now == .nanoseconds(3))
    #expect(Duration.milliseconds(1500).inSeconds == 1.5)
  }
}

@Suite("ioloop: time-out wheel")
struct TimeoutWheelTests {
  final class Entry: WheelEntry {
    var wheelPosition = TimeoutWheel.Position()
    var deadline: Int64
    var fired: [Int64] = []
    var now: () -> Int64 = { 0 }
    var whenFired: () -> Void = {}
    init(_ deadline: Int64) { self.deadline = deadline }
    func timedOut() {
      fired.append(now())
      whenFired()
    }
  }

  /// A wheel with a clock that the test turns.
  final class Clock {
    var now: Int64 = 0
    let wheel = TimeoutWheel(now: 0)
    func entry(_ deadline: Int64) -> Entry {
      let entry = Entry(deadline)
      entry.now = { [unowned self] in now }
      wheel.insert(entry)
      return entry
    }
    func advance(to time: Int64) {
      while now < time {
        now = min(time, now + TimeoutWheel.tick)
        wheel.advance(to: now)
      }
    }
  }

  private let tick = TimeoutWheel.tick

  @Test(arguments: [
    0, 1, 249_999_999, 250_000_000, 250_000_001, 60_000_000_000, 127_000_000_000, 400_000_000_000,
  ])
  func `an entry fires once, not early and at most a tick late`(_ deadline: Int64) {
    let clock = Clock()
    let entry = clock.entry(deadline)
    clock.advance(to: deadline + 3 * tick)
    #expect(entry.fired.count == 1)
    #expect(entry.fired[0] >= deadline && entry.fired[0] <= deadline + 2 * tick)
    #expect(clock.wheel.isEmpty)
    #expect(clock.wheel.nextWake(now: clock.now) == nil)
  }

  @Test func `a deadline that moved later is noticed when the old one comes`() {
    let clock = Clock()
    let entry = clock.entry(tick)
    entry.deadline = 10 * tick
    clock.advance(to: 9 * tick)
    #expect(entry.fired.isEmpty)
    clock.advance(to: 12 * tick)
    #expect(entry.fired.count == 1)
  }

  @Test(arguments: [Int64.max, 75_000_000_000])
  func `a deadline that moved forward is noticed when the wheel is told`(_ first: Int64) {
    let clock = Clock()
    let entry = clock.entry(first)
    clock.advance(to: 2 * tick)
    entry.deadline = 5 * tick
    clock.wheel.deadlineMovedForward(entry)
    clock.advance(to: 8 * tick)
    #expect(entry.fired.count == 1)
    #expect(clock.wheel.isEmpty)
  }

  @Test func `an entry without a deadline never fires`() {
    let clock = Clock()
    let entry = clock.entry(.max)
    clock.advance(to: 2000 * tick)
    #expect(entry.fired.isEmpty)
    clock.wheel.remove(entry)
    #expect(clock.wheel.isEmpty)
  }

  @Test func `removing and inserting twice are harmless`() {
    let clock = Clock()
    let entries = (0..<10).map { _ in clock.entry(tick) }
    clock.wheel.insert(entries[0])
    for index in [0, 9, 4, 4, 0] { clock.wheel.remove(entries[index]) }
    clock.advance(to: 3 * tick)
    #expect(entries.indices.filter { entries[$0].fired.count == 1 } == [1, 2, 3, 5, 6, 7, 8])
    clock.wheel.remove(entries[1])
    #expect(clock.wheel.isEmpty)
  }

  @Test func `an entry may come back, or remove others, while it fires`() {
    let clock = Clock()
    let first = clock.entry(tick)
    let second = clock.entry(tick)
    for (entry, other) in [(first, second), (second, first)] {
      entry.whenFired = {
        clock.wheel.remove(other)
        entry.deadline = clock.now + 4 * TimeoutWheel.tick
        if entry.fired.count < 3 { clock.wheel.insert(entry) }
      }
    }
    clock.advance(to: 30 * tick)
    #expect(first.fired.count + second.fired.count == 3)
    #expect(clock.wheel.isEmpty)
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `any mix of moving, removing and advancing fires what is due`(_ seed: UInt64) {
    var random = SeededGenerator(seed)
    let clock = Clock()
    var entries: [Entry] = []
    for _ in 0..<400 {
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        entries.append(clock.entry(clock.now + Int64.random(in: 0...200_000_000_000, using: &random)))
      }
      if let entry = entries.randomElement(using: &random), entry.fired.isEmpty {
        let deadline = clock.now + Int64.random(in: 0...200_000_000_000, using: &random)
        let isForward = deadline < entry.deadline
        entry.deadline = deadline
        if isForward { clock.wheel.deadlineMovedForward(entry) }
      }
      if Int.random(in: 0..<8, using: &random) == 0, !entries.isEmpty {
        let entry = entries.remove(at: Int.random(in: 0..<entries.count, using: &random))
        clock.wheel.remove(entry)
      }
      clock.advance(to: clock.now + Int64.random(in: 0...5_000_000_000, using: &random))
      for entry in entries {
        #expect(entry.fired.count <= 1)
        if let fired = entry.fired.first {
          #expect(fired >= entry.deadline && fired <= entry.deadline + 2 * tick)
        } else {
          #expect(entry.deadline + 2 * tick > clock.now)
        }
      }
    }
    clock.advance(to: clock.now + 201_000_000_000)
    #expect(entries.allSatisfy { $0.fired.count == 1 })
    #expect(clock.wheel.isEmpty)
  }
}
