// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GalePython
import GaleWSGI
import Glibc
import Logging

/// A run of `gale serve`: one process that serves, a supervisor, or one of its workers.
package final class Gateway {
  let configuration: ServeConfiguration
  let log = Logger(label: "gale.general")
  let notifier = ServiceNotifier()
  let loop = IOLoop.current
  private let logs: ServeLogs
  private let requestsInFlight: HTTPRequestsInFlight?
  /// What this process counts: where its supervisor reads it, if there is one.
  private let page: ScorePage
  private let worker: WorkerProcess?
  private let startDirectory: String
  /// Kept for as long as the process serves.
  private var applications: Applications?
  private lazy var statsd = makeStatsD()

  /// - Throws: ``ServeError`` when this is a worker and cannot work as one.
  package init(_ configuration: ServeConfiguration, _ logs: ServeLogs) throws(ServeError) {
    self.configuration = configuration
    self.logs = logs
    requestsInFlight = configuration.watch.slowRequest == nil ? nil : HTTPRequestsInFlight()
    startDirectory = WorkingDirectory.current
    do {
      worker = try WorkerProcess.current
    } catch {
      throw ServeError(.system, "\(error)")
    }
    if let page = worker?.page {
      self.page = page
    } else {
      page = ScorePage()
      page[ScorePage.pid] = UInt64(getpid())
      page[ScorePage.startSeconds] = UInt64(System.wallSeconds)
      page[ScorePage.state] = ScorePage.State.serving.rawValue
    }
  }

  /// Serves until a signal ends it.
  /// - Throws: ``ServeError`` when it cannot begin to.
  package func run() throws(ServeError) -> Never {
    do {
      try serve()
    } catch let error as ServeError {
      throw error
    } catch let error as LoopError {
      throw ServeError(.system, error.message)
    } catch let error as InterpreterError {
      throw ServeError(.application, error.message)
    } catch {
      throw ServeError(.system, "\(error)")
    }
  }

  private func serve() throws -> Never {
    if let facts = HookRunner.facts { try runHooks(facts) }
    if worker == nil { for warning in configuration.warnings { log.warning("\(warning)") } }
    if let directory = configuration.python.directory { try WorkingDirectory.change(to: directory) }
    configuration.workers.applyMask()
    try configuration.requireInterpreters()
    let locators = try Applications.locators(configuration)
    // The certificate and the port before Python: that something is wrong with them should not cost an import to learn.
    let transport = try Transport(configuration)
    let sockets: [ListeningSocket] = if let worker { worker.sockets } else { try listeningSockets() }
    if worker == nil { try refuseDebugInPublic(sockets) }
    let metrics = try worker == nil ? metricsSockets() : []
    let facts = facts(sockets, transport)
    if worker == nil, let count = configuration.workers.count {
      try supervise(count, sockets, transport, metrics, facts)
    }
    if let worker { ProcessTitle.set("gale: worker \(worker.taskID) \(titleName)") }
    // At once: unheeded it ends the process, and loading an application may take long.
    try loop.addSignalHandler(SIGUSR1) { [logs] in logs.reopen() }
    let pidFile = try worker == nil ? makePIDFile() : nil
    try configuration.workers.dropPrivileges()
    let interpreter = try PythonStart.interpreter(configuration)
    let hooks = try hooks(facts, interpreter)
    try configuration.refuseRequestHooks(hooks)
    if worker == nil { try hooks?.call("on_starting") }
    try hooks?.call("post_fork")
    let applications = try Applications(
      configuration, locators, isMultiprocess: worker != nil, countingOn: page, hooks, interpreter)
    self.applications = applications
    try loop.runSync { [loop] in try await applications.startUp(on: loop) }
    applications.watch(configuration.development, on: loop)
    #if Auth
    let site = try configuration.login.wall(around: applications.delegate)
    #else
    let site = applications.delegate
    #endif
    try hooks?.call("post_worker_init")
    let server = try transport.makeServer(delegate(site, facts), serverConfiguration())
    try Self.translating { () throws(LoopError) in try server.addSockets(sockets) }
    if let limit = configuration.watch.slowRequest, let requestsInFlight {
      SlowWatch(limit: .seconds(limit), requestsInFlight).start(loop)
    }
    if let worker {
      try runWorker(worker, server)
      hooks?.tell("worker_exit")
    } else {
      announce(sockets, transport)
      let control = Watching.controlSocket(configuration.watch, pidFile: configuration.workers.pidFile)
      let watching = try Watching(
        ControlledProcess(page, facts), metrics: metrics, control: control, on: loop)
      notifier.ready(status: configuration.services.joined(separator: "; "))
      server.context.measureLag()
      reportWorkers { 1 }
      hooks?.tell("when_ready")
      try runAlone(server, transport)
      hooks?.tell("worker_exit")
      hooks?.tell("on_exit")
      watching.close()
      pidFile?.remove()
    }
    logs.flush()
    statsd?.flush()
    Glibc.exit(0)  // Python's threads may be anywhere: the process ends as it stands.
  }

  // MARK: - Hooks

  /// The hooks of this process, a worker or one without any.
  private func hooks(_ facts: ServiceFacts, _ interpreter: Interpreter) throws(ServeError) -> PythonHooks? {
    guard let module = configuration.python.hooks else { return nil }
    let facts = HookFacts(
      server: worker == nil ? getpid() : getppid(), workerCount: configuration.workers.count ?? 1,
      worker: worker?.taskID ?? 0, addresses: facts.addresses)
    let hooks = try PythonHooks(module, facts, interpreter)
    if worker == nil { hooks.warn(log) }
    return hooks
  }

  /// This process is the one for the server's hooks.
  private func runHooks(_ facts: HookFacts) throws -> Never {
    ProcessTitle.set("gale: hooks \(titleName)")
    if let directory = configuration.python.directory { try WorkingDirectory.change(to: directory) }
    configuration.workers.applyMask()
    try HookRunner.run(configuration, facts)
    logs.flush()
    Glibc.exit(0)
  }

  private func serverConfiguration() throws(LoopError) -> HTTPServerConfiguration {
    var settings = try configuration.serverConfiguration()
    settings.accessLog = logs.access
    settings.statistics = HTTPServerStatistics(page: page)
    settings.requestsInFlight = requestsInFlight
    return settings
  }

  /// What is served, with the metrics before it if everybody may see them.
  private func delegate(
    _ applications: any HTTPServerConnectionDelegate, _ facts: ServiceFacts
  ) -> any HTTPServerConnectionDelegate {
    let applications = statsd.map { StatsDRequests($0, before: applications) } ?? applications
    guard let path = configuration.watch.metricsPath else { return applications }
    let board = worker?.board
    let page = self.page
    return PublicMetrics(at: path, before: applications) {
      board.map { ServiceReport(facts, $0) } ?? ServiceReport(facts, alone: page)
    }
  }

  /// Without it the server works as well, so that what is wrong with it is no reason to end.
  private func makeStatsD() -> StatsDClient? {
    guard let settings = configuration.watch.statsd else { return nil }
    do throws(LoopError) { return try StatsDClient(settings, on: loop) } catch {
      log.warning("Nothing is sent to StatsD: \(error.message)")
      return nil
    }
  }

  /// Has StatsD told again and again how many workers serve.
  private func reportWorkers(_ count: @escaping () -> Int) {
    guard let statsd else { return }
    PeriodicCallback(every: .seconds(5), on: loop) { statsd.gauge("workers", count()) }.start()
  }

  private func metricsSockets() throws(ServeError) -> [ListeningSocket] {
    try Self.translating { () throws(LoopError) in try Watching.metricsSockets(configuration.watch) }
  }

  private func facts(_ sockets: [ListeningSocket], _ transport: Transport) -> ServiceFacts {
    ServiceFacts(
      applications: configuration.mounts.map(\.application), addresses: places(sockets, transport))
  }

  /// What is served, for the processes' titles.
  private var titleName: String {
    configuration.mounts.first?.application ?? configuration.statics.first?.directory ?? ""
  }

  private func places(_ sockets: [ListeningSocket], _ transport: Transport) -> [String] {
    sockets.map { $0.address.isPath ? $0.address.description : "\(transport.scheme)://\($0.address)" }
  }

  static func translating<Result>(_ body: () throws(LoopError) -> Result) throws(ServeError) -> Result {
    do throws(LoopError) { return try body() } catch { throw ServeError(.system, error.message) }
  }

  private func listeningSockets() throws(ServeError) -> [ListeningSocket] {
    let addresses = configuration.listen.addresses
    do throws(LoopError) {
      if addresses.isEmpty, case let sockets = try ServiceNotifier.takeSockets(), !sockets.isEmpty {
        return sockets
      }
      var sockets: [ListeningSocket] = []
      for address in addresses.isEmpty ? [ListenSettings.standard] : addresses {
        sockets += try address.listen(backlog: configuration.listen.backlog)
      }
      return sockets
    } catch {
      let hint =
        error.systemError == EACCES && addresses.contains(where: \.isPrivileged)
        ? "; ports below 1024 need root, CAP_NET_BIND_SERVICE, or a systemd socket" : ""
      throw ServeError(.system, error.message + hint)
    }
  }

  /// Tracebacks tell what the code is, and sometimes what it knows.
  private func refuseDebugInPublic(_ sockets: [ListeningSocket]) throws(ServeError) {
    guard configuration.development.debug else { return }
    let open = sockets.first { !$0.address.isPath && !BindAddress.isLoopback($0.address.host) }
    if let open, !configuration.development.debugInPublic {
      throw ServeError(
        .setting,
        "--debug shows tracebacks to everybody who can reach \(open.address): listen on 127.0.0.1, or add --debug-in-public"
      )
    }
    log.warning("--debug is on: answers show tracebacks. Not for production")
  }

  private func makePIDFile() throws(ServeError) -> PIDFile? {
    guard let path = configuration.workers.pidFile else { return nil }
    return try PIDFile(path)
  }

  private func announce(_ sockets: [ListeningSocket], _ transport: Transport) {
    log.info("Listening at \(places(sockets, transport).joined(separator: ", ")) (pid \(getpid()))")
    for service in configuration.services { log.info("\(service)") }
  }

  // MARK: - Supervisor and workers

  /// Keeps workers going, which are new runs of this command; does not return.
  private func supervise(
    _ count: Int, _ sockets: [ListeningSocket], _ transport: Transport, _ metrics: [ListeningSocket],
    _ facts: ServiceFacts
  ) throws -> Never {
    let pidFile = try makePIDFile()
    ProcessTitle.set("gale: supervisor \(titleName)")
    WorkingDirectory.keepForWorkers(startDirectory)
    var settings = Supervisor.Configuration(workerCount: count)
    settings.gracefulTimeout = .seconds(configuration.workers.gracefulTimeout)
    settings.startTimeout = .seconds(max(60, configuration.lane.timeout))
    settings.reopenLogs = { [logs] in logs.reopen() }
    // Workers write it; kept open here, a file that was put aside and deleted would still take its room.
    logs.access?.writer.close()
    let supervisor = try Supervisor(settings, sockets: sockets, notifier: notifier, on: loop)
    if configuration.python.hooks != nil {
      let facts = HookFacts(server: getpid(), workerCount: count, worker: -1, addresses: facts.addresses)
      let grace = Duration.seconds(max(1, configuration.workers.gracefulTimeout))
      supervisor.hooks = HookProcess(facts, grace: grace, on: loop).hooks
    }
    announce(sockets, transport)
    let control = Watching.controlSocket(configuration.watch, pidFile: configuration.workers.pidFile)
    let watching = try Watching(
      ControlledSupervisor(supervisor, facts), metrics: metrics, control: control, on: loop)
    reportWorkers { [board = supervisor.board] in board.workers.count { $0.workerState == .serving } }
    let status: Int32
    do {
      status = try loop.runSync { try await supervisor.run() }
    } catch {
      watching.close()
      pidFile?.remove()
      throw error
    }
    watching.close()
    pidFile?.remove()
    log.info("Stopped")
    Glibc.exit(status)
  }

  private func runWorker(_ worker: WorkerProcess, _ server: HTTPServer) throws {
    let life = WorkerLife(configuration.workers, worker, server, on: loop)
    life.watch()
    // A second one may be a service manager's, which tells every process of the service beside the supervisor's word.
    // When a worker has to end at once the supervisor kills it.
    try endGracefully(on: [SIGTERM], server, isImpatient: false)
    // A terminal's Ctrl-C reaches every process: what workers do about it, the supervisor says.
    for signal in [SIGINT, SIGHUP] { try loop.addSignalHandler(signal) {} }
    server.context.measureLag()
    worker.isReady()
    withExtendedLifetime(life) { loop.start() }
  }

  // MARK: - One process

  private func runAlone(_ server: HTTPServer, _ transport: Transport) throws {
    try endGracefully(on: transport.hasCertificate ? [SIGTERM, SIGINT] : [SIGTERM, SIGINT, SIGHUP], server) {
      [log, notifier] in
      log.info("Stopping: waiting for requests to end (again to stop at once)")
      notifier.stopping()
    }
    try transport.reloadOnHangUp(of: loop)
    if let interval = notifier.watchdogInterval {
      PeriodicCallback(every: interval / 2, on: loop) { [notifier] in notifier.alive() }.start()
    }
    loop.start()
    log.info("Stopped")
  }

  /// Ends the loop once the requests have ended that are being answered when a signal comes; if `isImpatient`, at once
  /// when it comes again.
  private func endGracefully(
    on signals: [Int32], _ server: HTTPServer, isImpatient: Bool = true, _ announce: @escaping () -> Void = {}
  ) throws {
    let grace = Duration.seconds(configuration.workers.gracefulTimeout)
    var isStopping = false
    for signal in signals {
      try loop.addSignalHandler(signal) { [self, loop] in
        if isStopping, isImpatient { Glibc.exit(1) }
        guard !isStopping else { return }
        isStopping = true
        announce()
        loop.spawn { [self, loop] in
          let start = loop.time
          await server.shutdown(grace: grace)
          await applications?.shutDown(on: loop, grace: max(.zero, grace - (loop.time - start)))
          loop.stop()
        }
      }
    }
  }
}
