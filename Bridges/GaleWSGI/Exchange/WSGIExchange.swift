// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire
import Logging

/// One request's answer in the making: what `start_response` said, and what became of it.
///
/// The base of what the lanes use; it knows PEP 3333's rules, they know how bytes get to the client. It lives on the
/// thread that runs the application, and is the Swift side of `start_response` and `write`.
class WSGIExchange {
  /// What `start_response` said; 0 before it was called.
  final var status = 0
  /// The phrase, unless it is the registered one of 200.
  final var reason: String?
  /// The fields as they will be sent.
  final var headers = HTTPHeaders()
  /// The application's `Content-Length`, or −1.
  final var contentLength = -1
  final var hasDate = false
  final var hasServer = false

  /// Whether the request was HEAD.
  final var isHead = false
  /// Whether the head of the answer is on its way and cannot be changed.
  final var isHeadSent = false
  /// Whether the answer is complete, cut or pointless: nothing more may be written.
  final var isOver = true
  /// How much of the promised body is still to come; −1 when nothing was promised.
  final var remaining = -1
  private final var overrunWasReported = false
  private final var isBodiless = false

  /// What `start_response` returns.
  ///
  /// That object owns this one; ``WSGICall`` breaks the circle.
  final var writeFunction: PythonReference?
  /// The names of fields that are known already.
  final var fieldNames: FieldNames?

  /// Gets ready for a request.
  final func begin(isHead: Bool) {
    clearHeader()
    self.isHead = isHead
    isHeadSent = false
    isOver = false
    remaining = -1
    overrunWasReported = false
    isBodiless = isHead
  }

  /// Forgets what `start_response` said.
  final func clearHeader() {
    status = 0
    reason = nil
    headers.removeAll()
    contentLength = -1
    hasDate = false
    hasServer = false
  }

  /// Whether `start_response` was called.
  final var isStarted: Bool { status != 0 }

  /// Whether what the application still yields is of no use to anybody.
  final var wantsNoMore: Bool { isHeadSent && isBodiless }

  // MARK: - Sending

  /// Sends the head.
  ///
  /// `bodyCount` is the body's length where it is known.
  final func sendHead(bodyCount: Int?) {
    isHeadSent = true
    if status == 204 || status == 304 { isBodiless = true }
    if status == 204, contentLength >= 0 { headers.remove("Content-Length") }
    if contentLength < 0, let bodyCount, status != 204, status != 304 {
      headers.append("Content-Length", decimal: bodyCount)
      contentLength = bodyCount
    }
    if !isBodiless { remaining = contentLength }
    transmitHead()
  }

  /// Sends a piece of the body, after the head if that was not sent.
  final func send(_ bytes: UnsafeRawBufferPointer) {
    if !isHeadSent { sendHead(bodyCount: nil) }
    guard !isBodiless, !isOver else { return }
    guard remaining >= 0 else { return unsafe transmit(bytes) }
    var count = bytes.count
    if count > remaining {
      reportOverrun(count - remaining)
      count = remaining
    }
    remaining -= count
    if count > 0 { unsafe transmit(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
  }

  private final func reportOverrun(_ count: Int) {
    guard !overrunWasReported else { return }
    overrunWasReported = true
    report("The application returned more bytes than its Content-Length, which were not sent", level: .error)
  }

  /// Ends the answer: with a cut if less was sent than was promised.
  final func end() {
    guard !isOver else { return }
    if !isHeadSent { sendHead(bodyCount: 0) }
    guard !isOver else { return }
    if remaining > 0, !isBodiless {
      report("The application returned \(remaining) bytes less than its Content-Length", level: .error)
      cut()
    } else {
      isOver = true
      transmitEnd()
    }
  }

  /// Ends the answer because of an error: with a 500 if nothing was sent yet, with a cut otherwise.
  final func fail(_ text: String) {
    report(text, level: .error)
    guard !isOver else { return }
    isOver = true
    if isHeadSent { transmitCut() } else { transmitError(500) }
  }

  /// Ends the answer because its time is over: with a 504 if nothing was sent yet, with a cut otherwise.
  final func timeOut() {
    guard !isOver else { return }
    isOver = true
    if isHeadSent { transmitCut() } else { transmitError(504) }
  }

  /// Ends the answer so that the client sees that it is not complete.
  final func cut() {
    guard !isOver else { return }
    isOver = true
    transmitCut()
  }

  /// Notes that nobody waits for the answer any more.
  final func abandon() { isOver = true }

  // MARK: - What lanes do

  /// Sends early hints at once.
  func transmitHints(_ fields: HTTPHeaders) {}
  /// Passes the head on.
  ///
  /// Calls ``abandon()`` when the client is gone; so do the others.
  func transmitHead() {}
  /// Passes a piece of the body on.
  func transmit(_ bytes: UnsafeRawBufferPointer) {}
  /// Passes a part of a file on, and the end of the answer; closes `descriptor` some time.
  func transmitFile(_ descriptor: Int32, offset: Int64, count: Int) {}
  /// Has what was passed on sent at once.
  func flush() {}
  /// Passes the end on.
  func transmitEnd() {}
  /// Passes on that the answer is to be cut, after what was sent.
  func transmitCut() {}
  /// Passes on an answer that the server makes by itself.
  func transmitError(_ status: Int) {}
  /// Waits until the client has taken most of what was passed on, if this thread may wait.
  func waitUntilDrained(_ python: borrowing Attached) {}
  /// Whether to go on later instead of asking the application for more now.
  func shouldPause() -> Bool { false }
  /// Logs something about the request.
  func report(_ text: String, level: Logger.Level) {}
}

#endif
