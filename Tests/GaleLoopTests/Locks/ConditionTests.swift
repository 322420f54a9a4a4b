// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleLoop

@Suite("locks: Condition and Event")
struct ConditionTests {
  /// Tasks that wait for a condition and note when they go on.
  private final class Waiters {
    let condition: Condition
    let loop: IOLoop
    var history: [String] = []
    var tasks: [Task<Void, Never>] = []

    init(_ loop: IOLoop) {
      self.loop = loop
      condition = Condition(on: loop)
    }

    func add(_ name: String, timeout: Duration? = nil, then: @escaping () -> Void = {}) {
      tasks.append(
        loop.spawn { [self] in
          do {
            history.append(try await condition.wait(timeout: timeout) ? name : "timeout \(name)")
            then()
          } catch is CancellationError {
            history.append("cancelled \(name)")
          }
        })
    }
  }

  // MARK: - Condition (LCK-001, LCK-002)

  @Test(arguments: [[1], [3, 1, 2], [2, 0, 4], [6], [7], [-1, 6]])
  func `notify wakes the given number, longest waiting first`(_ steps: [Int]) throws {
    try runLoop { loop async throws in
      let waiters = Waiters(loop)
      for index in 0..<6 { waiters.add("\(index)") }
      await loop.turns(1)
      var woken = 0
      for step in steps {
        waiters.condition.notify(step)
        await loop.turns(2)
        woken = min(6, woken + max(0, step))
        #expect(waiters.history == (0..<woken).map { "\($0)" })
        #expect(waiters.condition.waiterCount == 6 - woken)
      }
      waiters.condition.notifyAll()
      for task in waiters.tasks { await task.value }
      #expect(waiters.history == (0..<6).map { "\($0)" })
    }
  }

  @Test func `a notification without a waiter is lost`() throws {
    try runLoop { loop async throws in
      let condition = Condition(on: loop)
      condition.notify()
      condition.notifyAll()
      #expect(try await condition.wait(timeout: .milliseconds(1)) == false)
    }
  }

  @Test func `a waiter whose time is over does not count`() throws {
    try runLoop { loop async throws in
      let waiters = Waiters(loop)
      waiters.add("0")
      waiters.add("1", timeout: .milliseconds(2))
      waiters.add("2")
      waiters.add("3")
      try await loop.wait { waiters.history == ["timeout 1"] }
      waiters.condition.notify(2)
      await loop.turns(2)
      #expect(waiters.history == ["timeout 1", "0", "2"])
      waiters.condition.notify()
      await loop.turns(2)
      #expect(waiters.history == ["timeout 1", "0", "2", "3"])
    }
  }

  @Test func `a notification that comes in time ends the timer`() throws {
    try runLoop { loop async throws in
      let condition = Condition(on: loop)
      loop.addLocalCallback { condition.notify() }
      #expect(try await condition.wait(timeout: .seconds(3600)))
      #expect(condition.waiterCount == 0)
    }
  }

  @Test(arguments: [Duration.zero, .seconds(-1)])
  func `no time at all is over at once`(_ timeout: Duration) throws {
    try runLoop { loop async throws in
      var turned = false
      loop.addLocalCallback { turned = true }
      #expect(try await Condition(on: loop).wait(timeout: timeout) == false)
      #expect(!turned)
    }
  }

  @Test func `a woken task may notify the next`() throws {
    try runLoop { loop async throws in
      let waiters = Waiters(loop)
      for index in 0..<50 { waiters.add("\(index)") { waiters.condition.notify() } }
      await loop.turns(1)
      waiters.condition.notify()
      for task in waiters.tasks { await task.value }
      #expect(waiters.history == (0..<50).map { "\($0)" })
    }
  }

  @Test func `a cancelled waiter takes no notification`() throws {
    try runLoop { loop async throws in
      let waiters = Waiters(loop)
      for name in ["a", "b", "c"] { waiters.add(name) }
      await loop.turns(1)
      waiters.tasks[0].cancel()
      waiters.condition.notify()
      await loop.turns(2)
      #expect(waiters.history == ["cancelled a", "b"])
      // Notified first, cancelled then: the notification counts.
      waiters.condition.notify()
      waiters.tasks[2].cancel()
      await loop.turns(2)
      #expect(waiters.history == ["cancelled a", "b", "c"])
    }
  }

  @Test func `another thread may cancel`() throws {
    try runLoop { loop async throws in
      let waiters = Waiters(loop)
      waiters.add("a")
      await loop.turns(1)
      let task = waiters.tasks[0]
      startThread { task.cancel() }
      await task.value
      #expect(waiters.history == ["cancelled a"])
    }
  }

  @Test func `a task that is cancelled already does not wait`() throws {
    try runLoop { loop async throws in
      let waiters = Waiters(loop)
      waiters.add("a")
      waiters.tasks[0].cancel()
      await waiters.tasks[0].value
      #expect(waiters.history == ["cancelled a"])
      #expect(waiters.condition.waiterCount == 0)
    }
  }

  @Test func `descriptions tell who waits`() throws {
    try runLoop { loop async throws in
      let waiters = Waiters(loop)
      #expect("\(waiters.condition)" == "<Condition>")
      waiters.add("a")
      await loop.turns(1)
      #expect("\(waiters.condition)" == "<Condition waiters[1]>")
      waiters.condition.notify()
      await loop.turns(2)
    }
  }

  // MARK: - Event (LCK-003)

  @Test func `an event lets everyone pass while it is set`() throws {
    try runLoop { loop async throws in
      let event = Event(on: loop)
      var history: [String] = []
      func wait(_ name: String) {
        loop.spawn {
          try await event.wait()
          history.append(name)
        }
      }
      wait("before")
      wait("before too")
      await loop.turns(1)
      #expect(!event.isSet && "\(event)" == "<Event clear>")
      event.set()
      event.set()
      wait("while set")
      await loop.turns(2)
      #expect(event.isSet && "\(event)" == "<Event set>")
      event.clear()
      wait("after")
      await loop.turns(2)
      #expect(history == ["before", "before too", "while set"])
      // Woken by set(), though it is clear again before its turn.
      event.set()
      event.clear()
      await loop.turns(2)
      #expect(history.last == "after")
    }
  }

  @Test func `an event's waiters run out of time and are cancelled`() throws {
    try runLoop { loop async throws in
      let event = Event(on: loop)
      await #expect { try await event.wait(timeout: .milliseconds(1)) } throws: {
        ($0 as? LoopError)?.code == .timedOut
      }
      await #expect(throws: LoopError.self) { try await event.wait(timeout: .zero) }
      var outcome = ""
      let task = loop.spawn {
        do { try await event.wait() } catch { outcome = "\(type(of: error))" }
      }
      await loop.turns(1)
      task.cancel()
      await task.value
      #expect(outcome == "CancellationError")
      event.set()
      try await event.wait(timeout: .zero)
    }
  }
}
