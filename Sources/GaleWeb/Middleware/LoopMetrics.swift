// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Metrics
public import GaleLoop
public import Metrics

/// Tells the back end of swift-metrics, again and again, how busy an event loop is.
///
/// | Name | Kind | |
/// |---|---|---|
/// | `gale.loop.lag` | timer | how late the loop came to what was due: the time for which something held its thread |
/// | `gale.loop.turns.longest` | gauge, seconds | the longest turn since the last look |
///
/// ```swift
/// let metrics = LoopMetrics()
/// metrics.start()
/// ```
public final class LoopMetrics {
  private let loop: IOLoop
  private let interval: Duration
  private let lag: Metrics.Timer
  private let longest: Gauge
  private var timer: TimeoutHandle?
  /// What somebody else may have measured before.
  private var wasMeasured = false

  /// Creates it; ``start()`` begins.
  /// - Parameters:
  ///   - interval: How often to look.
  ///   - loop: The loop; that of the present thread unless told.
  ///   - dimensions: For each of the metrics, such as a number of the loop.
  ///   - factory: Where they go.
  public init(
    every interval: Duration = .seconds(1), on loop: IOLoop = .current, dimensions: [(String, String)] = [],
    factory: any MetricsFactory = MetricsSystem.factory
  ) {
    precondition(interval > .zero, "the loop cannot be looked at without a pause")
    self.loop = loop
    self.interval = interval
    lag = Timer(label: "gale.loop.lag", dimensions: dimensions, factory: factory)
    longest = Gauge(label: "gale.loop.turns.longest", dimensions: dimensions, factory: factory)
  }

  /// Begins to look, and to measure the loop's turns (``/GaleLoop/IOLoop/turnDurations``).
  public func start() {
    guard timer == nil else { return }
    wasMeasured = loop.turnDurations != nil
    loop.turnDurations = TurnDurations()
    plan()
  }

  /// Ends that.
  public func stop() {
    guard let timer else { return }
    loop.removeTimeout(timer)
    self.timer = nil
    if !wasMeasured { loop.turnDurations = nil }
  }

  private func plan() {
    let due = loop.time + interval
    timer = loop.callAt(due) { [self] in
      lag.record(duration: loop.time - due)
      if let turns = loop.turnDurations { longest.record(turns.longest / .seconds(1)) }
      loop.turnDurations = TurnDurations()
      plan()
    }
  }
}
#endif
