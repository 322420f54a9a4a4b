// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleWSGI
import GaleWire
import Glibc
import Logging

/// `gale serve module:app`.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Host a WSGI application (Flask, Django, …).",
    discussion: """
      APPLICATION names what to serve, as for gunicorn:
        mysite.wsgi               the attribute `application` of the module mysite.wsgi
        shop:app                  the attribute `app` of the module shop
        shop:create_app()         what the function returns

      Modules are looked for in the working directory first, then in the virtual environment.

      Lanes say where Python runs:
        inline                    on the server's own thread: least cost per request. For one process that
                                  serves nothing but Python.
        threads                   on --threads threads: the server's thread never waits for Python, so slow
                                  requests hold up no others.

      Examples:
        gale serve mysite.wsgi
        gale serve --bind 0.0.0.0:80 --bind [::]:80 --lane threads --threads 8 shop:app
        gale serve --venv .venv --chdir src --bind unix:/run/shop.sock shop:app

        gale serve --workers 4 --max-requests 10000 --pid /run/shop.pid shop:app

      SIGTERM, SIGINT and SIGHUP end the server gracefully: requests that are being answered end first. With
      --certfile, SIGHUP has the certificate read again instead, and connections stay open. Other signals are the
      application's: in the lane inline signal.signal() works, in threads Python raises ValueError.

      With --workers, signals go to the supervisor. SIGTERM and SIGINT end gracefully, SIGQUIT at once. SIGHUP
      replaces the workers one after the other, without losing a request: for new code. SIGUSR2 does so with
      another version of gale itself. SIGTTIN and SIGTTOU add and remove a worker.

      Under systemd, sockets of a .socket unit are used when there is no --bind, and Type=notify and WatchdogSec
      are understood.
      """)

  @Argument(help: ArgumentHelp("What to serve.", valueName: "application"))
  var application: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Where to listen: HOST:PORT, [IPv6]:PORT, :PORT or unix:PATH. May be repeated. (default: 127.0.0.1:8000)",
      valueName: "address"))
  var bind: [String] = []

  @Option(help: "Where Python runs: inline or threads.")
  var lane: LaneName = .inline

  @Option(help: "How many threads the lane `threads` has.")
  var threads = 4

  @Option(
    help: ArgumentHelp(
      """
      How long a thread of the lane `threads` may take to start its answer, or between two pieces of it; 0 \
      for no limit. The lane `inline` has none.
      """,
      valueName: "seconds"))
  var timeout = 30

  @Option(
    help: ArgumentHelp("The virtual environment. (default: $VIRTUAL_ENV, if set)", valueName: "directory"))
  var venv: String?

  @Option(help: ArgumentHelp("Change to this directory first.", valueName: "directory"))
  var chdir: String?

  @OptionGroup(title: "Processes")
  var processes: WorkerOptions

  #if TLS
  @OptionGroup(title: "HTTPS")
  var tls: TLSOptions
  #endif

  @Option(help: "Least severe records to log: debug, info, warning, error, critical.")
  var logLevel: LogLevelName = .info

  @Flag(inversion: .prefixedNo, help: "Log each request.")
  var accessLog = true

  @Option(
    help: ArgumentHelp("How long requests may take to end when the server is stopped.", valueName: "seconds"))
  var gracefulTimeout = 30

  @Option(help: ArgumentHelp("How long a request's body may be.", valueName: "bytes"))
  var maxBodySize = HTTPLimits().body

  @Option(help: ArgumentHelp("How long a client may take to send a request's head.", valueName: "seconds"))
  var headerTimeout = 15

  @Option(help: ArgumentHelp("How long a connection is kept for its next request.", valueName: "seconds"))
  var keepAlive = 75

  @Flag(
    inversion: .prefixedNo,
    help: "Speak HTTP/2: over TLS with clients that offer it, without TLS with those that begin with it.")
  var http2 = true

  enum LaneName: String, ExpressibleByArgument, CaseIterable { case inline, threads }
  enum LogLevelName: String, ExpressibleByArgument, CaseIterable {
    case debug, info, warning, error, critical
  }

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads takes a number from 1 to 1024")
    }
    guard timeout >= 0 else { throw ValidationError("--timeout takes 0 or more seconds") }
    guard maxBodySize >= 0 else { throw ValidationError("--max-body-size takes 0 or more bytes") }
    guard headerTimeout > 0 else { throw ValidationError("--header-timeout takes 1 or more seconds") }
    guard keepAlive >= 0 else { throw ValidationError("--keep-alive takes 0 or more seconds") }
    guard gracefulTimeout >= 0 else { throw ValidationError("--graceful-timeout takes 0 or more seconds") }
  }

  func run() throws {
    startLogging()
    do {
      try serve()
    } catch let error as PythonLocatorError {
      // What Python said comes first, for those who want to know where; the reason is the last line.
      if error.code != .moduleNotFound, let traceback = error.underlyingError?.traceback {
        complain(traceback)
      }
      throw fail(error.message)
    } catch let error as LoopError {
      throw fail(error.message)
    } catch let error as ServeFailure {
      throw fail(error.message)
    } catch let error as InterpreterError {
      throw fail(error.message)
    } catch let error as HTTPSError {
      throw fail(error.message)
    }
  }

  private func startLogging() {
    let level = Logger.Level(rawValue: logLevel.rawValue) ?? .info
    let accessLevel = accessLog ? level : .critical
    LoggingSystem.bootstrap { label in
      PrettyLogHandler(label: label, level: label == "gale.access" ? accessLevel : level)
    }
  }

  private func serve() throws {
    if let chdir, unsafe Glibc.chdir(chdir) != 0 {
      throw fail("cannot change to \(chdir): \(unsafe String(cString: strerror(errno)))")
    }
    processes.applyMask()
    let locator = try PythonLocator(application)
    let worker = try WorkerProcess.current
    let notifier = ServiceNotifier()
    // The certificate and the port before Python: that something is wrong with them should not cost an import to learn.
    let https = try openHTTPS()
    let sockets = try worker?.sockets ?? listeningSockets()
    if worker == nil, let count = processes.count { try supervise(count, sockets, notifier) }
    let pidFile = worker == nil ? try processes.pidFile.map(PIDFile.init) : nil
    try processes.dropPrivileges()
    let interpreter = try startPython()
    let reference = try interpreter.attach { python in
      PythonReference(try locator.resolve(python))
    }
    let lane = self.lane == .inline ? WSGILane.inline : .threads(threads)
    let container = WSGIContainer(
      reference, lane: lane, multiprocess: worker != nil,
      requestTimeout: timeout > 0 ? .seconds(timeout) : nil)
    let server = makeServer(container, https)
    try server.addSockets(sockets)
    if let worker {
      try runWorker(worker, server)
    } else {
      announce(sockets)
      notifier.ready(status: "Serving \(application)")
      try run(server, https, notifier)
      pidFile?.remove()
    }
    Glibc.exit(0)  // Python's threads may be anywhere: the process ends as it stands.
  }

  /// Keeps workers going, which are new runs of this command; does not return.
  private func supervise(_ count: Int, _ sockets: [ListeningSocket], _ notifier: ServiceNotifier) throws
    -> Never
  {
    let pidFile = try processes.pidFile.map(PIDFile.init)
    var configuration = Supervisor.Configuration(workerCount: count)
    configuration.gracefulTimeout = .seconds(gracefulTimeout)
    configuration.startTimeout = .seconds(max(60, timeout))
    let loop = IOLoop.current
    let supervisor = Supervisor(configuration, sockets: sockets, notifier: notifier, on: loop)
    announce(sockets)
    let status = try loop.runSync { try await supervisor.run() }
    pidFile?.remove()
    Logger(label: "gale.general").info("Stopped")
    Glibc.exit(status)
  }

  private func runWorker(_ worker: WorkerProcess, _ server: HTTPServer) throws {
    let loop = IOLoop.current
    let life = WorkerLife(processes, worker, server, on: loop)
    life.watch()
    try endGracefully(on: [SIGTERM], server, loop)
    // A terminal's Ctrl-C reaches every process: what workers do about it, the supervisor says.
    for signal in [SIGINT, SIGHUP] { try loop.addSignalHandler(signal) {} }
    worker.isReady()
    loop.start()
  }

  private var serverConfiguration: HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = maxBodySize
    configuration.headerTimeout = .seconds(headerTimeout)
    configuration.idleTimeout = .seconds(keepAlive)
    configuration.noKeepAlive = keepAlive == 0
    configuration.http2.isEnabled = http2
    return configuration
  }

  private func listeningSockets() throws -> [ListeningSocket] {
    if bind.isEmpty, case let sockets = try ServiceNotifier.takeSockets(), !sockets.isEmpty { return sockets }
    return try (bind.isEmpty ? ["127.0.0.1:8000"] : bind).flatMap { try BindAddress($0).listen() }
  }

  private func startPython() throws -> Interpreter {
    var configuration = InterpreterConfiguration()
    if let venv { configuration.virtualEnvironment = .path(venv) }
    configuration.arguments = ["gale"]
    configuration.pathAdditions = [currentDirectory]
    return try Interpreter.start(configuration)
  }

  private var currentDirectory: String {
    // SAFETY: with no buffer given, getcwd allocates the string that is freed here.
    guard let path = unsafe getcwd(nil, 0) else { return "." }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  private func announce(_ sockets: [ListeningSocket]) {
    let log = Logger(label: "gale.general")
    let places = sockets.map { $0.address.isPath ? $0.address.description : "\(scheme)://\($0.address)" }
    let kind = lane == .inline ? "inline" : "threads(\(threads))"
    log.info("Listening at \(places.joined(separator: ", ")) (pid \(getpid()))")
    log.info("Serving \(application) on CPython \(Interpreter.version), lane \(kind)")
  }

  private func run(_ server: HTTPServer, _ https: HTTPS?, _ notifier: ServiceNotifier) throws {
    let loop = IOLoop.current
    let log = Logger(label: "gale.general")
    try endGracefully(on: https == nil ? [SIGTERM, SIGINT, SIGHUP] : [SIGTERM, SIGINT], server, loop) {
      log.info("Stopping: waiting for requests to end (again to stop at once)")
      notifier.stopping()
    }
    try https?.reloadOnHangUp(of: loop)
    // Sent to servers that write their logs themselves; unheeded it would end the process.
    try loop.addSignalHandler(SIGUSR1) { log.info("There is no log file to open again") }
    if let interval = notifier.watchdogInterval {
      PeriodicCallback(every: interval / 2, on: loop) { notifier.alive() }.start()
    }
    loop.start()
    log.info("Stopped")
  }

  /// Ends the loop once the requests have ended that are being answered when a signal comes; at once when it comes
  /// again.
  private func endGracefully(
    on signals: [Int32], _ server: HTTPServer, _ loop: IOLoop, _ announce: @escaping () -> Void = {}
  ) throws {
    var isStopping = false
    for signal in signals {
      try loop.addSignalHandler(signal) {
        guard !isStopping else { Glibc.exit(1) }
        isStopping = true
        announce()
        loop.spawn {
          await server.shutdown(grace: .seconds(gracefulTimeout))
          loop.stop()
        }
      }
    }
  }

  private func complain(_ text: String) {
    printToStandardError(text.hasSuffix("\n") ? text : text + "\n")
  }

  private func fail(_ message: String) -> ExitCode {
    complain("gale: \(message)")
    return ExitCode(1)
  }

  // MARK: - HTTPS

  #if TLS
  private typealias HTTPSError = TLSError
  private typealias HTTPS = TLSContext

  private var scheme: String { tls.certfile == nil ? "http" : "https" }

  private func openHTTPS() throws -> TLSContext? { try tls.configuration.map { try TLSContext($0) } }

  private func makeServer(_ container: WSGIContainer, _ tls: TLSContext?) -> HTTPServer {
    if let tls {
      HTTPServer(container, tls: tls, configuration: serverConfiguration)
    } else {
      HTTPServer(container, configuration: serverConfiguration)
    }
  }
  #else
  private enum HTTPSError: Error { var message: String { "" } }
  private enum HTTPS { func reloadOnHangUp(of loop: IOLoop) throws {} }

  private var scheme: String { "http" }

  private func openHTTPS() throws -> HTTPS? { nil }

  private func makeServer(_ container: WSGIContainer, _ https: HTTPS?) -> HTTPServer {
    HTTPServer(container, configuration: serverConfiguration)
  }
  #endif
}
