// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleLoop

private struct Failure: Error, Equatable {
  var number = 0
}

/// A future that has its value after some turns.
private func later(_ value: Int, _ turns: Int, _ loop: IOLoop) -> Future<Int> {
  Future(on: loop) {
    await loop.turns(turns)
    return value
  }
}

@Suite("gen: multi, WaitIterator, withTimeout")
struct MultiTests {
  // MARK: - multi (GEN-009)

  @Test(arguments: [[], [1], [3, 0, 2, 1], Array(0..<200)])
  func `results keep the shape, whatever comes first`(_ turns: [Int]) throws {
    try runLoop { loop async throws in
      let values = turns.map { $0 * 10 }
      #expect(try await multi(turns.map { later($0 * 10, $0, loop) }, on: loop) == values)
      let byKey = Dictionary(uniqueKeysWithValues: turns.map { ("\($0)", later($0 * 10, $0, loop)) })
      let expected = Dictionary(uniqueKeysWithValues: turns.map { ("\($0)", $0 * 10) })
      #expect(try await multi(byKey, on: loop) == expected)
      let results = try await multi(turns, on: loop) { turn in
        await loop.turns(turn)
        return turn * 10
      }
      #expect(results == values)
    }
  }

  @Test func `a future may stand there twice`() throws {
    try runLoop { loop async throws in
      let first = later(1, 2, loop)
      let second = later(2, 1, loop)
      #expect(try await multi([first, first, second, first], on: loop) == [1, 1, 2, 1])
    }
  }

  @Test func `operations run at the same time`() throws {
    try runLoop { loop async throws in
      var running = 0
      var most = 0
      _ = try await multi(0..<10, on: loop) { _ in
        running += 1
        most = max(most, running)
        await loop.turns(2)
        running -= 1
      }
      #expect(most == 10)
    }
  }

  @Test func `all are waited for before the first error in order is thrown`() throws {
    try runLoop { loop async throws in
      var ended: [Int] = []
      await #expect(throws: Failure(number: 1)) {
        try await multi(0..<4, on: loop, isQuiet: { $0 is Failure }) { index in
          await loop.turns(4 - index)
          ended.append(index)
          if index == 1 || index == 2 { throw Failure(number: index) }
        }
      }
      #expect(ended == [3, 2, 1, 0])
    }
  }

  @Test func `a cancelled child is an error of that child`() throws {
    try runLoop { loop async throws in
      let cancelled = Future<Int>(on: loop)
      cancelled.cancel()
      let good = later(1, 3, loop)
      await #expect(throws: CancellationError.self) { try await multi([cancelled, good], on: loop) }
      #expect(good.isDone)
    }
  }

  @Test func `further errors are logged unless they are quiet`() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try runLoop { loop async throws in
        let futures = (0..<4).map { index in
          Future<Int>(on: loop) { throw Failure(number: 100 + index) }
        }
        _ = try? await multi(futures, on: loop, isQuiet: { ($0 as? Failure)?.number == 102 })
      }
    }
    let log = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(log.contains("Multiple exceptions in multi: Failure(number: 101)"))
    #expect(log.contains("103") && !log.contains("100") && !log.contains("102"))
  }

  @Test func `cancelling it leaves futures alone and cancels operations`() throws {
    try runLoop { loop async throws in
      let future = later(1, 6, loop)
      var wasCancelled = false
      var outcomes: [String] = []
      let waiting = loop.spawn {
        do { _ = try await multi([future], on: loop) } catch {
          outcomes.append("futures: \(type(of: error))")
        }
      }
      let running = loop.spawn {
        do {
          _ = try await multi([1], on: loop) { _ in
            do { try await loop.sleep(for: .seconds(3600)) } catch { wasCancelled = true }
          }
        } catch {
          outcomes.append("operations: \(type(of: error)) \(wasCancelled)")
        }
      }
      await loop.turns(2)
      waiting.cancel()
      running.cancel()
      await waiting.value
      await running.value
      // It throws once the operations have ended.
      #expect(outcomes.sorted() == ["futures: CancellationError", "operations: CancellationError true"])
      #expect(try await future.get() == 1)
    }
  }

  // MARK: - WaitIterator (GEN-010)

  @Test(arguments: [[], [0], [3, 1, 2], [0, 0, 0], [5, 4, 3, 2, 1, 0]])
  func `outcomes come in the order of their ends`(_ turns: [Int]) throws {
    try runLoop { loop async throws in
      let futures = turns.map { later($0 * 10, $0 * 2, loop) }
      let iterator = WaitIterator(futures, on: loop)
      var keys: [Int] = []
      for try await outcome in iterator {
        keys.append(outcome.key)
        #expect(try outcome.result.get() == turns[outcome.key] * 10)
        #expect(outcome.future === futures[outcome.key])
      }
      #expect(keys == turns.indices.sorted { (turns[$0], $0) < (turns[$1], $1) })
      #expect(iterator.isDone)
      #expect(try await iterator.next() == nil)
    }
  }

  @Test func `what has ended before comes first, by position`() throws {
    try runLoop { loop async throws in
      let futures = (0..<4).map { _ in Future<Int>(on: loop) }
      futures[2].fulfil(2)
      futures[1].fulfil(1)
      let iterator = WaitIterator(futures + [futures[2]], on: loop)
      for expected in [1, 2, 4] { #expect(try await iterator.next()?.key == expected) }
      #expect(!iterator.isDone)
      futures[3].fulfil(3)
      futures[0].fulfil(0)
      #expect(try await iterator.next()?.key == 3)
      #expect(try await iterator.next()?.key == 0)
      #expect(iterator.isDone)
    }
  }

  @Test func `an error does not end the iteration, and keys are names`() throws {
    try runLoop { loop async throws in
      let bad = Future<Int>(on: loop) { throw Failure(number: 1) }
      var seen: [String: String] = [:]
      for try await outcome in WaitIterator(["bad": bad, "good": later(5, 3, loop)], on: loop) {
        switch outcome.result {
        case .success(let value): seen[outcome.key] = "\(value)"
        case .failure(let error): seen[outcome.key] = "\(error)"
        }
      }
      #expect(seen == ["bad": "Failure(number: 1)", "good": "5"])
    }
  }

  @Test func `a cancelled task leaves the outcome for the next call`() throws {
    try runLoop { loop async throws in
      let future = Future<Int>(on: loop)
      let iterator = WaitIterator([future], on: loop)
      var outcome = ""
      let task = loop.spawn {
        do { _ = try await iterator.next() } catch { outcome = "\(type(of: error))" }
      }
      await loop.turns(1)
      task.cancel()
      await task.value
      #expect(outcome == "CancellationError")
      future.fulfil(1)
      #expect(try await iterator.next()?.key == 0)
    }
  }

  // MARK: - withTimeout (GEN-008)

  @Test func `what ends in time is as without a limit`() throws {
    try runLoop { loop async throws in
      #expect(try await withTimeout(.seconds(60), on: loop) { 1 } == 1)
      await #expect(throws: Failure(number: 1)) {
        try await withTimeout(.seconds(60), on: loop) { throw Failure(number: 1) }
      }
      #expect(try await withTimeout(.seconds(60), later(2, 3, loop), on: loop) == 2)
      let done = Future<Int>(on: loop)
      done.fulfil(3)
      #expect(try await withTimeout(.zero, done, on: loop) == 3)
      let cancelled = Future<Int>(on: loop)
      cancelled.cancel()
      await #expect(throws: CancellationError.self) {
        try await withTimeout(.seconds(60), cancelled, on: loop)
      }
    }
  }

  @Test func `an operation whose time is over is cancelled and waited for`() throws {
    try runLoop { loop async throws in
      var trace: [String] = []
      await #expect {
        try await withTimeout(.milliseconds(1), on: loop) {
          do { try await loop.sleep(for: .seconds(3600)) } catch { trace.append("cancelled") }
          await loop.turns(5)
          trace.append("ended")
        }
      } throws: {
        trace.append("thrown")
        return ($0 as? LoopError)?.code == .timedOut
      }
      #expect(trace == ["cancelled", "ended", "thrown"])
    }
  }

  @Test func `a future whose time is over goes on`() throws {
    try runLoop { loop async throws in
      let future = Future<Int>(on: loop)
      await #expect { try await withTimeout(.milliseconds(1), future, on: loop) } throws: {
        ($0 as? LoopError)?.code == .timedOut
      }
      #expect(!future.isDone)
      future.fulfil(9)
      #expect(try await future.get() == 9)
    }
  }

  @Test func `an error that comes too late is logged unless it is quiet`() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try runLoop { loop async throws in
        for (number, isQuiet) in [(1, false), (2, true)] {
          let future = Future<Int>(on: loop)
          _ = try? await withTimeout(.milliseconds(1), future, on: loop) { _ in isQuiet }
          future.fail(Failure(number: number))
          await loop.turns(3)
        }
      }
    }
    let log = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(log.contains("Exception in a Future after its timeout: Failure(number: 1)"))
    #expect(!log.contains("number: 2"))
  }

  @Test func `who cancels the caller cancels the operation`() throws {
    try runLoop { loop async throws in
      var trace: [String] = []
      let task = loop.spawn {
        do {
          try await withTimeout(.seconds(3600), on: loop) {
            do { try await loop.sleep(for: .seconds(3600)) } catch { trace.append("operation cancelled") }
          }
        } catch {
          trace.append("\(type(of: error))")
        }
      }
      await loop.turns(3)
      task.cancel()
      await task.value
      #expect(trace == ["operation cancelled", "CancellationError"])
    }
  }

  // MARK: - Others

  /// GEN-021: what is done already is taken in a loop, not in ever deeper calls.
  @Test func `many finished futures need no stack`() throws {
    try runLoop { loop async throws in
      var sum = 0
      for index in 0..<100_000 {
        let future = Future<Int>(on: loop)
        future.fulfil(index)
        sum += try await future.get()
      }
      #expect(sum == 4_999_950_000)
    }
  }

  /// GEN-001: it runs at once until it first waits.
  @Test func `an immediate task runs up to its first wait`() throws {
    try runLoop { loop async throws in
      var trace: [String] = []
      let confined = LoopConfined { (text: String) in trace.append(text) }
      let task = Task.immediate(executorPreference: loop) {
        confined.value("started")
        await loop.moment()
        confined.value("went on")
      }
      trace.append("caller")
      await task.value
      #expect(trace == ["started", "caller", "went on"])
    }
  }
}
