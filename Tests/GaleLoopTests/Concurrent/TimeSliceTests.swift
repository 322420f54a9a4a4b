// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Testing

@Suite("ioloop: time slices", .enabled(if: System.timeSlice != nil, "the kernel has none"))
struct TimeSliceTests {
  /// Runs `body` on a loop of a thread of its own.
  private func onLoop(_ body: @escaping @Sendable (IOLoop) async throws -> [Int64?]) throws -> [Int64?] {
    let outcome = Monitor<Result<[Int64?], any Error>?>(nil)
    startThread {
      let loop = IOLoop.current
      let result = Result { try loop.runSync { try await body(loop) } }
      outcome.withLock { $0 = result }
      outcome.broadcast()
    }
    return try outcome.waitUntil { $0 }.get()
  }

  @Test func `a loop that gives work to threads asks for short ones, and its threads have the kernel's`()
    throws
  {
    let slices = try onLoop { loop in
      let before = System.timeSlice
      let ofThread = try await loop.runInExecutor { System.timeSlice }
      return [before, System.timeSlice, ofThread]
    }
    #expect(slices[0] != System.shortTimeSlice)
    #expect(slices[1] == System.shortTimeSlice)
    #expect(slices[2] == slices[0])
  }

  @Test func `a loop without threads is left alone`() throws {
    let slices = try onLoop { loop in
      try await Task.sleep(for: .milliseconds(1))
      return [System.timeSlice]
    }
    #expect(slices[0] != System.shortTimeSlice)
  }
}
