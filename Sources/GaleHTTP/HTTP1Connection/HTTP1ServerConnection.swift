// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import Logging

/// The server's end of one HTTP/1 connection: Tornado's `HTTP1ServerConnection`.
///
/// It pumps a stream's bytes through the request reader, hands requests to the delegate one at a
/// time, and writes their answers in order. Between requests it holds no buffer, no request and no
/// task: only this object, its stream, and a place in the time-out wheel.
final class HTTP1ServerConnection: HTTPConnection, ServerConnection, StreamConsumer, WheelEntry {
  enum Phase: UInt8 {
    /// Waits for a request, or for the rest of its head.
    case head
    /// Takes in a request's body.
    case body
    /// Has the whole request; its answer is being made.
    case answering
    /// Has closed its side and reads what the client still sends, so that the answer is not lost.
    case lingering
    case closed
  }

  let stream: IOStream
  let context: HTTPServerContext
  let remoteAddress: SocketAddress
  let connectionID: HTTPConnectionID
  var phase = Phase.head
  private var isServing = false
  private var mustContinue = false
  /// Whether the first bytes of the request's body came with its head.
  var isBodyThere = false
  var isDetached = false
  var peerEnded = false
  var requestCount: Int32 = 0
  /// The turn of the loop in which ``servedInTurn`` requests were begun.
  private var servedTurn: Int64 = 0
  private var servedInTurn: Int32 = 0
  private var isYielding = false
  private static let requestsPerTurn: Int32 = 64
  var hasShutDown = false
  var lingered: Int32 = 0
  /// How many bytes the stream had sent when the write time-out began.
  var sentBefore = 0
  /// How many of the bytes that were sent are counted in the statistics.
  private var sentCounted = 0
  var request: HTTPServerRequest?
  var reader: HeadReader?
  var bodyProgress: BodyProgress?
  var drainCallbacks: [() -> Void] = []
  var wheelPosition = TimeoutWheel.Position()
  var deadline = Int64.max {
    didSet { if deadline < oldValue { context.loop.wheel.deadlineMovedForward(self) } }
  }

  init(_ stream: IOStream, _ address: SocketAddress, _ context: HTTPServerContext) {
    self.stream = stream
    self.context = context
    remoteAddress = address
    connectionID = context.makeConnectionID()
    let chunkByteCount = context.configuration.chunkByteCount
    if chunkByteCount != stream.readChunkSize { stream.readChunkSize = max(1, chunkByteCount) }
  }

  var loop: IOLoop { context.loop }

  #if TLS
  var tls: TLSStream? { stream as? TLSStream }
  #endif

  func start() {
    context.opened(self)
    deadline = context.loop.turnTime + context.headerTimeout
    context.loop.wheel.insert(self)
    stream.consume(with: self)
  }

  // MARK: - Bytes in

  func streamReceived(_ stream: IOStream, _ bytes: Span<UInt8>) -> Int {
    var used = 0
    isServing = true
    loop: while used < bytes.count {
      switch phase {
      case .head:
        if mustYield(bytes.count - used) || !readHead(bytes, &used) { break loop }
      case .body: if !readBody(bytes, &used) { break loop }
      case .answering:
        if bytes.count - used >= context.configuration.pipelinedByteCount { stream.pauseReading() }
        break loop
      case .lingering:
        linger(bytes.count - used)
        used = bytes.count
      case .closed:
        if isDetached { break loop }  // What follows is for who took the stream.
        used = bytes.count
      }
    }
    isServing = false
    context.statistics?.received(used)
    if stream.hasUnsent { if phase == .answering { flushAtEndOfTurn(of: loop) } else { flushAndWatch() } }
    return used
  }

  /// Whether the connection has had its share of this turn of the loop; the rest is for the next one.
  ///
  /// A client that sends thousands of requests at once must not keep the others waiting.
  private func mustYield(_ waiting: Int) -> Bool {
    if servedTurn != context.loop.turnTime {
      servedTurn = context.loop.turnTime
      servedInTurn = 0
    }
    guard servedInTurn >= HTTP1ServerConnection.requestsPerTurn else { return false }
    if waiting >= context.configuration.pipelinedByteCount { stream.pauseReading() }
    guard !isYielding else { return true }
    isYielding = true
    context.loop.addLocalCallback { [self] in
      isYielding = false
      servedInTurn = 0
      mustContinue = true
      continueServing()
    }
    return true
  }

  /// Returns whether a head was read.
  private func readHead(_ bytes: Span<UInt8>, _ used: inout Int) -> Bool {
    let isFirstPart = self.reader == nil
    let reader = self.reader ?? context.takeReader()
    let rest = bytes.extracting(used...)
    #if HTTP2
    if requestCount == 0, isFirstPart, context.configuration.http2.isEnabled {
      switch HTTP2Preface.check(rest, on: stream) {
      case .absent: break
      case .incomplete: return false
      case .present:
        switchToHTTP2()
        return true
      }
    }
    #endif
    do throws(HTTPInputError) {
      guard let count = try reader.reader.read(rest) else {
        if isFirstPart {
          self.reader = reader
          deadline = context.loop.turnTime + context.headerTimeout
        }
        return false
      }
      let head = try reader.reader.take(rest)
      used += count
      isBodyThere = used < bytes.count
      self.reader = nil
      context.giveBack(reader)
      begin(head, try context.makeRequest(head, self))
      return true
    } catch {
      self.reader = nil  // Not given back: it stopped in the middle.
      refuse(error)
      return true
    }
  }

  #if HTTP2
  /// Leaves the stream, with all that came, to the other protocol.
  private func switchToHTTP2() {
    isDetached = true
    phase = .closed
    deadline = .max
    context.loop.wheel.remove(self)
    let next = HTTP2ServerConnection(stream, remoteAddress, context, connectionID)
    context.opened(next)
    context.closed(self)
    next.start()
  }
  #endif

  private func begin(_ head: RequestHead, _ request: HTTPServerRequest) {
    requestCount += 1
    servedInTurn += 1
    deadline = .max
    let isLast =
      !head.allowsKeepAlive || context.configuration.noKeepAlive || context.isDraining
      || requestCount >= context.configuration.maxRequestsPerConnection
    let hasBody = head.hasBody
    request.response.closesConnection = isLast
    self.request = request
    phase = hasBody ? .body : .answering
    if hasBody { request.bodyReader = bodyReader(for: request) }
    let delegate = context.delegate.startRequest(request)
    guard self.request === request else { return }  // It is answered already, or cut off.
    request.delegate = delegate
    guard hasBody else {
      delegate.finish(request)
      return
    }
    beginBody(request, delegate)
  }

  func streamEnded(_ stream: IOStream) {
    peerEnded = true
    switch phase {
    case .head where isYielding: break
    case .head:
      if isBetweenRequests {
        close()
      } else {
        refuse(HTTPInputError(.invalidStartLine, "Connection closed inside the header"))
      }
    case .body:
      refuse(HTTPInputError(.invalidFraming, "Connection closed inside the body"))
    case .answering:
      // The client may only have closed its side; the answer is still sent if it comes.
      if let request, let delegate = request.delegate, !request.response.isFinished {
        request.response.closesConnection = true
        delegate.connectionClosed(request)
        if phase == .answering, deadline == .max { deadline = context.loop.turnTime + context.writeTimeout }
      }
    case .lingering, .closed: close()
    }
  }

  func streamClosed(_ stream: IOStream, _ error: StreamError) {
    guard phase != .closed else { return }
    countSent()
    let wasAnswering = phase == .answering || phase == .body
    phase = .closed
    context.loop.wheel.remove(self)
    reader = nil
    if let request {
      let delegate = request.delegate
      request.delegate = nil  // A delegate may keep its request.
      if wasAnswering, !request.response.isFinished {
        request.response.isFinished = true
        if !peerEnded || request.bodyReader != nil { delegate?.connectionClosed(request) }
      }
      request.ended()
    }
    request = nil
    runDrainCallbacks()
    context.closed(self)
    context.delegate.connectionClosed(connectionID)
  }

  func streamDrained(_ stream: IOStream) {
    countSent()
    if deadline != .max, phase == .answering {
      deadline = peerEnded ? context.loop.turnTime + context.writeTimeout : .max
    }
    runDrainCallbacks()
    if phase == .lingering, !hasShutDown { shutDown() }
    if phase == .answering, request == nil {
      awaitRequest()
      flushAtEndOfTurn(of: loop)
    }
    if phase == .head, context.isDraining, isBetweenRequests { beginLingering() }
  }

  private func runDrainCallbacks() {
    guard !drainCallbacks.isEmpty else { return }
    let callbacks = drainCallbacks
    drainCallbacks = []
    for callback in callbacks { callback() }
  }

  // MARK: - The end of a request

  /// The answer is complete: the next request, or the end of the connection.
  func requestDone() {
    guard let request else { return }
    self.request = nil
    request.delegate = nil
    bodyProgress = nil
    request.ended()
    if request.response.closesConnection || context.isDraining {
      beginLingering()
      return
    }
    // The next answer may be a file too, and a stream sends one at a time.
    if !stream.isSendingFile { awaitRequest() }
  }

  private func awaitRequest() {
    phase = .head
    deadline = context.loop.turnTime + context.idleTimeout
    if !isServing { mustContinue = true }
  }

  /// The answer was completed outside of streamReceived: what waits behind it is served.
  func continueServing() {
    guard mustContinue else { return }
    mustContinue = false
    guard phase == .head else { return }
    stream.resumeReading()
    stream.deliverBuffered()
    closeIfEnded()
  }

  /// The client has closed its side, and has all that it asked for.
  func closeIfEnded() {
    if peerEnded, phase == .head, !isYielding, !stream.hasUnsent { close() }
  }

  /// Sends what is queued, and gives the client time to take it.
  func flushAndWatch() {
    let before = stream.unsentCount
    stream.flush()
    countSent()
    guard stream.hasUnsent else { return }
    if stream.unsentCount < before || deadline == .max {
      sentBefore = stream.sentCount
      deadline = context.loop.turnTime + context.writeTimeout
    }
  }

  func countSent() {
    guard let statistics = context.statistics else { return }
    statistics.sent(stream.sentCount - sentCounted)
    sentCounted = stream.sentCount
  }
}
