// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
import GaleCore
import GaleLoop
import GaleWire
import Logging

extension HTTP2Stream {
  private func check(_ request: HTTPServerRequest) throws(HTTPOutputError) {
    guard self.request === request, !request.response.isFinished else {
      throw HTTPOutputError("The request is over: its answer is complete, or the client is gone")
    }
  }

  private func checkHead(_ request: HTTPServerRequest) throws(HTTPOutputError) {
    try check(request)
    guard request.response.status == 0 else { throw HTTPOutputError("The headers are already written") }
  }

  func writeHeaders(
    _ status: Int, reason: String?, _ headers: HTTPHeaders, for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    try checkHead(request)
    var headers = headers
    if request.observers != nil { request.willSend(status, &headers) }
    let framing = try chooseFraming(status, headers, request)
    if headers.has("Connection") || headers.has("Transfer-Encoding") { try settle(headers) }
    request.response.status = status
    request.response.framing = framing
    request.noteAnswer(headers)
    // It waits for the body's first bytes, or its end: an answer without a body is one frame.
    answerHead = (status, headers)
  }

  func respond(
    _ status: Int, reason: String?, _ headers: inout HTTPHeaders, _ body: Span<UInt8>,
    for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    if request.observers != nil {
      try checkHead(request)
      request.willSend(status, &headers)
    }
    let steersConnection =
      headers.has("Connection") || headers.has("Transfer-Encoding") || headers.has("Content-Length")
    guard !steersConnection, (200...999).contains(status), !HTTPStatus(status).forbidsBody else {
      if !headers.has("Content-Length"), !HTTPStatus(status).forbidsBody {
        headers.append("Content-Length", decimal: body.count)
      }
      try writeHeaders(status, reason: reason, headers, for: request)
      try write(body, for: request)
      return try finish(trailers: nil, for: request)
    }
    try checkHead(request)
    request.response.status = status
    headers.append("Content-Length", decimal: body.count)
    request.noteAnswer(headers)
    let hasBody = !request.isHead && body.count > 0
    if hasBody {
      request.response.bodyByteCount = body.count
      append(body)
    }
    complete(request)
    submit(status, headers, hasBody: hasBody)
    request.ended()
  }

  /// Does what HTTP/1 says with these fields, which are not sent.
  ///
  /// That the connection ends; how the body does needs no field.
  private func settle(_ headers: HTTPHeaders) throws(HTTPOutputError) {
    if let coding = headers["Transfer-Encoding"], coding.lowercased() != "chunked" {
      throw HTTPOutputError("Transfer-Encoding is not the handler's")
    }
    let options = headers["Connection"]?.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" } ?? []
    if options.contains("close") { connection.announceEnd() }
  }

  private func chooseFraming(
    _ status: Int, _ headers: HTTPHeaders, _ request: HTTPServerRequest
  ) throws(HTTPOutputError) -> BodyFraming {
    // RFC 9113, section 8.6: there is no 101.
    guard (200...999).contains(status) else { throw HTTPOutputError("Status \(status) is not final") }
    if status == 204 || status == 304 { return .none }
    if let value = headers.contentLength {
      guard value >= 0 else { throw HTTPOutputError("Invalid Content-Length") }
      return request.isHead ? .none : .length(remaining: value)
    }
    return request.isHead ? .none : .chunked
  }

  func write(_ bytes: Span<UInt8>, for request: HTTPServerRequest) throws(HTTPOutputError) {
    try check(request)
    guard bytes.count > 0 else { return }
    request.response.bodyByteCount += bytes.count
    switch request.response.framing {
    case .none: return
    case .length(let remaining):
      guard bytes.count <= remaining else {
        throw HTTPOutputError("Tried to write more data than Content-Length")
      }
      request.response.framing = .length(remaining: remaining - bytes.count)
    case .chunked, .untilClose: break
    }
    append(bytes)
    resume()
    guard pending?.count ?? 0 >= 16 * 1024 else { return }
    submitHead()
    connection.flushLater()
  }

  func writeFile(
    _ descriptor: Int32, offset: Int64, count: Int, for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    try check(request)
    request.response.bodyByteCount += count
    switch request.response.framing {
    case .none: return
    case .length(let remaining):
      guard count <= remaining else { throw HTTPOutputError("Tried to write more data than Content-Length") }
      request.response.framing = .length(remaining: remaining - count)
    case .untilClose: break
    case .chunked: throw HTTPOutputError("A file needs a Content-Length")
    }
    precondition(file == nil, "one file at a time")
    guard count > 0 else { return }
    file = AnswerFile(
      descriptor: descriptor, offset: offset, remaining: count, preceding: pending?.count ?? 0)
    connection.pendingCount += count
    submitHead()
    resume()
    connection.flushLater()
  }

  func writeInformational(
    _ status: Int, _ headers: HTTPHeaders, for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    try checkHead(request)
    guard (100...199).contains(status), status != 101 else {
      throw HTTPOutputError("Status \(status) is not interim")
    }
    connection.session?.inform(id, status, headers)
    connection.flushLater()
  }

  func finish(trailers: HTTPHeaders?, for request: HTTPServerRequest) throws(HTTPOutputError) {
    try check(request)
    guard request.response.status != 0 else { throw HTTPOutputError("The headers are not written") }
    switch request.response.framing {
    case .length(let remaining) where remaining > 0:
      abort(request)
      throw HTTPOutputError("Tried to write \(remaining) bytes less than Content-Length")
    case .chunked: if let trailers, !trailers.isEmpty { answerTrailers = trailers }
    case .none, .length, .untilClose: break
    }
    complete(request)
    if let head = answerHead {
      answerHead = nil
      submit(head.status, head.headers, hasBody: hasPending || answerTrailers != nil)
    } else {
      resume()
    }
    request.ended()
  }

  /// The last byte of the answer is queued.
  private func complete(_ request: HTTPServerRequest) {
    request.response.isFinished = true
    request.delegate = nil
    self.request = nil
    isComplete = true
    bodyDeadline = .max
    dropInbox()
    connection.flushLater()
  }

  /// An answer that the server gives by itself.
  func answer(_ status: Int) {
    let reason = HTTPStatus(status).reason
    let body = "<html><title>\(status): \(reason)</title><body>\(status): \(reason)</body></html>"
    var headers = HTTPHeaders()
    context.appendServerFields(to: &headers)
    headers.append("Content-Type", "text/html; charset=UTF-8")
    headers.append("Content-Length", decimal: body.utf8.count)
    isComplete = true
    let bytes = Array(body.utf8)
    append(bytes.span)
    submit(status, headers, hasBody: true)
    connection.flushLater()
  }

  func flush(for request: HTTPServerRequest) {
    submitHead()
    connection.pump()
  }

  var unsentCount: Int {
    let waiting = (pending?.count ?? 0) + (file?.remaining ?? 0)
    return isClosed ? 0 : waiting + connection.stream.unsentCount
  }

  func whenDrained(_ request: HTTPServerRequest, _ body: @escaping () -> Void) {
    guard unsentCount > 0, !connection.stream.isClosed else { return body() }
    submitHead()
    connection.flushLater()
    drainCallbacks.append(body)
  }

  /// Whether somebody waits for what has come about: nothing of the answer waits to be sent.
  var isDrained: Bool { !drainCallbacks.isEmpty && !hasPending }

  func runDrainCallbacks() {
    guard !drainCallbacks.isEmpty else { return }
    let callbacks = drainCallbacks
    drainCallbacks = []
    for callback in callbacks { callback() }
  }

  func abort(_ request: HTTPServerRequest) {
    guard self.request === request else { return }
    request.response.isFinished = true
    request.delegate = nil
    self.request = nil
    answerHead = nil
    bodyDeadline = .max
    dropInbox()
    dropPending()
    reset(NGHTTP2_INTERNAL_ERROR)
    runDrainCallbacks()
    request.ended()
  }

  func detach(_ request: HTTPServerRequest) -> IOStream? { nil }

  func continueServing() {}

  // MARK: - The session's side

  private var hasPending: Bool { pending != nil || file != nil }

  private func append(_ bytes: Span<UInt8>) {
    let buffer = pending ?? loop.buffers.take()
    pending = buffer
    buffer.append(bytes)
    connection.pendingCount += bytes.count
  }

  private func submitHead() {
    guard let head = answerHead else { return }
    answerHead = nil
    submit(head.status, head.headers, hasBody: true)
  }

  private func submit(_ status: Int, _ headers: HTTPHeaders, hasBody: Bool) {
    isAnswered = true
    if hasBody { watchWriting() }
    guard connection.session?.respond(self, status, headers, hasBody: hasBody) != true else { return }
    reset(NGHTTP2_INTERNAL_ERROR)
  }

  private func resume() {
    guard isWaitedFor else { return }
    isWaitedFor = false
    connection.session?.resume(id)
    watchWriting()
  }

  /// A client that takes nothing of an answer is given up.
  private func watchWriting() {
    writeDeadline = loop.turnTime + context.writeTimeout
    connection.setDeadline(writeDeadline)
  }

  func dropPending() {
    if let buffer = pending {
      pending = nil
      connection.pendingCount -= buffer.count
      loop.buffers.giveBack(buffer)
    }
    if let file { connection.pendingCount -= file.remaining }
    file = nil
  }

  /// What the next DATA frame can hold.
  enum Part {
    case nothing
    case bytes(Int, isLast: Bool)
  }

  func nextPart(upTo limit: Int) -> Part {
    let waiting = pending?.count ?? 0
    if let file {
      let part = file.preceding > 0 ? file.preceding : file.remaining
      let count = min(part, limit)
      return .bytes(count, isLast: isComplete && count == file.remaining && waiting == 0)
    }
    guard waiting > 0 || isComplete else {
      isWaitedFor = true
      writeDeadline = .max
      return .nothing
    }
    let count = min(waiting, limit)
    return .bytes(count, isLast: isComplete && count == waiting)
  }

  /// Queues the trailer fields, if there are any, after the last part.
  func submitsTrailers() -> Bool {
    guard let trailers = answerTrailers else { return false }
    answerTrailers = nil
    connection.session?.submitTrailers(id, trailers)
    return true
  }

  /// Appends a frame's header and `count` bytes to what the kernel is to send.
  func writePart(_ count: Int, after header: UnsafeRawBufferPointer) -> Bool {
    let output = connection.stream.output
    if let file, file.preceding == 0 {
      guard unsafe writeFilePart(file, count, header, to: output) else { return false }
    } else {
      guard let buffer = pending, buffer.count >= count else { return false }
      unsafe output.append(header)
      unsafe buffer.withBytes { unsafe output.append(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
      buffer.removeFirst(count)
      file?.preceding -= count
      if buffer.isEmpty {
        pending = nil
        loop.buffers.giveBack(buffer)
      }
    }
    connection.pendingCount -= count
    connection.counts.dataSent(count)
    if writeDeadline != .max { writeDeadline = loop.turnTime + context.writeTimeout }
    return true
  }

  /// Reads a part of the file behind the frame's header; a file that became shorter ends the stream.
  private func writeFilePart(
    _ file: AnswerFile, _ count: Int, _ header: UnsafeRawBufferPointer, to output: ByteBuffer
  ) -> Bool {
    let written = unsafe output.append(minimum: header.count + count) { room in
      let body = unsafe UnsafeMutableRawBufferPointer(rebasing: room[header.count..<header.count + count])
      guard unsafe System.readAll(file.descriptor, into: body, at: file.offset) else { return 0 }
      unsafe room.copyMemory(from: header)
      return header.count + count
    }
    guard written > 0 else {
      HTTPLog.general.info("A file ended early while it was sent to \(remoteAddress)")
      return false
    }
    self.file?.offset += Int64(count)
    self.file?.remaining -= count
    if file.remaining == count { self.file = nil }
    return true
  }
}

#endif
