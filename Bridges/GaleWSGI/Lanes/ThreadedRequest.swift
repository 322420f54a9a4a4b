// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CSystem
import GaleHTTP
import GaleLoop
import GaleWire
import Logging
import Synchronization

/// A part of an answer on its way from a worker to the loop.
struct AnswerParts {
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
/// before it; `request` belongs to the loop; the rest is atomic or guarded by the pool's monitor.
final class ThreadedRequest: HTTPMessageDelegate, @unchecked Sendable {
  let head: RequestHead
  private(set) var facts: EnvironBuilder.Facts
  private(set) var body: [UInt8] = []
  let stream: BodyStream?
  let lane: ThreadsLane.Shared
  /// Bytes that were passed on and are not with the kernel yet.
  let unsent = Atomic<Int>(0)
  private let gone = Atomic<Bool>(false)
  private let request: HTTPServerRequest
  private weak var owner: ThreadsLane?

  /// Bodies up to this size are collected before a worker is asked: a slow client shall not keep one waiting.
  private static let collectedLimit = 64 * 1024

  init(_ request: HTTPServerRequest, _ owner: ThreadsLane) {
    self.request = request
    self.owner = owner
    lane = owner.shared
    head = request.head
    facts = EnvironBuilder.Facts(
      mountPath: request.mountPath, isSecure: request.protocol == "https",
      remote: request.connection.remoteAddress, contentLength: request.head.contentLength)
    let streams =
      head.traits.contains(.chunked) || head.contentLength > Self.collectedLimit
      || head.hasBody && head.traits.contains(.expectContinue)
    stream = streams ? BodyStream(request) : nil
    if streams { owner.enqueue(self) }
  }

  /// Whether nobody waits for the answer any more.
  var isGone: Bool { gone.load(ordering: .relaxed) }

  var remoteHost: String { facts.remote.isPath ? "0.0.0.0" : facts.remote.host }

  /// `GET /path (127.0.0.1)`, for the log.
  var summary: String {
    HTTPServerRequest.escapeForLog("\(head.text(head.method)) \(head.text(head.target)) (\(remoteHost))")
  }

  // MARK: - The loop's side

  var bodyDelivery: HTTPBodyDelivery { stream == nil ? .buffered : .streamed }

  func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) { stream?.append(chunk) }

  func finish(_ request: HTTPServerRequest) {
    if let stream { return stream.end(isBroken: false) }
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

  /// Answers that all workers are busy.
  func refuse() {
    leave()
    if !request.responseFinished { ServerAnswer.send(503, request) }
  }

  /// Passes a part of the answer to the connection.
  func apply(_ parts: consuming AnswerParts) {
    guard !request.responseFinished else {
      if let file = parts.file { _ = gale_close(file.descriptor) }
      return leave()
    }
    do throws(HTTPOutputError) {
      if let head = parts.head.take() { try writeHead(head) }
      if !parts.body.isEmpty { try request.connection.write(parts.body.span, for: request) }
      try end(parts)
    } catch {
      HTTPLog.general.info("\(error.description)")
      leave()
    }
  }

  private func writeHead(_ head: consuming AnswerParts.Head) throws(HTTPOutputError) {
    let context = request.connection.context
    ServerFields.add(to: &head.headers, hasDate: head.hasDate, hasServer: head.hasServer, context)
    try request.connection.writeHeaders(head.status, reason: head.reason, head.headers, for: request)
  }

  private func end(_ parts: borrowing AnswerParts) throws(HTTPOutputError) {
    if let file = parts.file {
      return FileSending.send(
        file.descriptor, offset: file.offset, count: file.count, isShort: parts.isFileShort, request,
        request.connection)
    }
    switch parts.end {
    case .open: flush(parts.body.count)
    case .complete:
      try request.finish()
      request.logAccess()
    case .cut: Cutting.cut(request)
    case .error(let status): ServerAnswer.send(status, request)
    }
  }

  private func flush(_ count: Int) {
    request.connection.flush(for: request)
    guard request.connection.unsentCount > InlineExchange.unsentLimit else { return noteSent(count) }
    request.connection.whenDrained(request) { [self] in noteSent(count) }
  }

  private func noteSent(_ count: Int) {
    if request.responseFinished { return leave() }
    lane.pool.noteSent(self, count)
  }
}

#endif
