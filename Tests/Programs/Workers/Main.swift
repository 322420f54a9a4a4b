// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// A program with worker processes that do what they are told over TCP; `ForkProcessesTests` drives it.
///
/// `workers COUNT MAX-RESTARTS`: the parent prints its port. `workers supervise COUNT`: what a supervisor's hooks are called
/// with. `workers descriptors`: for `SubprocessTests`.
@main
enum Workers {
  static func main() throws {
    if CommandLine.arguments.last == "descriptors" { exit(try Descriptors.areClosed() ? 0 : 1) }
    if CommandLine.arguments.contains("supervise") { exit(try Supervised.run()) }
    let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    // Made before: in contrast to Tornado's, that is allowed.
    let loop = IOLoop.current
    do {
      let worker = try forkProcesses(numbers[0], maxRestarts: numbers[1]) {
        let sockets = try bindSockets(port: 0, address: "127.0.0.1")
        let line = Array("port \(sockets[0].address.port) pid \(getpid())\n".utf8)
        // SAFETY: the array lends its bytes for the call.
        _ = unsafe line.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        return sockets
      }
      let server = Server(on: loop)
      server.worker = worker
      try server.addSockets(worker.sockets)
      loop.start()
    } catch let error as LoopError where error.code == .tooManyRestarts {
      exit(3)
    }
  }
}

/// Obeys lines such as `exit 2`.
private final class Server: TCPServer {
  var worker: WorkerProcess?

  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    while true {
      let words = String(decoding: try await stream.read(until: [10]), as: UTF8.self).split(
        whereSeparator: \.isWhitespace)
      let number = Int32(words.last ?? "") ?? 0
      switch words.first {
      case "exit": exit(number)
      case "signal": kill(getpid(), number)
      default:
        let isSame = worker?.taskID == GaleLoop.taskID
        // SAFETY: only compared.
        let hasVariable = unsafe getenv("GALE_WORKER") != nil
        let text = "id \(worker?.taskID ?? -1) pid \(getpid()) \(isSame) \(hasVariable)\n"
        try await stream.write(Array(text.utf8))
        usleep(200_000)  // Who asks again at once is answered by another worker.
      }
    }
  }
}

/// A supervisor that prints what its hooks are called with, and workers that do nothing.
private enum Supervised {
  static func run() throws -> Int32 {
    let loop = IOLoop.current
    if let worker = try WorkerProcess.current {
      worker.isReady()
      loop.start()
      return 0
    }
    let count = CommandLine.arguments.compactMap { Int($0) }.first ?? 1
    let supervisor = try Supervisor(Supervisor.Configuration(workerCount: count), sockets: [], on: loop)
    supervisor.hooks = hooks(loop)
    do {
      return try loop.runSync { try await supervisor.run() }
    } catch {
      return 4
    }
  }

  private static func hooks(_ loop: IOLoop) -> SupervisorHooks {
    var hooks = SupervisorHooks()
    hooks.starting = {
      say("starting")
      try await loop.sleep(for: .milliseconds(50))
      say("started")
      if CommandLine.arguments.contains("fail") { throw LoopError(.invalidArgument, "on purpose") }
    }
    hooks.ready = { say("ready") }
    hooks.reloading = { say("reloading") }
    hooks.workerServes = { say("serves \($0.number) \($0.pid)") }
    hooks.workerEnded = { say("ended \($0.number) \($0.pid) \($1)") }
    hooks.workerCountChanged = { say("count \($0) \($1)") }
    hooks.ending = {
      try? await loop.sleep(for: .milliseconds(50))
      say("ending")
    }
    return hooks
  }

  private static func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    // SAFETY: the array lends its bytes for the call.
    _ = unsafe line.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }
}

/// Starts children that cannot be started, and others, and counts what stays open.
private enum Descriptors {
  static func areClosed() throws -> Bool {
    let loop = IOLoop.current
    return try loop.runSync {
      let before = count
      for command in [["/no/such/program"], ["true"]] {
        for _ in 0..<20 {
          let child = try? Subprocess(command, stdin: .stream, stdout: .stream, stderr: .stream, on: loop)
          guard count == before + (child == nil ? 0 : 4) else { return false }
          try await child?.waitForExit()
        }
      }
      // A stream that was never used is closed when it goes.
      return count == before
    }
  }

  private static var count: Int { (0..<256).count { fcntl($0, F_GETFD) >= 0 } }
}
