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
  private let link: PipeIOStream
  var state: State
  /// When it began to serve.
  var readySince: LoopTime?
  /// Whether it asked for another in its place.
  var wantsReplacement = false
  var timer: TimeoutHandle?

  /// Starts a worker.
  init(
    _ taskID: Int, command: [String], executable: String, sockets: [ListeningSocket], on loop: IOLoop
  ) throws(LoopError) {
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
    ]
    configuration.passedDescriptors = descriptors + [writer]
    process = try Subprocess(command, executable: executable, configuration: configuration, on: loop)
    self.taskID = taskID
    state = .starting
  }

  /// Takes over a worker that a former run of the supervisor's program had started.
  init(_ worker: SupervisorHandover.Worker, on loop: IOLoop) {
    taskID = worker.taskID
    process = Subprocess(adopting: worker.pid, on: loop)
    _ = gale_close_on_exec(worker.link)
    link = PipeIOStream(descriptor: worker.link, on: loop)
    state = .ready
    readySince = loop.time
  }

  var pid: Int32 { process.pid }

  /// What the next run of the supervisor's program must know.
  var handover: SupervisorHandover.Worker {
    SupervisorHandover.Worker(
      taskID: taskID, pid: pid, link: link.descriptor, isRetiring: state == .retiring)
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

/// What a supervisor leaves to the next run of its program.
struct SupervisorHandover {
  static let variable = "GALE_SUPERVISOR"

  struct Worker {
    let taskID: Int
    let pid: Int32
    let link: Int32
    /// Whether it was asked to end; asked again, it would end at once.
    var isRetiring = false
  }

  let workers: [Worker]

  init(_ workers: [Worker]) { self.workers = workers }

  /// What the former run left; taken from the environment once.
  static func take() -> SupervisorHandover? {
    guard let text = ProcessEnvironment[variable] else { return nil }
    unsafe unsetenv(variable)
    let words = text.split(separator: " ")
    guard words.first.flatMap({ Int32($0) }) == getpid() else { return nil }
    return SupervisorHandover(
      words.dropFirst().compactMap { word in
        let numbers = word.split(separator: ":").compactMap { Int32($0) }
        guard numbers.count >= 3 else { return nil }
        return Worker(
          taskID: Int(numbers[0]), pid: numbers[1], link: numbers[2],
          isRetiring: numbers.count > 3 && numbers[3] != 0)
      })
  }

  /// The process comes first: a child that inherits the variable has inherited nothing else.
  var text: String {
    ([String(getpid())] + workers.map { "\($0.taskID):\($0.pid):\($0.link):\($0.isRetiring ? 1 : 0)" })
      .joined(separator: " ")
  }
}
