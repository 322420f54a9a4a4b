// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What a ``Supervisor`` calls as it goes about its work, on its loop: ``Supervisor/hooks``.
///
/// What takes time holds up the supervision, unless it is asynchronous and suspends.
public struct SupervisorHooks {
  /// A worker.
  public struct Worker: Sendable, Hashable {
    /// The number of its place, from 0.
    public let number: Int
    /// Its process id.
    public let pid: Int32
  }

  /// Before the first worker is started; when it throws, none is, and ``Supervisor/run()`` throws the same.
  ///
  /// After an upgrade, when older workers serve already, an error is only logged.
  public var starting: () async throws -> Void = {}
  /// A worker serves, the first.
  public var ready: () -> Void = {}
  /// The workers are about to be replaced.
  public var reloading: () -> Void = {}
  /// A worker serves.
  public var workerServes: (Worker) -> Void = { _ in }
  /// A worker has ended: with this status, or by the signal of which this is the negative number.
  public var workerEnded: (Worker, Int32) -> Void = { _, _ in }
  /// There are to be more or fewer workers: the new number, and the one before.
  public var workerCountChanged: (Int, Int) -> Void = { _, _ in }
  /// The program is about to be replaced.
  public var upgrading: () async -> Void = {}
  /// The last worker has ended, and so will the supervisor.
  public var ending: () async -> Void = {}

  /// Nothing is called.
  public init() {}
}
