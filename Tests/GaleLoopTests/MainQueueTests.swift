// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleLoop

/// The program of `Tests/Programs/MainQueue` has the first thread of its process, which this one's loops have not.
@Suite("ioloop: libdispatch's main queue")
struct MainQueueTests {
  @Test func `the main actor and the main queue run on the loop's thread`() throws {
    let here = "first thread, on the loop"
    let lines = try runLoop { loop async throws in
      let process = try Subprocess([try TestProgram.path("main-queue")], stdout: .stream, on: loop)
      let text = String(decoding: try await process.stdout?.readUntilClose() ?? [], as: UTF8.self)
      let status = try await process.waitForExit(raiseError: false)
      return text.split(separator: "\n").map(String.init) + ["status \(status)"]
    }
    #expect(
      lines == [
        "main actor: \(here)",
        "handler: 1 handler: \(here); before: \(here); after: \(here)",
        "queue: block 3, \(here)",
        "delay: \(here)",
        "detached: 2 detached: \(here)",
        "flood: true, echo",
        "callbacks: 3 callbacks: \(here)",
        "other thread: the main queue belongs to the process's first thread",
        "end: 0 before, 1 after",
        "end", "status 0",
      ])
  }

  @Test func `a thread that is not the first cannot serve it`() throws {
    try runLoop { loop async throws in
      let error = #expect(throws: LoopError.self) { try loop.serveMainQueue() }
      #expect(error?.code == .invalidArgument)
    }
  }
}
