// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
import GaleCore
import GaleLoop
import GaleWire
import Logging

extension HTTP2ServerConnection {
  // MARK: - Time-outs

  /// Looks at the time-outs not later than `time`.
  func setDeadline(_ time: Int64) {
    if time < deadline { deadline = time }
  }

  func timedOut() {
    let now = loop.turnTime
    checkDeadlines(now)
    guard phase != .closed else { return }
    var next = min(startDeadline, headerDeadline, idleDeadline, announcedDeadline, writeDeadline)
    if phase < .lingering { for stream in streams { next = min(next, stream.deadline) } }
    deadline = next
    loop.wheel.insert(self)
  }

  private func checkDeadlines(_ now: Int64) {
    if now >= writeDeadline {
      guard phase != .lingering else { return close() }
      guard stream.sentCount > sentBefore else {
        HTTPLog.general.info("Timeout writing to \(remoteAddress)")
        return abortNow()
      }
      watchWriting()
    }
    guard phase < .lingering else { return }
    if now >= startDeadline || now >= headerDeadline {
      logMalformed("Timeout reading the header")
      startDeadline = .max
      headerDeadline = .max
      return terminate(NGHTTP2_PROTOCOL_ERROR)
    }
    if now >= announcedDeadline { stopTakingRequests() }
    if now >= idleDeadline {
      guard !peerEnded else { return abortNow() }
      idleDeadline = .max
      stopTakingRequests()
    }
    for stream in streams where now >= stream.deadline { stream.timedOut(now) }
    advance()
    flushLater()
  }

  // MARK: - The end

  /// How long a client may take to answer that it knows of the end.
  private static let announcement: Int64 = 1_000_000_000

  /// Begins to end the connection: says so, and takes the requests that are on their way (RFC 9113, section 6.8).
  func announceEnd() {
    guard phase == .open else { return }
    phase = .announced
    session?.submitShutdownNotice()
    session?.submitPing()
    announcedDeadline = loop.turnTime + HTTP2ServerConnection.announcement
    setDeadline(announcedDeadline)
    flushLater()
  }

  /// The second step: requests from now on are not taken.
  func stopTakingRequests() {
    announcedDeadline = .max
    guard phase < .draining else { return }
    phase = .draining
    session?.submitGoaway()
    flushLater()
  }

  func closeIfIdle() { announceEnd() }

  func closeIfDone() {
    guard phase < .lingering, !isPumping, let session else { return }
    guard !session.isAlive || peerEnded && streams.isEmpty && !stream.hasUnsent else { return }
    beginLingering()
  }

  func beginLingering() {
    guard phase < .lingering else { return }
    phase = .lingering
    (startDeadline, headerDeadline, idleDeadline, announcedDeadline) = (.max, .max, .max, .max)
    let open = streams
    streams = []
    for stream in open { stream.connectionIsGone() }
    writeDeadline = loop.turnTime + max(context.writeTimeout, context.lingeringTimeout)
    setDeadline(writeDeadline)
    stream.resumeReading()
    stream.flush()
    if !stream.isClosed, !stream.hasUnsent { shutDown() }
  }

  func shutDown() {
    guard !hasShutDown else { return }
    hasShutDown = true
    if peerEnded { return close() }
    writeDeadline = loop.turnTime + context.lingeringTimeout
    setDeadline(writeDeadline)
    stream.shutdownWriting()
  }

  func linger(_ count: Int) {
    lingered += count
    if lingered > context.configuration.lingeringByteCount, !stream.hasUnsent { close() }
  }

  func close() { stream.close() }

  func abortNow() { stream.abort() }
}

#endif
