// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import Synchronization

/// Which of our loops have asyncio: each has it once (Tornado raises `RuntimeError` for a second one).
enum AsyncioHosts {
  private static let taken = Mutex<Set<ObjectIdentifier>>([])

  /// Reserves `loop`; `false` when it has asyncio already.
  static func take(_ loop: IOLoop) -> Bool {
    taken.withLock { $0.insert(ObjectIdentifier(loop)).inserted }
  }

  /// Gives it free.
  static func release(_ loop: IOLoop) { _ = taken.withLock { $0.remove(ObjectIdentifier(loop)) } }
}

#endif
