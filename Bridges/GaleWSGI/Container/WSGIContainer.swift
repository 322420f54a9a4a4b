// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleHTTP
public import GaleLoop
public import GalePython
import GaleWire
import Logging

/// What becomes of a header field whose name has an underscore.
///
/// In an environ it would have the name of another one, with a hyphen, which a proxy in front may have checked or set:
/// `X_Forwarded_For` and `X-Forwarded-For` are both `HTTP_X_FORWARDED_FOR` (RFC 3875, section 4.1.18).
public enum WSGIUnderscorePolicy: Sendable, Hashable {
  /// The application does not see it.
  case drop
  /// The request is answered 400.
  case refuse
  /// Both become one; only where everything in front is known to let none through that matters.
  case merge
}

/// Hosts a WSGI application, like Tornado's `WSGIContainer` (PEP 3333).
///
/// ```swift
/// let flask = try interpreter.attach { python in
///   WSGIContainer(PythonReference(try PythonLocator("shop:app").resolve(python)))
/// }
/// let application = try Application([URLSpec.mount("/shop", flask)])
/// ```
///
/// In the lane ``WSGILane/interpreters(_:queueLimit:queueTimeout:)`` each interpreter imports the application by itself:
///
/// ```swift
/// let flask = try WSGIContainer(importing: PythonLocator("shop:app"), lane: .interpreters(4))
/// ```
///
/// One container serves any number of loops and servers.
public final class WSGIContainer: HTTPServerConnectionDelegate {
  /// The application; `nil` where each interpreter has its own.
  let application: PythonReference?
  /// Where the application runs.
  public let lane: WSGILane
  /// Whether other processes, or interpreters, run the same application: `wsgi.multiprocess`.
  public let isMultiprocess: Bool
  /// How long the application may be silent about a request; `nil` for ever.
  public let requestTimeout: Duration?
  /// What becomes of field names with underscores.
  public let underscores: WSGIUnderscorePolicy
  /// How long a thread may take to come back once it was interrupted.
  public let interruptGrace: Duration
  let workers: WorkerPool?
  let choice: AutoChoice?
  let counters: LaneCounters

  /// Hosts `application`.
  /// - Parameters:
  ///   - application: A callable as PEP 3333 describes it; kept as long as the container.
  ///   - lane: Where it runs; not in interpreters of their own, to which no object can be given.
  ///   - multiprocess: Whether other processes run it too; it finds this in its environ.
  ///   - requestTimeout: How long the application may be silent about a request; `nil` or zero for no limit.
  ///   - interruptGrace: How long a thread may take to come back once it was interrupted.
  ///   - underscores: What becomes of header fields whose names have underscores.
  ///
  /// On threads, `requestTimeout` is how long it may take from the request's arrival, the wait for a thread included, to
  /// the start of its answer (504; 503 if it still waits), and to each further piece of that (the connection is cut). A
  /// request arrives when it is handed over: with its body when that is short, otherwise with its head, and then the
  /// time starts anew with each piece that comes. Time-outs are coarse: up to a quarter of a second late.
  ///
  /// On the loop's thread, it is how long a call may hold the loop. Nobody is answered meanwhile; another thread watches,
  /// which sleeps while nothing runs.
  ///
  /// When the time is over, `gale.RequestTimeout` is raised in the application's code where it is, and the log says
  /// where that was. It is a `BaseException`, so `except Exception` does not catch it. Nothing can interrupt a C
  /// function, such as a lock that is waited for. A thread that has not come back after `interruptGrace` is left to
  /// itself:
  ///
  /// - On threads, another takes its place. Up to four times the lane's threads may be lost like this at a time; beyond
  ///   that they are not replaced, and once none is left requests are answered 503 until some come back. A
  ///   ``/GaleLoop/Supervisor`` is asked to replace the process.
  /// - On the loop's thread nothing can go on, so with a ``/GaleLoop/Supervisor`` the process ends, with status 70, and
  ///   is replaced; without one it waits.
  public convenience init(
    _ application: PythonReference, lane: WSGILane = .inline, multiprocess: Bool = true,
    requestTimeout: Duration? = .seconds(30), interruptGrace: Duration = .seconds(1),
    underscores: WSGIUnderscorePolicy = .drop
  ) {
    self.init(
      application, lane: lane, multiprocess: multiprocess, requestTimeout: requestTimeout,
      interruptGrace: interruptGrace, underscores: underscores, page: nil)
  }

  /// Imports an application and hosts it.
  ///
  /// In the lane ``WSGILane/interpreters(_:queueLimit:queueTimeout:)`` it is imported as often as there are interpreters,
  /// the first time before the others; all have it when this returns. ``shutDown(on:grace:)`` ends them.
  /// - Parameters:
  ///   - locator: Where the application is.
  ///   - lane: Where it runs.
  ///   - multiprocess: As for
  ///     ``init(_:lane:multiprocess:requestTimeout:interruptGrace:underscores:)``; so are the others.
  ///   - requestTimeout: How long the application may be silent about a request.
  ///   - interruptGrace: How long a thread may take to come back once it was interrupted.
  ///   - underscores: What becomes of header fields whose names have underscores.
  /// - Throws: ``/GalePython/PythonLocatorError``, with `.extensionRefused` when an extension module does not support the
  ///   lane; ``/GalePython/InterpreterError`` with `.unsupported` when this Python does not.
  public convenience init(
    importing locator: PythonLocator, lane: WSGILane = .inline, multiprocess: Bool = true,
    requestTimeout: Duration? = .seconds(30), interruptGrace: Duration = .seconds(1),
    underscores: WSGIUnderscorePolicy = .drop
  ) throws {
    try self.init(
      importing: locator, lane: lane, multiprocess: multiprocess, requestTimeout: requestTimeout,
      interruptGrace: interruptGrace, underscores: underscores, page: nil
    ) { _, _ in }
  }

  /// Imports an application and hosts it, unless `verify` throws an error about it.
  package convenience init(
    importing locator: PythonLocator, lane: WSGILane, multiprocess: Bool, requestTimeout: Duration?,
    interruptGrace: Duration, underscores: WSGIUnderscorePolicy, page: ScorePage?,
    verify: @escaping ApplicationImport.Verification
  ) throws {
    guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
    let source: ApplicationSource
    if lane.hasInterpreters {
      try SubInterpreter.requireSupport()
      let settings = try interpreter.attach { python in try SubInterpreterSettings(python) }
      source = .imported(ApplicationImport(locator: locator, settings: settings, verify: verify))
    } else {
      source = try interpreter.attach { python in
        let application = try locator.resolve(python)
        try verify(python, application)
        return .given(PythonReference(application))
      }
    }
    self.init(
      source, lane: lane, multiprocess: multiprocess, requestTimeout: requestTimeout,
      interruptGrace: interruptGrace, underscores: underscores, page: page)
    if lane.hasInterpreters { try workers?.startInterpreters() }
  }

  /// Hosts `application`, and counts what its lane does on `page`, where other processes may read it.
  ///
  /// ``statistics`` are those of all containers that count there.
  package convenience init(
    _ application: PythonReference, lane: WSGILane, multiprocess: Bool, requestTimeout: Duration?,
    interruptGrace: Duration, underscores: WSGIUnderscorePolicy, page: ScorePage?
  ) {
    precondition(
      !lane.hasInterpreters, "no object can be given to interpreters of their own: use init(importing:)")
    self.init(
      .given(application), lane: lane, multiprocess: multiprocess, requestTimeout: requestTimeout,
      interruptGrace: interruptGrace, underscores: underscores, page: page)
  }

  private init(
    _ source: ApplicationSource, lane: WSGILane, multiprocess: Bool, requestTimeout: Duration?,
    interruptGrace: Duration, underscores: WSGIUnderscorePolicy, page: ScorePage?
  ) {
    self.underscores = underscores
    counters = LaneCounters(page)
    if case .given(let given) = source { application = given } else { application = nil }
    self.lane = lane
    self.requestTimeout = requestTimeout.flatMap { $0 > .zero ? $0 : nil }
    self.interruptGrace = interruptGrace
    // Interpreters are to an application what processes are.
    isMultiprocess = multiprocess || lane.hasInterpreters && (lane.pool?.threads ?? 0) > 1
    workers = lane.pool.map { [counters] pool in
      WorkerPool(source, threads: pool.threads, queueLimit: pool.queue.limit, counters)
    }
    if case .auto(let count, _, let slowCall) = lane.kind {
      choice = AutoChoice(threads: count, slowCall: slowCall)
    } else {
      choice = nil
    }
  }

  /// What was done so far, and how things stand; from any thread, for a few microseconds.
  public var statistics: WSGILaneStatistics {
    var statistics = counters.value
    statistics.isThreaded = choice?.isThreaded ?? (workers != nil)
    if statistics.isThreaded { workers?.describe(in: &statistics) }
    return statistics
  }

  var limits: LaneLimits {
    func nanoseconds(_ duration: Duration?) -> Int64 {
      min(duration?.clampedNanoseconds ?? 0, Self.longestTimeout)
    }
    return LaneLimits(
      response: nanoseconds(requestTimeout), queue: nanoseconds(lane.pool?.queue.timeout),
      grace: max(0, nanoseconds(interruptGrace)))
  }

  /// A year in nanoseconds: the sum with the loop's time stays a number.
  private static let longestTimeout: Int64 = 31_536_000_000_000_000

  deinit { workers?.stop() }

  /// Lets the threads end once they have answered what waits for them, and with them the interpreters that are their own.
  ///
  /// What was registered with `atexit` in such an interpreter is run. Requests that come later are answered 503. Does nothing
  /// in the lane `inline`.
  ///
  /// - Parameters:
  ///   - loop: The loop that this is called on.
  ///   - grace: How long to wait for the interpreters; what takes longer goes on by itself.
  /// - Returns: Whether all interpreters have ended.
  @discardableResult
  public func shutDown(on loop: IOLoop, grace: Duration) async -> Bool {
    workers?.stop()
    guard lane.hasInterpreters else { return true }
    let isOver = try? await loop.runInExecutor { [self] in endInterpreters(waitingUpTo: grace) }
    return isOver ?? false
  }

  /// The same for interpreters, on a thread that may wait.
  @discardableResult
  package func endInterpreters(waitingUpTo grace: Duration) -> Bool {
    workers?.stop()
    guard lane.hasInterpreters, let workers else { return true }
    return Interpreter.withoutLock { workers.waitUntilEnded(waitingUpTo: grace) }
  }

  /// Takes a request in; see ``/GaleHTTP/HTTPServerConnectionDelegate``.
  public func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    if underscores == .refuse, Self.hasUnderscore(request) { return Refusal() }
    let context = request.context
    let owner = ObjectIdentifier(self)
    for attachment in context.attachments where attachment.owner == owner {
      if let lane = attachment.value as? InlineLane { return lane.delegate(for: request) }
      if let lane = attachment.value as? ThreadsLane { return lane.delegate(for: request) }
      if let lane = attachment.value as? AutoLane { return lane.delegate(for: request) }
    }
    return attach(to: context, request)
  }

  private func attach(to context: HTTPServerContext, _ request: HTTPServerRequest) -> any HTTPMessageDelegate
  {
    func keep(_ lane: AnyObject) { context.attachments.append((ObjectIdentifier(self), lane)) }
    do {
      guard let workers else {
        let lane = try InlineLane(self, context)
        keep(lane)
        return lane.delegate(for: request)
      }
      let template = template(for: context, isMultithreaded: !lane.hasInterpreters)
      let threads = ThreadsLane(workers, context, template, limits)
      guard let choice else {
        keep(threads)
        return threads.delegate(for: request)
      }
      let lane = AutoLane(choice, try InlineLane(self, context), threads)
      keep(lane)
      return lane.delegate(for: request)
    } catch {
      WSGILog.logger.error("Cannot run the application: \(error)")
      return Unavailable()
    }
  }

  func template(for context: HTTPServerContext, isMultithreaded: Bool) -> EnvironTemplate {
    let address = context.listenAddress
    let isTCP = address.map { !$0.isPath } ?? false
    return EnvironTemplate(
      serverName: isTCP ? address?.host ?? "localhost" : "localhost", serverPort: String(address?.port ?? 80),
      isMultithreaded: isMultithreaded, isMultiprocess: isMultiprocess,
      mergesUnderscores: underscores == .merge)
  }

  private static func hasUnderscore(_ request: HTTPServerRequest) -> Bool {
    let block = request.head.bytes
    let table = request.head.fields
    let fields = table.span
    for index in fields.indices where !fields[index].isRemoved {
      let name = block.span.extracting(fields[index].name)
      for position in name.indices where name[position] == 0x5F { return true }
    }
    return false
  }
}

/// Answers a request with a field that no application may see.
private final class Refusal: HTTPMessageDelegate {
  func finish(_ request: HTTPServerRequest) { ServerAnswer.send(400, request) }
}

/// Answers when there is no interpreter.
private final class Unavailable: HTTPMessageDelegate {
  func finish(_ request: HTTPServerRequest) { ServerAnswer.send(500, request) }
}

#endif
