// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Glibc
import Synchronization

/// Counts who uses the interpreter, so that stopping it waits for them and turns newcomers away.
///
/// CPython before 3.14 ends any thread that asks for the lock during finalisation with `pthread_exit`, which would
/// unwind through Swift frames.
struct UsageGate: ~Copyable, Sendable {
  private static let closed = Int.min

  /// The number of users; the sign bit says that the gate is closed.
  private let word = Atomic<Int>(closed)

  /// Whether somebody could enter now.
  var isOpen: Bool { word.load(ordering: .acquiring) >= 0 }

  /// Registers a user.
  ///
  /// - Returns: `false` when the gate is closed: then nothing is registered.
  func enter() -> Bool {
    if word.wrappingAdd(1, ordering: .acquiring).newValue > 0 { return true }
    word.wrappingSubtract(1, ordering: .relaxed)
    return false
  }

  /// Takes back one successful ``enter()``.
  func leave() { word.wrappingSubtract(1, ordering: .releasing) }

  /// Lets users in.
  func open() { word.bitwiseAnd(Int.max, ordering: .releasing) }

  /// Turns newcomers away and waits until the last user has left.
  ///
  /// - Returns: `false` when users remained after `limit`; the gate is then open again.
  func close(waitingUpTo limit: Duration) -> Bool {
    word.bitwiseOr(Self.closed, ordering: .sequentiallyConsistent)
    let deadline = ContinuousClock.now + limit
    while word.load(ordering: .acquiring) != Self.closed {
      guard ContinuousClock.now < deadline else {
        open()
        return false
      }
      usleep(500)
    }
    return true
  }
}

/// What is one per process because CPython is: about its first interpreter.
enum Runtime {
  /// Open while the interpreter runs.
  ///
  /// Sub-interpreters are among those who have entered.
  static let gate = UsageGate()
  /// What waits for somebody who attaches.
  static let dropped = DroppedReferences()
}

#endif
