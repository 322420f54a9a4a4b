// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import Logging

/// The client's end of one HTTP/1 connection, for one request after another: Tornado's `_HTTPConnection`.
///
/// It takes the stream's bytes as they come, without a task: the task that fetches is woken once, at the end.
final class HTTP1ClientConnection: StreamConsumer, WheelEntry {
  enum Phase {
    /// Waits for the next request.
    case idle
    /// Waits for the answer's head, or for the rest of it.
    case head
    /// Takes the answer's body.
    case body
    case closed
  }

  let stream: IOStream
  let key: ConnectionKey
  let loop: IOLoop
  private let engine: SimpleHTTPClient
  private(set) var phase = Phase.idle
  private(set) var exchange: HTTPClientExchange?
  private var completion: Completion<Void>?
  private var reader: ResponseHeadReader
  private var body: BodyReader?
  private var allowsKeepAlive = false
  private var interimCount = 0
  private var discarded = 0
  private var requestCount = 0
  /// Whether anything of an answer to the present request has come.
  private var sawAnswer = false
  /// Whether the present request failed because the connection, which had carried one before, was closed meanwhile.
  private(set) var wasStale = false

  var upload = Upload.none
  /// Holds a producer back until the server has said that it wants the body.
  var gate: Completion<Void>?
  var isAwaitingContinue = false
  var continueTimer: TimeoutHandle?
  var uploadTask: Task<Void, Never>?
  var isPumping = false

  // Times, in the loop's nanoseconds.
  private var lastProgress: Int64 = 0
  private var sentBefore = 0
  private var sentTime: Int64 = .max
  private var preciseTimer: TimeoutHandle?
  var wheelPosition = TimeoutWheel.Position()
  var deadline = Int64.max {
    didSet { if deadline < oldValue { loop.wheel.deadlineMovedForward(self) } }
  }

  init(_ stream: IOStream, _ key: ConnectionKey, _ engine: SimpleHTTPClient) {
    self.stream = stream
    self.key = key
    self.engine = engine
    loop = engine.loop
    reader = ResponseHeadReader(limits: engine.configuration.limits)
    loop.wheel.insert(self)
  }

  /// Whether a connection that waits is still good, as far as the kernel knows.
  var isStillOpen: Bool {
    stream.checkForInput()
    return phase == .idle && !stream.isClosed
  }

  // MARK: - A request

  /// Sends a request and takes its answer.
  func perform(_ exchange: HTTPClientExchange) async throws {
    let completion = Completion<Void>(on: loop)
    self.completion = completion
    begin(exchange)
    do {
      try await completion.value()
    } catch {
      // The task was cancelled: what it waited for is not for anybody else.
      if self.exchange === exchange { fail(error) }
      throw error
    }
  }

  private func begin(_ exchange: HTTPClientExchange) {
    self.exchange = exchange
    phase = .head
    sawAnswer = false
    wasStale = false
    interimCount = 0
    discarded = 0
    requestCount += 1
    lastProgress = loop.turnTime
    sentBefore = stream.sentCount
    sentTime = .max
    exchange.timeInfo.pretransfer = loop.time - exchange.start
    exchange.whenFailed = { [unowned self] error in fail(error) }
    exchange.whenReady = { [unowned self] in
      lastProgress = loop.turnTime  // The server was not silent: nobody listened.
      stream.resumeReading()
    }
    if requestCount == 1 { stream.consume(with: self) }
    guard self.exchange === exchange else { return }  // It was closed already.
    writeHead(exchange)
    beginUpload(exchange)
    if self.exchange === exchange { watchTime() }
  }

  private func writeHead(_ exchange: HTTPClientExchange) {
    let output = stream.output
    output.append(exchange.method)
    output.append(ASCII.space)
    output.append(exchange.isForwarded ? exchange.url.text : exchange.url.target)
    output.append(" HTTP/1.1\r\n" as StaticString)
    exchange.headers.write(to: output)
    output.append("\r\n" as StaticString)
  }

  /// The request is with the kernel.
  func requestSent() {
    guard sentTime == .max, exchange != nil else { return }
    sentTime = loop.turnTime
    if exchange?.options.responseTimeout != nil { watchTime() }
  }

  // MARK: - The answer

  func streamReceived(_ stream: IOStream, _ bytes: Span<UInt8>) -> Int {
    lastProgress = loop.turnTime
    var used = 0
    do throws(HTTPClientError) {
      loop: while used < bytes.count {
        switch phase {
        case .head: if try !readHead(bytes, &used) { break loop }
        case .body: if try !readBody(bytes, &used) { break loop }
        case .idle:
          HTTPLog.general.debug("A server sent bytes that nobody asked for; its connection is closed")
          close()
          return bytes.count
        case .closed: return bytes.count
        }
      }
    } catch {
      fail(error)
      return bytes.count
    }
    return used
  }

  private func readHead(_ bytes: Span<UInt8>, _ used: inout Int) throws(HTTPClientError) -> Bool {
    guard let exchange else { return false }
    sawAnswer = true
    let rest = bytes.extracting(used...)
    let head: ResponseHead
    do throws(HTTPInputError) {
      guard let count = try reader.read(rest) else { return false }
      head = try reader.take(rest)
      used += count
    } catch {
      throw HTTPClientError(error)
    }
    defer { reader.recycle(head) }
    guard !head.isInterim else {
      interimCount += 1
      guard interimCount <= 32 else {
        throw HTTPClientError(.invalidResponse, "Interim answers without an end")
      }
      if head.status == 100 { serverContinues() }
      return true
    }
    guard head.status != 101 else {
      throw HTTPClientError(.invalidResponse, "The server switches to a protocol that nobody asked for")
    }
    let framing = head.framing(isHead: exchange.method == "HEAD")
    body = BodyReader(framing, limits: exchange.limits)
    allowsKeepAlive = head.allowsKeepAlive && framing != .untilClose
    stopUpload()
    let length = head.contentLength >= 0 ? head.contentLength : nil
    phase = .body
    try exchange.receivedHead(
      status: head.status, reason: head.reasonText, headers: head.headers, bodyLength: length,
      hasBody: body != nil && length != 0, lines: head.lines)
    guard self.exchange === exchange else { return false }  // A callback has ended it.
    guard let body, !body.isDone else {
      try complete(bytes, used)
      return false
    }
    if exchange.discardsBody, !allowsKeepAlive {
      try finish(canKeep: false)
      return false
    }
    return true
  }

  private func readBody(_ bytes: Span<UInt8>, _ used: inout Int) throws(HTTPClientError) -> Bool {
    guard let exchange, !stream.isPaused else { return false }
    let event: BodyReader.Event
    do throws(HTTPInputError) { event = try body?.next(bytes, &used) ?? .end } catch {
      throw HTTPClientError(error)
    }
    switch event {
    case .data(let range): return try takeBody(bytes, range, exchange, used)
    case .needMore: return false
    case .end:
      try complete(bytes, used)
      return false
    }
  }

  private func takeBody(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ exchange: HTTPClientExchange, _ used: Int
  ) throws(HTTPClientError) -> Bool {
    if exchange.discardsBody {
      discarded += range.count
      if discarded > HTTP1ClientConnection.mostDiscarded {
        try finish(canKeep: false)
        return false
      }
    }
    let goesOn = try exchange.receivedBody(bytes.extracting(range))
    guard self.exchange === exchange else { return false }
    if let body, body.isDone {
      try complete(bytes, used)
      return false
    }
    if !goesOn { stream.pauseReading() }
    return goesOn
  }

  /// Reading the rest of a body that nobody wants costs less than a new connection, up to here.
  private static let mostDiscarded = 256 * 1024

  /// The answer ends at `used`; nothing may follow.
  private func complete(_ bytes: Span<UInt8>, _ used: Int) throws(HTTPClientError) {
    guard used == bytes.count else {
      throw HTTPClientError(.unexpectedData, "The server sent more than its answer")
    }
    try finish(canKeep: allowsKeepAlive)
  }

  private func finish(canKeep: Bool) throws(HTTPClientError) {
    guard let exchange else { return }
    try exchange.receivedEnd(trailers: body?.trailers ?? HTTPHeaders())
    let keeps = canKeep && upload.isComplete && !stream.hasUnsent && exchange.options.keepsAlive ?? true
    end()
    let completion = completion
    self.completion = nil
    if keeps {
      phase = .idle
      deadline = loop.turnTime + engine.idleTimeout
      if !engine.pool.keep(self) { close() }
    } else {
      close()
    }
    completion?.finish(.success(()))
  }

  /// The exchange is over, one way or the other.
  private func end() {
    exchange?.whenFailed = nil
    exchange?.whenReady = nil
    exchange = nil
    body = nil
    uploadTask?.cancel()
    uploadTask = nil
    gate?.finish(.failure(CancellationError()))
    gate = nil
    if let continueTimer { loop.removeTimeout(continueTimer) }
    continueTimer = nil
    if let preciseTimer { loop.removeTimeout(preciseTimer) }
    preciseTimer = nil
  }

  /// The exchange cannot go on, and neither can the connection.
  func fail(_ error: any Error) {
    guard exchange != nil else { return close() }
    end()
    let completion = completion
    self.completion = nil
    close()
    completion?.finish(.failure(error))
  }

  func close() {
    guard phase != .closed else { return }
    if phase == .idle { engine.pool.remove(self) }
    phase = .closed
    loop.wheel.remove(self)
    stream.close()
  }

  func streamEnded(_ stream: IOStream) {
    switch phase {
    case .idle, .closed: close()
    case .head:
      wasStale = !sawAnswer && requestCount > 1
      fail(
        HTTPClientError(
          .connectionClosed, sawAnswer ? "Connection closed inside the header" : "Connection closed"))
    case .body:
      do throws(HTTPInputError) { try body?.connectionEnded() } catch {
        return fail(HTTPClientError(.truncatedBody, error.message, underlyingError: error))
      }
      do throws(HTTPClientError) { try finish(canKeep: false) } catch { fail(error) }
    }
  }

  func streamClosed(_ stream: IOStream, _ error: StreamError) {
    guard phase != .closed else { return }
    wasStale = phase == .head && !sawAnswer && requestCount > 1
    #if TLS
    if let cause = (stream as? TLSStream)?.tlsError {
      return fail(HTTPClientError(.tlsFailed, cause.description, underlyingError: cause))
    }
    #endif
    fail(HTTPClientError(.connectionClosed, error.description, underlyingError: error))
  }

  func streamDrained(_ stream: IOStream) { pumpUpload() }

  // MARK: - Time

  /// When the exchange is over, as things are now, and why.
  private func nextDeadline(_ exchange: HTTPClientExchange) -> (time: Int64, code: HTTPClientError.Code) {
    var time = exchange.deadline?.nanoseconds ?? .max
    var code = HTTPClientError.Code.requestTimedOut
    if let limit = exchange.options.responseTimeout, limit > .zero, !sawAnswer, sentTime < .max {
      let end = sentTime.addingReportingOverflow(limit.clampedNanoseconds)
      if !end.overflow, end.partialValue < time { (time, code) = (end.partialValue, .responseTimedOut) }
    }
    if let limit = exchange.options.idleTimeout, limit > .zero {
      let end = lastProgress.addingReportingOverflow(limit.clampedNanoseconds)
      if !end.overflow, end.partialValue < time { (time, code) = (end.partialValue, .idleTimedOut) }
    }
    return (time, code)
  }

  /// Has the time looked at when it is next due.
  private func watchTime() {
    guard let exchange else { return }
    let next = nextDeadline(exchange).time
    deadline = next
    if let preciseTimer { loop.removeTimeout(preciseTimer) }
    preciseTimer = nil
    // The wheel is cheap, and late by up to a quarter of a second.
    guard next < .max, next - loop.turnTime < 2_000_000_000 else { return }
    preciseTimer = loop.callAt(LoopTime(nanoseconds: next)) { [unowned self] in
      preciseTimer = nil
      checkTime()
    }
  }

  private func checkTime() {
    guard let exchange else { return }
    if stream.sentCount > sentBefore || stream.isPaused {
      // The server takes something, or it is we who do not.
      sentBefore = stream.sentCount
      lastProgress = loop.turnTime
    }
    let (time, code) = nextDeadline(exchange)
    guard time <= loop.turnTime else { return watchTime() }
    let message =
      switch code {
      case .responseTimedOut: "Timeout waiting for the answer"
      case .idleTimedOut: "Timeout between bytes"
      default: "Timeout during request"
      }
    fail(HTTPClientError(code, message))
  }

  func timedOut() {
    if phase == .idle { return close() }
    checkTime()
    if phase != .closed { loop.wheel.insert(self) }
  }
}
