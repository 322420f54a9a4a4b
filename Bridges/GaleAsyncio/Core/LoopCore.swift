// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython

/// What Python's `gale.EventLoop` stands on: descriptors, timers, signals and the wait of one of our loops.
///
/// All but ``wake()`` belongs to the thread on which the loop runs, or to whichever thread prepares it while it does not.
@safe
final class LoopCore: @unchecked Sendable {
  // @unchecked Sendable: other threads only wake it, through the loop's inbox. Python's lock guards what they may call
  // while the loop does not run.

  /// Who runs the loop.
  enum Mode {
    /// Nobody at present.
    case idle
    /// Python, which waits for events inside ``wait(_:_:)``.
    case waiting
    /// Swift: Python gets a turn when it has something to do.
    case guest
  }

  let host: IOLoop
  /// Whether the loop exists for Python only, and ends with it.
  private let ownsHost: Bool
  private(set) var mode = Mode.idle
  private var watched: [Int32: IOEvents] = [:]
  private var ready: [Int32: IOEvents] = [:]
  private var signals: Set<Int32> = []
  private var timer: (deadline: Int64, handle: TimeoutHandle)?
  /// A weak reference of Python's to the `gale.EventLoop`, which owns this object.
  private var loop: PythonReference?
  private var isClosed = false
  private var isBatchComing = false
  /// What all cores share; `nil` before ``attach(_:_:)``.
  private(set) var parts: LoopParts?
  /// Whether the next batch is certain to come, so that nobody has to ask for it.
  private var isAwake = true
  /// Whether Python code has to be run before the wait goes on.
  private var isWaitOver = false
  /// The transports' sockets that are watched, and those that are ready.
  private var sockets: [Int32: StreamSocket] = [:]
  private var readySockets: [StreamSocket] = []
  private var servedSockets: [StreamSocket] = []
  /// Whether the sockets' work goes through asyncio's queue, where its debug mode measures it.
  var isDebugging = false
  private var room: UnsafeMutableRawBufferPointer?
  /// Whether the next `call_soon` is kept here instead of being scheduled, because it is taken at once.
  var wantsStep = false
  /// What was kept.
  var step: LoopStep?
  /// Runs a batch of Python's, as a guest.
  var runBatch: (() -> Void)?
  /// Python asked a guest to stop, which nobody but the host can do.
  var stopAsked: (() -> Void)?

  init(host: IOLoop, ownsHost: Bool) {
    self.host = host
    self.ownsHost = ownsHost
  }

  deinit {
    // SAFETY: allocated by `scratch`, used by nobody else.
    unsafe room?.deallocate()
  }

  // MARK: - The one who waits

  /// Asks for a turn for Python, unless one is certain to come; from any thread, with Python's lock.
  func wake() {
    guard !isAwake else { return }
    isAwake = true
    if host.isCurrent { return askForBatch() }
    host.addCallback { [weak self] in self?.askForBatch() }
  }

  /// Says whether the next batch is certain to come: while one runs, it is.
  func setAwake(_ isAwake: Bool) { self.isAwake = isAwake }

  private func askForBatch() {
    switch mode {
    case .idle: break
    case .waiting:
      isWaitOver = true
      host.stop()
    case .guest:
      guard !isBatchComing else { return }
      isBatchComing = true
      host.addLocalCallback { [self] in
        isBatchComing = false
        runBatch?()
      }
    }
  }

  /// Makes the host's thread, which is this one, run Python's callbacks from now on.
  func beginGuest() { mode = .guest }

  /// Ends that.
  func endGuest() {
    mode = .idle
    disarm()
  }

  /// Has a turn come at `deadline`, in the loop's nanoseconds, and forgets an earlier wish.
  func arm(_ deadline: Int64) {
    if let timer, timer.deadline == deadline { return }
    disarm()
    let handle = host.callAt(LoopTime(nanoseconds: deadline)) { [self] in
      timer = nil
      askForBatch()
    }
    timer = (deadline, handle)
  }

  private func disarm() {
    guard let timer else { return }
    self.timer = nil
    host.removeTimeout(timer.handle)
  }

  /// Waits until Python has something to do, and meanwhile runs the host with all that is native on it, and serves the
  /// transports' sockets.
  ///
  /// A guest does not wait.
  /// - Parameter timeout: In seconds; negative for ever.
  /// - Throws: `RuntimeError` when the host runs already, and what ends the loop.
  func wait(_ python: borrowing Attached, _ timeout: Double) throws {
    guard mode != .guest else { return try serveSockets(python) }
    try checkFree()
    let previous = IOLoop.currentIfPresent
    host.makeCurrent()
    defer {
      mode = .idle
      disarm()
      if previous !== host {
        if let previous { previous.makeCurrent() } else { IOLoop.clearCurrent() }
      }
    }
    isWaitOver = timeout == 0
    if timeout > 0 { arm(host.time.nanoseconds.addingClamped(nanoseconds(timeout))) }
    repeat {
      mode = .waiting
      if isWaitOver { host.stop() }  // Runs what waits, looks at the descriptors, and returns.
      python.detachedForLoop { host.start() }
      mode = .idle
      try serveSockets(python)
    } while !isWaitOver && !isAwake && ready.isEmpty
  }

  /// - Throws: `RuntimeError` when the host runs: Python cannot wait inside of one of its callbacks.
  func checkFree() throws(PythonException) {
    guard host.isRunning else { return }
    throw PythonException(
      .runtimeError, "Gale's loop of this thread runs already: await, or create a task, instead of running it"
    )
  }

  /// Whether descriptors became ready.
  var hasReady: Bool { !ready.isEmpty }

  /// The descriptors that became ready, each with what for, as asyncio's selectors say it; they are forgotten here.
  func takeReady() -> [(descriptor: Int32, mask: Int)] {
    let found = ready.map { (descriptor: $0.key, mask: Self.mask($0.value)) }
    ready.removeAll(keepingCapacity: true)
    return found
  }

  /// The step that was wanted; `nil` when it did not come.
  func takeStep() -> LoopStep? {
    wantsStep = false
    return step.take()
  }

  // MARK: - Descriptors

  /// What a selector's bits say: 1 for reading, 2 for writing.
  private static func events(_ mask: Int) -> IOEvents {
    var events: IOEvents = []
    if mask & 1 != 0 { events.insert(.read) }
    if mask & 2 != 0 { events.insert(.write) }
    return events
  }

  /// The other way round; an error is for whoever reads or writes next to find.
  private static func mask(_ events: IOEvents) -> Int {
    let failed = !events.isDisjoint(with: .error)
    return (events.contains(.read) || failed ? 1 : 0) | (events.contains(.write) || failed ? 2 : 0)
  }

  /// Watches a descriptor, or changes what for.
  func watch(_ descriptor: Int32, _ mask: Int) throws {
    let events = Self.events(mask)
    try onHost {
      if watched[descriptor] == nil {
        try host.addHandler(descriptor, events: events) { [weak self] descriptor, events in
          self?.noteReady(descriptor, events)
        }
      } else {
        try host.updateHandler(descriptor, events: events)
      }
      watched[descriptor] = events
    }
  }

  private func noteReady(_ descriptor: Int32, _ events: IOEvents) {
    ready[descriptor, default: []].formUnion(events)
    askForBatch()
  }

  /// Stops watching a descriptor.
  func unwatch(_ descriptor: Int32) throws {
    ready[descriptor] = nil
    guard watched.removeValue(forKey: descriptor) != nil else { return }
    try onHost { host.removeHandler(descriptor) }
  }

  // MARK: - Sockets of transports

  /// Where a socket reads to: nothing stays there.
  var scratch: UnsafeMutableRawBufferPointer {
    if let room = unsafe room { return unsafe room }
    let made = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)
    unsafe room = made
    return unsafe made
  }

  /// Watches a transport's socket for `events`, or for nothing, instead of for those before.
  func watch(
    _ socket: StreamSocket, _ descriptor: Int32, _ events: IOEvents, instead before: IOEvents
  ) throws {
    guard !isClosed else { return }
    try onHost {
      if events.isEmpty {
        if sockets.removeValue(forKey: descriptor) != nil { host.unregister(descriptor) }
      } else if before.isEmpty {
        try host.register(descriptor, socket, events: events.union(.error), edge: false)
        sockets[descriptor] = socket
      } else {
        try host.modify(descriptor, events: events.union(.error), edge: false)
      }
    }
  }

  /// A transport's socket is ready: Python has its turn.
  func note(_ socket: StreamSocket, _ events: IOEvents) {
    if socket.events.isEmpty { readySockets.append(socket) }
    socket.events.formUnion(events)
    if mode == .waiting { host.stop() } else { askForBatch() }
  }

  private func serveSockets(_ python: borrowing Attached) throws {
    guard !readySockets.isEmpty else { return }
    swap(&readySockets, &servedSockets)
    // What is left when the loop ends is still ready, and the host says so again.
    defer { servedSockets.removeAll(keepingCapacity: true) }
    for socket in servedSockets {
      let events = socket.events
      socket.events = []
      if isDebugging { try queue(python, socket, events) } else { try serve(python, socket, events) }
    }
  }

  // MARK: - Signals

  /// Calls Python's handler for `signal` from now on.
  func watchSignal(_ signal: Int32) throws {
    try onHost {
      try host.addSignalHandler(signal) { [weak self] in self?.handle(signal) }
    }
    signals.insert(signal)
  }

  private func handle(_ signal: Int32) {
    do {
      try Interpreter.current?.attach { python in
        guard let loop = currentLoop(python) else { return }
        let handle = try python.interned("_handle_signal")
        _ = try loop.callMethod(python, handle, try python.int(Int(signal)))
      }
    } catch {
      AsyncioLog.error("A handler of signal \(signal) could not be called: \(error)")
    }
  }

  /// Gives `signal` back to the system's default.
  func unwatchSignal(_ signal: Int32) throws {
    guard signals.remove(signal) != nil else { return }
    try onHost { host.removeSignalHandler(signal) }
  }

  // MARK: - Life

  /// Notes that Python's own threads work for the loop: `change` more pieces of work than before.
  func countWork(_ change: Int) { host.countExecutorWork(change) }

  /// Notes the `gale.EventLoop`, by a weak reference to it.
  func attach(_ reference: consuming PythonObject, _ parts: LoopParts) {
    loop = PythonReference(reference)
    self.parts = parts
  }

  /// The `gale.EventLoop`, unless it is gone.
  func currentLoop(_ python: borrowing Attached) -> PythonObject? { loop?.object(python).weakObject(python) }

  /// Stops watching everything; the host stays unless it is Python's own.
  func close() throws {
    guard !isClosed else { return }
    isClosed = true
    loop = nil
    runBatch = nil
    try onHost {
      disarm()
      for descriptor in watched.keys { host.removeHandler(descriptor) }
      for descriptor in sockets.keys { host.unregister(descriptor) }
      for signal in signals { host.removeSignalHandler(signal) }
    }
    watched = [:]
    sockets = [:]
    readySockets = []
    signals = []
    AsyncioHosts.release(host)
    guard ownsHost else { return }
    let previous = IOLoop.currentIfPresent
    host.close()
    if let previous, previous !== host { previous.makeCurrent() }
  }

  /// Runs `body` as the host's own thread does: the host does not run, or this is its thread.
  private func onHost(_ body: () throws -> Void) throws {
    if host.isCurrent { return try body() }
    guard !host.isRunning else {
      throw PythonException(
        .runtimeError, "Non-thread-safe operation invoked on an event loop other than the current one")
    }
    let previous = IOLoop.currentIfPresent
    host.makeCurrent()
    defer { if let previous { previous.makeCurrent() } else { IOLoop.clearCurrent() } }
    try body()
  }
}

extension LoopCore {
  /// Seconds of Python's as nanoseconds.
  private func nanoseconds(_ seconds: Double) -> Int64 {
    let value = seconds * 1e9
    return value < 9e18 ? Int64(value.rounded(.up)) : .max
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

/// What `call_soon` was given: a task's first step, or what a future calls when it is done.
struct LoopStep: ~Copyable {
  let callback: PythonObject
  /// Whether it takes ``argument``: a future that is done.
  let hasArgument: Bool
  let argument: PythonObject
  /// What to call it in.
  let context: PythonObject
}

#endif
