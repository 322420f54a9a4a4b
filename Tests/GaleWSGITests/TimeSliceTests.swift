// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GaleWeb
import Synchronization
import Testing

/// Notes the time slice of the loop's thread once a request is through.
private final class SliceNote: Middleware {
  let slice = Mutex<Int64?>(nil)

  func handle(_ handler: RequestHandler, next: Next) async throws {
    try await next()
    slice.withLock { $0 = System.timeSlice }
  }
}

extension GaleWSGITests {
  @Suite("time slices of the loop", .enabled(if: System.timeSlice != nil, "the kernel has none"))
  struct TimeSliceTests {
    @Test(
      "are short where Python computes in other threads, and the kernel's where it does not",
      arguments: TestLane.allCases)
    func slice(_ lane: TestLane) throws {
      let note = SliceNote()
      let port = try TestServer.port(lane, middleware: note)
      for _ in 0..<2 { #expect(try RawClient.get(port, "/app/").status == 200) }
      let isShort = note.slice.withLock { $0 } == System.shortTimeSlice
      #expect(isShort == (lane != .inline))
    }
  }
}
#endif
