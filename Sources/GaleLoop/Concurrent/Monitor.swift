// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A value behind a lock, on which threads can wait for a change.
///
/// `Synchronization.Mutex` has no condition variable, and a worker thread must sleep somewhere.
@safe
package final class Monitor<State>: @unchecked Sendable {
  // @unchecked Sendable: `state` is only touched with `mutex` held.
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init(_ state: sending State) {
    self.state = state
    // SAFETY: both live at a fixed address until deinit.
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    // The monotonic clock: a wait must not end early or late because somebody sets the time.
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  package func withLock<R>(_ body: (inout State) throws -> R) rethrows -> R {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Wakes one waiting thread.
  package func signal() { unsafe pthread_cond_signal(condition) }

  /// Wakes every waiting thread.
  package func broadcast() { unsafe pthread_cond_broadcast(condition) }

  /// Sleeps until `condition` gives something.
  /// - Parameter waiting: Called with `true` before and `false` after the thread sleeps.
  package func waitUntil<R>(
    _ ready: (inout State) -> R?, waiting: (inout State, Bool) -> Void = { _, _ in }
  ) -> R {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = ready(&state) { return result }
      waiting(&state, true)
      unsafe pthread_cond_wait(condition, mutex)
      waiting(&state, false)
    }
  }

  /// Sleeps until `isReady`, or until `duration` has passed.
  package func wait(for duration: Duration, until isReady: (inout State) -> Bool) {
    var end = timespec()
    // SAFETY: filled in during the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = end.tv_nsec + Int(duration.clampedNanoseconds % 1_000_000_000)
    end.tv_sec += Int(duration.clampedNanoseconds / 1_000_000_000) + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while !isReady(&state) {
      if unsafe pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { return }
    }
  }
}
