// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Synchronization

/// Counts what a container's lanes do.
final class LaneCounters: Sendable {
  private let counts = Mutex(WSGILaneStatistics())

  /// What was counted; how the threads stand is not known here.
  var value: WSGILaneStatistics { counts.withLock { $0 } }

  /// Changes the counts.
  func note(_ body: (inout WSGILaneStatistics) -> Void) { counts.withLock { body(&$0) } }

  /// A request was given to the application after waiting for a thread and for the lock, both in nanoseconds; `nil`
  /// where there was no such wait.
  func noteStart(queued: Int64?, lock: Int64?) {
    counts.withLock { counts in
      counts.requests += 1
      if let queued { counts.queueTimes.add(queued) }
      if let lock { counts.lockTimes.add(lock) }
    }
  }

  /// The application took so many nanoseconds.
  func noteCall(_ nanoseconds: Int64) { counts.withLock { $0.callTimes.add(nanoseconds) } }
}

#endif
