// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// Asks an interpreter where its threads are, on a thread that may wait for its lock.
final class LockedStacks: Sendable {
  private struct State {
    var isStarted = false
    var isWanted = false
    var isOver = false
    var text: String?
  }

  private let state = Monitor(State())
  private let describe: @Sendable () throws -> String?

  /// - Parameter describe: Takes the lock and asks; `nil` when there is no interpreter.
  init(_ describe: @escaping @Sendable () throws -> String?) { self.describe = describe }

  /// What was found out; `nil` when the lock could not be had in time.
  func read(waitingUpTo limit: Duration) -> String? {
    let isAsked = state.withLock { state in
      guard !state.isWanted else { return false }  // The thread still waits for the lock since last time.
      state.isWanted = true
      state.text = nil
      if !state.isStarted {
        state.isStarted = true
        startThread(stackSize: 1 << 20) { [self] in work() }
      }
      return true
    }
    guard isAsked else { return nil }
    state.broadcast()
    state.wait(for: limit) { $0.text != nil }
    return state.withLock { $0.text }
  }

  /// Lets the thread end.
  func stop() {
    state.withLock { $0.isOver = true }
    state.broadcast()
  }

  private func work() {
    while state.waitUntil({ $0.isOver ? false : $0.isWanted ? true : nil }) {
      let text: String
      do {
        text = try describe() ?? "Python does not run.\n"
      } catch {
        text = "Python's threads cannot be shown: \(error)\n"
      }
      state.withLock { state in
        state.text = text
        state.isWanted = false
      }
      state.broadcast()
    }
  }
}
