// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import DequeModule
import Synchronization

extension IOLoop {
  /// Runs `callback` in the loop's next turn, like Tornado's `IOLoop.add_callback`.
  ///
  /// The only call that is safe from any thread. On a closed loop the callback is dropped.
  public func addCallback(_ callback: @escaping @Sendable () -> Void) {
    let callback = LoopContext.capture(callback)
    if isCurrent {
      ready.append(.callback(callback))
      noteWork()
    } else {
      post(.callback(callback))
    }
  }

  /// Runs `callback` in the next turn; for code that is on the loop's thread already, so that it may
  /// hold what is confined to it.
  public func addLocalCallback(_ callback: @escaping () -> Void) {
    checkThread()
    ready.append(.callback(LoopContext.capture(callback)))
    noteWork()
  }

  /// Starts asynchronous work on this loop, like Tornado's `IOLoop.spawn_callback`.
  ///
  /// The operation stays on the loop's thread, so it may hold what is confined to it. An error that
  /// it throws is logged.
  @discardableResult
  public func spawn(_ operation: @escaping () async throws -> Void) -> Task<Void, Never> {
    checkThread()
    let confined = LoopConfined(operation)
    let entry = spawnedTasks?.begin()
    let task = Task(executorPreference: self) { [self] in
      do {
        try await confined.value()
      } catch is CancellationError {
      } catch {
        report(error, "Uncaught error in a spawned callback")
      }
      if let entry { spawnedTasks?.end(entry) }
    }
    if let entry { spawnedTasks?.keep(task, as: entry) }
    return task
  }

  /// Runs the loop until `operation` has ended and returns its result, like Tornado's `IOLoop.run_sync`.
  /// - Parameters:
  ///   - timeout: The longest it may take; `nil` for no limit.
  ///   - operation: What to run, on the loop.
  /// - Throws: What `operation` throws; ``LoopError`` with `.timedOut` (the operation is cancelled), or
  ///   `.stopped` when somebody stopped the loop first.
  public func runSync<Result>(
    timeout: Duration? = nil, _ operation: @escaping () async throws -> Result
  ) throws -> Result {
    makeCurrent()
    let outcome = LoopConfined(Outcome<Result>())
    let confined = LoopConfined(operation)
    let task = Task(executorPreference: self) { [self] in
      do {
        outcome.value.result = .success(try await confined.value())
      } catch {
        outcome.value.result = .failure(error)
      }
      if !outcome.value.isAbandoned { stop() }
    }
    let timer = timeout.map { limit in
      callLater(limit) { [self] in
        outcome.value.timedOut = true
        task.cancel()
        stop()
      }
    }
    start()
    outcome.value.isAbandoned = true
    if let timer { removeTimeout(timer) }
    if outcome.value.timedOut, let timeout {
      throw LoopError(.timedOut, "Operation timed out after \(timeout)")
    }
    guard let result = outcome.value.result else {
      task.cancel()
      throw LoopError(.stopped, "Event loop stopped before the operation ended")
    }
    return try result.get()
  }

  /// Suspends the calling task until the loop's next turn: Tornado's `gen.moment`.
  public func moment() async {
    // SAFETY: resumed exactly once, by the callback.
    unsafe await withUnsafeContinuation { (next: UnsafeContinuation<Void, Never>) in
      ready.append(.callback { unsafe next.resume() })
      noteWork()
    }
  }

  package func report(_ error: any Error, _ context: String) {
    if LoopContext.handle(error) { return }
    if let unhandledErrors {
      unhandledErrors(error, context)
    } else {
      LoopLog.error("\(context): \(error)")
    }
  }

  /// Hands an item over from another thread.
  func post(_ item: ReadyItem) {
    inbox.withLock { $0?.append(item) }
    if sleeping.exchange(false, ordering: .sequentiallyConsistent) { gale_eventfd_signal(wakeup) }
  }

  func takeInbox() {
    inbox.withLock { items in
      guard items?.isEmpty == false else { return }
      if let items { ready.append(contentsOf: items) }
      items?.removeAll(keepingCapacity: true)
    }
  }

  /// Has `item` send what it collected in this turn, before the loop waits again.
  package func flushAtEndOfTurn(_ item: any EndOfTurnFlush) {
    flushes.append(item)
    noteWork()
  }

  func runFlushes() {
    // The last comes first: who writes to whom says nothing of an order between connections.
    while let item = flushes.popLast() { item.flushAtEndOfTurn() }
  }

  /// How much of what is ready a turn runs at the most: descriptors and timers have theirs in between.
  static let turnLimit = 1024

  /// Runs what was ready when the turn began; what it adds waits for the next turn.
  func runReady(atMost limit: Int = .max) {
    var count = min(ready.count, limit)
    guard count > 0 else { return }
    let executor = unsafe asUnownedTaskExecutor()
    while count > 0, let item = ready.popFirst() {
      count -= 1
      switch item {
      case .job(let job): unsafe job.runSynchronously(on: executor)
      case .callback(let callback): callback()
      }
    }
  }
}

/// Collects output during a turn of the loop and sends it at its end.
package protocol EndOfTurnFlush: AnyObject {
  func flushAtEndOfTurn()
}

/// The result of `runSync`, until it is there.
private final class Outcome<Value> {
  var result: Result<Value, any Error>?
  var timedOut = false
  /// Nobody waits any more: the operation ends during another run of the loop, if at all.
  var isAbandoned = false
}

/// Carries something that belongs to a loop's thread through a task that runs on that thread.
package struct LoopConfined<Value>: @unchecked Sendable {
  // @unchecked Sendable: the task that receives it prefers the loop as its executor, so the value is
  // made, used and dropped on one thread.
  package let value: Value
  package init(_ value: Value) { self.value = value }
}
