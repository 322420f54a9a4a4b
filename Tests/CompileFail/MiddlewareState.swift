// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// error: stored property 'count' of 'Sendable'-conforming class 'Counting' is mutable
import Gale
import Synchronization

final class Counting: Middleware {
  #if WRONG
  var count = 0
  #else
  let count = Atomic<Int>(0)
  #endif

  func handle(_ handler: RequestHandler, next: Next) async throws {
    #if WRONG
    count += 1
    #else
    count.add(1, ordering: .relaxed)
    #endif
    try await next()
  }
}
