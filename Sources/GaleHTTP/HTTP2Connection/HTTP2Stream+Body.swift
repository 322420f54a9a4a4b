// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleCore
import GaleLoop
import GaleWire

extension HTTP2Stream {
  func beginBody(_ request: HTTPServerRequest, _ delegate: any HTTPMessageDelegate) {
    // A delegate that has paused the body already says later how much it takes.
    guard !request.bodyPaused, takeLimit(request) else { return }
    expectBody(request)
    if delegate.bodyDelivery == .buffered {
      let length = request.head.contentLength
      if length > 0 { request.body.reserveCapacity(min(length, 1 << 20)) }
      request.sendContinue()
    }
  }

  /// Refuses a body that says that it is too long.
  private func takeLimit(_ request: HTTPServerRequest) -> Bool {
    guard request.head.contentLength <= request.maxBodySize else {
      refuse(HTTPInputError(.bodyTooLarge, "Content-Length too long"))
      return false
    }
    return true
  }

  private func expectBody(_ request: HTTPServerRequest) {
    bodyProgress = BodyProgress(start: loop.turnTime)
    bodyDeadline = loop.turnTime + request.bodyTimeoutNanoseconds
    connection.setDeadline(bodyDeadline)
  }

  /// Gives the delegate what came of the body, and its end.
  func passOn() {
    guard let request, let delegate = request.delegate, !request.bodyPaused else { return }
    if let buffer = inbox {
      let count = buffer.count
      guard receivedCount <= request.maxBodySize else {
        return refuse(HTTPInputError(.bodyTooLarge, "Body too large"))
      }
      inbox = nil
      if delegate.bodyDelivery == .streamed {
        let piece = buffer.take(count)
        loop.buffers.giveBack(buffer)
        taken(count, request)
        delegate.deliver(piece, request)
      } else {
        unsafe buffer.withBytes { unsafe request.body.append(contentsOf: $0) }
        loop.buffers.giveBack(buffer)
        taken(count, request)
      }
    }
    guard hasEnded, !isDelivered, inbox == nil, self.request === request, !request.bodyPaused else { return }
    isDelivered = true
    bodyDeadline = .max
    request.trailers = takeTrailers()
    delegate.finish(request)
  }

  private func taken(_ count: Int, _ request: HTTPServerRequest) {
    connection.bodyTaken(self, count)
    guard !hasEnded else { return }
    noteProgress(count, request)
  }

  /// A body must come on, and at more than a trickle.
  private func noteProgress(_ count: Int, _ request: HTTPServerRequest) {
    let now = loop.turnTime
    bodyProgress?.received += count
    bodyDeadline = now + request.bodyTimeoutNanoseconds
    guard let progress = bodyProgress, now - progress.start > 10_000_000_000 else { return }
    let seconds = Int((now - progress.start) / 1_000_000_000)
    if progress.received < seconds * context.configuration.minimumBodyRate {
      bodyDeadline = now
      connection.setDeadline(now)
    }
  }

  func dropInbox() {
    guard let buffer = inbox else { return }
    inbox = nil
    connection.bodyDropped(buffer.count)
    loop.buffers.giveBack(buffer)
  }

  func setBodyPaused(_ paused: Bool, for request: HTTPServerRequest) {
    guard self.request === request, request.bodyPaused != paused else { return }
    request.bodyPaused = paused
    guard !isDelivered, paused || takeLimit(request) else { return }
    // The client is not slow while it is we who do not read.
    bodyDeadline = .max
    guard !paused else { return }
    if !hasEnded { expectBody(request) }
    // Not from here: it is called by who takes the body.
    connection.note(self)
    connection.flushLater()
  }

  func sendContinue(for request: HTTPServerRequest) {
    guard self.request === request, !hasEnded, request.response.status == 0,
      request.head.traits.contains(.expectContinue)
    else { return }
    request.head.traits.remove(.expectContinue)
    // RFC 9110, section 10.1.1: not when the body is on its way already.
    guard receivedCount == 0 else { return }
    connection.session?.inform(id, 100, HTTPHeaders())
    connection.flushLater()
  }
}

#endif
