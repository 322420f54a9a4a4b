// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop

/// Fetches URLs and waits for them, without a running loop: Tornado's `HTTPClient`.
///
/// For scripts and tests. It has a loop of its own, belongs to the thread that made it, and must not be used where a
/// loop runs: use ``AsyncHTTPClient`` there.
public final class HTTPClient {
  private let loop: IOLoop
  private let client: AsyncHTTPClient
  private var isClosed = false

  /// Creates a client.
  /// - Parameters:
  ///   - configuration: How it works.
  ///   - makeEngine: What carries its requests; `nil` for ``SimpleHTTPClient``.
  /// - Throws: `LoopError` when the system has no descriptors left.
  public init(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
    engine makeEngine: ((IOLoop) -> any HTTPClientEngine)? = nil
  ) throws(LoopError) {
    HTTPClient.checkNoLoopRuns()
    let loop = try IOLoop()
    self.loop = loop
    client = HTTPClient.using(loop) {
      AsyncHTTPClient(configuration, on: loop, engine: makeEngine?(loop))
    }
  }

  deinit { close() }

  /// Fetches a URL with GET.
  /// - Throws: As ``AsyncHTTPClient/fetch(_:raisesErrors:)``.
  public func fetch(_ url: String) throws -> HTTPResponse { try fetch(HTTPRequest(url)) }

  /// Sends a request and returns its answer.
  /// - Throws: As ``AsyncHTTPClient/fetch(_:raisesErrors:)``.
  public func fetch(_ request: HTTPRequest, raisesErrors: Bool = true) throws -> HTTPResponse {
    HTTPClient.checkNoLoopRuns()
    guard !isClosed else { throw HTTPClientError(.clientClosed, "fetch() called on closed HTTPClient") }
    let (loop, client) = (loop, client)
    return try HTTPClient.using(loop) {
      try loop.runSync { try await client.fetch(request, raisesErrors: raisesErrors) }
    }
  }

  /// Gives back what the client holds.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    let (loop, client) = (loop, client)
    HTTPClient.using(loop) {
      client.close()
      loop.close()
    }
  }

  private static func checkNoLoopRuns() {
    precondition(
      !(IOLoop.currentIfPresent?.isRunning ?? false),
      "HTTPClient would block the running loop: use AsyncHTTPClient there")
  }

  /// Runs `body` with `loop` as the thread's, which gets its former one back.
  private static func using<Result>(_ loop: IOLoop, _ body: () throws -> Result) rethrows -> Result {
    let former = IOLoop.currentIfPresent
    loop.makeCurrent()
    defer { if let former { former.makeCurrent() } else { IOLoop.clearCurrent() } }
    return try body()
  }
}
