// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging

/// Starts worker processes and keeps them serving, whatever happens to them.
///
/// It owns the listening sockets, which the workers inherit, and does nothing else that could fail. A worker is a new
/// run of the same program; it finds out by ``WorkerProcess/current`` and says ``WorkerProcess/isReady()`` once it
/// serves.
///
/// | Signal | |
/// |---|---|
/// | SIGTERM, SIGINT | ends the workers gracefully, then itself; the second time at once |
/// | SIGQUIT | ends everything at once |
/// | SIGHUP | replaces the workers, one after the other, by new ones; an old one goes when the new one serves |
/// | SIGUSR2 | replaces its own program, which may be a newer one, and then the workers |
/// | SIGTTIN, SIGTTOU | one worker more, one less |
/// | SIGUSR1 | passed on to the workers, which open their logs again |
///
/// A worker that dies is started again: at once if it had lived, after 0.1 s doubling up to 10 s if it dies soon each
/// time. When the workers die before any has served, ``run()`` gives up.
public final class Supervisor {
  /// How workers are kept.
  public struct Configuration: Sendable {
    /// How many workers, at least 1.
    public var workerCount: Int
    /// How long a worker that is to go may take; then it is killed.
    public var gracefulTimeout = Duration.seconds(30)
    /// How long a worker may take until it serves; then it is killed.
    public var startTimeout = Duration.seconds(60)
    /// Opens the log files of the supervisor itself again; called on SIGUSR1.
    public var reopenLogs: @Sendable () -> Void = {}
    /// The program; `nil` for the running one.
    public var executable: String?
    /// Its arguments, with its name first; `nil` for those of the running one.
    public var arguments: [String]?

    /// The defaults above.
    public init(workerCount: Int) {
      precondition(workerCount >= 1, "a supervisor needs at least one worker")
      self.workerCount = workerCount
    }
  }

  /// What is called along the way; to be set before ``run()``.
  public var hooks = SupervisorHooks()
  let configuration: Configuration
  let sockets: [ListeningSocket]
  let loop: IOLoop
  let log = LoopLog.general
  let notifier: ServiceNotifier
  let executable: String
  let arguments: [String]
  var slots: [Slot] = []
  var retiring: [Int32: SupervisedWorker] = [:]
  /// The places whose workers are still to be replaced.
  var reloading: [Int] = []
  var isReloading = false
  var hasServed = false
  private var reaper: OrphanReaper?
  var isReadyTold = false
  /// Done when the first workers may be started, or never will be.
  let begun: Future<Void>
  var bootFailures = 0
  var isStopping = false
  /// What the workers count.
  package internal(set) var board: Scoreboard
  let outcome: Future<Int32>

  /// Creates a supervisor.
  /// - Parameters:
  ///   - configuration: How workers are kept.
  ///   - sockets: What the workers listen on.
  ///   - notifier: Tells the service manager.
  ///   - loop: Where it works.
  public init(
    _ configuration: Configuration, sockets: [ListeningSocket], notifier: ServiceNotifier = ServiceNotifier(),
    on loop: IOLoop = .current
  ) throws(LoopError) {
    self.configuration = configuration
    board = try Scoreboard.shared()
    self.sockets = sockets
    self.notifier = notifier
    self.loop = loop
    executable = configuration.executable ?? Supervisor.ownPath
    arguments = configuration.arguments ?? System.commandLine
    outcome = Future(on: loop)
    begun = Future(on: loop)
  }

  /// Where the running program lies; also when it was replaced by another file there.
  package static var ownPath: String {
    // SAFETY: realpath allocates the string that is freed here.
    guard let path = unsafe realpath("/proc/self/exe", nil) else { return "/proc/self/exe" }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// Process ids of the workers that serve, by their numbers.
  public var workers: [Int: Int32] {
    var result: [Int: Int32] = [:]
    for slot in slots {
      if let worker = slot.current, worker.state == .ready { result[slot.taskID] = worker.pid }
    }
    return result
  }

  /// How many workers there are to be.
  public var workerCount: Int { slots.count }

  /// Works until a signal ends it, or until it gives up.
  /// - Returns: The status to exit with: 0 after a signal, 3 when no worker ever served.
  public func run() async throws -> Int32 {
    try handleSignals()
    reaper = OrphanReaper(on: loop)
    defer { reaper?.stop() }
    slots = (0..<configuration.workerCount).map(Slot.init)
    let former = SupervisorHandover.take()
    if let former {
      // What was counted goes on, also when the program has become another one.
      board = try Scoreboard.map(former.board)
      adopt(former)
    }
    board.past[ScorePage.pid] = UInt64(getpid())
    if former == nil { board.past[ScorePage.startSeconds] = UInt64(System.wallSeconds) }
    board.past[ScorePage.places] = UInt64(slots.count)
    try await begin(isUpgrade: former != nil)
    guard !isStopping else { return try await end() }
    log.info("Supervising \(slots.count) worker\(slots.count == 1 ? "" : "s") (pid \(getpid()))")
    for slot in slots where slot.current == nil { start(slot) }
    if former != nil { replaceAll() }
    if let interval = notifier.watchdogInterval { signOfLife(every: interval / 2) }
    return try await end()
  }

  /// Runs what is to be run before the first worker; a signal that ends everything ends that, too.
  private func begin(isUpgrade: Bool) async throws {
    loop.spawn { [self] in
      do {
        try await hooks.starting()
        begun.fulfil()
      } catch {
        begun.fail(error)
      }
    }
    do {
      try await begun.get()
    } catch {
      guard isUpgrade else { throw error }
      log.error("\(error)")
    }
  }

  private func end() async throws -> Int32 {
    let status = try await outcome.get()
    await hooks.ending()
    return status
  }

  private func signOfLife(every interval: Duration) {
    notifier.alive()
    loop.callLater(interval) { [self] in signOfLife(every: interval) }
  }

  private func handleSignals() throws {
    try loop.addSignalHandler(SIGTERM) { [self] in isStopping ? killAll() : stop() }
    try loop.addSignalHandler(SIGINT) { [self] in isStopping ? killAll() : stop() }
    try loop.addSignalHandler(SIGQUIT) { [self] in
      stop()
      killAll()
    }
    try loop.addSignalHandler(SIGHUP) { [self] in reload() }
    try loop.addSignalHandler(SIGUSR2) { [self] in upgrade() }
    try loop.addSignalHandler(SIGTTIN) { [self] in addWorker() }
    try loop.addSignalHandler(SIGTTOU) { [self] in removeWorker() }
    try loop.addSignalHandler(SIGUSR1) { [self] in
      configuration.reopenLogs()
      for worker in allWorkers { try? worker.process.send(SIGUSR1) }
    }
  }

  var allWorkers: [SupervisedWorker] {
    slots.flatMap { [$0.current, $0.next].compactMap { $0 } } + retiring.values
  }
}
