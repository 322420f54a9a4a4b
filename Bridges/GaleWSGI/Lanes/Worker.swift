// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Logging

/// One of a pool's threads, and what it has of Python's.
final class Worker {
  private let pool: WorkerPool
  private let pinned: PinnedThreadState
  private let application: PythonReference
  private let types: WSGITypes?
  private let interrupter: Interrupter
  private var runners: [Int: WSGIRunner] = [:]
  private var last: (number: Int, runner: WSGIRunner)?
  private var spare: WSGICall?

  /// - Parameters:
  ///   - pinned: The thread's attachment to the interpreter of `application` and `types`.
  ///   - types: Those of the interpreter; `nil` for the first one.
  ///   - interrupter: That of the same interpreter.
  init(
    _ pool: WorkerPool, _ pinned: PinnedThreadState, _ application: PythonReference, _ types: WSGITypes?,
    _ interrupter: Interrupter
  ) {
    self.pool = pool
    self.pinned = pinned
    self.application = application
    self.types = types
    self.interrupter = interrupter
  }

  /// Serves until the pool lets the thread end, which is attached then: what is left of Python's can go.
  func run() {
    while let request = next() {
      request.interrupter = interrupter
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
  }

  /// The next request.
  ///
  /// The interpreter's lock is only given away when none waits.
  private func next() -> ThreadedRequest? {
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
    let types = if let types { types } else { try WSGITypes.get(python) }
    let runner = try WSGIRunner(python, application, types, lane.template)
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
