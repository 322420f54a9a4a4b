// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import GaleLoop
import Logging

/// Lets so many requests through at a time, the others in the order in which they came.
final class RequestQueue {
  private let loop: IOLoop
  private let limit: Int
  private var line = Deque<Completion<Void>>()
  private(set) var active = 0
  /// How many wait.
  private(set) var waiting = 0

  init(limit: Int, on loop: IOLoop) {
    self.limit = limit
    self.loop = loop
  }

  /// Waits for a turn, which ``leave()`` ends.
  /// - Returns: How long that took.
  /// - Throws: ``HTTPClientError`` `.queueTimedOut`, `.clientClosed`; `CancellationError`.
  func enter(until deadline: LoopTime?) async throws -> Duration {
    guard active >= limit else {
      active += 1
      return .zero
    }
    let start = loop.time
    let turn = Completion<Void>(on: loop)
    line.append(turn)
    waiting += 1
    HTTPLog.general.debug(
      "max_clients limit reached, request queued. \(active) active, \(waiting) queued requests.")
    let timer = deadline.map { deadline in
      loop.callAt(deadline) {
        turn.finish(.failure(HTTPClientError(.queueTimedOut, "Timeout in request queue")))
      }
    }
    defer { if let timer { loop.removeTimeout(timer) } }
    do {
      try await turn.value()
    } catch {
      waiting -= 1
      throw error
    }
    return loop.time - start
  }

  /// A turn is over: it is the next one's.
  func leave() {
    while let next = line.popFirst() {
      // Those that gave up are still in the line.
      guard !next.isFinished else { continue }
      waiting -= 1
      next.finish(.success(()))
      return
    }
    active -= 1
  }

  func close() {
    for turn in line { turn.finish(.failure(HTTPClientError(.clientClosed, "The client was closed"))) }
    line = []
  }
}
