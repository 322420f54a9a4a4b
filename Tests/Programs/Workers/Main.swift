// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// A program with worker processes that do what they are told over TCP; `ForkProcessesTests` drives it.
///
/// `workers COUNT MAX-RESTARTS`: the parent prints its port. `workers descriptors`: for `SubprocessTests`.
@main
enum Workers {
  static func main() throws {
    if CommandLine.arguments.last == "descriptors" { exit(try Descriptors.areClosed() ? 0 : 1) }
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
