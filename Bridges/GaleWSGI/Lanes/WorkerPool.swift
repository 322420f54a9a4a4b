// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Logging
import Synchronization

/// The threads on which a container's application runs, and the queue before them.
final class WorkerPool: Sendable {
  private struct State {
    var queue: [ThreadedRequest] = []
    var first = 0
    var idle = 0
    /// How many threads may take requests: as many as were asked for, unless too many are lost.
    var live = 0
    /// How many threads the loops gave up, as they did not get on with their requests.
    var lost = 0
    var isStarted = false
    var isStopped = false
    /// How many requests were ever taken.
    var taken = 0

    var count: Int { queue.count - first }

    mutating func take() -> ThreadedRequest? {
      guard first < queue.count else { return nil }
      defer { advance() }
      return queue[first]
    }

    private mutating func advance() {
      first += 1
      taken += 1
      if first == queue.count {
        queue.removeAll(keepingCapacity: true)
        first = 0
      } else if first > 1024 {
        queue.removeFirst(first)
        first = 0
      }
    }

    /// Forgets the requests at the front that waited too long.
    ///
    /// - Returns: How many these were.
    mutating func dropExpired() -> Int {
      let before = taken
      while first < queue.count, queue[first].stage.isExpired { advance() }
      return taken - before
    }
  }

  let application: PythonReference
  private let threads: Int
  private let queueLimit: Int
  /// As long as fewer threads than this, times ``threads``, are lost, others take their places.
  private static let lostLimit = 4
  let counters: LaneCounters
  private let state = Monitor(State())
  /// Guards the waits for clients; the numbers are the requests' own.
  private let sending = Monitor(())

  init(_ application: PythonReference, threads: Int, queueLimit: Int, _ counters: LaneCounters) {
    self.application = application
    self.counters = counters
    self.threads = threads
    self.queueLimit = queueLimit
    counters.queueLimit(changeBy: queueLimit)
  }

  // MARK: - The loop's side

  /// Queues requests, and empties `batch`.
  ///
  /// - Returns: Those for which there is no room.
  func submit(_ batch: inout [ThreadedRequest]) -> [ThreadedRequest] {
    let (refused, mustStart, mustWake) = state.withLock { state in
      let mustStart = !state.isStarted
      state.isStarted = true
      if mustStart { state.live = threads }
      let room = state.live == 0 ? 0 : max(0, min(batch.count, queueLimit - state.count))
      state.queue.append(contentsOf: batch[..<room])
      counters.queued(changeBy: room)
      return (Array(batch[room...]), mustStart, state.idle == state.live)
    }
    batch.removeAll(keepingCapacity: true)
    if !refused.isEmpty { counters.noteRefused(refused.count) }
    if mustStart { start() } else if mustWake { state.signal() }
    return refused
  }

  private func start() {
    counters.threads(changeBy: threads)
    for _ in 0..<threads { startThread { [self] in Worker(self).run() } }
  }

  /// How many requests were taken so far, when others wait although there are idle workers; `nil` otherwise.
  var pendingProgress: Int? {
    state.withLock { $0.count > 0 && $0.idle > 0 ? $0.taken : nil }
  }

  /// Wakes every worker if none took a request since ``pendingProgress`` was `progress`.
  func wakeAll(ifStillAt progress: Int) {
    if state.withLock({ $0.taken == progress && $0.count > 0 }) { state.broadcast() }
  }

  /// Forgets requests that waited too long, so that they take no room.
  func dropExpired() { counters.queued(changeBy: -state.withLock { $0.dropExpired() }) }

  /// Notes how the threads stand.
  func describe(in statistics: inout WSGILaneStatistics) {
    state.withLock { state in
      statistics.threads = state.isStarted ? state.live : threads
      statistics.idleThreads = state.isStarted ? state.idle : threads
      statistics.lostThreads = state.lost
      statistics.queued = state.count
      statistics.queueLimit = queueLimit
    }
  }

  /// Notes that a worker is lost to its request, and starts another unless too many are.
  ///
  /// A supervisor, if there is one, is asked for another process: this one has a thread that nobody can end.
  func replaceWorker() {
    counters.noteStuck()
    WorkerProcess.requestReplacement(because: "a thread does not come back from Python")
    let mayStart = state.withLock { state in
      state.lost += 1
      let mayStart = state.lost <= Self.lostLimit * threads
      if !mayStart { state.live -= 1 }
      return mayStart
    }
    counters.lostThreads(changeBy: 1)
    guard mayStart else {
      counters.threads(changeBy: -1)
      return WSGILog.logger.critical("Too many threads do not come back from Python: one less serves")
    }
    guard !startThreadIfPossible({ [self] in Worker(self).run() }) else { return }
    state.withLock { $0.live -= 1 }
    counters.threads(changeBy: -1)
    WSGILog.logger.critical("The system has no thread to replace one that does not come back")
  }

  /// Lets the workers end once the queue is empty.
  func stop() {
    let live = state.withLock { state in
      defer { state.isStopped = true }
      return state.isStopped ? nil : state.live
    }
    state.broadcast()
    guard let live else { return }
    counters.threads(changeBy: -live)
    counters.queueLimit(changeBy: -queueLimit)
  }

  /// Notes that the kernel has taken `count` bytes of an answer.
  func noteSent(_ request: ThreadedRequest, _ count: Int) {
    sending.withLock { _ in _ = request.unsent.wrappingSubtract(count, ordering: .relaxed) }
    sending.broadcast()
  }

  // MARK: - The workers' side

  /// A request that waits, if there is one.
  func takeNow() -> ThreadedRequest? {
    let request = state.withLock { $0.take() }
    if request != nil { counters.queued(changeBy: -1) }
    return request
  }

  /// Waits for a request; `nil` when the worker shall end.
  func take() -> ThreadedRequest? {
    let taken: ThreadedRequest?? = state.waitUntil { state in
      if let request = state.take() { return .some(.some(request)) }
      return state.isStopped ? .some(nil) : nil
    } waiting: { state, waits in
      state.idle += waits ? 1 : -1
    }
    guard let request = taken ?? nil else { return nil }
    counters.queued(changeBy: -1)
    return request
  }

  /// Notes that a lost worker is back.
  ///
  /// - Returns: Whether it is needed; otherwise its place is taken, and it shall end.
  func rejoin() -> Bool {
    let isNeeded = state.withLock { state in
      state.lost -= 1
      guard state.live < threads, !state.isStopped else { return false }
      state.live += 1
      return true
    }
    counters.lostThreads(changeBy: -1)
    if isNeeded { counters.threads(changeBy: 1) }
    return isNeeded
  }

  /// Waits until the client has taken what it was sent, or is gone.
  func waitUntilSent(_ request: ThreadedRequest) {
    sending.waitUntil { _ in
      request.isGone || request.unsent.load(ordering: .relaxed) <= InlineExchange.unsentLimit / 2 ? () : nil
    }
  }
}

/// One of a pool's threads.
private final class Worker {
  private let pool: WorkerPool
  private var runners: [Int: WSGIRunner] = [:]
  private var last: (number: Int, runner: WSGIRunner)?
  private var spare: WSGICall?

  init(_ pool: WorkerPool) { self.pool = pool }

  func run() {
    do throws(InterpreterError) {
      guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
      let pinned = try PinnedThreadState.ofThread(interpreter)
      while let request = next(pinned) {
        guard request.stage.take() else { continue }
        let start = request.stage.runningSince
        let mustWait = !pinned.isAttached
        if mustWait { pool.counters.noteLockWaiter(true) }
        pinned.withAttached { python in
          if mustWait { pool.counters.noteLockWaiter(false) }
          let lock = pinned.takeWait()
          pool.counters.beginCall(queued: start &- request.arrival, lock: lock)
          answer(python, request)
          pool.counters.endCall(System.monotonicNanoseconds &- start &- (lock ?? 0))
        }
        // The loop waits for word even when nobody waits for the answer.
        if request.isGone { request.lane.outbox.deliver(AnswerParts(end: .cut), to: request) }
        if request.stage.giveBack() { continue }
        WSGILog.logger.notice("A lost thread is back from Python: \(request.summary) [\(request.id)]")
        guard pool.rejoin() else { break }
      }
      pinned.withAttached { _ in
        runners = [:]
        last = nil
        spare = nil
      }
      pinned.detach()
    } catch {
      WSGILog.logger.error("No interpreter for a WSGI application: \(error)")
    }
  }

  /// The next request.
  ///
  /// The interpreter's lock is only given away when none waits.
  private func next(_ pinned: PinnedThreadState) -> ThreadedRequest? {
    if let request = pool.takeNow() { return request }
    pinned.detach()
    return pool.take()
  }

  private func answer(_ python: borrowing Attached, _ request: ThreadedRequest) {
    guard !request.isGone else { return }
    do throws(PythonError) {
      let runner = try runner(python, request.lane)
      let call = try takeCall(python, runner)
      guard let exchange = call.exchange as? ThreadExchange else { return }
      exchange.begin(request)
      let environ = try environ(python, runner, request)
      request.call.begin(python)
      var isDone = runner.run(python, call, environ)
      while !isDone { isDone = runner.resume(python, call) }
      request.call.end(python)
      exchange.release()
      if call.isReusable(python) { spare = call }
    } catch {
      WSGILog.logger.error("\(error.traceback)")
      request.lane.outbox.deliver(AnswerParts(end: .error(500)), to: request)
    }
  }

  private func takeCall(_ python: borrowing Attached, _ runner: WSGIRunner) throws(PythonError) -> WSGICall {
    if let call = spare {
      spare = nil
      return call
    }
    return try WSGICall(python, runner.types, ThreadExchange())
  }

  private func runner(_ python: borrowing Attached, _ lane: ThreadsLane.Shared) throws(PythonError)
    -> WSGIRunner
  {
    if let last, last.number == lane.number { return last.runner }
    if let known = runners[lane.number] {
      last = (lane.number, known)
      return known
    }
    let runner = try WSGIRunner(python, pool.application, lane.template)
    runners[lane.number] = runner
    last = (lane.number, runner)
    return runner
  }

  private func environ(
    _ python: borrowing Attached, _ runner: WSGIRunner, _ request: ThreadedRequest
  ) throws(PythonError) -> PythonObject {
    let environ = try runner.builder.environ(python, request.head, request.facts)
    if request.stream != nil || !request.body.isEmpty {
      let body = RequestInput(request.takeBody(), source: request.stream)
      try environ.set(python, runner.builder.keys.input, to: try runner.types.input.instance(python, body))
    }
    return environ
  }
}

#endif
