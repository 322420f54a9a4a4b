// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
public import GaleHTTP
public import GaleLoop
public import ServiceLifecycle
import Synchronization

/// A server, with the event loop that it is on, as a service among others: in a `ServiceGroup` it starts with them and
/// is shut down with them.
///
/// ```swift
/// let service = HTTPService { loop in
///   let application = try Application([.get("/") { _ in "Hello" }])
///   return try application.listen(port: 8888, on: loop)
/// }
/// try await ServiceGroup(services: [database, service], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
///
/// The loop has a thread of its own. On graceful shutdown the server accepts nothing more, ends what it is answering, and
/// cuts what is left after ``grace``. When the task is cancelled everything is cut at once.
public struct HTTPService: Service {
  /// Makes the server and has it listen.
  ///
  /// Called on the loop, before anything is served: what must be there first can be waited for here.
  public typealias Start = @Sendable (IOLoop) async throws -> HTTPServer

  /// How long requests that are being answered may take to end.
  public let grace: Duration
  private let start: Start
  private let onStart: @Sendable ([SocketAddress]) -> Void

  /// Describes a service that runs nothing yet.
  /// - Parameters:
  ///   - grace: See ``grace``.
  ///   - onStart: Told where the server listens, once it does; on the loop.
  ///   - start: See ``Start``.
  public init(
    grace: Duration = .seconds(30), onStart: @escaping @Sendable ([SocketAddress]) -> Void = { _ in },
    start: @escaping Start
  ) {
    self.grace = grace
    self.onStart = onStart
    self.start = start
  }

  /// Serves until the service is shut down or cancelled.
  /// - Throws: What ``Start`` throws; ``/GaleLoop/LoopError`` when there can be no loop; `CancellationError`.
  public func run() async throws {
    let runner = try ServerRunner(grace: grace)
    try await withTaskCancellationHandler {
      try await withGracefulShutdownHandler {
        try await runner.run(start, onStart)
      } onGracefulShutdown: {
        runner.end(.gracefully)
      }
    } onCancel: {
      runner.end(.atOnce)
    }
    try Task.checkCancellation()
  }
}

/// The thread with the loop and the server.
private final class ServerRunner: Sendable {
  enum Ending { case gracefully, atOnce }

  private struct State {
    var server: LoopConfined<HTTPServer>?
    var wanted: Ending?
    var hasBegunToEnd = false
    var error: (any Error)?
  }

  private let loop: IOLoop
  private let grace: Duration
  private let state = Mutex(State())

  init(grace: Duration) throws {
    loop = try IOLoop()
    self.grace = grace
  }

  func run(_ start: @escaping HTTPService.Start, _ onStart: @escaping @Sendable ([SocketAddress]) -> Void)
    async throws
  {
    await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
      startThread { [self] in
        loop.makeCurrent()
        loop.addCallback { [self] in
          loop.spawn { [self] in await serve(start, onStart) }
        }
        loop.start()
        state.withLock { $0.server = nil }
        loop.close()
        ended.resume()
      }
    }
    if let error = state.withLock({ $0.error }) { throw error }
  }

  private func serve(_ start: HTTPService.Start, _ onStart: @Sendable ([SocketAddress]) -> Void) async {
    do {
      let server = try await start(loop)
      let confined = LoopConfined(server)
      let wanted = state.withLock { state in
        state.server = confined
        return state.wanted
      }
      onStart(server.addresses)
      if let wanted { await finish(wanted) }
    } catch {
      state.withLock { $0.error = error }
      loop.stop()
    }
  }

  /// Ends the server, from any thread; a second call only makes it quicker.
  func end(_ ending: Ending) {
    let isServing = state.withLock { state in
      state.wanted = ending
      return state.server != nil
    }
    guard isServing else { return }
    loop.addCallback { [self] in
      loop.spawn { [self] in await finish(ending) }
    }
  }

  private func finish(_ ending: Ending) async {
    guard let server = state.withLock({ $0.server })?.value else { return }
    if ending == .atOnce { server.closeAllConnections() }
    let isFirst = state.withLock { state in
      defer { state.hasBegunToEnd = true }
      return !state.hasBegunToEnd
    }
    guard isFirst else { return }
    await server.shutdown(grace: ending == .atOnce ? .zero : grace)
    loop.stop()
  }
}
#endif
