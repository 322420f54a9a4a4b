// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Lets a limited number of tasks in at a time, first come, first served: Tornado's `locks.Semaphore`.
///
/// ```swift
/// let connections = Semaphore(10)
/// let page = try await connections.withPermit { try await fetch(url) }
/// ```
public class Semaphore: CustomStringConvertible {
  private let waiters: WaiterQueue<Void, Void>

  /// How many permits are free.
  public private(set) var value: Int

  /// Creates a semaphore with `value` permits (0 or more), for the tasks of `loop`.
  public init(_ value: Int = 1, on loop: IOLoop = .current) {
    precondition(value >= 0, "semaphore initial value must be >= 0")
    self.value = value
    waiters = WaiterQueue(loop: loop)
  }

  /// Takes a permit, when necessary after others have given one back.
  ///
  /// Prefer ``withPermit(timeout:_:)``, which cannot forget to give it back. A free permit is taken even
  /// in a cancelled task, so that cleaning up can.
  /// - Parameter timeout: How long to wait at most; `nil` for no limit, zero or less to give up at once.
  /// - Throws: ``LoopError`` `.timedOut`; `CancellationError`. No permit is taken then.
  public func acquire(timeout: Duration? = nil) async throws {
    waiters.loop.checkThread()
    if value > 0 {
      value -= 1
    } else {
      try await waiters.wait((), timeout: timeout)
    }
  }

  /// Gives a permit back: to the task that waits longest, if any.
  ///
  /// More may be given than were taken; ``BoundedSemaphore`` refuses that.
  public func release() {
    waiters.loop.checkThread()
    if !waiters.wakeFirst({ .success(()) }) { value += 1 }
  }

  /// Runs `body` with a permit, and gives it back however `body` ends: Tornado's `async with semaphore`.
  /// - Throws: As ``acquire(timeout:)``, or what `body` throws.
  public func withPermit<Result>(
    timeout: Duration? = nil, _ body: () async throws -> Result
  ) async throws -> Result {
    try await acquire(timeout: timeout)
    defer { release() }
    return try await body()
  }

  /// Tasks that wait for a permit.
  package var waiterCount: Int { waiters.count }

  /// Places in the line that are taken up by tasks that have given up.
  package var abandonedCount: Int { waiters.abandonedCount }

  /// For debugging: the free permits and how many tasks wait.
  public var description: String {
    let state = value == 0 ? "locked" : "unlocked,value:\(value)"
    return "<\(type(of: self)) [\(state)\(waiters.isEmpty ? "" : ",waiters:\(waiters.count)")]>"
  }
}

/// A semaphore that stops the program when it is released more often than acquired, which is a mistake:
/// Tornado's `locks.BoundedSemaphore`.
public final class BoundedSemaphore: Semaphore {
  private let limit: Int

  /// Creates a semaphore with `value` permits (0 or more), for the tasks of `loop`.
  public override init(_ value: Int = 1, on loop: IOLoop = .current) {
    limit = value
    super.init(value, on: loop)
  }

  /// Gives a permit back: to the task that waits longest, if any.
  public override func release() {
    precondition(value < limit, "Semaphore released too many times")
    super.release()
  }
}
