// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import Synchronization

/// Who has a request: the queue, a worker, or nobody any more.
///
/// The loop and the worker both want the last word; each step is a single exchange, so exactly one of them has it.
struct RequestStage: ~Copyable, Sendable {
  private enum Word {
    static let queued: UInt8 = 0
    static let running: UInt8 = 1
    static let returned: UInt8 = 2
    static let lost: UInt8 = 3
    static let expired: UInt8 = 4
  }

  private let word = Atomic<UInt8>(Word.queued)
  private let start = Atomic<Int64>(0)

  // MARK: - The worker's side

  /// Takes the request; `false` when it waited too long and is answered already.
  func take() -> Bool {
    start.store(System.monotonicNanoseconds, ordering: .relaxed)
    return exchange(Word.queued, for: Word.running)
  }

  /// Ends the work; `false` when the loop gave this worker up meanwhile.
  func giveBack() -> Bool { exchange(Word.running, for: Word.returned) }

  // MARK: - The loop's side

  /// Since when a worker has the request, in the loop's nanoseconds.
  var runningSince: Int64 { start.load(ordering: .relaxed) }

  /// Whether the request waited too long.
  var isExpired: Bool { word.load(ordering: .relaxed) == Word.expired }

  /// Whether no worker has it yet.
  var isQueued: Bool { word.load(ordering: .relaxed) == Word.queued }

  /// Keeps workers from a request that still waits; `false` when one has it.
  func expire() -> Bool { exchange(Word.queued, for: Word.expired) }

  /// Gives up the worker that has the request; `false` when there is none (any more).
  func lose() -> Bool { exchange(Word.running, for: Word.lost) }

  private func exchange(_ expected: UInt8, for desired: UInt8) -> Bool {
    word.compareExchange(expected: expected, desired: desired, ordering: .acquiringAndReleasing).exchanged
  }
}

#endif
