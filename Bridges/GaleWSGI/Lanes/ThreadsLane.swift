// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import Synchronization

/// One loop's way to the workers of a container.
///
/// Requests are handed over at the end of the loop's turn, all at once; answers come back through an outbox that
/// wakes the loop once for many.
final class ThreadsLane: EndOfTurnFlush {
  /// What requests carry to the workers.
  final class Shared: Sendable {
    let pool: WorkerPool
    let loop: IOLoop
    let outbox: Outbox
    let template: EnvironTemplate
    let limits: LaneLimits
    /// Unlike an address never used twice.
    let number: Int
    private static let count = Atomic<Int>(0)

    init(_ pool: WorkerPool, _ loop: IOLoop, _ template: EnvironTemplate, _ limits: LaneLimits) {
      self.pool = pool
      self.loop = loop
      self.template = template
      self.limits = limits
      outbox = Outbox(loop)
      number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
    }
  }

  let shared: Shared
  private let loop: IOLoop
  private var batch: [ThreadedRequest] = []
  private var isWatching = false

  init(
    _ pool: WorkerPool, _ context: HTTPServerContext, _ template: EnvironTemplate, _ limits: LaneLimits
  ) {
    loop = context.loop
    loop.expectBusyThreads()
    shared = Shared(pool, context.loop, template, limits)
  }

  func delegate(for request: HTTPServerRequest) -> any HTTPMessageDelegate { ThreadedRequest(request, self) }

  /// Hands a request over at the end of this turn.
  func enqueue(_ request: ThreadedRequest) {
    if batch.isEmpty { loop.flushAtEndOfTurn(self) }
    batch.append(request)
    request.watch()
  }

  func flushAtEndOfTurn() {
    for request in shared.pool.submit(&batch) { request.refuse() }
    watch()
  }

  /// Looks a little later whether the workers that are awake do not get on, and wakes the others then.
  ///
  /// Waking them all at once would have them fight for the interpreter's lock, of which there is only one.
  private func watch() {
    guard !isWatching, let progress = shared.pool.pendingProgress else { return }
    isWatching = true
    loop.callLater(.milliseconds(1)) { [weak self] in
      guard let self else { return }
      isWatching = false
      shared.pool.wakeAll(ifStillAt: progress)
      watch()
    }
  }
}

/// Answers on their way to a loop.
final class Outbox: Sendable {
  private struct State {
    var deliveries: [(ThreadedRequest, AnswerParts)] = []
    var isAnnounced = false
  }

  private let loop: IOLoop
  private let state = Mutex(State())

  init(_ loop: IOLoop) { self.loop = loop }

  /// Passes a part of an answer on; wakes the loop unless it is coming anyway.
  func deliver(_ parts: sending AnswerParts, to request: ThreadedRequest) {
    let mustAnnounce = state.withLock { state in
      state.deliveries.append((request, parts))
      defer { state.isAnnounced = true }
      return !state.isAnnounced
    }
    if mustAnnounce { loop.addCallback { [self] in applyAll() } }
  }

  private func applyAll() {
    let deliveries = state.withLock { state in
      state.isAnnounced = false
      let deliveries = state.deliveries
      state.deliveries = []
      return deliveries
    }
    for (request, parts) in deliveries { request.apply(parts) }
  }
}

#endif
