// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleLoop
import Synchronization

/// Work of which there is one at a time, whoever asks for it.
///
/// It runs on the loop of the first who asks; cancelling those who wait does not end it.
final class SingleFlight<Value: Sendable>: Sendable {
  typealias Outcome = Result<Value, AuthError>
  private let flight = Mutex<(number: Int, task: Task<Outcome, Never>?)>((0, nil))

  /// The outcome of the work that is under way, or of `work`, which is then begun.
  func run(_ work: @escaping @Sendable () async -> Outcome) async throws(AuthError) -> Value {
    let loop = IOLoop.current
    let task = flight.withLock { state in
      if let task = state.task { return task }
      state.number += 1
      let number = state.number
      let task = Task(executorPreference: loop) { [self] in
        let outcome = await work()
        end(number)
        return outcome
      }
      state.task = task
      return task
    }
    return try await task.value.get()
  }

  private func end(_ number: Int) {
    flight.withLock { if $0.number == number { $0.task = nil } }
  }
}

#endif
