// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import Logging

extension HTTP1ServerConnection {
  // MARK: - Closing

  /// Lets the client take the whole answer before the connection goes: half close, then wait for
  /// its end (RFC 9112, section 9.6).
  func beginLingering() {
    phase = .lingering
    deadline = context.loop.turnTime + max(context.writeTimeout, context.lingeringTimeout)
    stream.resumeReading()
    flushAndWatch()
    if !stream.hasUnsent, !stream.isClosed, !hasShutDown { shutDown() }
  }

  func shutDown() {
    hasShutDown = true
    if peerEnded { return close() }
    deadline = context.loop.turnTime + context.lingeringTimeout
    stream.shutdownWriting()
  }

  func linger(_ count: Int) {
    lingered += Int32(clamping: count)
    if Int(lingered) > context.configuration.lingeringByteCount, !stream.hasUnsent { close() }
  }

  func close() {
    stream.close()
  }

  func abortNow() { stream.abort() }

  /// Ends a connection on which nothing happens, as the server is to end.
  ///
  /// One that was used just now is given a moment: the next request may be on its way, and would be lost.
  func closeIfIdle() {
    guard phase == .head, isBetweenRequests, !stream.hasUnsent else { return }
    let lastUse = deadline - (requestCount == 0 ? context.headerTimeout : context.idleTimeout)
    guard context.loop.turnTime - lastUse < HTTP1ServerConnection.lastMoment else { return close() }
    deadline = context.loop.turnTime + HTTP1ServerConnection.lastMoment
  }

  private static let lastMoment: Int64 = 250_000_000

  /// Whether nothing has come of another request; empty lines are nothing (RFC 9112, section 2.2).
  var isBetweenRequests: Bool {
    guard let reader else { return true }
    return (stream.readBuffer?.count ?? 0) <= reader.reader.emptyByteCount
  }

  func timedOut() {
    if stream.hasUnsent, stream.sentCount > sentBefore {
      // The client takes its answer, if slowly: it has as long again to take more.
      sentBefore = stream.sentCount
      deadline = context.loop.turnTime + context.writeTimeout
      return context.loop.wheel.insert(self)
    }
    switch phase {
    case .head where !isBetweenRequests:
      refuse(HTTPInputError(.timedOut, "Timeout reading the header"))
    case .body where !stream.hasUnsent:
      refuse(HTTPInputError(.timedOut, "Timeout reading the body"))
    case .head, .lingering, .closed: close()
    case .body, .answering:
      HTTPLog.general.info("Timeout writing to \(remoteAddress)")
      abortNow()
    }
    if phase != .closed { context.loop.wheel.insert(self) }
  }

  /// Answers a request that cannot be understood, and ends the connection.
  func refuse(_ error: HTTPInputError) {
    HTTPLog.general.info("Malformed HTTP message from \(remoteAddress): \(error.message)")
    context.statistics?.refused()
    if let request, let delegate = request.delegate {
      request.response.isFinished = true
      request.delegate = nil
      delegate.connectionClosed(request)
      request.ended()
      if request.response.status != 0 { return abortNow() }
    }
    request = nil
    guard !stream.isClosed else { return }
    ErrorAnswer.write(error.code.status, context, to: stream.output)
    beginLingering()
  }
}
