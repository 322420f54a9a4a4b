// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before a worker that has died is started again.
///
/// At once when it had lived; longer and longer when it dies soon each time.
struct RestartPolicy {
  /// A worker that lived this long is not part of a crash loop.
  static let soundLife = Duration.seconds(10)
  static let firstPause = Duration.milliseconds(100)
  static let longestPause = Duration.seconds(10)
  /// So many deaths within ``window`` are a crash loop.
  static let failingCount = 10
  static let window = Duration.seconds(60)

  private var pause = Duration.zero
  private var deaths: [LoopTime] = []
  private var lastWarning: LoopTime?

  /// Notes a death.
  /// - Parameter life: How long the worker had been ready to serve; `nil` for one that never was.
  /// - Returns: The pause before the next start.
  mutating func died(at time: LoopTime, afterLife life: Duration?) -> Duration {
    deaths.append(time)
    deaths.removeAll { time - $0 > RestartPolicy.window }
    if let life, life >= RestartPolicy.soundLife {
      pause = .zero
    } else if pause == .zero, life != nil, deaths.count == 1 {
      // Killed once by whoever: the place is filled before anybody notices.
    } else {
      pause = min(max(pause * 2, RestartPolicy.firstPause), RestartPolicy.longestPause)
    }
    return pause
  }

  /// Whether it is time to say that the worker keeps dying: once a minute while it does.
  mutating func mustWarn(at time: LoopTime) -> Bool {
    guard deaths.count >= RestartPolicy.failingCount else { return false }
    if let lastWarning, time - lastWarning < RestartPolicy.window { return false }
    lastWarning = time
    return true
  }
}
