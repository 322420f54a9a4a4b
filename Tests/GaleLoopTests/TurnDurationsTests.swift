// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc
import TestSupport
import Testing

@Suite("ioloop: how long turns take")
struct TurnDurationsTests {
  /// R15: a turn that holds the loop is seen.
  @Test func `are measured on request`() throws {
    try runLoop { loop async throws in
      await loop.turns(3)
      #expect(loop.turnDurations == nil)
      loop.turnDurations = TurnDurations()
      await loop.turns(3)
      let before = try #require(loop.turnDurations)
      #expect(before.count >= 3)
      usleep(40_000)
      await loop.turns(2)
      let after = try #require(loop.turnDurations)
      #expect(after.longest >= .milliseconds(40))
      #expect(after.counts[16...].reduce(0, +) > before.counts[16...].reduce(0, +), "32.8 ms and more")
      try await loop.sleep(for: .milliseconds(5))
      #expect(loop.turnDurations?.count ?? 0 > after.count, "waiting counts for no turn")
      loop.turnDurations = nil
      await loop.turns(2)
      #expect(loop.turnDurations == nil)
    }
  }

  @Test func `timers that come late are seen`() throws {
    try runLoop { loop async throws in
      #expect(loop.timerDelays == nil)
      loop.timerDelays = TurnDurations()
      loop.callLater(.milliseconds(1)) {}
      loop.addLocalCallback { System.pause(.milliseconds(20)) }
      try await loop.sleep(for: .milliseconds(2))
      let delays = try #require(loop.timerDelays)
      #expect(delays.count >= 2)
      #expect(delays.longest >= .milliseconds(15))
    }
  }
}
