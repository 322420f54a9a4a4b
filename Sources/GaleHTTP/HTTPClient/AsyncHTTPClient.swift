// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
import GaleWire
import Synchronization

/// How a client works: the arguments of Tornado's `AsyncHTTPClient` and `SimpleAsyncHTTPClient`.
public struct HTTPClientConfiguration {
  /// How many requests are under way at once; more wait for their turn, first come, first served.
  public var maxClients = 10
  /// What requests do that do not say otherwise.
  public var defaults = HTTPRequestOptions() {
    didSet { hasDefaults = true }
  }
  /// The most bytes of a connection's answer that wait in memory.
  public var maxBufferSize = 104_857_600
  /// The most bytes of an answer's head.
  public var maxHeaderSize = 64 * 1024
  /// The most bytes of an answer's body, decompressed, if the request does not say otherwise.
  public var maxBodySize = 104_857_600
  /// How long a connection is kept for the next request.
  public var idleTimeout = Duration.seconds(60)
  /// How many idle connections are kept; 0 for none.
  public var maxIdleConnections = 100
  /// Finds addresses; `nil` for the loop's resolver.
  public var resolver: (any Resolver)?
  /// Names that are led elsewhere, as by an `OverrideResolver`: Tornado's `hostname_mapping`.
  public var hostnameMapping: [OverrideResolver.Key: OverrideResolver.Target] = [:]

  private(set) var hasDefaults = false

  /// The defaults above.
  public init() {}

  var limits: HTTPLimits {
    var limits = HTTPLimits()
    limits.head = maxHeaderSize
    limits.fieldLine = max(limits.fieldLine, maxHeaderSize)
    limits.requestLine = min(limits.requestLine, maxHeaderSize)
    limits.fieldCount = 1000
    return limits
  }
}

/// Fetches URLs: Tornado's `AsyncHTTPClient`.
///
/// ```swift
/// let response = try await AsyncHTTPClient.current.fetch("https://example.com/")
/// ```
///
/// A client belongs to one loop. ``current`` is that of the running loop, which everybody there shares.
public final class AsyncHTTPClient: LoopCompanion {
  /// The loop that it works on.
  public let loop: IOLoop
  /// How it works.
  public let configuration: HTTPClientConfiguration
  /// What carries its requests.
  public let engine: any HTTPClientEngine
  /// Whether it was closed.
  public private(set) var isClosed = false
  private let queue: RequestQueue

  /// Creates a client of its own: Tornado's `force_instance=True`.
  ///
  /// One that is dropped without ``close()`` keeps its idle connections until their time is over.
  /// - Parameters:
  ///   - configuration: How it works.
  ///   - loop: Where.
  ///   - engine: What carries its requests; `nil` for ``SimpleHTTPClient``.
  public init(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(), on loop: IOLoop = .current,
    engine: (any HTTPClientEngine)? = nil
  ) {
    precondition(configuration.maxClients > 0, "a client that may do nothing")
    loop.checkThread()
    System.ignoreBrokenPipes()
    self.configuration = configuration
    self.loop = loop
    self.engine = engine ?? SimpleHTTPClient(configuration, on: loop)
    queue = RequestQueue(limit: configuration.maxClients, on: loop)
  }

  /// The client that everybody on this thread's loop shares; made at the first use, closed with the loop.
  public static var current: AsyncHTTPClient {
    let loop = IOLoop.current
    if let client = loop.companions[ObjectIdentifier(AsyncHTTPClient.self)] as? AsyncHTTPClient {
      return client
    }
    let client = factory.withLock { $0 }?(loop) ?? AsyncHTTPClient(on: loop)
    loop.companions[ObjectIdentifier(AsyncHTTPClient.self)] = client
    return client
  }

  /// Chooses what ``current`` is on loops that have none yet, for the whole process: Tornado's `configure`.
  /// - Parameter make: Called on a loop's thread when it first needs a client; `nil` for Gale's own choice.
  public static func configure(_ make: (@Sendable (IOLoop) -> AsyncHTTPClient)?) {
    factory.withLock { $0 = make }
  }

  private static let factory = Mutex<(@Sendable (IOLoop) -> AsyncHTTPClient)?>(nil)

  /// Requests under way, and requests that wait for their turn.
  public var load: (active: Int, waiting: Int) { (queue.active, queue.waiting) }

  /// Fetches a URL with GET.
  /// - Throws: As ``fetch(_:raisesErrors:)``.
  public func fetch(_ url: String) async throws -> HTTPResponse { try await fetch(HTTPRequest(url)) }

  /// Sends a request and returns its answer, when all of it is there: Tornado's `fetch`.
  ///
  /// Cancelling the task ends it and closes its connection.
  /// - Parameters:
  ///   - request: What to ask for.
  ///   - raisesErrors: Whether an answer that is not 2xx is thrown, as an error with the answer in it.
  /// - Throws: ``HTTPClientError``; `CancellationError`; what the request's callbacks throw.
  public func fetch(_ request: HTTPRequest, raisesErrors: Bool = true) async throws -> HTTPResponse {
    loop.checkThread()
    guard !isClosed else {
      throw HTTPClientError(.clientClosed, "fetch() called on closed AsyncHTTPClient")
    }
    let call = try FetchCall(request, configuration, engine, on: loop)
    let waited = try await queue.enter(until: call.firstConnectDeadline)
    defer { queue.leave() }
    let response = try await call.run(queueTime: waited)
    if raisesErrors, !(200...299).contains(response.status) { throw HTTPClientError(response: response) }
    return response
  }

  /// Ends the requests that are under way or wait, and refuses later ones: Tornado's `close`.
  public func close() {
    loop.checkThread()
    guard !isClosed else { return }
    isClosed = true
    let key = ObjectIdentifier(AsyncHTTPClient.self)
    if loop.companions[key] === self { loop.companions[key] = nil }
    queue.close()
    engine.close()
  }

  package func loopWillClose() { close() }
}
