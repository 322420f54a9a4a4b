// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
import GaleCore
import GaleLoop
import GaleWire
import Logging

/// One request of an HTTP/2 connection and its answer (RFC 9113, section 5).
///
/// What the session reports is kept here; ``advance()`` passes it on when the session is done.
final class HTTP2Stream: HTTPConnection {
  let id: Int32
  let connection: HTTP2ServerConnection
  /// Where the connection has it in its list.
  var index = -1
  /// Whether ``advance()`` will be called.
  var isNoted = false
  /// The session knows it no more.
  var isClosed = false

  // What comes in.
  private var head: RequestHeadBuilder?
  private var trailers: TrailerBuilder?
  /// The request's trailer fields, until the request has ended.
  private var trailerFields = HTTPHeaders()
  /// What was wrong with its fields.
  private var inputError: HTTPInputError?
  private var newHead: RequestHead?
  var hasStarted = false
  /// The client has sent all of the request.
  private(set) var hasEnded = false
  var isDelivered = false
  var request: HTTPServerRequest?
  /// What came of the body and is not passed on.
  var inbox: ByteBuffer?
  var receivedCount = 0
  var bodyProgress: BodyProgress?
  var bodyDeadline = Int64.max

  // What goes out.
  var answerHead: (status: Int, headers: HTTPHeaders)?
  /// The answer's head is with the session.
  var isAnswered = false
  /// The answer is complete.
  var isComplete = false
  var answerTrailers: HTTPHeaders?
  var pending: ByteBuffer?
  var file: AnswerFile?
  /// The session waits to be told of more bytes.
  var isWaitedFor = false
  private var isReset = false
  var drainCallbacks: [() -> Void] = []
  var writeDeadline = Int64.max

  init(_ id: Int32, _ connection: HTTP2ServerConnection) {
    self.id = id
    self.connection = connection
    head = connection.context.takeHeadBuilder()
  }

  var loop: IOLoop { connection.loop }
  var context: HTTPServerContext { connection.context }
  var remoteAddress: SocketAddress { connection.remoteAddress }
  var connectionID: HTTPConnectionID { connection.connectionID }

  #if TLS
  var tls: TLSStream? { connection.stream as? TLSStream }
  #endif

  var deadline: Int64 { min(bodyDeadline, writeDeadline) }

  // MARK: - Inside of the session

  func fieldCame(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    if trailers != nil {
      trailers?.add(name, value)
    } else {
      head?.add(name, value)
    }
  }

  func trailersBegin() { trailers = TrailerBuilder(limits: context.configuration.limits) }

  func headersEnded(endsStream: Bool) {
    if endsStream { hasEnded = true }
    do throws(HTTPInputError) {
      if let trailers {
        self.trailers = nil
        trailerFields = try trailers.finish()
      } else if var builder = head {
        head = nil
        newHead = try builder.finish(endsStream: endsStream)
      }
    } catch {
      inputError = error
    }
    connection.note(self)
  }

  func dataCame(_ bytes: Span<UInt8>) {
    // Nobody wants what comes after the answer.
    guard inputError == nil, !isReset, !(hasStarted && request == nil) else {
      return connection.consumeConnection(bytes.count)
    }
    receivedCount += bytes.count
    let buffer = inbox ?? loop.buffers.take()
    inbox = buffer
    buffer.append(bytes)
    connection.bodyHeld(bytes.count)
    connection.note(self)
  }

  func dataEnded() {
    hasEnded = true
    connection.note(self)
  }

  /// The last frame of the answer is on its way.
  func endSent() {
    writeDeadline = .max
    // RFC 9113, section 8.1: the client need not go on with the body.
    if !hasEnded { reset(NGHTTP2_NO_ERROR) }
  }

  // MARK: - Afterwards

  /// Passes on what came.
  func advance() {
    if isClosed { return close() }
    if let error = inputError {
      inputError = nil
      return refuse(error)
    }
    if let head = newHead {
      newHead = nil
      do throws(HTTPInputError) { start(try context.makeRequest(head, self)) } catch { return refuse(error) }
    }
    passOn()
  }

  private func start(_ request: HTTPServerRequest) {
    hasStarted = true
    connection.requestStarts()
    self.request = request
    let delegate = context.delegate.startRequest(request)
    guard self.request === request else { return }  // It is answered already, or cut off.
    request.delegate = delegate
    if !hasEnded || inbox != nil { beginBody(request, delegate) }
  }

  /// The session has forgotten the stream: it is complete, or one of the ends has given it up.
  private func close() {
    head = nil
    newHead = nil
    dropInbox()
    dropPending()
    if let request {
      let delegate = request.delegate
      request.delegate = nil  // A delegate may keep its request.
      if !request.response.isFinished {
        request.response.isFinished = true
        delegate?.connectionClosed(request)
      }
      request.ended()
    }
    request = nil
    runDrainCallbacks()
  }

  /// The connection has ended, or is about to.
  func connectionIsGone() {
    isClosed = true
    index = -1
    close()
  }

  /// The client has closed its side of the connection.
  func peerHasEnded() {
    guard let request, !request.response.isFinished else { return }
    guard hasEnded else {
      return refuse(HTTPInputError(.invalidFraming, "Connection closed inside the body"))
    }
    request.delegate?.connectionClosed(request)
  }

  func reset(_ reason: nghttp2_error_code) {
    guard !isReset, !isClosed else { return }
    isReset = true
    connection.session?.reset(id, reason)
    connection.flushLater()
  }

  /// Answers a request that cannot be understood, and ends it.
  func refuse(_ error: HTTPInputError) {
    connection.logMalformed(error.message)
    hasStarted = true
    head = nil
    newHead = nil
    dropInbox()
    bodyDeadline = .max
    let before = request
    request = nil
    if let before {
      let delegate = before.delegate
      before.delegate = nil
      before.response.isFinished = true
      delegate?.connectionClosed(before)
      before.ended()
    }
    guard !isClosed else { return }
    if before?.response.status ?? 0 != 0 { return reset(NGHTTP2_CANCEL) }
    answer(error.code.status)
  }

  func timedOut(_ now: Int64) {
    if now >= writeDeadline {
      writeDeadline = .max
      HTTPLog.general.info("Timeout writing to \(remoteAddress)")
      reset(NGHTTP2_CANCEL)
    } else {
      bodyDeadline = .max
      refuse(HTTPInputError(.timedOut, "Timeout reading the body"))
    }
  }

  func takeTrailers() -> HTTPHeaders {
    let fields = trailerFields
    trailerFields = HTTPHeaders()
    return fields
  }
}

/// A part of a file that is to be sent.
struct AnswerFile {
  let descriptor: Int32
  var offset: Int64
  var remaining: Int
  /// Bytes that go out before it.
  var preceding: Int
}

#endif
