// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import GaleHTTP
import GaleLoop

/// What times a transfer is held to, and how far it is.
///
/// A pure value: the transfer notes what happened, one timer asks when to look again.
struct CurlClock {
  /// The limits; `nil` for none.
  struct Limits {
    /// Until the connection is there: a moment, as it includes what came before the transfer.
    var connectDeadline: LoopTime?
    /// Until all of it is over: a moment too.
    var deadline: LoopTime?
    var tls: Duration?
    var response: Duration?
    var idle: Duration?
  }

  private let limits: Limits
  private let isSecure: Bool
  /// When the TLS handshake began.
  private var handshake: LoopTime?
  private var lastMove: LoopTime
  /// When the request could be sent.
  private var ready: LoopTime?
  /// When the last byte of it was taken, as far as is known.
  private var sent: LoopTime?
  private var isSending: Bool
  private var hasAnswer = false

  init(_ exchange: HTTPClientExchange, sendsBody: Bool, now: LoopTime) {
    func limit(_ duration: Duration?) -> Duration? { duration.flatMap { $0 > .zero ? $0 : nil } }
    var limits = Limits()
    limits.connectDeadline = exchange.connectDeadline
    limits.deadline = exchange.deadline
    limits.response = limit(exchange.options.responseTimeout)
    limits.idle = limit(exchange.options.idleTimeout)
    #if TLS
    limits.tls = limit(exchange.options.tlsTimeout)
    #endif
    self.limits = limits
    isSecure = exchange.url.isSecure
    lastMove = now
    isSending = sendsBody
  }

  // MARK: - What happened

  /// The TCP connection is there.
  mutating func handshakeBegan(at now: LoopTime) { handshake = handshake ?? now }

  /// The connection is there.
  mutating func connected(at now: LoopTime) {
    ready = now
    sent = now
    lastMove = now
  }

  /// Some of the request's body was taken.
  mutating func sentBody(at now: LoopTime, isAll: Bool) {
    sent = now
    lastMove = now
    if isAll { isSending = false }
  }

  /// Some of the answer came.
  mutating func received(at now: LoopTime) {
    hasAnswer = true
    lastMove = now
  }

  /// Whoever takes the answer is behind: that is no fault of the server's.
  mutating func wasHeldBack(at now: LoopTime) { lastMove = now }

  // MARK: - What follows

  /// Whether there are limits that begin to count in the middle.
  var hasShortLimits: Bool { limits.response != nil || limits.idle != nil }

  /// What is over, or when to look again.
  enum Verdict {
    case over(HTTPClientError)
    case lookAgain(at: LoopTime)
    case never
  }

  func verdict(at now: LoopTime) -> Verdict {
    if let deadline = limits.deadline, ready != nil, deadline <= now { return .over(CurlClock.request) }
    var next = limits.deadline
    func soonest(_ time: LoopTime) { next = min(next ?? time, time) }
    if ready == nil {
      if let deadline = limits.connectDeadline {
        guard deadline > now else { return .over(handshake != nil ? CurlClock.tls : CurlClock.connect) }
        soonest(deadline)
      }
      if isSecure, let limit = limits.tls {
        // As long as it has not begun, it cannot be over before so long.
        let end = (handshake ?? now) + limit
        guard end > now else { return .over(CurlClock.tls) }
        soonest(end)
      }
    } else if !hasAnswer, !isSending, let sent, let limit = limits.response {
      guard sent + limit > now else {
        return .over(HTTPClientError(.responseTimedOut, "Timeout while waiting for the response"))
      }
      soonest(sent + limit)
    }
    if ready != nil, let limit = limits.idle {
      guard lastMove + limit > now else {
        return .over(HTTPClientError(.idleTimedOut, "Timeout: nothing moved for \(limit)"))
      }
      soonest(lastMove + limit)
    }
    return next.map { .lookAgain(at: $0) } ?? .never
  }

  private static let request = HTTPClientError(.requestTimedOut, "Timeout during request")
  private static let connect = HTTPClientError(.connectTimedOut, "Timeout while connecting")
  private static let tls = HTTPClientError(.tlsTimedOut, "Timeout in the TLS handshake")
}

#endif
