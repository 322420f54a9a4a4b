// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A point in a loop's time: monotonic, unaffected by changes of the wall clock.
///
/// Like the numbers of Tornado's `IOLoop.time()`; only differences mean anything.
public struct LoopTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since an arbitrary start.
  public let nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Which comes first.
  public static func < (left: LoopTime, right: LoopTime) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The time `duration` later, or the end of time when that is too far away to be written down.
  public static func + (time: LoopTime, duration: Duration) -> LoopTime {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
    return LoopTime(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
  }

  /// How much later the left time is.
  public static func - (left: LoopTime, right: LoopTime) -> Duration {
    .nanoseconds(left.nanoseconds.subtractingReportingOverflow(right.nanoseconds).partialValue)
  }
}

extension Duration {
  /// Whole nanoseconds, clamped to what 64 bits hold (292 years).
  package var clampedNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || carried ? (seconds < 0 ? .min : .max) : sum
  }

  /// This duration in seconds.
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
