// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleHTTP
import GaleLoop
public import GalePython
import GaleWire
import Logging

/// Where an application runs.
public struct WSGILane: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case inline
    case threads(Int, queueLimit: Int)
  }

  let kind: Kind

  /// On the loop's thread, which does nothing else meanwhile: the least cost per request, for processes that serve
  /// nothing but this application.
  public static let inline = WSGILane(kind: .inline)

  /// On `count` threads, so that the loop stays quick while Python is busy.
  /// - Parameters:
  ///   - count: How many threads, at least one.
  ///   - queueLimit: How many requests may wait for a thread; more are answered 503.
  public static func threads(_ count: Int, queueLimit: Int = 1024) -> WSGILane {
    precondition(count > 0, "a lane needs at least one thread")
    precondition(queueLimit > 0, "a lane needs room for a request")
    return WSGILane(kind: .threads(count, queueLimit: queueLimit))
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
  /// How long a thread may be silent about a request; `nil` for ever.
  public let requestTimeout: Duration?
  /// What becomes of field names with underscores.
  public let underscores: WSGIUnderscorePolicy
  let workers: WorkerPool?

  /// Hosts `application`.
  /// - Parameters:
  ///   - application: A callable as PEP 3333 describes it; kept as long as the container.
  ///   - lane: Where it runs.
  ///   - multiprocess: Whether other processes run it too; it finds this in its environ.
  ///   - requestTimeout: For the lane `threads`: how long a request may wait for a thread (503 then), for the start of
  ///     its answer (504) and for each further piece of that (the connection is cut); `nil` or zero for no limit. The
  ///     time starts when the request is handed over, and anew with each piece of a body that is read while it comes.
  ///     Time-outs are coarse: up to a quarter of a second late.
  ///   - underscores: What becomes of header fields whose names have underscores.
  ///
  /// Python cannot be interrupted, so a thread whose request timed out is left to itself and another takes its place;
  /// what it still says about that request is dropped. Up to four times the lane's threads may be lost like this at a
  /// time; beyond that they are not replaced, and once none is left requests are answered 503 until some come back.
  ///
  /// The lane `inline` has no limit: Python runs on the loop's own thread there, so while the application is busy
  /// there is nobody who could look at the time or answer.
  public init(
    _ application: PythonReference, lane: WSGILane = .inline, multiprocess: Bool = true,
    requestTimeout: Duration? = .seconds(30), underscores: WSGIUnderscorePolicy = .drop
  ) {
    self.underscores = underscores
    self.application = application
    self.lane = lane
    self.requestTimeout = requestTimeout.flatMap { $0 > .zero ? $0 : nil }
    isMultiprocess = multiprocess
    if case .threads(let count, let queueLimit) = lane.kind {
      workers = WorkerPool(application, threads: count, queueLimit: queueLimit)
    } else {
      workers = nil
    }
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
    }
    return attach(to: context, request)
  }

  private func attach(to context: HTTPServerContext, _ request: HTTPServerRequest) -> any HTTPMessageDelegate
  {
    do {
      guard let workers else {
        let lane = try InlineLane(self, context)
        context.attachments.append((ObjectIdentifier(self), lane))
        return lane.delegate(for: request)
      }
      let lane = ThreadsLane(
        workers, context, template(for: context, isMultithreaded: true),
        timeLimit: min(requestTimeout?.clampedNanoseconds ?? 0, Self.longestTimeout))
      context.attachments.append((ObjectIdentifier(self), lane))
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
