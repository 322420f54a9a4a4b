// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem

extension IOLoop {
  /// Prepares this loop for threads that compute while it answers: has the kernel let it run at once when it wakes.
  ///
  /// Linux 6.12 and later lets a thread that wakes go before one that computes if it has asked for a shorter time slice.
  /// Otherwise it may wait until the other's slice is over, 1.4 ms and more, though it needs a few microseconds. The share of
  /// the processor that either gets stays the same. Older kernels take no notice.
  package func expectBusyThreads() {
    checkThread()
    _ = gale_set_time_slice(System.shortTimeSlice)
  }
}

extension System {
  /// The shortest that the kernel gives, in nanoseconds.
  package static let shortTimeSlice: Int64 = 100_000

  /// How long the kernel lets this thread run before another's turn, in nanoseconds; `nil` where it does not say.
  package static var timeSlice: Int64? {
    let slice = gale_time_slice()
    return slice > 0 ? slice : nil
  }

  /// Gives this thread the kernel's own time slice, whatever the one that started it has.
  static func useStandardTimeSlice() { _ = gale_set_time_slice(0) }
}
