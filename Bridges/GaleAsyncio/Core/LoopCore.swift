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
  /// The loop's own `call_soon`, for what is no ``step``.
  var callSoon: PythonReference?
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

  // MARK: - The one who waits

  /// Asks for a turn for Python; from any thread.
  func wake() {
    if host.isCurrent { return askForBatch() }
    host.addCallback { [weak self] in self?.askForBatch() }
  }

  private func askForBatch() {
    switch mode {
    case .idle: break
    case .waiting: host.stop()
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

  /// Waits until Python has something to do, and meanwhile runs the host with all that is native on it.
  ///
  /// - Parameter timeout: In seconds; negative for ever.
  /// - Throws: `RuntimeError` when the host runs already.
  func wait(_ python: borrowing Attached, _ timeout: Double) throws(PythonException) {
    guard mode != .guest else { return }
    try checkFree()
    let previous = IOLoop.currentIfPresent
    host.makeCurrent()
    mode = .waiting
    if timeout == 0 {
      host.stop()  // Runs what waits, looks at the descriptors, and returns.
    } else if timeout > 0 {
      arm(host.time.nanoseconds.addingClamped(nanoseconds(timeout)))
    }
    python.detachedForLoop { host.start() }
    mode = .idle
    disarm()
    guard previous !== host else { return }
    if let previous { previous.makeCurrent() } else { IOLoop.clearCurrent() }
  }

  /// - Throws: `RuntimeError` when the host runs: Python cannot wait inside of one of its callbacks.
  func checkFree() throws(PythonException) {
    guard host.isRunning else { return }
    throw PythonException(
      .runtimeError, "Gale's loop of this thread runs already: await, or create a task, instead of running it"
    )
  }

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
        guard let loop = try currentLoop(python) else { return }
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
  func attach(_ reference: consuming PythonObject) { loop = PythonReference(reference) }

  private func currentLoop(_ python: borrowing Attached) throws(PythonError) -> PythonObject? {
    guard let loop else { return nil }
    let found = try loop.object(python).call(python)
    if found.isNone { return nil }
    return found
  }

  /// Stops watching everything; the host stays unless it is Python's own.
  func close() throws {
    guard !isClosed else { return }
    isClosed = true
    loop = nil
    callSoon = nil
    runBatch = nil
    try onHost {
      disarm()
      for descriptor in watched.keys { host.removeHandler(descriptor) }
      for signal in signals { host.removeSignalHandler(signal) }
    }
    watched = [:]
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
