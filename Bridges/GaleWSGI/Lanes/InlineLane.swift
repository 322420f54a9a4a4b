// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire
import Logging

/// Runs an application on a loop's thread.
///
/// The interpreter's lock is taken when there is work and given away at the end of the loop's turn, so the cost is paid
/// once for all requests of a turn, and Python's own threads run while the loop waits.
@safe
final class InlineLane: HTTPMessageDelegate, EndOfTurnFlush {
  private let loop: IOLoop
  private let pinned: PinnedThreadState
  private var runner: WSGIRunner?
  private var spare: WSGICall?
  private var isFlushRequested = false
  private let watch: InlineWatch
  private let counters: LaneCounters
  /// In the lane `auto`.
  private let choice: AutoChoice?
  private var window = AutoChoice.Window()

  init(_ container: WSGIContainer, _ context: HTTPServerContext) throws {
    guard let interpreter = Interpreter.current, let application = container.application else {
      throw InterpreterError.notRunning
    }
    loop = context.loop
    pinned = try PinnedThreadState.ofThread(interpreter)
    counters = container.counters
    choice = container.choice
    watch = InlineWatch(container.limits, container.counters)
    let isMultithreaded = container.choice != nil
    runner = try pinned.withAttached { (python) throws(PythonError) in
      try WSGIRunner(
        python, application, try WSGITypes.get(python),
        container.template(for: context, isMultithreaded: isMultithreaded))
    }
    detachLater()
  }

  deinit {
    watch.stop()
    do {
      try Interpreter.current?.attach { _ in runner = nil }
    } catch {
      WSGILog.logger.error("A WSGI application outlived the interpreter")
    }
  }

  /// Takes the interpreter's lock, and says so while others have it.
  private func attach() {
    guard !pinned.isAttached else { return }
    counters.noteLockWaiter(true)
    pinned.attach()
    counters.noteLockWaiter(false)
  }

  private func detachLater() {
    guard !isFlushRequested else { return }
    isFlushRequested = true
    loop.flushAtEndOfTurn(self)
  }

  func flushAtEndOfTurn() {
    isFlushRequested = false
    pinned.detach()
  }

  /// What takes the body of a request: a long one goes to a file first, for Python reads it all in one turn.
  func delegate(for request: HTTPServerRequest) -> any HTTPMessageDelegate {
    let head = request.head
    guard head.hasBody, head.traits.contains(.chunked) || head.contentLength > SpooledBody.memoryLimit else {
      return self
    }
    return SpooledBody(request, self)
  }

  func finish(_ request: HTTPServerRequest) { answer(request, nil) }

  /// Runs the application, with `body` for a body that is not in the request.
  func answer(_ request: HTTPServerRequest, _ body: SpooledBody?) {
    detachLater()
    attach()
    pinned.withAttached { python in answer(python, request, body) }
  }

  private func answer(
    _ python: borrowing Attached, _ request: HTTPServerRequest, _ body: SpooledBody?
  ) {
    guard let runner else { return ServerAnswer.send(500, request) }
    do throws(PythonError) {
      let call = try takeCall(python, runner)
      guard let exchange = call.exchange as? InlineExchange else { return }
      exchange.begin(request)
      let environ = try environ(python, runner, request, body)
      counters.beginCall(queued: nil, lock: pinned.takeWait())
      let start = begin(python, request)
      let isDone = runner.run(python, call, environ)
      end(python, since: start)
      if isDone { release(python, call, exchange) } else { pause(call, exchange) }
    } catch {
      WSGILog.logger.error("\(error.traceback)")
      ServerAnswer.send(500, request)
    }
  }

  private func takeCall(_ python: borrowing Attached, _ runner: WSGIRunner) throws(PythonError) -> WSGICall {
    if let call = spare {
      spare = nil
      return call
    }
    return try WSGICall(python, runner.types, InlineExchange())
  }

  private func release(_ python: borrowing Attached, _ call: WSGICall, _ exchange: InlineExchange) {
    exchange.release()
    if spare == nil, call.isReusable(python) { spare = call }
  }

  private func environ(
    _ python: borrowing Attached, _ runner: WSGIRunner, _ request: HTTPServerRequest, _ body: SpooledBody?
  ) throws(PythonError) -> PythonObject {
    let head = request.head
    let facts = EnvironBuilder.Facts(
      mountPath: request.mountPath, isSecure: request.protocol == "https",
      remote: request.remoteAddress,
      contentLength: head.hasBody ? body?.byteCount ?? request.body.count : head.contentLength,
      gateway: request.gateway)
    let environ = try runner.builder.environ(python, head, facts)
    if let body {
      let input = try runner.types.input.instance(python, RequestInput([], source: body))
      try environ.set(python, runner.builder.keys.input, to: input)
    } else if !request.body.isEmpty {
      let input = try runner.types.input.instance(python, RequestInput(request.body))
      request.body = []
      try environ.set(python, runner.builder.keys.input, to: input)
    }
    return environ
  }

  /// Goes on when the client has taken what it was sent, or in the next turn.
  private func pause(_ call: WSGICall, _ exchange: InlineExchange) {
    exchange.whenReady { [self] in
      detachLater()
      attach()
      pinned.withAttached { python in
        guard let runner, let request = exchange.request else { return }
        counters.continueCall()
        let start = begin(python, request)
        let isDone = runner.resume(python, call)
        end(python, since: start)
        if isDone { release(python, call, exchange) } else { pause(call, exchange) }
      }
    }
  }

  // MARK: - The time

  /// A call of the application begins, or goes on.
  private func begin(_ python: borrowing Attached, _ request: HTTPServerRequest) -> Int64 {
    let start = System.monotonicNanoseconds
    watch.begin(python, request, at: start)
    return start
  }

  private func end(_ python: borrowing Attached, since start: Int64) {
    watch.end(python)
    let time = System.monotonicNanoseconds &- start
    counters.endCall(time)
    choice?.note(time, in: &window)
  }
}

#endif
