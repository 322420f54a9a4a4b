// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
import GaleHTTP
import GaleLoop
import GalePython

/// An application's life on one loop: its lifespan, and the state that it made.
///
/// - Note: Source: the ASGI specification, "Lifespan Protocol", 2.0.
final class ApplicationLife: ASGIChannel, LoopCompanion {
  /// Kept, since the loop knows this life by its container's address.
  let container: ASGIContainer
  /// How many requests the application is at, WebSockets and what it does after an answer included.
  var runningCount = 0
  private var whenIdle: Completion<Void>?
  /// What the application keeps from its start to its end; each request sees a copy.
  let state: PythonReference
  let scopes: ScopeBuilder
  private var task: PythonReference?
  private var phase = Phase.idle
  private var starting: Completion<Void>?
  private var stopping: Completion<Void>?

  private enum Phase { case idle, starting, running, stopping, over }

  init(_ container: ASGIContainer, _ asyncio: AsyncIOLoop) throws {
    self.container = container
    let (names, state) = try asyncio.withPython { python in
      try asyncio.beginRoot(python)
      return (try ASGINames.get(python), PythonReference(try python.dictionary()))
    }
    self.state = state
    scopes = ScopeBuilder(names, state: state)
    super.init(asyncio, names)
  }

  /// Waits for the application's `lifespan.startup.complete`.
  func startUp() async throws {
    guard phase == .idle else { return }
    phase = .starting
    let completion = Completion<Void>(on: asyncio.loop)
    starting = completion
    try asyncio.withPython { python in
      let scope = try python.dictionary()
      try scope.set(python, names.type.object(python), to: names.lifespan.object(python))
      try scope.set(
        python, names.asgi.object(python), to: names.versions.object(python).dictionaryCopy(python))
      try scope.set(python, names.state.object(python), to: state.object(python))
      task = try start(python, container.application, scope) { [self] _, error in ended(error) }
    }
    do {
      try await completion.value()
    } catch let error as CancellationError {
      cancelStart()
      throw error
    }
  }

  /// Ends the application's task, since nobody waits for its start any more.
  private func cancelStart() {
    guard phase == .starting else { return }
    phase = .over
    starting = nil
    guard let task else { return }
    asyncio.withPython { python in
      do throws(PythonError) {
        _ = try task.object(python).callMethod(python, try python.interned("cancel"))
      } catch {
        ASGILog.error("The application's lifespan cannot be cancelled: \(error.traceback)")
      }
    }
  }

  /// A request has ended.
  func ended() {
    runningCount -= 1
    if runningCount == 0 { whenIdle?.finish(.success(())) }
  }

  /// Waits until the application is at no request any more.
  func waitUntilIdle(_ grace: Duration) async {
    guard runningCount > 0 else { return }
    let completion = Completion<Void>(on: asyncio.loop)
    whenIdle = completion
    let timer = asyncio.loop.callLater(grace) { completion.finish(.success(())) }
    do { try await completion.value() } catch {}
    asyncio.loop.removeTimeout(timer)
    whenIdle = nil
    if runningCount > 0 { ASGILog.info("The application is still at \(runningCount) requests") }
  }

  /// Waits for the application's `lifespan.shutdown.complete`.
  func shutDown() async {
    guard phase == .running, task != nil else { return }
    phase = .stopping
    let completion = Completion<Void>(on: asyncio.loop)
    stopping = completion
    wakeReceiver()
    do { try await completion.value() } catch { ASGILog.error("\(error)") }
  }

  private func ended(_ error: PythonError?) {
    task = nil
    switch phase {
    case .starting:
      // As every server does: an application that raises here knows no lifespan.
      if let error { ASGILog.info("The application has no lifespan: \(error)") }
      phase = .running
      complete(&starting, .success(()))
    case .stopping:
      if let error { ASGILog.error("The application's end failed\n\(error.traceback)") }
      phase = .over
      complete(&stopping, .success(()))
    case .idle, .running, .over:
      if let error { ASGILog.error("The application's lifespan ended early\n\(error.traceback)") }
    }
  }

  private func complete(_ waiting: inout Completion<Void>?, _ result: Result<Void, any Error>) {
    guard let completion = waiting else { return }
    waiting = nil
    completion.finish(result)
  }

  // MARK: - receive and send

  private var isStartReceived = false
  private var isEndReceived = false

  override func nextEvent(_ python: borrowing Attached) throws(PythonError) -> PythonObject? {
    if !isStartReceived {
      isStartReceived = true
      return try event(python, names.lifespanStartup)
    }
    guard phase == .stopping, !isEndReceived else { return nil }
    isEndReceived = true
    return try event(python, names.lifespanShutdown)
  }

  override func send(
    _ python: borrowing Attached, _ kind: EventKind, _ event: borrowing PythonObject
  ) throws -> PythonObject {
    switch (kind, phase) {
    case (.startupComplete, .starting):
      phase = .running
      complete(&starting, .success(()))
    case (.startupFailed, .starting):
      phase = .over
      complete(
        &starting, .failure(ASGIError(message: "the application's start failed: \(try text(python, event))")))
    case (.shutdownComplete, .stopping):
      phase = .over
      complete(&stopping, .success(()))
    case (.shutdownFailed, .stopping):
      phase = .over
      complete(
        &stopping, .failure(ASGIError(message: "the application's end failed: \(try text(python, event))")))
    default: throw PythonException(.runtimeError, "\"\(kind.rawValue)\" came out of order")
    }
    return names.nothing.object(python)
  }

  private func text(_ python: borrowing Attached, _ event: borrowing PythonObject) throws -> String {
    try event.value(python, for: try python.interned("message"))?.description(python) ?? ""
  }

  func loopWillClose() {
    dropReceivers()
    task = nil
  }
}

#endif
