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
  package internal(set) var isRunning = false
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
  /// What lives as long as the loop, by its type: clients that are shared by everybody on it.
  package var companions: [ObjectIdentifier: any LoopCompanion] = [:]
  /// Takes errors that nobody else takes, with what was going on, instead of the log: Tornado's
  /// `handle_callback_exception`.
  public var unhandledErrors: ((_ error: any Error, _ context: String) -> Void)?

  /// How long the loop's turns took, the waits between them not counted; `nil`, as at first, does not measure.
  ///
  /// Set it to `TurnDurations()` to begin; it costs one look at the clock per turn.
  public var turnDurations: TurnDurations?

  /// How late timers were called, in the same way: what holds the loop's thread, as the work sees it.
  ///
  /// `nil`, as at first, does not measure. Set it to `TurnDurations()` to begin.
  public var timerDelays: TurnDurations?

  /// Who lets this loop run inside of another loop, if somebody does.
  package internal(set) weak var guest: GuestLoop?
  /// Whether this loop is a guest whose host must be told when it gets something to do.
  var isResting = false

  /// The time at which this turn of the loop began; what timers are compared with.
  package var turnTime: Int64

  /// Tells the time in place of the system; `nil` but in tests.
  package var clock: (any LoopClock)?
  /// Keeps the tasks of `spawn`, so that a test can end them; `nil` but in tests.
  package var spawnedTasks: SpawnedTasks?
  /// How much work waits or runs on other threads, whose callers wait here.
  package internal(set) var executorWorkCount = 0
  /// Notes that there are `change` more such pieces of work, wherever they run.
  package func countExecutorWork(_ change: Int) { executorWorkCount += change }
  /// Whether something is ready to run.
  package var hasReadyWork: Bool { !ready.isEmpty || inbox.withLock { $0?.isEmpty == false } }

  /// Creates a loop, which waits with epoll unless ``configure(_:)`` chose something else.
  ///
  /// It belongs to the thread that first calls ``start()``, ``runSync(timeout:_:)`` or ``makeCurrent()``.
  /// - Throws: ``LoopError`` when the system has no descriptors left.
  public convenience init() throws(LoopError) {
    try self.init(poller: IOLoop.makePoller())
  }

  /// Creates a loop that waits with `backend`, whatever ``configure(_:)`` chose.
  /// - Throws: ``LoopError`` when the system has no descriptors left, or no such way to wait.
  public convenience init(backend: Backend) throws(LoopError) {
    switch backend {
    case .epoll: try self.init(poller: EpollPoller())
    case .poll: try self.init(poller: PollPoller())
    }
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
  public var time: LoopTime { LoopTime(nanoseconds: now) }

  /// The loop's clock in nanoseconds.
  @inline(__always)
  var now: Int64 {
    if let clock { return clock.nanoseconds }
    return gale_monotonic_nanoseconds()
  }

  /// The wall clock in Unix seconds, right to a few milliseconds.
  package var wallSeconds: Int {
    if let clock { return clock.wallSeconds }
    return System.wallSeconds
  }

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

  /// Ends ``start()`` after the present turn; of a guest, tells ``GuestLoop/stopRequested``.
  ///
  /// From another thread: `loop.addCallback { loop.stop() }`.
  public func stop() {
    checkThread()
    stopRequested = true
    noteWork()
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
    for companion in companions.values { companion.loopWillClose() }
    companions = [:]
    sharedResolver?.close()  // While the sockets are still its own.
    sharedResolver = nil
    signals?.close(self)
    tasks.close()
    runLastTurns()
    if allDescriptors { closeStreams() }
    for (descriptor, entry) in descriptors.enumerated() {
      guard let handler = entry.handler else { continue }
      let descriptor = Int32(descriptor)
      unregister(descriptor)
      if handler is MainQueueHandler { continue }  // The queue goes on, and its descriptor is its own.
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

  /// Lets what was cancelled end, as far as it does so without waiting.
  private func runLastTurns() {
    for _ in 0..<16 where !ready.isEmpty { runReady() }
    runFlushes()
  }

  /// Closes the streams that wait for something, and accepts no more connections: what owns its descriptor closes it itself.
  package func closeStreams() {
    for entry in descriptors {
      switch entry.handler {
      case let stream as IOStream: stream.close()
      case let acceptor as Acceptor: acceptor.stop()
      default: break
      }
    }
  }

  /// When the next timer is due, or the next tick of connections' time-outs; `nil` when there is none.
  package var nextDeadline: Int64? {
    let tick = wheel.nextWake(now: turnTime).map { turnTime + $0 }
    guard let timer = timers.min else { return tick }
    return min(timer.deadline, tick ?? .max)
  }

  /// One turn: what is ready, what is due, then a wait for what comes.
  func turn() {
    runReady(atMost: stopRequested ? .max : IOLoop.turnLimit)
    runTimers()
    runFlushes()
    if turnDurations != nil { turnDurations?.end(at: gale_monotonic_nanoseconds()) }
    let events = waitForEvents()
    sleeping.store(false, ordering: .relaxed)
    turnTime = now
    if turnDurations != nil { turnDurations?.start = clock == nil ? turnTime : gale_monotonic_nanoseconds() }
    for index in 0..<events {
      dispatch(unsafe self.events[index])
    }
    takeInbox()
  }

  private func waitForEvents() -> Int {
    let wait = beginWait()
    let milliseconds = wait < .max ? Int32(clamping: (wait + 999_999) / 1_000_000) : -1
    guard let clock, wait > 0 else { return waitForEvents(milliseconds) }
    return waitForEvents(wait, by: clock)
  }

  func waitForEvents(_ milliseconds: Int32) -> Int {
    unsafe poller.wait(milliseconds: milliseconds, self.events, capacity: IOLoop.eventCapacity)
  }

  /// Waits by another clock: for as long as that says, after which it may go on to the next deadline.
  private func waitForEvents(_ wait: Int64, by clock: any LoopClock) -> Int {
    let deadline = wait < .max ? clock.nanoseconds + wait : nil
    let isBusy = executorWorkCount > 0
    let events = waitForEvents(clock.realMilliseconds(until: deadline, isBusy: isBusy))
    if events == 0, !isBusy, inbox.withLock({ $0?.isEmpty ?? true }) { clock.waitedInVain(until: deadline) }
    return events
  }

  /// How long the next wait may last, in nanoseconds; `Int64.max` for ever.
  ///
  /// Announces that other threads must wake it.
  func beginWait() -> Int64 {
    guard ready.isEmpty, !stopRequested else { return 0 }
    sleeping.store(true, ordering: .sequentiallyConsistent)
    guard inbox.withLock({ $0?.isEmpty ?? true }) else { return 0 }
    var wait = Int64.max
    if let timer = timers.min { wait = max(0, timer.deadline - now) }
    if let tick = wheel.nextWake(now: turnTime) { wait = min(wait, tick) }
    return wait
  }
}

/// Something that lives as long as a loop; see ``IOLoop/companions``.
package protocol LoopCompanion: AnyObject {
  /// The loop is about to be closed.
  func loopWillClose()
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
