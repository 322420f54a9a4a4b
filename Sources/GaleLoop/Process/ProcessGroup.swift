// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging

/// The parent's side of ``forkProcesses(_:maxRestarts:sockets:)``.
final class ProcessGroup {
  private struct Worker {
    var process: Subprocess
    var started: LoopTime
    /// How many times in a row it ended within a second.
    var shortLives = 0
  }

  private let loop: IOLoop
  private let count: Int
  private let maxRestarts: Int
  private let sockets: [ListeningSocket]
  private let command: [String]
  private let executable: String?
  private let log: Logger
  private var workers: [Int: Worker] = [:]
  private var pauses: [Int: TimeoutHandle] = [:]
  private var restarts = 0
  private var isStopping = false
  private var failure: (any Error)?
  private let outcome: Future<Void>

  init(
    count: Int, maxRestarts: Int, sockets: [ListeningSocket], command: [String], executable: String?,
    log: Logger = LoopLog.general, on loop: IOLoop
  ) {
    self.count = count
    self.maxRestarts = maxRestarts
    self.sockets = sockets
    self.command = command
    self.executable = executable
    self.log = log
    self.loop = loop
    loop.makeCurrent()
    outcome = Future(on: loop)
  }

  /// Process ids of the workers by their number.
  var processIDs: [Int: Int32] { workers.mapValues(\.process.pid) }

  /// Returns when all workers have ended.
  func run() async throws {
    log.info("Starting \(count) processes")
    for signal in [SIGTERM, SIGINT, SIGQUIT, SIGHUP] {
      try loop.addSignalHandler(signal) { [self] in received(signal) }
    }
    do {
      for taskID in 0..<count { try start(taskID) }
    } catch {
      giveUp(error)
    }
    try await outcome.get()
  }

  private func received(_ signal: Int32) {
    if signal != SIGHUP { stop() }
    for worker in workers.values { try? worker.process.send(signal) }
  }

  /// Starts no worker again.
  private func stop() {
    isStopping = true
    for pause in pauses.values { loop.removeTimeout(pause) }
    pauses = [:]
    endIfAlone()
  }

  private func giveUp(_ error: any Error) {
    failure = error
    for worker in workers.values { worker.process.terminate() }
    loop.callLater(.seconds(10)) { [self] in
      for worker in workers.values { worker.process.kill() }
    }
    stop()
  }

  private func start(_ taskID: Int) throws {
    var configuration = Subprocess.Configuration()
    let descriptors = sockets.map(\.descriptor)
    let specification = WorkerSpecification(taskID: taskID, parent: getpid(), descriptors: descriptors)
    configuration.additionalEnvironment = [WorkerSpecification.variable: specification.text]
    configuration.passedDescriptors = descriptors
    let process = try Subprocess(command, executable: executable, configuration: configuration, on: loop)
    workers[taskID, default: Worker(process: process, started: loop.time)].process = process
    workers[taskID]?.started = loop.time
    process.setExitCallback { [self] in ended(taskID, $0) }
  }

  private func ended(_ taskID: Int, _ code: Int32) {
    guard var worker = workers.removeValue(forKey: taskID) else { return }
    let child = "child \(taskID) (pid \(worker.process.pid))"
    let consequence = isStopping ? "" : ", restarting"
    if code < 0 {
      log.warning("\(child) killed by signal \(-code)\(consequence)")
    } else if code != 0 {
      log.warning("\(child) exited with status \(code)\(consequence)")
    } else {
      log.info("\(child) exited normally")
    }
    guard code != 0, !isStopping else { return endIfAlone() }
    restarts += 1
    guard restarts <= maxRestarts else {
      return giveUp(LoopError(.tooManyRestarts, "Too many child restarts, giving up"))
    }
    worker.shortLives = loop.time - worker.started < .seconds(1) ? worker.shortLives + 1 : 0
    restart(taskID, worker)
  }

  private func restart(_ taskID: Int, _ worker: Worker) {
    let short = worker.shortLives - 1
    let pause = Duration.milliseconds(short > 0 ? min(5000, 50 << min(short, 10)) : 0)
    pauses[taskID] = loop.callLater(pause) { [self] in
      pauses[taskID] = nil
      workers[taskID] = worker
      do { try start(taskID) } catch {
        workers[taskID] = nil
        giveUp(error)
      }
    }
  }

  private func endIfAlone() {
    guard workers.isEmpty, pauses.isEmpty else { return }
    if let failure { outcome.fail(failure) } else { outcome.fulfil() }
  }
}
