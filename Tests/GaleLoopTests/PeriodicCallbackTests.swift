// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import GaleLoop

private struct Failure: Error {}

/// LOOP-027, LOOP-028.
@Suite("ioloop: PeriodicCallback")
struct PeriodicCallbackTests {
  @Test(arguments: PollerKind.allCases)
  func `the first call comes after one period, the next ones after another each`(_ poller: PollerKind) throws
  {
    try runLoop(poller) { loop async throws in
      var times: [Duration] = []
      let start = loop.time
      let periodic = PeriodicCallback(every: .milliseconds(10)) { times.append(loop.time - start) }
      #expect(!periodic.isRunning)
      periodic.start()
      periodic.start()
      #expect(periodic.isRunning)
      try await loop.wait { times.count >= 4 }
      periodic.stop()
      #expect(!periodic.isRunning)
      for (index, time) in times.enumerated() { #expect(time >= .milliseconds(10 * (index + 1))) }
      let count = times.count
      try await loop.sleep(for: .milliseconds(30))
      #expect(times.count == count)
    }
  }

  @Test func `a call that takes longer than the period skips what it missed`() throws {
    try runLoop { loop async throws in
      var times: [Duration] = []
      let start = loop.time
      let periodic = PeriodicCallback(every: .milliseconds(20)) {
        times.append(loop.time - start)
        if times.count == 1 { usleep(90_000) }
      }
      periodic.start()
      try await loop.wait { times.count >= 3 }
      periodic.stop()
      // Called at 20 ms or later, ends at 110 or later: 40, 60, 80 and 100 are gone.
      #expect(times[1] >= .milliseconds(120))
      #expect(times[2] >= .milliseconds(140))
    }
  }

  @Test func `a call that suspends is not started again before it ends`() throws {
    try runLoop { loop async throws in
      var running = 0
      var calls = 0
      let periodic = PeriodicCallback(every: .milliseconds(2)) {
        running += 1
        #expect(running == 1)
        try await loop.sleep(for: .milliseconds(10))
        running -= 1
        calls += 1
      }
      periodic.start()
      try await loop.wait { calls == 3 }
      periodic.stop()
      try await loop.wait { running == 0 }
    }
  }

  @Test func `an error is reported and the calls go on`() throws {
    let reports = Reports()
    try runLoop(reports: reports) { loop async throws in
      var calls = 0
      let periodic = PeriodicCallback(every: .milliseconds(1)) {
        calls += 1
        if calls < 3 { throw Failure() }
      }
      periodic.start()
      try await loop.wait { calls == 4 }
      periodic.stop()
    }
    #expect(reports.texts == Array(repeating: "Error in a periodic callback: Failure()", count: 2))
  }

  @Test func `started again from within a call, it still makes one call for each period`() throws {
    try runLoop { loop in
      var times: [LoopTime] = []
      var periodic: PeriodicCallback?
      let made = PeriodicCallback(every: .milliseconds(5)) {
        times.append(loop.time)
        guard times.count <= 3 else { return }
        periodic?.stop()
        periodic?.start()
        try await loop.sleep(for: .milliseconds(2))
      }
      periodic = made
      made.start()
      try await loop.wait { times.count > 24 }
      made.stop()
      periodic = nil
      // Twenty periods; four timers would need five.
      #expect(times[24] - times[4] >= .milliseconds(80))
    }
  }

  @Test func `jitter keeps each period between a half and one and a half`() throws {
    try runLoop { loop async throws in
      var times = [loop.time]
      let periodic = PeriodicCallback(every: .milliseconds(10), jitter: 1) { times.append(loop.time) }
      periodic.start()
      try await loop.wait { times.count > 10 }
      periodic.stop()
      // Ten periods of 5 ms at the least.
      #expect(times[10] - times[0] >= .milliseconds(50))
    }
  }

  @Test func `a period that is none is misuse`() async {
    await #expect(processExitsWith: .failure) { _ = PeriodicCallback(every: .zero) {} }
    await #expect(processExitsWith: .failure) { _ = PeriodicCallback(every: .seconds(1), jitter: 3) {} }
  }
}
