// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

/// Stands for what answers requests by itself while middleware is around it.
///
/// Its task starts with the head of the request, before any of the body was read. When the middleware lets the request
/// through, the delegate gets it as if there was nothing around it, and the task waits for its end.
final class DelegateHandler: RequestHandler {
  private var target: (any HTTPServerConnectionDelegate)?

  func lead(to target: any HTTPServerConnectionDelegate) { self.target = target }

  override func knowsMethod() -> Bool { true }

  override func performTarget() async throws {
    guard let target, !headersWritten else { return }
    guard !isConnectionClosed else { throw StreamError.closed() }
    let delegate = target.startRequest(request)
    await whenOver { [self] in
      request.delegate = delegate
      guard request.head.hasBody else { return delegate.finish(request) }
      if delegate.bodyDelivery == .buffered { request.sendContinue() }
      request.connection.setBodyPaused(false, for: request)
    }
    status = request.responseStatus
    headersWritten = request.responseStarted
    isFinished = true
    isLogged = true  // By the delegate, if at all.
  }

  /// Calls `begin` and waits until the request is answered, or cannot be any more.
  @safe
  private func whenOver(_ begin: () -> Void) async {
    // SAFETY: the request ends once, and tells it then; one that is over already tells nobody, and is not begun.
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      guard !request.responseFinished else { return unsafe continuation.resume() }
      request.onEnd { _ in unsafe continuation.resume() }
      begin()
    }
  }
}
