// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
import GaleCore
import GaleLoop
import GaleWire
import Logging

/// The server's end of one HTTP/2 connection (RFC 9113), beside ``HTTP1ServerConnection``.
///
/// It feeds a stream's bytes to nghttp2's session and sends what that has to say. What the session reports is
/// noted while it runs; delegates are called afterwards, so that what they do never runs inside of it. Each
/// request has an ``HTTP2Stream``, by which it is answered.
final class HTTP2ServerConnection: ServerConnection, StreamConsumer, WheelEntry {
  let stream: IOStream
  let context: HTTPServerContext
  let remoteAddress: SocketAddress
  let connectionID: HTTPConnectionID
  let settings: HTTP2Configuration
  private(set) var session: HTTP2Session?
  /// The streams that are open.
  var streams: [HTTP2Stream] = []
  /// The streams that something happened to, in that order.
  private var changed: [HTTP2Stream] = []
  private var isAdvancing = false
  private(set) var isPumping = false
  private var mustPumpAgain = false
  private var requestCount = 0
  var counts: FloodCounts
  /// Why the session was ended inside of one of its own calls.
  var failure: nghttp2_error_code?
  /// Bytes of bodies that wait for their delegates.
  private(set) var heldCount = 0
  /// Bytes of bodies that wait, and for which the client was not yet told that it may send more.
  private var unconsumed = 0
  /// Bytes of answers that wait for the client.
  var pendingCount = 0

  enum Phase: UInt8 {
    case open
    /// The client was told that the connection will end; its last requests may be on their way.
    case announced
    /// No new requests are taken.
    case draining
    /// Has closed its side and waits for the client to do so too.
    case lingering
    case closed
  }
  var phase = Phase.open
  private(set) var peerEnded = false
  var hasShutDown = false
  var lingered = 0
  private(set) var sentBefore = 0
  /// How many of the bytes that were sent are counted in the statistics.
  private var sentCounted = 0

  var startDeadline = Int64.max
  var headerDeadline = Int64.max
  var idleDeadline = Int64.max
  var announcedDeadline = Int64.max
  var writeDeadline = Int64.max
  private let ageDeadline: Int64
  var wheelPosition = TimeoutWheel.Position()
  var deadline = Int64.max {
    didSet { if deadline < oldValue { context.loop.wheel.deadlineMovedForward(self) } }
  }

  /// How many bytes wait for the kernel until no more are made.
  private static let highWater = 128 * 1024

  init(
    _ stream: IOStream, _ address: SocketAddress, _ context: HTTPServerContext, _ id: HTTPConnectionID
  ) {
    self.stream = stream
    self.context = context
    remoteAddress = address
    connectionID = id
    settings = context.configuration.http2
    counts = FloodCounts(settings)
    ageDeadline = settings.maxConnectionAge.map { context.loop.turnTime + $0.timeoutNanoseconds } ?? .max
  }

  var loop: IOLoop { context.loop }

  /// Takes the stream over; what it holds already is read in the next turn.
  func start() {
    let session = HTTP2Session(for: self)
    self.session = session
    session.submitSettings(settings, headerListSize: context.configuration.limits.head)
    startDeadline = loop.turnTime + context.headerTimeout
    deadline = startDeadline
    loop.wheel.insert(self)
    stream.consume(with: self)
    loop.addLocalCallback { [self] in stream.deliverBuffered() }
    flushLater()
  }

  // MARK: - Bytes in

  func streamReceived(_ stream: IOStream, _ bytes: Span<UInt8>) -> Int {
    guard phase < .lingering, let session else {
      linger(bytes.count)
      return bytes.count
    }
    context.statistics?.received(bytes.count)
    let status = session.receive(bytes)
    if status < 0 { end(with: status) }
    advance()
    flushLater()
    if stream.unsentCount >= HTTP2ServerConnection.highWater { stream.pauseReading() }
    return bytes.count
  }

  private func end(with status: Int32) {
    let reason =
      switch status {
      case NGHTTP2_ERR_CALLBACK_FAILURE.rawValue: failure ?? NGHTTP2_INTERNAL_ERROR
      case NGHTTP2_ERR_FLOODED.rawValue: NGHTTP2_ENHANCE_YOUR_CALM
      case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: NGHTTP2_PROTOCOL_ERROR
      default: NGHTTP2_INTERNAL_ERROR
      }
    terminate(reason)
  }

  /// Ends the connection for `reason`, which the client is told if it still reads.
  func terminate(_ reason: nghttp2_error_code) {
    guard phase < .lingering else { return }
    logMalformed("HTTP/2 connection ended with error code \(reason.rawValue)")
    session?.terminate(reason)
    pump()
    beginLingering()
  }

  func logMalformed(_ text: String) {
    HTTPLog.general.info("Malformed HTTP message from \(remoteAddress): \(text)")
    context.statistics?.refused()
  }

  func streamEnded(_ stream: IOStream) {
    stream.deliverBuffered()
    guard phase < .lingering else { return close() }
    peerEnded = true
    // It may only have closed its side; the answers are still sent if they come.
    idleDeadline = loop.turnTime + context.writeTimeout
    setDeadline(idleDeadline)
    for open in streams { open.peerHasEnded() }
    advance()
    closeIfDone()
  }

  func streamClosed(_ stream: IOStream, _ error: StreamError) {
    guard phase != .closed else { return }
    countSent()
    phase = .closed
    loop.wheel.remove(self)
    session?.end()
    session = nil
    let open = streams
    streams = []
    changed = []
    for stream in open { stream.connectionIsGone() }
    context.closed(self)
    context.delegate.connectionClosed(connectionID)
  }

  func streamDrained(_ stream: IOStream) {
    guard !isPumping else { return }
    writeDeadline = .max
    stream.resumeReading()
    if phase == .lingering { return shutDown() }
    pump()
  }

  // MARK: - What the session reports

  func headersEnded() { headerDeadline = .max }

  func settingsCame() { startDeadline = .max }

  func pingAnswered() {
    if phase == .announced { stopTakingRequests() }
  }

  /// The fields of a new request follow.
  func requestBegins(_ id: Int32) {
    headerDeadline = loop.turnTime + context.headerTimeout
    setDeadline(headerDeadline)
    guard phase < .draining else { return }
    guard pendingCount <= settings.unsentByteCount else {
      session?.reset(id, NGHTTP2_REFUSED_STREAM)
      return
    }
    let stream = HTTP2Stream(id, self)
    stream.index = streams.count
    streams.append(stream)
    session?.setStream(id, stream)
    idleDeadline = .max
  }

  func streamEnded(_ stream: HTTP2Stream) {
    session?.setStream(stream.id, nil)
    remove(stream)
    stream.isClosed = true
    note(stream)
  }

  private func remove(_ stream: HTTP2Stream) {
    let index = stream.index
    guard index >= 0, index < streams.count, streams[index] === stream else { return }
    let last = streams.removeLast()
    if last !== stream {
      streams[index] = last
      last.index = index
    }
    stream.index = -1
    if streams.isEmpty {
      idleDeadline = loop.turnTime + context.idleTimeout
      setDeadline(idleDeadline)
    }
  }

  /// Has `stream` looked after once the session is done.
  func note(_ stream: HTTP2Stream) {
    guard !stream.isNoted else { return }
    stream.isNoted = true
    changed.append(stream)
  }

  func bodyHeld(_ count: Int) {
    heldCount += count
    // Bodies that nobody takes hold the others' sender back only when they have become many bytes.
    if heldCount <= settings.connectionWindowByteCount {
      consumeConnection(count)
    } else {
      unconsumed += count
    }
  }

  func bodyTaken(_ stream: HTTP2Stream, _ count: Int) {
    heldCount -= count
    session?.consume(stream: stream.id, count)
    bodyDropped(0)
  }

  func bodyDropped(_ count: Int) {
    heldCount -= count
    guard unconsumed > 0, heldCount <= settings.connectionWindowByteCount else { return }
    consumeConnection(unconsumed)
    unconsumed = 0
  }

  func consumeConnection(_ count: Int) { session?.consumeConnection(count) }

  // MARK: - Requests

  /// Calls the delegates of the streams that something happened to.
  func advance() {
    guard !isAdvancing else { return }
    isAdvancing = true
    var index = 0
    while index < changed.count {
      let stream = changed[index]
      index += 1
      stream.isNoted = false
      stream.advance()
    }
    changed.removeAll(keepingCapacity: true)
    isAdvancing = false
  }

  /// A request starts.
  func requestStarts() {
    requestCount += 1
    counts.requestStarted()
    let configuration = context.configuration
    if requestCount >= configuration.maxRequestsPerConnection || configuration.noKeepAlive
      || loop.turnTime >= ageDeadline || context.isDraining
    {
      announceEnd()
    }
  }

  // MARK: - Bytes out

  /// Whether more may be made for the kernel to send.
  var hasRoom: Bool { stream.unsentCount < HTTP2ServerConnection.highWater }

  /// Sends at the end of the loop's turn, what all streams have.
  func flushLater() {
    guard !stream.isFlushPending, phase < .lingering else { return }
    stream.isFlushPending = true
    loop.flushAtEndOfTurn(self)
  }

  /// Has the session say what it has to say, as far as windows and the kernel allow.
  func pump() {
    guard !isPumping, phase < .lingering else {
      mustPumpAgain = true
      return
    }
    isPumping = true
    var rounds = 0
    repeat {
      mustPumpAgain = false
      rounds += 1
      guard let session, session.send(to: stream.output, upTo: HTTP2ServerConnection.highWater) else {
        isPumping = false
        return abortNow()
      }
      stream.flush()
      if !stream.hasUnsent { runDrainCallbacks() }
    } while phase < .lingering && !stream.hasUnsent && rounds < 16
      && (mustPumpAgain || session?.wantsToSend ?? false)
    isPumping = false
    // Others have their turn before the rest.
    if rounds == 16, !stream.hasUnsent { loop.addLocalCallback { [self] in pump() } }
    if stream.isClosed { return }
    if !stream.hasUnsent { stream.resumeReading() }
    watchWriting()
    advance()
    if stream.isClosed { return }
    if !stream.hasUnsent, session?.wantsToSend ?? false { flushLater() }
    closeIfDone()
  }

  private func runDrainCallbacks() {
    for stream in streams where stream.isDrained { stream.runDrainCallbacks() }
  }

  private func countSent() {
    guard let statistics = context.statistics else { return }
    statistics.sent(stream.sentCount - sentCounted)
    sentCounted = stream.sentCount
  }

  func watchWriting() {
    countSent()
    guard stream.hasUnsent else {
      writeDeadline = .max
      return
    }
    if writeDeadline == .max || stream.sentCount > sentBefore {
      sentBefore = stream.sentCount
      writeDeadline = loop.turnTime + context.writeTimeout
      setDeadline(writeDeadline)
    }
  }
}

extension HTTP2ServerConnection: EndOfTurnFlush {
  func flushAtEndOfTurn() {
    stream.isFlushPending = false
    advance()
    if phase < .lingering, !stream.isClosed { pump() }
  }
}

extension HTTP2ServerConnection.Phase: Comparable {
  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

#endif
