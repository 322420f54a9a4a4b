// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Runs work that may block: what Python calls an `Executor`.
public protocol WorkExecutor: AnyObject, Sendable {
  /// Has `work` run, now or later, on whatever thread.
  func submit(_ work: @escaping @Sendable () -> Void)

  /// Lets the executor end once its work is done.
  func shutdown()
}

/// Runs work at once, where it is submitted: Tornado's `dummy_executor`.
///
/// For tests, and for work that turns out not to block.
public final class InlineExecutor: WorkExecutor {
  /// Creates an executor.
  public init() {}

  /// Runs `work` and returns when it has ended.
  public func submit(_ work: @escaping @Sendable () -> Void) { work() }

  /// Does nothing.
  public func shutdown() {}
}
