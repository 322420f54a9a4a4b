// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Somebody else's event loop, inside of which an ``IOLoop`` can run: asyncio's, GLib's, Qt's, a game's.
///
/// It waits; the guest never does. It needs two things, as every event loop has them: to watch a descriptor, and to call
/// something later. All of it happens on the thread of both loops.
///
/// ```swift
/// let guest = try GuestLoop(of: host)
/// try server.listen(port: 8888)  // On guest.loop, which is this thread's loop now.
/// ```
public protocol HostLoop: AnyObject {
  /// Calls `action` whenever `descriptor` is readable, from now on.
  ///
  /// Level-triggered: the guest leaves it readable when it did not do everything.
  func watch(_ descriptor: Int32, _ action: @escaping () -> Void) throws

  /// Ends that.
  func stopWatching(_ descriptor: Int32)

  /// Calls `action` once after `delay`, not earlier and never within this call, and forgets the last such wish.
  /// - Parameter delay: Zero for as soon as the host gets to it; `nil` for never.
  func call(after delay: Duration?, _ action: @escaping () -> Void)
}

/// An ``IOLoop`` that runs inside of another loop.
///
/// Everything works as on a loop of its own, but ``IOLoop/start()`` and ``IOLoop/runSync(timeout:_:)``: it runs already.
/// It is the loop of the thread (``IOLoop/current``) from the beginning to ``end()``, in the host's callbacks too, and what
/// is added there makes it ask the host for a turn. A turn is bounded, so neither of the two starves the other.
public final class GuestLoop {
  /// The loop that is the guest.
  public let loop: IOLoop
  /// Called when somebody stops the loop, which only its host can do.
  public var stopRequested: (() -> Void)?

  private let host: any HostLoop
  private let ownsLoop: Bool
  private let descriptor: Int32
  private let previous: IOLoop?
  private var isOver = false
  /// When the host was asked to call, in the loop's nanoseconds; `.min` for at once.
  private var planned: Int64?

  /// Has a loop run inside of `host` from now on.
  /// - Parameters:
  ///   - loop: One that does not run; a new one unless told, which ``end()`` closes.
  ///   - host: Whose thread this is.
  /// - Throws: ``LoopError`` with `.invalidArgument` for a loop that waits by ``IOLoop/Backend/poll``, which gives a host
  ///   nothing to watch; what the host throws.
  public init(_ loop: IOLoop? = nil, of host: any HostLoop) throws {
    let guest = try loop ?? IOLoop()
    precondition(!guest.isRunning, "the loop is already running")
    precondition(!guest.isClosed, "the loop is closed")
    self.loop = guest
    self.host = host
    ownsLoop = loop == nil
    descriptor = guest.poller.descriptorForHost
    previous = IOLoop.currentIfPresent
    guest.makeCurrent()
    do {
      guard descriptor >= 0 else {
        throw LoopError(.invalidArgument, "a loop that waits by poll(2) cannot be a guest")
      }
      try host.watch(descriptor) { [weak self] in self?.turn() }
    } catch {
      isOver = true
      leaveThread()
      throw error
    }
    guest.guest = self
    guest.isRunning = true
    guest.watchdog?.isLoopRunning = true
    rest()
  }

  deinit { precondition(isOver, "a guest was forgotten before its end()") }

  /// Leaves the host.
  ///
  /// The loop may be run by itself then, or be given to another host; one that was made for this is closed.
  public func end() {
    guard !isOver else { return }
    loop.checkThread()
    isOver = true
    host.stopWatching(descriptor)
    host.call(after: nil) {}
    loop.guest = nil
    loop.isResting = false
    loop.isRunning = false
    loop.stopRequested = false
    loop.watchdog?.isLoopRunning = false
    leaveThread()
  }

  private func leaveThread() {
    if ownsLoop { loop.close() }
    if let previous { previous.makeCurrent() } else { IOLoop.clearCurrent() }
  }

  /// Runs what there is to do now: what is ready, and what is due.
  private func turn() {
    guard !isOver else { return }
    loop.isResting = false
    loop.takeTurnAsGuest()
    if loop.stopRequested {
      loop.stopRequested = false
      stopRequested?()
    }
    if !isOver { rest() }
  }

  /// Tells the host when to come back, as the loop will do nothing until then.
  private func rest() {
    let wait = loop.beginWait()
    plan(wait == 0 ? .min : loop.nextDeadline)
    loop.isResting = wait > 0
  }

  private func plan(_ deadline: Int64?) {
    guard deadline != planned else { return }
    planned = deadline
    let delay: Duration? = deadline.map { $0 == .min ? .zero : .nanoseconds(max(0, $0 - loop.now)) }
    host.call(after: delay) { [weak self] in
      self?.planned = nil
      self?.turn()
    }
  }

  /// There is something to do, which was added outside of a turn.
  func disturb() {
    loop.isResting = false
    plan(.min)
  }
}

extension IOLoop {
  /// Tells the host of a guest that there is something to do.
  @inline(__always)
  func noteWork() {
    if isResting { guest?.disturb() }
  }

  /// One turn that does not wait.
  fileprivate func takeTurnAsGuest() {
    let events = waitForEvents(0)
    sleeping.store(false, ordering: .relaxed)
    turnTime = now
    if turnDurations != nil { turnDurations?.start = turnTime }
    for index in 0..<events { dispatch(unsafe self.events[index]) }
    takeInbox()
    runReady(atMost: IOLoop.turnLimit)
    runTimers()
    runFlushes()
    if turnDurations != nil { turnDurations?.end(at: now) }
  }
}
