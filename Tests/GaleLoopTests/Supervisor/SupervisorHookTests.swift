// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import GaleLoop

extension ForkProcessesTests {
  /// PYS-048: a supervisor's hooks, in the same program.
  @Suite("supervisor: hooks", .serialized)
  struct SupervisorHookTests {
    /// What the hooks were called with, a line for each.
    private final class Lines {
      private(set) var all: [String] = []
      let process: Subprocess

      init(_ arguments: [String], on loop: IOLoop) throws {
        process = try Subprocess(
          [try TestProgram.path("workers"), "supervise"] + arguments, stdout: .stream, stderr: .null, on: loop
        )
        loop.spawn { [self] in
          while let line = try? await process.stdout?.read(until: [10]) {
            all.append(String(decoding: line.dropLast(), as: UTF8.self))
          }
        }
      }

      deinit { process.kill() }

      func first(_ word: String) -> [String]? {
        all.first { $0.hasPrefix(word + " ") }?.split(separator: " ").map(String.init)
      }
    }

    @Test func `are called at their time`() throws {
      try runLoop { loop async throws in
        let lines = try Lines(["1"], on: loop)
        try await loop.wait { lines.all.contains("ready") }
        #expect(lines.all.prefix(2) == ["starting", "started"])
        #expect(lines.all.count == 4 && lines.first("serves")?[1] == "0")
        let pid = try #require(lines.first("serves").flatMap { Int32($0[2]) })
        kill(pid, SIGKILL)
        try await loop.wait { lines.all.count { $0.hasPrefix("serves ") } == 2 }
        #expect(lines.first("ended") == ["ended", "0", "\(pid)", "-9"])
        try lines.process.send(SIGTTIN)
        try await loop.wait { lines.all.count { $0.hasPrefix("serves ") } == 3 }
        #expect(lines.all.contains("count 2 1"))
        try lines.process.send(SIGHUP)
        try await loop.wait { lines.all.count { $0.hasPrefix("serves ") } == 5 }
        #expect(lines.all.count { $0 == "reloading" } == 1)
        try lines.process.send(SIGTERM)
        #expect(try await lines.process.waitForExit() == 0)
        try await loop.wait { lines.all.last == "ending" }
        #expect(lines.all.count { $0 == "ready" } == 1 && lines.all.count { $0 == "starting" } == 1)
        #expect(lines.all.count { $0.hasPrefix("ended ") } == 5)
      }
    }

    @Test func `a start that fails starts no worker`() throws {
      try runLoop { loop async throws in
        let lines = try Lines(["1", "fail"], on: loop)
        #expect(try await lines.process.waitForExit(raiseError: false) == 4)
        try await loop.wait { lines.all == ["starting", "started"] }
      }
    }
  }
}
