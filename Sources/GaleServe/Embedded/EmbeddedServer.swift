// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleAsyncio
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import Glibc
import Logging

/// A server that a program of Python's starts for an application which it has at hand.
///
/// It runs inside of the program's asyncio loop, or takes the thread over until a signal ends it.
final class EmbeddedServer {
  private let application: PythonReference
  private let configuration: ServeConfiguration
  private let accessLog: AccessLog?
  /// What it counts, for itself.
  private let page = ScorePage()
  private let log = Logger(label: "gale.general")
  private var main: AsyncIOMainLoop?
  private var server: HTTPServer?
  private var applications: Applications?
  /// Done when a start in asyncio is through, however it went.
  private var starting: Future<Void>?

  /// - Parameter settings: As in a configuration file.
  /// - Throws: ``ServeError`` about the settings.
  init(_ application: PythonReference, _ settings: SettingLayer) throws(ServeError) {
    self.application = application
    for name in settings.names where Self.processSettings.contains(name) {
      throw ServeError(
        .setting, "gale.serve(): \(name) is about a process, which is yours here; gale serve has it")
    }
    var sources = SettingSources()
    var file = SettingFile(path: "gale.serve()")
    file.settings = settings
    file.settings.set("app", .text("gale:application"), .file(file.path, line: 0))
    sources.file = file
    configuration = try ServeConfiguration(sources)
    do throws(LogFileError) { accessLog = try configuration.log.makeAccessLog() } catch {
      throw ServeError(.system, error.description)
    }
  }

  /// Settings of `gale serve` that are about its own process.
  private static let processSettings: Set = [
    "app", "chdir", "control", "debug", "debug-in-public", "env", "env-file", "error-log", "group", "hooks",
    "interpreters", "log-level",
    "max-requests", "max-requests-jitter", "max-worker-age", "max-worker-memory", "metrics", "metrics-path",
    "pid", "pythonpath", "reload", "reload-extra-file", "slow-request", "statsd", "statsd-prefix",
    "statsd-tag", "umask", "user", "venv", "workers",
  ]

  /// Where it listens: hosts with ports, and paths, whose port is 0.
  var addresses: [(host: String, port: Int)] {
    (server?.addresses ?? []).map { address in
      address.isPath ? (address.description, 0) : (address.host, Int(address.port))
    }
  }

  private func begin(on loop: IOLoop) async throws {
    guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
    let transport = try Transport(configuration)
    // The port before the application's start: that it is taken should be known first.
    var sockets: [ListeningSocket] = []
    let places = configuration.listen.addresses
    for address in places.isEmpty ? [ListenSettings.standard] : places {
      sockets += try address.listen(backlog: configuration.listen.backlog)
    }
    let applications = try Applications(
      configuration, [], given: [application], isMultiprocess: false, countingOn: page, nil,
      interpreter)
    self.applications = applications
    try await applications.startUp(on: loop)
    #if Auth
    let site = try configuration.login.wall(around: applications.delegate)
    #else
    let site = applications.delegate
    #endif
    var settings = try configuration.serverConfiguration()
    settings.accessLog = accessLog
    let server = transport.makeServer(site, settings)
    try server.addSockets(sockets)
    self.server = server
    let scheme = transport.scheme
    let names = server.addresses.map { $0.isPath ? $0.description : "\(scheme)://\($0)" }
    log.info("Listening at \(names.joined(separator: ", "))")
  }

  private func end() async {
    let loop = IOLoop.current
    let (start, grace) = (loop.time, Duration.seconds(configuration.workers.gracefulTimeout))
    await server?.shutdown(grace: grace)
    await applications?.shutDown(on: loop, grace: max(.zero, grace - (loop.time - start)))
    server = nil
    applications = nil
    accessLog?.writer.flush()
  }

  // MARK: - Inside of asyncio

  /// Starts it in the asyncio loop that runs: an awaitable.
  func start(_ python: borrowing Attached) throws -> PythonObject {
    guard main == nil else { throw PythonException(.runtimeError, "this server runs already") }
    let main = try AsyncIOMainLoop.enter(python)
    self.main = main
    let starting = Future<Void>(on: main.loop)
    self.starting = starting
    return try main.asyncio.awaitable(python) { [self] in
      defer { starting.fulfil() }
      try await translating { try await begin(on: main.loop) }
      return nil
    }
  }

  /// Ends it gracefully, also a start that was cancelled: an awaitable, after which ``release()`` is due.
  func stop(_ python: borrowing Attached) throws -> PythonObject {
    guard let main else { throw PythonException(.runtimeError, "this server does not run") }
    return try main.asyncio.awaitable(python) { [self] in
      try await starting?.get()
      await end()
      return nil
    }
  }

  /// Lets go of asyncio.
  func release() {
    main?.leave()
    main = nil
  }

  // MARK: - In charge

  /// Serves on this thread until SIGINT or SIGTERM.
  ///
  /// - Parameter hasSignals: Whether this is the thread on which Python handles signals.
  func run(_ python: borrowing Attached, hasSignals: Bool) throws {
    guard main == nil, server == nil else { throw PythonException(.runtimeError, "this server runs already") }
    let previous = IOLoop.currentIfPresent
    let loop = try IOLoop()
    loop.makeCurrent()
    var outcome = Result<Void, any Error>.success(())
    python.detachedForLoop {
      outcome = Result { try serve(on: loop, hasSignals: hasSignals) }
      loop.close()
    }
    if let previous { previous.makeCurrent() }
    try outcome.get()
  }

  private func serve(on loop: IOLoop, hasSignals: Bool) throws {
    var isStopping = false
    for signal in hasSignals ? [SIGTERM, SIGINT] : [] {
      try loop.addSignalHandler(signal) { [log, unowned self] in
        if isStopping { server?.closeAllConnections() }
        guard !isStopping else { return }
        isStopping = true
        log.info("Stopping: waiting for requests to end (again to stop at once)")
        loop.stop()
      }
    }
    do {
      try loop.runSync { [self] in try await translating { try await begin(on: loop) } }
      if !isStopping { loop.start() }
    } catch let error as LoopError where error.code == .stopped && isStopping {
      // The signal came while the application started.
    }
    try loop.runSync { [self] in await end() }
    log.info("Stopped")
  }

  /// Says what went wrong as Python expects it.
  private func translating(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch {
      // What is cancelled cannot wait for an end; whoever cancelled it stops it.
      if !Task.isCancelled { await end() }
      switch error {
      case let error as ServeError:
        throw PythonException(error.code == .setting ? .valueError : .runtimeError, error.message)
      case let error as LoopError: throw PythonException(.osError, error.message)
      default: throw error
      }
    }
  }
}
