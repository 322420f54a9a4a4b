// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Lets one task in at a time, first come, first served: Tornado's `locks.Lock`.
///
/// It is for tasks of one loop, to keep others out while the holder waits for something; code without an
/// `await` needs no lock there. A task that holds it must not ask for it again.
///
/// ```swift
/// try await lock.withLock {
///   let account = try await load(id)
///   try await save(account.credited(amount))
/// }
/// ```
public final class Lock: CustomStringConvertible {
  private let semaphore: Semaphore

  /// Creates an open lock, for the tasks of `loop`.
  public init(on loop: IOLoop = .current) {
    semaphore = Semaphore(1, on: loop)
  }

  /// Whether a task holds the lock.
  public var isLocked: Bool { semaphore.value == 0 }

  /// Takes the lock, when necessary after those who asked before.
  ///
  /// Prefer ``withLock(timeout:_:)``, which cannot forget to give it back.
  /// - Parameter timeout: How long to wait at most; `nil` for no limit, zero or less to give up at once.
  /// - Throws: ``LoopError`` `.timedOut`; `CancellationError`. The lock is not taken then.
  public func acquire(timeout: Duration? = nil) async throws {
    try await semaphore.acquire(timeout: timeout)
  }

  /// Opens the lock, or passes it to the task that waits longest.
  ///
  /// To release an open lock is a mistake that stops the program.
  public func release() {
    precondition(isLocked, "release unlocked lock")
    semaphore.release()
  }

  /// Runs `body` with the lock, and gives it back however `body` ends: Tornado's `async with lock`.
  /// - Throws: As ``acquire(timeout:)``, or what `body` throws.
  public func withLock<Result>(
    timeout: Duration? = nil, _ body: () async throws -> Result
  ) async throws -> Result {
    try await semaphore.withPermit(timeout: timeout, body)
  }

  /// For debugging: whether it is held and how many tasks wait.
  public var description: String { "<Lock \(isLocked ? "locked" : "unlocked")>" }
}
