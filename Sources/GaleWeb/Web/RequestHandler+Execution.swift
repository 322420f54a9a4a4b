// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

extension RequestHandler: LoopJob {
  /// The life of a request, in Tornado's order, with the middleware around it.
  ///
  /// One function without middleware, because each `await` of another costs a look at the task's executor.
  package final func run() async {
    do {
      if let pipeline {
        try await pipeline.run(self)
        if !isFinished { try finish() }
      } else {
        try await perform()
      }
    } catch {
      handle(error)
    }
    end()
    let worker = worker
    self.worker = nil
    loop.tasks.continueWithin(worker) { request.connection.continueServing() }
  }

  /// What the class does for a request; inlined, so that nothing is awaited in vain without middleware.
  @inline(__always)
  final func perform() async throws {
    if request.head.methodKind == .other, !knowsMethod() { throw HTTPError(405) }
    if !request.body.isEmpty { try await decodeForm() }
    if application.settings.xsrfCookies, needsXSRFCheck { try checkXSRFCookie() }
    if loadsUser, let handler = self as? any UserLoading { try await handler.loadUser() }
    try await prepare()
    if !isFinished, bodyQueue != nil, !type(of: self).pullsRequestBody { try await receiveBody() }
    if !isFinished {
      switch request.head.methodKind {
      case .get: try await get()
      case .head: try await head()
      case .post: try await post()
      case .put: try await put()
      case .patch: try await patch()
      case .delete: try await delete()
      case .options: try await options()
      case .other: try await other(method: request.method)
      }
    }
    if !isFinished { try finish() }
  }

  private func receiveBody() async throws {
    guard request.head.contentLength <= request.maxBodySize else { throw HTTPError(413) }
    bodyQueue?.begin()
    request.sendContinue()
    var count = 0
    while let chunk = try await bodyQueue?.next() {
      count += chunk.count
      guard count <= request.maxBodySize else { throw HTTPError(413) }
      try await dataReceived(chunk)
    }
  }

  /// Turns what a method threw into an answer.
  func handle(_ error: any Error) {
    if let ending = error as? Finish {
      if !isFinished {
        if let chunk = ending.chunk { writeBuffer += chunk }
        do { try finish() } catch { abort(error) }
      }
      return
    }
    if isConnectionClosed, error is CancellationError || error is StreamError || error is HTTPOutputError {
      return abandon()
    }
    logException(error)
    guard !isFinished else { return }
    guard !headersWritten else { return abort(error) }
    sendError((error as? any StatusError)?.status ?? 500, error)
  }

  /// The client is gone, and so is the need for an answer.
  private func abandon() {
    isFinished = true
    request.abort()
  }

  /// Part of the answer is sent: cutting the connection is the only way to say that it is not whole.
  private func abort(_ error: any Error) {
    isFinished = true
    request.abort()
  }
}
