// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import DequeModule
import Glibc
import HeapModule
import Synchronization

/// The event loop of one thread, like Tornado's `IOLoop`.
///
/// A loop waits for descriptors, timers and other threads, and runs what they wake: callbacks, and
/// Swift tasks, whose executor it is. Everything that is started on a loop stays on its thread, so
/// code there needs no locks. **Only ``addCallback(_:)`` may be called from other threads**;
/// everything else checks that it is on the loop's own thread and stops the program if it is not.
///
/// ```swift
/// let loop = IOLoop.current
/// loop.callLater(.seconds(1)) { print("one second later") }
/// loop.start()
/// ```
@safe
public final class IOLoop: @unchecked Sendable {
  // @unchecked Sendable: an executor must be Sendable. Every field but `inbox` and `sleeping`
  // belongs to the loop's thread; each entry point checks the thread or goes through the inbox.

  let poller: any Poller
  var descriptors: [DescriptorEntry] = []
  var timers = Heap<TimerEntry>()
  var cancelledTimers = 0
  var timerSequence: UInt64 = 0
  var ready = Deque<ReadyItem>()
  var flushes: [any EndOfTurnFlush] = []
  var isRunning = false
  var stopRequested = false
  var isClosed = false
  let wakeup: Int32
  let events: UnsafeMutablePointer<gale_event>
  static let eventCapacity: Int32 = 256

  /// What other threads handed over; `nil` once the loop is closed.
  let inbox = Mutex<[ReadyItem]?>([])
  let sleeping = Atomic<Bool>(false)

  /// Connection time-outs: many, far away, and nearly always moved before they are due.
  package let wheel: TimeoutWheel
  package let tasks = TaskPool()
  package let buffers = BufferPool()
  /// What other modules keep on this loop, each under its type.
  private var attachments: [ObjectIdentifier: AnyObject] = [:]
  var signals: SignalWatcher?
  var watchdog: Watchdog?
  /// The process in which the loop was made.
  var process = getpid()
  var executor: (any WorkExecutor)?
  var sharedResolver: (any Resolver)?
  /// Takes errors that nobody else takes, with what was going on, instead of the log: Tornado's
  /// `handle_callback_exception`.
  public var unhandledErrors: ((_ error: any Error, _ context: String) -> Void)?

  /// How long the loop's turns took, the waits between them not counted; `nil`, as at first, does not measure.
  ///
  /// Set it to `TurnDurations()` to begin; it costs one look at the clock per turn.
  public var turnDurations: TurnDurations?

  /// The time at which this turn of the loop began; what timers are compared with.
  package var turnTime: Int64

  /// Creates a loop, which waits with epoll unless ``configure(_:)`` chose something else.
  ///
  /// It belongs to the thread that first calls ``start()``, ``runSync(timeout:_:)`` or ``makeCurrent()``.
  /// - Throws: ``LoopError`` when the system has no descriptors left.
  public convenience init() throws(LoopError) {
    try self.init(poller: IOLoop.makePoller())
  }

  package init(poller: any Poller) throws(LoopError) {
    self.poller = poller
    wakeup = try LoopError.check(gale_eventfd(), "eventfd")
    unsafe events = .allocate(capacity: Int(IOLoop.eventCapacity))
    turnTime = gale_monotonic_nanoseconds()
    wheel = TimeoutWheel(now: turnTime)
    try register(wakeup, WakeupHandler(), events: .read, edge: false)
  }

  deinit {
    // SAFETY: allocated in init, used by nobody else.
    unsafe events.deallocate()
  }

  // MARK: - The loop of a thread

  /// The loop of this thread, made at the first use.
  public static var current: IOLoop {
    if let loop = currentIfPresent { return loop }
    do {
      let loop = try IOLoop()
      loop.makeCurrent()
      return loop
    } catch {
      fatalError("cannot create an event loop: \(error)")
    }
  }

  /// The loop of this thread, or `nil`: Tornado's `IOLoop.current(instance=False)`.
  public static var currentIfPresent: IOLoop? {
    // SAFETY: the pointer was retained by makeCurrent() and is cleared before it is released.
    unsafe gale_get_thread_loop().map { unsafe Unmanaged<IOLoop>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Makes this the loop of the calling thread.
  public func makeCurrent() {
    guard !isCurrent else { return }
    // SAFETY: the thread's slot owns one reference, given back by clearCurrent().
    IOLoop.clearCurrent()
    unsafe gale_set_thread_loop(Unmanaged.passRetained(self).toOpaque())
  }

  /// Leaves the calling thread without a loop.
  public static func clearCurrent() {
    // SAFETY: see makeCurrent().
    guard let held = unsafe gale_get_thread_loop() else { return }
    gale_set_thread_loop(nil)
    unsafe Unmanaged<IOLoop>.fromOpaque(held).release()
  }

  /// Whether the calling thread is this loop's.
  public var isCurrent: Bool {
    // SAFETY: only compared.
    unsafe gale_get_thread_loop() == Unmanaged.passUnretained(self).toOpaque()
  }

  /// The one `Attachment` of this loop, made by `make` when it is first asked for.
  package func attachment<Attachment: AnyObject>(_ make: () -> Attachment) -> Attachment {
    let key = ObjectIdentifier(Attachment.self)
    if let found = attachments[key] as? Attachment { return found }
    let made = make()
    attachments[key] = made
    return made
  }

  package func checkThread(_ function: StaticString = #function) {
    precondition(isCurrent, "\(function) may only be called on the loop's own thread: use addCallback")
  }

  // MARK: - Life

  /// The loop's clock: monotonic.
  ///
  /// Deadlines are compared with it.
  public var time: LoopTime { LoopTime(nanoseconds: gale_monotonic_nanoseconds()) }

  /// Runs until ``stop()``, like Tornado's `IOLoop.start`.
  ///
  /// After a `stop` that came before it, it runs what waits and returns at once.
  public func start() {
    makeCurrent()
    precondition(!isRunning, "the loop is already running")
    precondition(!isClosed, "the loop is closed")
    precondition(process == getpid(), "the loop was made before a fork: each process makes its own")
    isRunning = true
    watchdog?.isLoopRunning = true
    defer {
      isRunning = false
      watchdog?.isLoopRunning = false
      stopRequested = false
    }
    repeat { turn() } while !stopRequested
  }

  /// Ends ``start()`` after the present turn.
  ///
  /// From another thread: `loop.addCallback { loop.stop() }`.
  public func stop() {
    checkThread()
    stopRequested = true
  }

  /// Frees what the loop holds.
  ///
  /// It must be stopped.
  /// - Parameter allDescriptors: Also close every descriptor that has a handler.
  public func close(allDescriptors: Bool = false) {
    guard !isClosed else { return }
    precondition(!isRunning, "close() while the loop runs")
    makeCurrent()
    isClosed = true
    watchdog?.stop()
    sharedResolver?.close()  // While the sockets are still its own.
    sharedResolver = nil
    signals?.close(self)
    tasks.close()
    runReady()
    for (descriptor, entry) in descriptors.enumerated() {
      guard entry.handler != nil else { continue }
      let descriptor = Int32(descriptor)
      unregister(descriptor)
      if allDescriptors || descriptor == wakeup { _ = gale_close(descriptor) }
    }
    descriptors.removeAll()
    timers = Heap()
    ready.removeAll()
    inbox.withLock { $0 = nil }
    executor?.shutdown()
    poller.close()
    IOLoop.clearCurrent()
  }

  /// One turn: what is ready, what is due, then a wait for what comes.
  func turn() {
    runReady()
    runTimers()
    runFlushes()
    if turnDurations != nil { turnDurations?.end(at: gale_monotonic_nanoseconds()) }
    let events = unsafe poller.wait(milliseconds: beginWait(), self.events, capacity: IOLoop.eventCapacity)
    sleeping.store(false, ordering: .relaxed)
    turnTime = gale_monotonic_nanoseconds()
    turnDurations?.start = turnTime
    for index in 0..<events {
      dispatch(unsafe self.events[index])
    }
    takeInbox()
  }

  /// How long the next wait may last, in milliseconds.
  ///
  /// Announces that other threads must wake it.
  private func beginWait() -> Int32 {
    guard ready.isEmpty, !stopRequested else { return 0 }
    sleeping.store(true, ordering: .sequentiallyConsistent)
    guard inbox.withLock({ $0?.isEmpty ?? true }) else { return 0 }
    var wait = Int64.max
    if let timer = timers.min { wait = max(0, timer.deadline - gale_monotonic_nanoseconds()) }
    if let tick = wheel.nextWake(now: turnTime) { wait = min(wait, tick) }
    guard wait < .max else { return -1 }
    return Int32(clamping: (wait + 999_999) / 1_000_000)
  }
}

/// What waits to run.
enum ReadyItem: @unchecked Sendable {
  // @unchecked Sendable: a callback from another thread is @Sendable by addCallback's signature;
  // the others never leave the loop's thread.
  case job(UnownedJob)
  case callback(() -> Void)
}

/// The descriptor by which other threads wake the loop.
private final class WakeupHandler: DescriptorHandler {
  func descriptorReady(_ descriptor: Int32, _ events: IOEvents) { gale_eventfd_clear(descriptor) }
}
