// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Calls something again and again, like Tornado's `PeriodicCallback`.
///
/// The first call comes one period after ``start()``. A call that takes longer than the period
/// skips the missed ones and keeps the phase. An error is logged and the calls go on.
public final class PeriodicCallback {
  private let period: Duration
  private let jitter: Double
  private let callback: () async throws -> Void
  private var timer: TimeoutHandle?
  private var next: LoopTime?
  private let loop: IOLoop

  /// Whether it is started.
  public private(set) var isRunning = false

  /// Creates one that is not yet started.
  /// - Parameters:
  ///   - period: The time between calls, greater than zero.
  ///   - jitter: Each period is multiplied by `1 + jitter × (random − 0.5)`; 0…2.
  ///   - loop: Where it is called; the loop of the present thread unless told.
  ///   - callback: May suspend: the next call is then planned after it has ended.
  public init(
    every period: Duration, jitter: Double = 0, on loop: IOLoop = .current,
    _ callback: @escaping () async throws -> Void
  ) {
    precondition(period > .zero, "Periodic callback must have a positive period")
    precondition((0...2).contains(jitter), "jitter must lie between 0 and 2")
    self.period = period
    self.jitter = jitter
    self.loop = loop
    self.callback = callback
  }

  /// Starts the calls.
  public func start() {
    guard !isRunning else { return }
    isRunning = true
    next = loop.time
    schedule()
  }

  /// Ends the calls; one that is running is not interrupted.
  public func stop() {
    isRunning = false
    if let timer { loop.removeTimeout(timer) }
    timer = nil
  }

  private func schedule() {
    guard isRunning, let last = next else { return }
    let step = jitter == 0 ? period : period * (1 + jitter * (Double.random(in: 0..<1) - 0.5))
    let now = loop.time
    var due = last + step
    if due <= now {
      let missed = (now - last).inSeconds / max(step.inSeconds, 1e-9)
      due = last + step * (missed.rounded(.down) + 1)
    }
    next = due
    timer = loop.callAt(due) { [self] in
      guard isRunning else { return }
      loop.spawn { [self] in
        do {
          try await callback()
        } catch {
          loop.report(error, "Error in a periodic callback")
        }
        schedule()
      }
    }
  }
}
