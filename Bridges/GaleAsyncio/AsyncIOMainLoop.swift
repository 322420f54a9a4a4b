// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleLoop
public import GalePython

/// A loop of ours inside of the asyncio loop that runs on this thread: Tornado's `AsyncIOMainLoop`.
///
/// Python is in charge: `asyncio.run`, uvloop, a loop of a graphical toolkit. Servers, timers and tasks of Swift then run
/// among its callbacks; it watches one descriptor for them and keeps one timer.
///
/// ```swift
/// let main = try AsyncIOMainLoop.enter(python)  // In a function that a coroutine calls.
/// try server.listen(port: 8888)                 // On main.loop, which is this thread's loop now.
/// …
/// main.leave()
/// ```
///
/// On a `gale.EventLoop` there is one loop already, and this is it. Belongs to the thread.
public final class AsyncIOMainLoop: LoopCompanion {
  /// The loop that is the guest.
  public let loop: IOLoop
  /// For waiting across the border.
  public let asyncio: AsyncIOLoop

  private let guest: GuestLoop?
  /// The thread's loop before, if this made another one that.
  private let previous: IOLoop?
  private var useCount = 0

  /// The one of the running asyncio loop, made at the first use; every call needs a ``leave()``.
  /// - Throws: ``PythonError`` with Python's `RuntimeError` when no asyncio loop runs on this thread; ``LoopError``.
  public static func enter(_ python: borrowing Attached) throws -> AsyncIOMainLoop {
    let running = try python.importModule("asyncio").attribute(python, "get_running_loop").call(python)
    let key = ObjectIdentifier(AsyncIOMainLoop.self)
    if let known = IOLoop.currentIfPresent?.companions[key] as? AsyncIOMainLoop,
      known.asyncio.asyncioLoop.object(python).isIdentical(to: running)
    {
      known.useCount += 1
      return known
    }
    let made = try AsyncIOMainLoop(running, python)
    made.loop.companions[key] = made
    made.useCount = 1
    return made
  }

  private init(_ running: borrowing PythonObject, _ python: borrowing Attached) throws {
    let module = try AsyncioModule.get(python)
    previous = IOLoop.currentIfPresent
    if let core = try module.core(python, of: running) {
      guest = nil
      loop = core.host
      if core.mode == .guest {
        asyncio = try AsyncIOLoop.of(loop)
      } else {
        // It is the thread's loop while it waits only; now Swift code is called in between, too.
        loop.makeCurrent()
        do {
          asyncio = try AsyncIOLoop(loop, hostedBy: PythonReference(running.copy(python)), python)
        } catch {
          Self.restore(previous, after: loop)
          throw error
        }
      }
      return
    }
    let reference = PythonReference(running.copy(python))
    let guest = try GuestLoop(of: try AsyncioHost(running, module, python))
    self.guest = guest
    loop = guest.loop
    do {
      asyncio = try AsyncIOLoop(loop, hostedBy: reference, python)
    } catch {
      guest.end()
      throw error
    }
  }

  /// Ends one use; the last one ends the loop, or leaves a `gale.EventLoop` as it was.
  ///
  /// To be called by Python code, not by a task or callback of the loop.
  public func leave() {
    guard useCount > 0 else { return }
    useCount -= 1
    guard useCount == 0 else { return }
    loop.companions[ObjectIdentifier(AsyncIOMainLoop.self)] = nil
    if let guest { return guest.end() }
    guard asyncio.core == nil else { return }  // As whose guest asyncio was there before.
    asyncio.end()
    Self.restore(previous, after: loop)
  }

  private static func restore(_ previous: IOLoop?, after loop: IOLoop) {
    guard previous !== loop else { return }
    if let previous { previous.makeCurrent() } else { IOLoop.clearCurrent() }
  }

  package func loopWillClose() {}
}

/// An asyncio loop, whosever it is, as the host of one of ours.
final class AsyncioHost: HostLoop {
  /// Does it, in Python.
  private let host: PythonReference
  private let module: AsyncioModule
  private let pinned: PinnedThreadState

  init(_ loop: borrowing PythonObject, _ module: AsyncioModule, _ python: borrowing Attached) throws {
    guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
    self.module = module
    host = PythonReference(try module.host.object(python).call(python, loop))
    pinned = try PinnedThreadState.ofThread(interpreter)
  }

  func watch(_ descriptor: Int32, _ action: @escaping () -> Void) throws {
    try withPython { (python) throws(PythonError) in
      let callback = try module.hostCall.instance(python, HostCall(action))
      let number = try python.int(Int(descriptor))
      _ = try host.object(python).callMethod(python, try python.interned("watch"), number, callback)
    }
  }

  func stopWatching(_ descriptor: Int32) {
    attempt { (python) throws(PythonError) in
      let number = try python.int(Int(descriptor))
      _ = try host.object(python).callMethod(python, try python.interned("unwatch"), number)
    }
  }

  func call(after delay: Duration?, _ action: @escaping () -> Void) {
    attempt { (python) throws(PythonError) in
      let callback = try module.hostCall.instance(python, HostCall(action))
      let seconds = if let delay { try python.float(max(0, delay.inSeconds)) } else { python.none }
      _ = try host.object(python).callMethod(python, try python.interned("call"), seconds, callback)
    }
  }

  private func attempt(_ body: (borrowing Attached) throws(PythonError) -> Void) {
    do throws(PythonError) { try withPython(body) } catch {
      AsyncioLog.error("asyncio does not do what a host has to: \(error.traceback)")
    }
  }

  /// The turn that this is called in gives the lock away at its end.
  private func withPython(_ body: (borrowing Attached) throws(PythonError) -> Void) throws(PythonError) {
    if pinned.isHeldByCaller { return try pinned.withLockOfCaller(body) }
    try pinned.withAttached(body)
  }
}

/// What the host calls: a turn of the guest.
final class HostCall {
  private let action: () -> Void

  init(_ action: @escaping () -> Void) { self.action = action }

  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<HostCall> {
    // SAFETY: the function takes the payload that the type is declared with.
    try unsafe PythonType(python, name: "gale.HostCall", call: call)
  }

  private static let call: PythonVectorcall = { instance, _, _, _ in
    unsafe Callback.none { (python) throws(PythonError) in
      unsafe PythonType<HostCall>.withPayload(of: instance) { payload in
        let action = payload.action
        python.detachedForLoop { action() }
      }
    }
  }
}

#endif
