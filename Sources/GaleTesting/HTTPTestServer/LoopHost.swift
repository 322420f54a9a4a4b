// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Synchronization

/// A test's loop, on a thread of its own.
final class LoopHost: Sendable {
  let loop: IOLoop
  /// The loop's errors that nobody took.
  private let errors = Mutex<[String]>([])
  private let closers = Mutex<[LoopConfined<() async -> Void>]>([])
  private let hasEnded = Signal()
  /// How long tasks may take to end once they are cancelled.
  private static let patience = Duration.seconds(2)

  /// That of the running test.
  @TaskLocal static var current: LoopHost?

  init(_ make: () throws -> IOLoop) throws {
    loop = try make()
  }

  /// Starts the thread.
  /// - Parameter prepare: Runs on it, before the loop does.
  func start(_ prepare: @escaping @Sendable (IOLoop) -> Void) {
    startThread { [self] in
      loop.makeCurrent()
      loop.spawnedTasks = SpawnedTasks()
      loop.unhandledErrors = { [self] in note("\($1): \($0)") }
      prepare(loop)
      loop.start()
      loop.close()
      hasEnded.set()
    }
  }

  /// Stops the loop and waits for the end of its thread.
  func stop() async {
    loop.addCallback { [loop] in loop.stop() }
    await hasEnded.wait()
  }

  func note(_ error: String) { errors.withLock { $0.append(error) } }

  /// The errors, which are forgotten then.
  func takeErrors() -> [String] {
    errors.withLock { errors in
      defer { errors = [] }
      return errors
    }
  }

  /// Has `closer` run when the test ends, on the loop, before what the loop still has is ended.
  func atEnd(_ closer: @escaping () async -> Void) {
    let confined = LoopConfined(closer)
    closers.withLock { $0.append(confined) }
  }

  /// Ends what the test left on the loop, whose executor runs this.
  func tearDown() async {
    while let closer = closers.withLock({ $0.popLast() }) { await closer.value() }
    loop.spawnedTasks?.cancelAll()
    let start = System.monotonicNanoseconds
    var hasClosed = false
    while let left = remains() {
      let passed = Duration.nanoseconds(System.monotonicNanoseconds - start)
      if passed > .milliseconds(50), !hasClosed {
        // A stream's read ends with the stream, not with its task.
        hasClosed = true
        loop.closeStreams()
      }
      guard passed < LoopHost.patience else { return note("Left behind by the test: \(left)") }
      await pause()
    }
    loop.closeStreams()
    await loop.moment()
  }

  /// Lets other threads and the system work for a moment, whatever clock the loop has.
  private func pause() async {
    await withCheckedContinuation { next in
      startThread {
        System.pause(.milliseconds(1))
        next.resume()
      }
    }
  }

  private func remains() -> String? {
    let (tasks, requests) = (loop.spawnedTasks?.count ?? 0, loop.tasks.busyCount)
    guard tasks + requests > 0 else { return nil }
    var parts: [String] = []
    if tasks > 0 { parts.append("\(tasks) spawned tasks that do not end when they are cancelled") }
    if requests > 0 { parts.append("\(requests) requests that are being answered") }
    return parts.joined(separator: ", ")
  }

  /// What the loop waits for, a line each; `nil` when its thread does not answer.
  func waits() async -> [String]? {
    let answer = Answer()
    loop.addCallback { [loop] in answer.give(loop.waits) }
    startThread {
      System.pause(.milliseconds(300))
      answer.give(nil)
    }
    return await answer.value()
  }
}

/// Something that happens once, and that one task waits for.
final class Signal: Sendable {
  private let state = Mutex<(isSet: Bool, waiting: CheckedContinuation<Void, Never>?)>((false, nil))

  func set() {
    let waiting = state.withLock { state in
      state.isSet = true
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume()
  }

  func wait() async {
    await withCheckedContinuation { next in
      let isSet = state.withLock { state in
        if !state.isSet { state.waiting = next }
        return state.isSet
      }
      if isSet { next.resume() }
    }
  }
}

/// The first of several answers.
private final class Answer: Sendable {
  private let lines = Mutex<[String]?>(nil)
  private let isGiven = Atomic(false)
  private let signal = Signal()

  func give(_ lines: [String]?) {
    guard !isGiven.exchange(true, ordering: .acquiringAndReleasing) else { return }
    self.lines.withLock { $0 = lines }
    signal.set()
  }

  func value() async -> [String]? {
    await signal.wait()
    return lines.withLock { $0 }
  }
}
