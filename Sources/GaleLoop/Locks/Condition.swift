// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Lets tasks wait until others notify them, like Tornado's `locks.Condition`.
///
/// It has no lock of its own: tasks of one loop do not interrupt each other between two `await`s.
///
/// ```swift
/// // One task:
/// try await messagesArrived.wait()
/// show(messages)
/// // Another one:
/// messages.append(message)
/// messagesArrived.notifyAll()
/// ```
public final class Condition: CustomStringConvertible {
  private let waiters: WaiterQueue<Void, Void>

  /// Creates a condition for the tasks of `loop`.
  public init(on loop: IOLoop = .current) {
    waiters = WaiterQueue(loop: loop)
  }

  /// Waits for a notification.
  /// - Parameter timeout: How long at most; `nil` for no limit, zero or less to give up at once.
  /// - Returns: Whether a notification came; `false` when the time was over.
  /// - Throws: `CancellationError`; the notification then goes to the next one who waits.
  @discardableResult
  public func wait(timeout: Duration? = nil) async throws -> Bool {
    do {
      try await waiters.wait((), timeout: timeout)
      return true
    } catch let error as LoopError where error.code == .timedOut {
      return false
    }
  }

  /// Wakes up to `count` tasks, those that wait longest first; without any, the notification is lost.
  public func notify(_ count: Int = 1) {
    waiters.loop.checkThread()
    for _ in 0..<max(0, count) {
      guard waiters.wakeFirst({ .success(()) }) else { return }
    }
  }

  /// Wakes every task that waits now.
  public func notifyAll() {
    waiters.loop.checkThread()
    waiters.wakeAll { .success(()) }
  }

  /// Tasks that wait.
  package var waiterCount: Int { waiters.count }

  /// For debugging: how many tasks wait.
  public var description: String {
    waiters.isEmpty ? "<Condition>" : "<Condition waiters[\(waiters.count)]>"
  }
}
