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

  /// A place for a worker; who has it changes.
  private final class Slot {
    let taskID: Int
    var current: SupervisedWorker?
    /// Takes the place once it serves.
    var next: SupervisedWorker?
    var policy = RestartPolicy()
    var pause: TimeoutHandle?
    init(_ taskID: Int) { self.taskID = taskID }
  }

  /// What is called along the way; to be set before ``run()``.
  public var hooks = SupervisorHooks()
  private let configuration: Configuration
  private let sockets: [ListeningSocket]
  private let loop: IOLoop
  private let log = LoopLog.general
  private let notifier: ServiceNotifier
  private let executable: String
  private let arguments: [String]
  private var slots: [Slot] = []
  private var retiring: [Int32: SupervisedWorker] = [:]
  /// The places whose workers are still to be replaced.
  private var reloading: [Int] = []
  private var isReloading = false
  private var hasServed = false
  private var reaper: OrphanReaper?
  private var isReadyTold = false
  /// Done when the first workers may be started, or never will be.
  private let begun: Future<Void>
  private var bootFailures = 0
  private var isStopping = false
  /// What the workers count.
  package private(set) var board: Scoreboard
  private let outcome: Future<Int32>

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

  private var allWorkers: [SupervisedWorker] {
    slots.flatMap { [$0.current, $0.next].compactMap { $0 } } + retiring.values
  }

  // MARK: - Workers come and go

  private func start(_ slot: Slot) {
    do throws(LoopError) {
      let worker = try SupervisedWorker(
        slot.taskID, command: arguments, executable: executable, sockets: sockets, board: board,
        on: loop)
      if slot.current == nil { slot.current = worker } else { slot.next = worker }
      watch(worker, in: slot)
      worker.timer = loop.callLater(configuration.startTimeout) { [self] in
        log.error("\(name(worker)) did not begin to serve within \(configuration.startTimeout); killing it")
        worker.process.kill()
      }
    } catch {
      log.error("Cannot start worker \(slot.taskID): \(error.message)")
      if slot.current == nil { restart(slot, afterLife: nil) } else { abandonReload() }
    }
  }

  private func watch(_ worker: SupervisedWorker, in slot: Slot) {
    // It may be gone already: what it wrote last is read when it has ended.
    worker.listen(on: loop) { [self, weak worker] word in
      guard let worker else { return }
      switch word {
      case .ready: becameReady(worker, slot)
      case .replace(let reason): replace(worker, slot, reason)
      }
    }
    worker.process.setExitCallback { [self] code in ended(worker, slot, code) }
  }

  private func becameReady(_ worker: SupervisedWorker, _ slot: Slot) {
    guard worker.state == .starting else { return }
    stopTimer(of: worker)
    worker.state = .ready
    worker.readySince = loop.time
    hasServed = true
    log.info("\(name(worker)) serves")
    hooks.workerServes(worker.facts)
    if !isReadyTold {
      isReadyTold = true
      hooks.ready()
    }
    if slot.next === worker {
      let old = slot.current
      slot.current = worker
      slot.next = nil
      if let old { retire(old) }
    }
    continueReload()
    announce()
  }

  private func replace(_ worker: SupervisedWorker, _ slot: Slot, _ reason: String) {
    guard slot.current === worker, worker.state == .ready, !isStopping, !worker.wantsReplacement else {
      return
    }
    worker.wantsReplacement = true
    log.info("\(name(worker)) is replaced: \(reason)")
    if slot.next == nil { start(slot) }
  }

  private func retire(_ worker: SupervisedWorker, isToldSo: Bool = false) {
    guard worker.state != .retiring else { return }
    stopTimer(of: worker)
    worker.state = .retiring
    retiring[worker.pid] = worker
    if !isToldSo { worker.process.terminate() }
    worker.timer = loop.callLater(configuration.gracefulTimeout + .seconds(5)) { [self] in
      log.warning("\(name(worker)) does not end; killing it")
      worker.process.kill()
    }
  }

  private func stopTimer(of worker: SupervisedWorker) {
    if let timer = worker.timer { loop.removeTimeout(timer) }
    worker.timer = nil
  }

  private func ended(_ worker: SupervisedWorker, _ slot: Slot, _ code: Int32) {
    stopTimer(of: worker)
    board.release(worker.page)
    hooks.workerEnded(worker.facts, code)
    if retiring.removeValue(forKey: worker.pid) != nil {
      log.info("\(name(worker)) ended\(code == 0 ? "" : " (\(SupervisedWorker.describe(code)))")")
      return finishIfAlone()
    }
    log.warning("\(name(worker)) \(SupervisedWorker.describe(code))")
    if slot.next === worker {
      slot.next = nil
      return abandonReload()
    }
    guard slot.current === worker else { return }
    slot.current = nil
    if let next = slot.next {
      // It was about to take the place anyway.
      slot.current = next
      slot.next = nil
      return
    }
    restart(slot, afterLife: worker.readySince.map { loop.time - $0 })
  }

  private func restart(_ slot: Slot, afterLife life: Duration?) {
    guard !isStopping else { return finishIfAlone() }
    if life == nil, !hasServed {
      bootFailures += 1
      if bootFailures >= max(3, slots.count) {
        log.critical("No worker begins to serve; giving up")
        return finish(3)
      }
    }
    board.past.add(1, at: ScorePage.restarts)
    let pause = slot.policy.died(at: loop.time, afterLife: life)
    if slot.policy.mustWarn(at: loop.time) {
      log.error("Worker \(slot.taskID) keeps dying: the next try is in \(pause)")
    }
    slot.pause = loop.callLater(pause) { [self] in
      slot.pause = nil
      start(slot)
    }
  }

  private func name(_ worker: SupervisedWorker) -> String { "Worker \(worker.taskID) (pid \(worker.pid))" }

  // MARK: - What signals ask for

  /// Replaces all workers, one after the other; none goes before another serves in its place.
  public func reload() {
    // Workers that are still to be started will be new anyway.
    guard !isStopping, begun.isDone else { return }
    hooks.reloading()
    replaceAll()
  }

  private func replaceAll() {
    log.info("Replacing the workers")
    notifier.reloading()
    reloading = slots.map(\.taskID)
    isReloading = true
    for slot in slots {
      // One that waits to be started again need not wait: what was wrong may be mended.
      guard let pause = slot.pause else { continue }
      loop.removeTimeout(pause)
      slot.pause = nil
      start(slot)
    }
    continueReload()
  }

  private func continueReload() {
    guard !slots.contains(where: { $0.next != nil }) else { return }
    let isReloading = self.isReloading
    while let taskID = reloading.first {
      reloading.removeFirst()
      guard let slot = slots.first(where: { $0.taskID == taskID }), slot.current?.state == .ready else {
        continue
      }
      return start(slot)
    }
    self.isReloading = false
    if isReloading { log.info("All workers are new") }
  }

  private func abandonReload() {
    reloading = []
    isReloading = false
    for slot in slots { slot.current?.wantsReplacement = false }
    log.error("The new worker does not serve; the old ones go on")
    announce()
  }

  private func announce() {
    guard reloading.isEmpty, !slots.contains(where: { $0.next != nil }) else { return }
    let count = workers.count
    if count > 0 { notifier.ready(status: "\(count) worker\(count == 1 ? "" : "s")") }
  }

  /// One worker more.
  public func addWorker() {
    guard !isStopping else { return }
    let slot = Slot((slots.map(\.taskID).max() ?? -1) + 1)
    slots.append(slot)
    countChanged(from: slots.count - 1)
    if begun.isDone { start(slot) }
  }

  /// One worker less, down to one.
  public func removeWorker() {
    guard !isStopping, slots.count > 1, let slot = slots.popLast() else { return }
    countChanged(from: slots.count + 1)
    if let pause = slot.pause { loop.removeTimeout(pause) }
    for worker in [slot.current, slot.next] { if let worker { retire(worker) } }
    continueReload()
  }

  private func countChanged(from before: Int) {
    board.past[ScorePage.places] = UInt64(slots.count)
    log.info("\(slots.count) workers now")
    hooks.workerCountChanged(slots.count, before)
  }

  /// So many workers, at least 1.
  public func setWorkerCount(_ count: Int) {
    while slots.count < count, !isStopping { addWorker() }
    while slots.count > max(1, count), !isStopping { removeWorker() }
  }

  /// Ends the workers gracefully, and then ``run()``.
  public func stop() {
    guard !isStopping else { return }
    isStopping = true
    log.info("Stopping: waiting for requests to end (again to stop at once)")
    notifier.stopping()
    reloading = []
    begun.fulfil()
    for slot in slots {
      if let pause = slot.pause { loop.removeTimeout(pause) }
      slot.pause = nil
      for worker in [slot.current, slot.next] { if let worker { retire(worker) } }
      slot.current = nil
      slot.next = nil
    }
    finishIfAlone()
  }

  private func killAll() {
    for worker in allWorkers { worker.process.kill() }
  }

  private func finishIfAlone() {
    if isStopping, retiring.isEmpty { finish(0) }
  }

  private func finish(_ status: Int32) {
    killAll()
    outcome.fulfil(status)
  }

  // MARK: - A newer program

  private func adopt(_ former: SupervisorHandover) {
    for known in former.workers {
      let worker = SupervisedWorker(known, board: board, on: loop)
      if !known.isRetiring,
        let slot = slots.first(where: { $0.taskID == known.taskID && $0.current == nil })
      {
        slot.current = worker
        hasServed = true
        watch(worker, in: slot)
      } else {
        // Fewer workers than before, or one that was on its way out.
        watch(worker, in: Slot(known.taskID))
        retire(worker, isToldSo: known.isRetiring)
      }
    }
  }

  /// Runs the program anew in this process: its file may be a newer one.
  ///
  /// First it is seen to run at all. The workers stay until the new run has replaced them.
  private func upgrade() {
    guard !isStopping, begun.isDone else { return }
    loop.spawn { [self] in
      log.info("Replacing the program \(executable)")
      do {
        let trial = try Subprocess([executable, "--version"], stdout: .null, on: loop)
        try await withTimeout(.seconds(20), on: loop) { _ = try await trial.waitForExit() }
      } catch {
        return log.error("\(executable) cannot be run; going on as before: \(error)")
      }
      await hooks.upgrading()
      guard !isStopping else { return }
      for slot in slots { if let next = slot.next { retire(next) } }
      let handover = SupervisorHandover(allWorkers.map(\.handover), board: board.descriptor)
      unsafe setenv(SupervisorHandover.variable, handover.text, 1)
      let error = SocketHandover.replaceProcess(executable, arguments, keeping: handover.descriptors)
      unsafe unsetenv(SupervisorHandover.variable)
      log.error("Going on as before: \(error.message)")
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
