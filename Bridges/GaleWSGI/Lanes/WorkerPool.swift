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
    /// How many threads are there, with those that are lost.
    var running = 0
    /// How many requests were ever taken.
    var taken = 0

    var count: Int { queue.count - first }

    /// - Returns: Whether they had not begun before.
    mutating func begin(_ threads: Int) -> Bool {
      guard !isStarted else { return false }
      isStarted = true
      live = threads
      return true
    }

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

  let source: ApplicationSource
  let threads: Int
  private let queueLimit: Int
  /// As long as fewer threads than this, times ``threads``, are lost, others take their places.
  private static let lostLimit = 4
  let counters: LaneCounters
  private let state = Monitor(State())
  /// Guards the waits for clients; the numbers are the requests' own.
  private let sending = Monitor(())

  init(_ source: ApplicationSource, threads: Int, queueLimit: Int, _ counters: LaneCounters) {
    self.source = source
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
    let (refused, mustStart, wakeCount) = state.withLock { state in
      let mustStart = state.begin(threads)
      let isOpen = state.live > 0 && !state.isStopped
      let room = isOpen ? max(0, min(batch.count, queueLimit - state.count)) : 0
      state.queue.append(contentsOf: batch[..<room])
      counters.queued(changeBy: room)
      // Those that share a lock would only wait for it: one of them, and the others if that does not get on.
      let wakeCount =
        source.isImported ? min(state.idle, state.count) : state.idle == state.live ? 1 : 0
      return (Array(batch[room...]), mustStart, wakeCount)
    }
    batch.removeAll(keepingCapacity: true)
    if !refused.isEmpty { counters.noteRefused(refused.count) }
    if mustStart {
      counters.threads(changeBy: threads)
      for _ in 0..<threads { startThread { [self] in work() } }
    } else {
      for _ in 0..<wakeCount { state.signal() }
    }
    return refused
  }

  /// Notes that the threads start; `false` when they have already.
  func begin() -> Bool {
    guard state.withLock({ $0.begin(threads) }) else { return false }
    counters.threads(changeBy: threads)
    return true
  }

  /// What each thread runs.
  private func work() {
    switch source {
    case .given(let application): serve(application)
    case .imported(let application):
      serve(application) { [self] failure in
        guard let failure else { return }
        giveUpThread()
        WSGILog.logger.critical(
          "An interpreter to replace one that does not come back is of no use: \(failure)")
      }
    }
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
    guard !startThreadIfPossible({ [self] in work() }) else { return }
    giveUpThread()
    WSGILog.logger.critical("The system has no thread to replace one that does not come back")
  }

  private func giveUpThread() {
    state.withLock { $0.live -= 1 }
    counters.threads(changeBy: -1)
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

  /// Waits until all threads have ended, once they were told to.
  ///
  /// - Returns: Whether they have.
  func waitUntilEnded(waitingUpTo limit: Duration) -> Bool {
    state.wait(for: limit) { $0.running == 0 }
    return state.withLock { $0.running == 0 }
  }

  /// Notes that the kernel has taken `count` bytes of an answer.
  func noteSent(_ request: ThreadedRequest, _ count: Int) {
    sending.withLock { _ in _ = request.unsent.wrappingSubtract(count, ordering: .relaxed) }
    sending.broadcast()
  }

  // MARK: - The workers' side

  /// Notes that a thread begins or ends.
  func noteThread(isRunning: Bool) {
    state.withLock { $0.running += isRunning ? 1 : -1 }
    if !isRunning { state.broadcast() }
  }

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

#endif
