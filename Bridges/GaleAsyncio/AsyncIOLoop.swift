// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleLoop
public import GalePython

/// asyncio as a guest of an event loop, on its thread: Tornado's `AsyncIOLoop`.
///
/// Python's coroutines, and the libraries that are written for asyncio, run between the callbacks and tasks of Swift, on
/// one thread and with one wait; there is no helper thread, and nothing polls. Swift awaits Python with
/// ``run(_:_:)``, Python awaits Swift with ``awaitable(_:_:)`` and ``function(_:_:)``.
///
/// ```swift
/// let asyncio = try AsyncIOLoop.of(loop)
/// let page = try await asyncio.run { python in
///   try python.importModule("client").attribute(python, "fetch").call(python, try python.string(url))
/// } _: { python, result in
///   try result.string(python)
/// }
/// ```
///
/// While Python runs, the loop does nothing else: one batch of ready callbacks at a time, then Swift has its turn.
/// Belongs to the loop's thread.
@safe
public final class AsyncIOLoop {
  /// The loop whose guest asyncio is.
  public let loop: IOLoop
  /// The `asyncio.AbstractEventLoop`: Tornado's `asyncio_loop`.
  public let asyncioLoop: PythonReference
  /// Called when Python asks the loop to stop, or exits: `loop.stop()`, or `sys.exit()` in a callback, whose status it
  /// gets.
  ///
  /// A guest cannot stop its host: without this there is only a record of the log.
  public var stopRequested: ((_ status: Int32?) -> Void)?

  let module: AsyncioModule
  /// What Python stands on as the guest; `nil` when asyncio is the host.
  let core: LoopCore?
  private let pinned: PinnedThreadState
  /// The tasks of Swift's that wait for Python.
  var waits: [ObjectIdentifier: any AbandonedWait] = [:]
  /// Whether a callback of asyncio's runs, or a task's first step.
  var isRunningPython = false
  private var isDetachComing = false
  private(set) var isClosed = false

  /// The one of `loop`, which is the calling thread's; made at the first use.
  ///
  /// It lives until ``close()``, or until the loop is closed: then what still runs in Python is cancelled, and ends as far as it
  /// does so without waiting.
  /// - Throws: ``InterpreterError`` with `.notRunning`, ``PythonError``, and ``PythonException`` when Python made an event
  ///   loop for this thread by itself already.
  public static func of(_ loop: IOLoop = .current) throws -> AsyncIOLoop {
    loop.checkThread()
    let key = ObjectIdentifier(AsyncIOLoop.self)
    if let known = loop.companions[key] as? AsyncIOLoop { return known }
    let made = try AsyncIOLoop(loop)
    loop.companions[key] = made
    return made
  }

  private init(_ loop: IOLoop) throws {
    guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
    guard AsyncioHosts.take(loop) else {
      throw PythonException(.runtimeError, "this loop has an asyncio event loop already")
    }
    let core = LoopCore(host: loop, ownsHost: false)
    let pinned: PinnedThreadState
    do {
      pinned = try PinnedThreadState.ofThread(interpreter)
      (module, asyncioLoop) = try pinned.withAttached { (python) throws(PythonError) in
        let module = try AsyncioModule.get(python)
        let made = try module.eventLoop.object(python).call(python, try module.core.instance(python, core))
        return (module, PythonReference(made))
      }
    } catch {
      AsyncioHosts.release(loop)
      throw error
    }
    self.loop = loop
    self.core = core
    self.pinned = pinned
    core.runBatch = { [unowned self] in runBatch() }
    core.stopAsked = { [unowned self] in stop(nil) }
    core.beginGuest()
    try withPython { python in
      _ = try asyncioLoop.object(python).callMethod(python, try python.interned("_begin_guest"))
    }
  }

  /// That of a loop which is the guest of `asyncioLoop`, or whose descriptors that uses: see ``AsyncIOMainLoop``.
  init(_ loop: IOLoop, hostedBy asyncioLoop: PythonReference, _ python: borrowing Attached) throws {
    guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
    module = try AsyncioModule.get(python)
    pinned = try PinnedThreadState.ofThread(interpreter)
    self.loop = loop
    self.asyncioLoop = asyncioLoop
    core = nil
    loop.companions[ObjectIdentifier(AsyncIOLoop.self)] = self
  }

  /// Puts `EventLoop` and its like into Python's module `gale`, which otherwise comes with the first use of asyncio.
  package static func install(_ python: borrowing Attached) throws(PythonError) {
    _ = try AsyncioModule.get(python)
  }

  // MARK: - Python's lock

  /// Runs `body` with the interpreter's lock, which the thread keeps until the end of the loop's turn.
  ///
  /// Cheap when something in this turn had it before.
  public func withPython<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing Attached) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Python calls Swift from callbacks of its own when it runs the thread: then the lock is there, and stays.
    if core == nil, pinned.isHeldByCaller { return try pinned.withLockOfCaller(body) }
    guard !isClosed else {
      // There may be no turn any more at whose end the lock could be given away.
      let isInside = pinned.isAttached
      defer { if !isInside { pinned.detach() } }
      return try pinned.withAttached(body)
    }
    detachLater()
    return try pinned.withAttached(body)
  }

  private func detachLater() {
    guard !isDetachComing else { return }
    isDetachComing = true
    loop.flushAtEndOfTurn(self)
  }

  // MARK: - Turns

  private func runBatch() {
    guard !isClosed else { return }
    isRunningPython = true
    defer { isRunningPython = false }
    withPython { python in
      do throws(PythonError) {
        let name = module.names.runBatch.object(python)
        _ = try asyncioLoop.object(python).callMethod(python, name)
      } catch {
        fail(error)
      }
    }
  }

  /// asyncio handles what callbacks raise; only what shall end the program comes here.
  func fail(_ error: PythonError) {
    if let status = error.exitStatus { return stop(status) }
    AsyncioLog.critical("A callback of asyncio raised\n\(error.traceback)")
  }

  private func stop(_ status: Int32?) {
    if let stopRequested { return stopRequested(status) }
    let what = status.map { "sys.exit(\($0))" } ?? "loop.stop()"
    AsyncioLog.warning("Python called \(what), which does not end a loop that is not its own")
  }

  // MARK: - The end

  /// Cancels what still runs in Python, waits for it, and ends asyncio on this loop.
  ///
  /// An asyncio that is the host goes on.
  public func close() async {
    guard !isClosed, core != nil else { return end() }
    for wait in Array(waits.values) { await (wait as? TrioWait)?.end(self) }
    do {
      _ = try await run { python in try module.shutDown(python, asyncioLoop.object(python)) }
    } catch {
      AsyncioLog.error("asyncio did not end orderly: \(error)")
    }
    end()
  }

  func end() {
    guard !isClosed else { return }
    isClosed = true
    loop.companions[ObjectIdentifier(AsyncIOLoop.self)] = nil
    defer { for wait in waits.values { wait.abandon() } }
    guard let core else { return }
    core.endGuest()
    pinned.withAttached { python in
      do throws(PythonError) {
        let asyncio = asyncioLoop.object(python)
        _ = try asyncio.callMethod(python, try python.interned("_end_guest"))
        _ = try asyncio.callMethod(python, try python.interned("close"))
      } catch {
        AsyncioLog.error("asyncio did not close: \(error.traceback)")
      }
    }
    pinned.detach()
  }
}

extension AsyncIOLoop: EndOfTurnFlush, LoopCompanion {
  package func flushAtEndOfTurn() {
    isDetachComing = false
    pinned.detach()
  }

  package func loopWillClose() {
    guard core != nil else { return end() }
    isRunningPython = true
    defer { isRunningPython = false }
    withPython { python in
      do throws(PythonError) {
        try module.abandon(python, asyncioLoop.object(python))
      } catch {
        AsyncioLog.error("asyncio did not end orderly: \(error.traceback)")
      }
    }
    end()
  }
}

#endif
