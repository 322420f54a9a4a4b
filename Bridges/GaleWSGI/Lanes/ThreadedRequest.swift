// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GaleWire
import Logging
import Synchronization

/// A part of an answer on its way from a worker to the loop.
struct AnswerParts {
  /// The head, or an interim one before it.
  struct Head {
    var status: Int
    var reason: String?
    var headers: HTTPHeaders
    var hasDate: Bool
    var hasServer: Bool
  }

  enum End: Equatable {
    /// More parts will follow.
    case open
    case complete
    case cut
    case error(Int)
  }

  var head: Head?
  var body: [UInt8] = []
  var file: FileWrapper.Region?
  /// Whether more was promised than ``file`` holds.
  var isFileShort = false
  var end = End.open
}

/// A request that a worker answers.
///
/// `@unchecked Sendable`: `head`, `facts`, `template` and `stream` never change after the hand-over and `body` is set
/// before it and then the worker's; `arrival` too; `interrupter` is the worker's until ``stage`` says who it is; `request`, `deadline`, `wheelPosition` and `isTimedOut` belong to the loop; the rest is
/// atomic or guarded by the pool's monitor.
final class ThreadedRequest: HTTPMessageDelegate, WheelEntry, @unchecked Sendable {
  let head: RequestHead
  private(set) var facts: EnvironBuilder.Facts
  let id: RequestID
  private(set) var body: [UInt8] = []
  let stream: BodyStream?
  let lane: ThreadsLane.Shared
  /// Bytes that were passed on and are not with the kernel yet.
  let unsent = Atomic<Int>(0)
  let stage = RequestStage()
  /// The worker's time in Python, for interrupting it.
  let call = InterruptibleCall()
  /// Who can: set by the worker before it takes the request, and looked at by the loop once it has.
  var interrupter = Interrupter.shared
  /// When the request was handed over, in the loop's nanoseconds.
  private(set) var arrival: Int64 = 0
  private let gone = Atomic<Bool>(false)
  /// `nil` once the answer is complete, so that a worker that lets go last frees nothing of the loop's.
  private var request: HTTPServerRequest?
  private weak var owner: ThreadsLane?
  var wheelPosition = TimeoutWheel.Position()
  private(set) var deadline = Int64.max
  private var isTimedOut = false

  /// Bodies up to this size are collected before a worker is asked: a slow client shall not keep one waiting.
  private static let collectedLimit = 64 * 1024

  init(_ request: HTTPServerRequest, _ owner: ThreadsLane) {
    self.request = request
    id = request.id
    self.owner = owner
    lane = owner.shared
    head = request.head
    facts = EnvironBuilder.Facts(
      mountPath: request.mountPath, isSecure: request.protocol == "https",
      remote: request.remoteAddress, contentLength: request.head.contentLength, gateway: request.gateway)
    let streams =
      head.traits.contains(.chunked) || head.contentLength > Self.collectedLimit
      || head.hasBody && head.traits.contains(.expectContinue)
    stream = streams ? BodyStream(request) : nil
    if streams { owner.enqueue(self) }
  }

  /// Whether nobody waits for the answer any more.
  var isGone: Bool { gone.load(ordering: .relaxed) }

  var remoteHost: String { facts.remote.isPath ? "0.0.0.0" : facts.remote.host }

  /// The worker's: gives the collected body up, so that its memory is free as soon as the application has read it.
  func takeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }

  /// `GET /path (127.0.0.1)`, for the log.
  var summary: String {
    HTTPServerRequest.escapeForLog("\(head.text(head.method)) \(head.text(head.target)) (\(remoteHost))")
  }

  // MARK: - The loop's side

  var bodyDelivery: HTTPBodyDelivery { stream == nil ? .buffered : .streamed }

  func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) {
    stream?.append(chunk)
    postpone()
  }

  func finish(_ request: HTTPServerRequest) {
    if let stream {
      postpone()
      return stream.end(isBroken: false)
    }
    body = request.body
    request.body = []
    owner?.enqueue(self)
  }

  func connectionClosed(_ request: HTTPServerRequest) {
    // A client that has only closed its side still wants the answer.
    guard request.responseFinished else { return }
    leave()
  }

  private func leave() {
    gone.store(true, ordering: .relaxed)
    stream?.end(isBroken: true)
    lane.pool.noteSent(self, 0)
  }

  /// Lets go of what belongs to the loop: nothing more will come, or nobody wants it.
  private func forget() {
    lane.loop.wheel.remove(self)
    stream?.end(isBroken: true)
    request = nil
  }

  /// Answers that all workers are busy.
  func refuse() {
    leave()
    if let request, !request.responseFinished { ServerAnswer.send(503, request) }
    forget()
  }

  /// Passes a part of the answer to the connection.
  func apply(_ parts: consuming AnswerParts) {
    let isLast = parts.end != .open
    defer { if isLast { forget() } }
    guard let request, !request.responseFinished, !isTimedOut else {
      if let file = parts.file { System.close(file.descriptor) }
      return leave()
    }
    postpone()
    do throws(HTTPOutputError) {
      if let head = parts.head.take() { try writeHead(head, request) }
      if !parts.body.isEmpty { try request.connection.write(parts.body.span, for: request) }
      try end(parts, request)
    } catch {
      HTTPLog.general.info("\(error.description)")
      leave()
    }
  }

  private func writeHead(
    _ head: consuming AnswerParts.Head, _ request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    guard head.status >= 200 else {
      return try request.connection.writeInformational(head.status, head.headers, for: request)
    }
    request.context.appendServerFields(
      to: &head.headers, hasDate: head.hasDate, hasServer: head.hasServer)
    try request.connection.writeHeaders(head.status, reason: head.reason, head.headers, for: request)
  }

  private func end(_ parts: borrowing AnswerParts, _ request: HTTPServerRequest) throws(HTTPOutputError) {
    if let file = parts.file {
      return FileSending.send(
        file.descriptor, offset: file.offset, count: file.count, isShort: parts.isFileShort, request,
        request.connection)
    }
    switch parts.end {
    case .open: flush(parts.body.count, request)
    case .complete:
      try request.finish()
      request.logAccess()
    case .cut: Cutting.cut(request)
    case .error(let status): ServerAnswer.send(status, request)
    }
  }

  private func flush(_ count: Int, _ request: HTTPServerRequest) {
    request.connection.flush(for: request)
    guard request.connection.unsentCount > InlineExchange.unsentLimit else { return noteSent(count) }
    request.connection.whenDrained(request) { [self] in noteSent(count) }
  }

  private func noteSent(_ count: Int) {
    guard let request, !request.responseFinished else { return leave() }
    postpone()
    lane.pool.noteSent(self, count)
  }

  // MARK: - The time limit

  /// Starts the time limits, if there are any: the request is about to be handed over.
  func watch() {
    arrival = lane.loop.turnTime
    postpone()
    if deadline < .max { lane.loop.wheel.insert(self) }
  }

  /// Starts the time limit anew: something came, from the client or from the worker.
  private func postpone() {
    guard !isTimedOut else { return }
    let limits = lane.limits
    deadline = limits.response > 0 ? lane.loop.turnTime &+ limits.response : .max
    if limits.queue > 0, stage.isQueued { deadline = min(deadline, lane.loop.turnTime &+ limits.queue) }
  }

  private func lookAgain(at time: Int64) {
    deadline = time
    lane.loop.wheel.insert(self)
  }

  /// Nothing came for too long.
  func timedOut() {
    if stage.expire() {
      lane.pool.counters.noteExpired()
      refuse()
      return lane.pool.dropExpired()
    }
    guard lane.limits.response > 0 else { return }
    if isTimedOut { return loseWorker() }
    // What is over may be the time in the queue only.
    if !isGone, case let due = arrival &+ lane.limits.response, due > lane.loop.turnTime {
      return lookAgain(at: due)
    }
    // Slow clients are the connection's affair.
    if unsent.load(ordering: .relaxed) > InlineExchange.unsentLimit / 2, !isGone {
      return lookAgain(at: lane.loop.turnTime &+ lane.limits.response)
    }
    giveUp()
    interruptWorker()
  }

  /// Ends the answer without the worker, whose parts are dropped from now on.
  private func giveUp() {
    isTimedOut = true
    lane.pool.counters.noteTimedOut()
    defer { leave() }
    guard let request, !request.responseFinished else { return }
    let what = request.responseStarted ? "The answer stopped coming" : "No answer in time"
    WSGILog.logger.error("\(what) (\(seconds) s): \(summary) [\(id)]")
    if request.responseStarted { Cutting.cut(request) } else { ServerAnswer.send(504, request) }
  }

  /// For how long the request has been here, as text.
  private var seconds: String { LaneTime.seconds(System.monotonicNanoseconds &- arrival) }

  /// Has `gale.RequestTimeout` raised where the worker is, and gives it time to come back.
  private func interruptWorker() {
    let text = "\(summary) [\(id)]"
    interrupter.run { [self] python, timeout in
      guard let stack = call.interrupt(python, by: timeout) else { return }
      WSGILog.logger.error(
        "Interrupted \(text), whose thread was here:\n\(WSGILog.escape(stack, limit: 64 * 1024))")
    }
    lookAgain(at: lane.loop.turnTime &+ lane.limits.grace)
  }

  /// Has another worker take the place of the one that has this request.
  ///
  /// One that got it late, from a long queue, is given the whole limit.
  private func loseWorker() {
    let allowed = stage.runningSince &+ lane.limits.response &+ lane.limits.grace
    if allowed > lane.loop.turnTime { return lookAgain(at: allowed) }
    guard stage.lose() else { return }
    WSGILog.logger.error("A thread does not come back from Python (\(seconds) s): \(summary) [\(id)]")
    lane.pool.replaceWorker()
  }
}

/// What lanes do about time.
enum LaneTime {
  /// Nanoseconds as seconds with a digit after the point.
  static func seconds(_ nanoseconds: Int64) -> String {
    let tenths = max(0, nanoseconds) / 100_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}

/// The time limits of a lane, in nanoseconds; 0 for none.
struct LaneLimits: Sendable {
  /// How long a worker may be silent.
  var response: Int64
  /// How long a request may wait for a worker.
  var queue: Int64
  /// How long a worker may take to come back once it was interrupted.
  var grace: Int64
}

#endif
