// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A flag that tasks can wait for, like Tornado's `locks.Event`.
public final class Event: CustomStringConvertible {
  private let waiters: WaiterQueue<Void, Void>

  /// Whether the flag is set: Tornado's `is_set`.
  public private(set) var isSet = false

  /// Creates an event that is not set, for the tasks of `loop`.
  public init(on loop: IOLoop = .current) {
    waiters = WaiterQueue(loop: loop)
  }

  /// Sets the flag and wakes every task that waits for it.
  ///
  /// They go on even when it is cleared before their turn comes.
  public func set() {
    waiters.loop.checkThread()
    guard !isSet else { return }
    isSet = true
    waiters.wakeAll { .success(()) }
  }

  /// Clears the flag: later calls of ``wait(timeout:)`` wait until it is set again.
  public func clear() {
    waiters.loop.checkThread()
    isSet = false
  }

  /// Returns once the flag is set; at once if it is set already.
  /// - Parameter timeout: How long to wait at most; `nil` for no limit, zero or less to give up at once.
  /// - Throws: ``LoopError`` `.timedOut`; `CancellationError`.
  public func wait(timeout: Duration? = nil) async throws {
    guard !isSet else { return }
    try await waiters.wait((), timeout: timeout)
  }

  /// For debugging: whether it is set.
  public var description: String { "<Event \(isSet ? "set" : "clear")>" }
}
