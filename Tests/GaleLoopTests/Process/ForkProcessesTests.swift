// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import GaleLoop

/// The program of `Tests/Programs/Workers`, running.
private final class Program {
  let process: Subprocess
  private let loop: IOLoop
  private var log = ""
  private(set) var port: UInt16 = 0

  init(_ count: Int, maxRestarts: Int = 100, on loop: IOLoop) async throws {
    self.loop = loop
    process = try Subprocess(
      [try TestProgram.path("workers"), "\(count)", "\(maxRestarts)"], stdout: .stream, stderr: .stream,
      on: loop)
    loop.spawn { [self] in
      while let line = try? await process.stderr?.read(until: [10]) {
        log += String(decoding: line, as: UTF8.self)
      }
    }
    let line = String(decoding: try await process.stdout?.read(until: [10]) ?? [], as: UTF8.self)
    port = line.split(separator: " ").dropFirst().first.flatMap { UInt16($0) } ?? 0
  }

  deinit { process.kill() }

  /// Sends a line to some worker, over a new connection.
  /// - Returns: What it answers; `nil` when it ends instead.
  @discardableResult
  func ask(_ line: String) async throws -> [String]? {
    // A connection may wait in the socket that all share, while no worker is there.
    let stream = try await IOStream.connect(to: SocketAddress(host: "127.0.0.1", port: port), on: loop)
    defer { stream.close() }
    do {
      try await stream.write(Array("\(line)\n".utf8))
      return String(decoding: try await stream.read(until: [10]), as: UTF8.self).split(
        whereSeparator: \.isWhitespace
      ).map(String.init)
    } catch is StreamError {
      return nil
    }
  }

  func logged(_ texts: String...) async throws {
    try await loop.wait { texts.allSatisfy { log.contains($0) } }
  }
}

/// PRO-002…006: the program is driven from outside.
@Suite("process: forkProcesses", .serialized)
struct ForkProcessesTests {
  @Test func `workers have numbers, share sockets and are replaced under their numbers`() throws {
    try runLoop { loop async throws in
      let program = try await Program(2, on: loop)
      try await program.logged("Starting 2 processes")
      var ids: Set<String> = []
      while ids.count < 2 {
        let answer = try await program.ask("who")
        #expect(answer?.suffix(2) == ["true", "false"])  // taskID is the same; the variable is gone.
        if let id = answer?[1] { ids.insert(id) }
      }
      #expect(ids == ["0", "1"])
      #expect(try await program.ask("exit 2") == nil)
      try await program.logged("exited with status 2, restarting")
      #expect(try await program.ask("signal \(SIGKILL)") == nil)
      try await program.logged("killed by signal \(SIGKILL), restarting")
      ids = []
      while ids.count < 2 { if let id = try await program.ask("who")?[1] { ids.insert(id) } }
      #expect(ids == ["0", "1"])
      // When all have ended as they should, the parent does too.
      try await program.ask("exit 0")
      try await program.logged("exited normally")
      let first = try await program.ask("who")
      try await program.ask("exit 4")
      let second = try await program.ask("who")
      #expect(first?[1] == second?[1] && first?[3] != second?[3])
      try await program.ask("exit 0")
      #expect(try await program.process.waitForExit() == 0)
    }
  }

  @Test func `too many restarts are given up`() throws {
    try runLoop { loop async throws in
      let program = try await Program(2, maxRestarts: 2, on: loop)
      for _ in 0..<3 { try await program.ask("exit 1") }
      #expect(try await program.process.waitForExit(raiseError: false) == 3)
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `a signal ends the workers with the parent`(_ signal: Int32) throws {
    try runLoop { loop async throws in
      let program = try await Program(2, on: loop)
      var pids: Set<Int32> = []
      while pids.count < 2 {
        if let pid = try await program.ask("who").flatMap({ Int32($0[3]) }) { pids.insert(pid) }
      }
      try program.process.send(signal)
      #expect(try await program.process.waitForExit() == 0)
      try await program.logged("killed by signal \(signal)\n")
      for pid in pids { #expect(kill(pid, 0) == -1) }
    }
  }

  @Test func `workers do not outlive the parent`() throws {
    try runLoop { loop async throws in
      let program = try await Program(1, on: loop)
      let pid = try await program.ask("who").flatMap { Int32($0[3]) } ?? 0
      #expect(pid > 0)
      program.process.kill()
      try await program.process.waitForExit(raiseError: false)
      try await loop.wait { kill(pid, 0) == -1 }
    }
  }

  @Test func `this process is no worker`() {
    #expect(taskID == nil)
  }

  @Test(arguments: ["", "x", "1", "-1 5", "1 x"])
  func `what a worker is told must make sense`(_ text: String) {
    #expect(WorkerSpecification(text) == nil)
  }

  @Test func `what a worker is told survives the way`() {
    let specification = WorkerSpecification(taskID: 3, parent: 77, descriptors: [5, 6])
    let read = WorkerSpecification(specification.text)
    #expect(read?.taskID == 3 && read?.parent == 77 && read?.descriptors == [5, 6])
  }
}
