// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleHTTP
package import GaleLoop
public import GalePython
import GaleWire
import Logging

/// Where an application runs.
public struct WSGILane: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case inline
    case threads(Int, Queue)
    case auto(Int, Queue, slowCall: Duration)
  }

  struct Queue: Sendable, Hashable {
    var limit: Int
    var timeout: Duration?
  }

  let kind: Kind

  /// On the loop's thread, which does nothing else meanwhile: the least cost per request, for processes that serve
  /// nothing but this application.
  public static let inline = WSGILane(kind: .inline)

  /// On `count` threads, so that the loop stays quick while Python is busy.
  /// - Parameters:
  ///   - count: How many threads, at least one.
  ///   - queueLimit: How many requests may wait for a thread; more are answered 503, with `Retry-After`.
  ///   - queueTimeout: How long a request may wait for a thread; then it is answered 503. `nil` for as long as the
  ///     container's time limit allows.
  public static func threads(_ count: Int, queueLimit: Int = 1024, queueTimeout: Duration? = nil) -> WSGILane
  {
    WSGILane(kind: .threads(check(count), queue(queueLimit, queueTimeout)))
  }

  /// On the loop's thread until that is found to be too slow, then on `count` threads.
  ///
  /// The rule: once 5 of the last 100 calls held a loop for `slowCall` or longer, each in real time, all requests that
  /// come from then on go to the threads, for as long as the container lives. A call is one of the application, or what
  /// it takes to go on with an answer that comes in parts. The first calls count, too, so an application that takes
  /// long to warm up may be moved before it is warm: 5 slow calls are enough from the first on.
  ///
  /// `wsgi.multithread` is true from the start.
  /// - Parameters:
  ///   - count: How many threads, at least one.
  ///   - slowCall: What is a slow call.
  ///   - queueLimit: As for ``threads(_:queueLimit:queueTimeout:)``.
  ///   - queueTimeout: As for ``threads(_:queueLimit:queueTimeout:)``.
  public static func auto(
    threads count: Int = 4, slowCall: Duration = .milliseconds(10), queueLimit: Int = 1024,
    queueTimeout: Duration? = nil
  ) -> WSGILane {
    precondition(slowCall > .zero, "every call takes some time")
    return WSGILane(kind: .auto(check(count), queue(queueLimit, queueTimeout), slowCall: slowCall))
  }

  private static func check(_ count: Int) -> Int {
    precondition(count > 0, "a lane needs at least one thread")
    return count
  }

  private static func queue(_ limit: Int, _ timeout: Duration?) -> Queue {
    precondition(limit > 0, "a lane needs room for a request")
    return Queue(limit: limit, timeout: timeout.flatMap { $0 > .zero ? $0 : nil })
  }

  /// The threads and the queue before them; `nil` in the lane `inline`.
  var pool: (threads: Int, queue: Queue)? {
    switch kind {
    case .inline: nil
    case .threads(let count, let queue), .auto(let count, let queue, _): (count, queue)
    }
  }
}

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
/// One container serves any number of loops and servers.
public final class WSGIContainer: HTTPServerConnectionDelegate {
  let application: PythonReference
  /// Where the application runs.
  public let lane: WSGILane
  /// Whether other processes run the same application: `wsgi.multiprocess`.
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
  ///   - lane: Where it runs.
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

  /// Hosts `application`, and counts what its lane does on `page`, where other processes may read it.
  ///
  /// ``statistics`` are those of all containers that count there.
  package init(
    _ application: PythonReference, lane: WSGILane, multiprocess: Bool, requestTimeout: Duration?,
    interruptGrace: Duration, underscores: WSGIUnderscorePolicy, page: ScorePage?
  ) {
    self.underscores = underscores
    counters = LaneCounters(page)
    self.application = application
    self.lane = lane
    self.requestTimeout = requestTimeout.flatMap { $0 > .zero ? $0 : nil }
    self.interruptGrace = interruptGrace
    isMultiprocess = multiprocess
    workers = lane.pool.map { [counters] pool in
      WorkerPool(application, threads: pool.threads, queueLimit: pool.queue.limit, counters)
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
      let threads = ThreadsLane(workers, context, template(for: context, isMultithreaded: true), limits)
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
