// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Logging

/// A worker that ``forkProcesses(_:maxRestarts:sockets:)`` or a ``Supervisor`` started: this process.
public struct WorkerProcess {
  /// Its number, from 0 on; a worker that replaces another one has the same.
  public let taskID: Int
  /// The sockets that the parent bound, and that all workers share.
  public let sockets: [ListeningSocket]

  /// This process as a worker; `nil` in one that nobody started as such.
  ///
  /// Ask for it once: the sockets are taken over then.
  public static var current: WorkerProcess? {
    get throws { try WorkerSpecification.mine?.adopt() }
  }

  /// Tells the ``Supervisor`` that this worker serves; nothing without one.
  public func isReady() { WorkerLink.send(.ready) }

  /// Where the ``Supervisor`` reads what this worker counts; `nil` without one.
  package var page: ScorePage? { Scoreboard.ownPage }

  /// What all workers of the ``Supervisor`` count; `nil` without one.
  package var board: Scoreboard? { Scoreboard.ofSupervisor }

  /// Asks the ``Supervisor`` for another worker in this one's place, which ends this one once the other serves.
  /// - Parameter reason: For the log.
  public func requestReplacement(because reason: String) { WorkerLink.send(.replace(reason: reason)) }

  /// Whether a ``Supervisor`` started this process, and would start another in its place.
  public static var isSupervised: Bool { WorkerLink.isOpen }

  /// Asks for another worker in this process's place, for those who have no ``WorkerProcess`` at hand.
  /// - Returns: Whether there is a ``Supervisor`` to ask.
  @discardableResult
  package static func requestReplacement(because reason: String) -> Bool {
    WorkerLink.send(.replace(reason: reason))
    return isSupervised
  }
}

/// The number of this worker; `nil` in a process that ``forkProcesses(_:maxRestarts:sockets:)`` did not
/// start: Tornado's `process.task_id`.
public var taskID: Int? { WorkerSpecification.mine?.taskID }

/// Starts worker processes and keeps them running, like Tornado's `process.fork_processes`.
///
/// It returns only in the workers. The parent binds the sockets, waits for the workers, and starts those
/// again that end abnormally; when all have ended normally, it exits with status 0. SIGTERM, SIGINT, SIGQUIT
/// and SIGHUP are passed on to the workers; after the first three no worker is started again. Workers get
/// SIGTERM when the parent dies.
///
/// Unlike Tornado's, a worker is a new run of the same program with the same arguments, not a copy: a fork
/// is not safe once there are threads. What stands before the call runs in the parent and in each worker,
/// save `sockets`. A loop may have been made before.
///
/// ```swift
/// let worker = try forkProcesses(sockets: { try bindSockets(port: 8888) })
/// try server.addSockets(worker.sockets)
/// IOLoop.current.start()
/// ```
/// - Parameters:
///   - count: How many workers; `nil` or less than 1 for as many as there are processors.
///   - maxRestarts: How many times workers may be started again, all together. One that ends within a second
///     for the second time is started again after a pause, which grows up to 5 seconds.
///   - sockets: Binds the sockets that the workers share; called in the parent only.
/// - Throws: In the parent ``LoopError`` `.tooManyRestarts`, after the other workers were ended; what
///   `sockets` throws.
public func forkProcesses(
  _ count: Int? = nil, maxRestarts: Int = 100, sockets: () throws -> [ListeningSocket] = { [] }
) throws -> WorkerProcess {
  if let mine = WorkerSpecification.mine { return try mine.adopt() }
  precondition(
    IOLoop.currentIfPresent?.isRunning != true, "forkProcesses() must come before the loop is started")
  let shared = try sockets()
  let loop = try IOLoop()
  let group = ProcessGroup(
    count: count.flatMap { $0 > 0 ? $0 : nil } ?? cpuCount, maxRestarts: maxRestarts, sockets: shared,
    command: System.commandLine, executable: "/proc/self/exe", on: loop)
  try loop.runSync { try await group.run() }
  exit(0)
}

extension LoopError.Code {
  /// Workers ended abnormally too many times.
  public static let tooManyRestarts = LoopError.Code(description: "tooManyRestarts")
}

/// What a parent tells a worker, in an environment variable.
struct WorkerSpecification {
  static let variable = "GALE_WORKER"

  let taskID: Int
  let parent: Int32
  let descriptors: [Int32]

  /// That of this process.
  ///
  /// The variable is taken away, so that programs that the worker starts do not take it for theirs.
  static let mine: WorkerSpecification? = {
    guard let text = ProcessEnvironment[variable] else { return nil }
    unsafe unsetenv(variable)
    guard let result = WorkerSpecification(text), result.parent == getppid() else { return nil }
    return result
  }()

  init(taskID: Int, parent: Int32, descriptors: [Int32]) {
    self.taskID = taskID
    self.parent = parent
    self.descriptors = descriptors
  }

  init?(_ text: String) {
    let numbers = text.split(separator: " ").compactMap { Int32($0) }
    guard numbers.count >= 2, numbers[0] >= 0 else { return nil }
    self.init(taskID: Int(numbers[0]), parent: numbers[1], descriptors: Array(numbers.dropFirst(2)))
  }

  var text: String { ([Int32(taskID), parent] + descriptors).map(String.init).joined(separator: " ") }

  func adopt() throws -> WorkerProcess {
    guard gale_end_with_parent(SIGTERM, parent) == 0 else { exit(0) }
    for descriptor in descriptors { _ = gale_close_on_exec(descriptor) }
    return try WorkerProcess(
      taskID: taskID, sockets: descriptors.map { try ListeningSocket(inherited: $0) })
  }
}
