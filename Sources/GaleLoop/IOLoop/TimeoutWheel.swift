// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Something that is given up when nothing happens for too long.
package protocol WheelEntry: AnyObject {
  /// Where the wheel keeps it; the wheel's own.
  var wheelPosition: TimeoutWheel.Position { get set }
  /// When to call ``timedOut()``, in the loop's nanoseconds; `Int64.max` for never. May be moved later
  /// at any time without telling the wheel, which looks again before it fires; when it is moved
  /// forward, the wheel must be told by ``TimeoutWheel/deadlineMovedForward(_:)``.
  var deadline: Int64 { get }
  /// The deadline has passed.
  func timedOut()
}

/// Coarse time-outs for many connections: a ring of ticks.
///
/// A connection moves its deadline with every request, which here is one store: the wheel notices
/// when the old deadline comes round. A time-out fires up to one tick (a quarter of a second) late.
package final class TimeoutWheel {
  /// Where an entry stands: `slot` −1 when it stands nowhere.
  package struct Position {
    var tick: Int64 = 0
    var slot: Int32 = -1
    var index: Int32 = 0
    package init() {}
  }

  package static let tick: Int64 = 250_000_000
  private static let slotCount = 512
  /// After how many ticks an entry without a deadline is looked at again: 15 seconds.
  private static let lookAgain: Int64 = 60

  private var slots: [[any WheelEntry]] = Array(repeating: [], count: slotCount)
  private var current: Int64
  private var count = 0
  /// No slot before this tick holds anything; found again once it has passed.
  private var soonest: Int64 = 0

  init(now: Int64) { current = now / TimeoutWheel.tick }

  var isEmpty: Bool { count == 0 }

  /// Starts to watch `entry`'s deadline.
  package func insert(_ entry: any WheelEntry) {
    guard entry.wheelPosition.slot < 0 else { return }
    place(entry)
    count += 1
  }

  /// Stops watching `entry`.
  /// - Complexity: O(1).
  package func remove(_ entry: any WheelEntry) {
    let position = entry.wheelPosition
    guard position.slot >= 0 else { return }
    let slot = Int(position.slot)
    let last = slots[slot].removeLast()
    if last !== entry {
      slots[slot][Int(position.index)] = last
      last.wheelPosition = position
    }
    entry.wheelPosition = Position()
    count -= 1
  }

  /// Looks at `entry` earlier: its deadline may have moved before the tick at which that was planned.
  /// - Complexity: O(1).
  package func deadlineMovedForward(_ entry: any WheelEntry) {
    let position = entry.wheelPosition
    guard position.slot >= 0, entry.deadline < (position.tick - 1) * TimeoutWheel.tick else { return }
    remove(entry)
    insert(entry)
  }

  private func tick(for entry: any WheelEntry) -> Int64 {
    // A deadline beyond the ring waits at its far end and is looked at again there. One that is not set
    // may be near when it is set.
    let isSet = entry.deadline < .max
    let far = current + (isSet ? Int64(TimeoutWheel.slotCount) - 1 : TimeoutWheel.lookAgain)
    return min(max(entry.deadline / TimeoutWheel.tick + 1, current + 1), far)
  }

  private func place(_ entry: any WheelEntry) {
    let tick = tick(for: entry)
    let slot = Int(tick % Int64(TimeoutWheel.slotCount))
    soonest = min(soonest, tick)
    entry.wheelPosition.tick = tick
    entry.wheelPosition.slot = Int32(slot)
    entry.wheelPosition.index = Int32(slots[slot].count)
    slots[slot].append(entry)
  }

  /// Fires what is due at `now`.
  func advance(to now: Int64) {
    let target = now / TimeoutWheel.tick
    guard count > 0 else {
      current = max(current, target)
      return
    }
    while current < target {
      current += 1
      let slot = Int(current % Int64(TimeoutWheel.slotCount))
      while let entry = slots[slot].popLast() {
        entry.wheelPosition = Position()
        count -= 1
        if entry.deadline > now {
          insert(entry)
        } else {
          entry.timedOut()
        }
      }
      if slots[slot].capacity > 64 { slots[slot] = [] }
    }
  }

  /// Nanoseconds until the next tick at which something may be due, or `nil` when nothing waits.
  func nextWake(now: Int64) -> Int64? {
    guard count > 0 else { return nil }
    if soonest <= current {
      soonest = current + 1
      while slots[Int(soonest % Int64(TimeoutWheel.slotCount))].isEmpty { soonest += 1 }
    }
    return max(0, soonest * TimeoutWheel.tick - now)
  }
}
