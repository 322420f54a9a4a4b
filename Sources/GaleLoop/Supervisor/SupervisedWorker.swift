// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// A worker process as its supervisor sees it.
final class SupervisedWorker {
  enum State {
    /// Started, but does not serve yet.
    case starting
    /// Serves.
    case ready
    /// Was asked to end.
    case retiring
  }

  let taskID: Int
  let process: Subprocess
  /// What it has counted.
  let page: ScorePage
  private let link: PipeIOStream
  var state: State {
    didSet {
      let word: ScorePage.State =
        switch state {
        case .starting: .starting
        case .ready: .serving
        case .retiring: .retiring
        }
      page[ScorePage.state] = word.rawValue
    }
  }
  /// When it began to serve.
  var readySince: LoopTime?
  /// Whether it asked for another in its place.
  var wantsReplacement = false
  var timer: TimeoutHandle?

  /// Starts a worker.
  init(
    _ taskID: Int, command: [String], executable: String, sockets: [ListeningSocket], board: Scoreboard,
    on loop: IOLoop
  ) throws(LoopError) {
    page = try board.reserve(taskID)
    var reader: Int32 = -1
    var writer: Int32 = -1
    // SAFETY: both are filled in during the call.
    _ = try unsafe LoopError.check(gale_blocking_pipe(&reader, &writer), "pipe2")
    link = PipeIOStream(descriptor: reader, on: loop)
    defer { _ = gale_close(writer) }
    let descriptors = sockets.map(\.descriptor)
    let specification = WorkerSpecification(taskID: taskID, parent: getpid(), descriptors: descriptors)
    var configuration = Subprocess.Configuration()
    configuration.additionalEnvironment = [
      WorkerSpecification.variable: specification.text, WorkerLink.variable: String(writer),
      Scoreboard.variable: "\(board.descriptor):\(page.index)",
    ]
    configuration.passedDescriptors = descriptors + [writer, board.descriptor]
    do throws(LoopError) {
      process = try Subprocess(command, executable: executable, configuration: configuration, on: loop)
    } catch {
      board.release(page)
      throw error
    }
    page[ScorePage.pid] = UInt64(process.pid)
    self.taskID = taskID
    state = .starting
  }

  /// Takes over a worker that a former run of the supervisor's program had started.
  init(_ worker: SupervisorHandover.Worker, board: Scoreboard, on loop: IOLoop) {
    taskID = worker.taskID
    process = Subprocess(adopting: worker.pid, on: loop)
    _ = gale_close_on_exec(worker.link)
    page = board[worker.page]
    link = PipeIOStream(descriptor: worker.link, on: loop)
    state = .ready
    readySince = loop.time
  }

  var pid: Int32 { process.pid }
  /// For hooks.
  var facts: SupervisorHooks.Worker { SupervisorHooks.Worker(number: taskID, pid: pid) }

  /// What the next run of the supervisor's program must know.
  var handover: SupervisorHandover.Worker {
    SupervisorHandover.Worker(
      taskID: taskID, pid: pid, link: link.descriptor, page: page.index, isRetiring: state == .retiring)
  }

  /// Calls `body` with everything the worker says, until it ends.
  func listen(on loop: IOLoop, _ body: @escaping (WorkerLink.Word) -> Void) {
    loop.spawn { [link] in
      while let line = try? await link.read(until: [10], limit: 1024) {
        if let word = WorkerLink.Word(String(decoding: line.dropLast(), as: UTF8.self)) { body(word) }
      }
      link.close()
    }
  }
}

extension SupervisedWorker {
  /// How a process ended, in words.
  static func describe(_ code: Int32) -> String {
    guard code < 0 else { return "exited with status \(code)" }
    // SAFETY: the string is static.
    let text = unsafe strsignal(-code).map { unsafe String(cString: $0) } ?? "unknown"
    return "was ended by signal \(-code) (\(text))"
  }
}
