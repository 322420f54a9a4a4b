// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Logging
import Synchronization

extension IOLoop {
  /// Says in the log when a callback or a task holds the loop's thread for longer than `threshold`, like Tornado's
  /// `set_blocking_log_threshold`: for finding what blocks.
  /// - Parameter threshold: 1 ms or more; `nil` to watch no longer.
  public func setBlockingLogThreshold(_ threshold: Duration?) {
    setBlockingThreshold(threshold) {
      LoopLog.general.warning(
        "The event loop has been blocked for \($0): something on its thread waits or computes")
    }
  }

  /// Calls `action` when the loop's thread is held for longer than `threshold`, like Tornado's
  /// `set_blocking_signal_threshold`.
  ///
  /// A thread watches, and nothing interrupts what blocks. It costs nothing but a wake-up of the loop per threshold.
  /// - Parameters:
  ///   - threshold: 1 ms or more; `nil` to watch no longer.
  ///   - action: Called on the watching thread with the time for which the loop has been held so far, once each time it
  ///     is; not on the loop's thread, which is busy.
  public func setBlockingThreshold(
    _ threshold: Duration?, _ action: @escaping @Sendable (_ heldFor: Duration) -> Void
  ) {
    checkThread()
    watchdog?.stop()
    watchdog = threshold.map { Watchdog($0, loop: self, action) }
    if isRunning { watchdog?.isLoopRunning = true }
  }
}

/// A thread that asks the loop for a sign of life, again and again.
final class Watchdog: Sendable {
  private let threshold: Int64
  private let action: @Sendable (Duration) -> Void
  private let stopped = Atomic<Bool>(false)
  private let running = Atomic<Bool>(false)
  /// When the sign was asked for that the loop has not given yet; 0 when there is none.
  private let asked = Atomic<Int64>(0)

  init(_ threshold: Duration, loop: IOLoop, _ action: @escaping @Sendable (Duration) -> Void) {
    self.threshold = threshold.clampedNanoseconds
    self.action = action
    precondition(self.threshold >= 1_000_000, "a threshold of less than a millisecond")
    startThread(stackSize: 1 << 18) { [self, weak loop] in
      while !stopped.load(ordering: .relaxed), loop != nil { watch(loop) }
    }
  }

  /// A loop that does not run gives no signs, and blocks nobody.
  var isLoopRunning: Bool {
    get { running.load(ordering: .relaxed) }
    set { running.store(newValue, ordering: .relaxed) }
  }

  func stop() { stopped.store(true, ordering: .relaxed) }

  private func watch(_ loop: IOLoop?) {
    guard isLoopRunning else { return pause(threshold) }
    let start = gale_monotonic_nanoseconds()
    asked.store(start, ordering: .relaxed)
    loop?.addCallback { [self] in asked.store(0, ordering: .relaxed) }
    pause(threshold)
    guard isHeld else { return }
    action(.nanoseconds(gale_monotonic_nanoseconds() - start))
    while isHeld { pause(min(threshold, 50_000_000)) }
  }

  private var isHeld: Bool {
    asked.load(ordering: .relaxed) != 0 && isLoopRunning && !stopped.load(ordering: .relaxed)
  }

  private func pause(_ nanoseconds: Int64) { System.pause(.nanoseconds(nanoseconds)) }
}
