// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GalePython
import Logging
import Synchronization

/// Says what the process is at when a request takes too long, or something holds the loop: which requests, whether the
/// loop still goes round, and where Python's threads are.
///
/// A thread of its own looks, so that it sees also what holds the loop or Python's lock. A record is written at most every
/// ten seconds, and for each request once.
final class SlowWatch: Sendable {
  private static let pause = Duration.seconds(10)
  private static let listed = 10

  private let limit: Duration
  private let requests: HTTPRequestsInFlight
  private let log = Logger(label: "gale.general")
  private let stacks: PythonStackReader
  /// When the loop was asked for a sign of life that it has not given; 0 when there is none.
  private let asked = Atomic<Int64>(0)

  init(limit: Duration, _ requests: HTTPRequestsInFlight) {
    self.limit = limit
    self.requests = requests
    stacks = PythonStackReader()
  }

  /// Looks from now on, for as long as the process lives.
  func start(_ loop: IOLoop) {
    startThread(stackSize: 1 << 18) { [self] in
      var state = State()
      while true {
        let held = askForSign(loop)
        System.pause(min(limit / 4, .milliseconds(500)))
        look(held, &state)
      }
    }
  }

  private struct State {
    /// Those that were told of, as long as they last.
    var told: Set<RequestID> = []
    var isHoldTold = false
    var lastRecord: Int64?
  }

  /// How long the loop has been owing a sign of life.
  private func askForSign(_ loop: IOLoop) -> Duration {
    let now = System.monotonicNanoseconds
    let before = asked.load(ordering: .relaxed)
    if before != 0 { return .nanoseconds(now - before) }
    asked.store(now, ordering: .relaxed)
    loop.addCallback { [self] in asked.store(0, ordering: .relaxed) }
    return .zero
  }

  private func look(_ held: Duration, _ state: inout State) {
    let entries = requests.entries
    state.told.formIntersection(entries.map(\.id))
    let slow = entries.filter { $0.age >= limit && !state.told.contains($0.id) }
    let isHeld = held >= limit
    if !isHeld { state.isHoldTold = false }
    guard !slow.isEmpty || isHeld && !state.isHoldTold else { return }
    let now = System.monotonicNanoseconds
    if let last = state.lastRecord, Duration.nanoseconds(now - last) < SlowWatch.pause { return }
    state.lastRecord = now
    state.told.formUnion(slow.map(\.id))
    state.isHoldTold = isHeld
    log.warning("\(describe(slow, among: entries.count, held: held))")
  }

  private func describe(_ slow: [HTTPRequestsInFlight.Entry], among count: Int, held: Duration) -> String {
    var text =
      slow.isEmpty
      ? "The event loop is held for \(SlowWatch.seconds(held))"
      : "\(slow.count) slow request\(slow.count == 1 ? "" : "s") (of \(count) in flight)"
    for entry in slow.prefix(SlowWatch.listed) {
      text += "\n\(SlowWatch.seconds(entry.age)) \(entry.summary) request=\(entry.id)"
    }
    if slow.count > SlowWatch.listed { text += "\n…" }
    text +=
      held >= limit / 4
      ? "\nThe loop's thread has been held for \(SlowWatch.seconds(held))." : "\nThe loop goes round."
    return text + "\n" + stacks.read(waitingUpTo: .seconds(1))
  }

  private static func seconds(_ duration: Duration) -> String {
    let hundredths = Int((duration / .milliseconds(10)).rounded())
    return "\(hundredths / 100).\(String(hundredths % 100 + 100).dropFirst()) s"
  }
}
