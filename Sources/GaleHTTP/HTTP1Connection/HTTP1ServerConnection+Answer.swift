// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

extension HTTP1ServerConnection {
  private func check(_ request: HTTPServerRequest) throws(HTTPOutputError) {
    guard self.request === request, !request.response.isFinished else {
      throw HTTPOutputError("The request is over: its answer is complete, or the client is gone")
    }
  }

  func writeHeaders(
    _ status: Int, reason: String?, _ headers: HTTPHeaders, for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    try check(request)
    guard request.response.status == 0 else { throw HTTPOutputError("The headers are already written") }
    var headers = headers
    if request.observers != nil { request.willSend(status, &headers) }
    if headers.has("Connection") || headers.has("Transfer-Encoding") {
      let rest = try settleConnection(headers, request)
      return try writeHeaders(status, reason: reason, checked: rest, for: request)
    }
    try writeHeaders(status, reason: reason, checked: headers, for: request)
  }

  func respond(
    _ status: Int, reason: String?, _ headers: inout HTTPHeaders, _ body: Span<UInt8>,
    for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    if request.observers != nil {
      try check(request)
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
    try check(request)
    guard request.response.status == 0 else { throw HTTPOutputError("The headers are already written") }
    request.response.status = status
    request.noteAnswer(headers, contentLength: body.count)
    let output = stream.output
    MessageWriter.writeStatusLine(status, reason: reason.map(HTTPStatus.safeReason), to: output)
    headers.write(to: output)
    output.append("Content-Length: " as StaticString)
    output.append(decimal: body.count)
    output.append("\r\n" as StaticString)
    writeConnectionField(request, to: output)
    output.append("\r\n" as StaticString)
    request.response.framing = .none
    if !request.isHead {
      output.append(body)
      request.response.bodyByteCount = body.count
    }
    complete(request)
  }

  /// Says whether the connection goes on, where the protocol's version does not.
  @inline(__always)
  private func writeConnectionField(_ request: HTTPServerRequest, to output: ByteBuffer) {
    // The end of the server may have begun after the request did: what is closed without a word loses the next request.
    if request.bodyReader != nil || context.isDraining { request.response.closesConnection = true }
    if request.response.closesConnection {
      output.append("Connection: close\r\n" as StaticString)
    } else if !request.head.traits.contains(.http11) {
      output.append("Connection: keep-alive\r\n" as StaticString)
    }
  }

  /// Both fields are the connection's own (RFC 9112, sections 6.1 and 9.6): `close` is done and not only
  /// said, `chunked` is what happens anyway where it can, and other codings there are none.
  private func settleConnection(
    _ headers: HTTPHeaders, _ request: HTTPServerRequest
  ) throws(HTTPOutputError) -> HTTPHeaders {
    var headers = headers
    if let coding = headers["Transfer-Encoding"] {
      guard coding.lowercased() == "chunked" else {
        throw HTTPOutputError("Transfer-Encoding is not the handler's")
      }
      headers.remove("Transfer-Encoding" as StaticString)
    }
    let options = headers["Connection"]?.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" } ?? []
    if options.contains("close") {
      request.response.closesConnection = true
      headers.remove("Connection" as StaticString)
    }
    return headers
  }

  private func writeHeaders(
    _ status: Int, reason: String?, checked headers: HTTPHeaders, for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    let framing = try chooseFraming(status, headers, request)
    request.response.status = status
    request.response.framing = framing
    request.noteAnswer(headers)
    let output = stream.output
    MessageWriter.writeStatusLine(status, reason: reason.map(HTTPStatus.safeReason), to: output)
    headers.write(to: output)
    if framing == .chunked {
      output.append("Transfer-Encoding: chunked\r\n" as StaticString)
    }
    writeConnectionField(request, to: output)
    output.append("\r\n" as StaticString)
  }

  /// RFC 9112, section 6.3, from the sender's side.
  private func chooseFraming(
    _ status: Int, _ headers: HTTPHeaders, _ request: HTTPServerRequest
  ) throws(HTTPOutputError) -> BodyFraming {
    guard (200...999).contains(status) || status == 101 else {
      throw HTTPOutputError("Status \(status) is not final")
    }
    if status == 101 || status == 204 || status == 304 { return .none }
    if let value = headers.contentLength {
      guard value >= 0 else { throw HTTPOutputError("Invalid Content-Length") }
      return request.isHead ? .none : .length(remaining: value)
    }
    if request.isHead { return .none }
    if request.head.traits.contains(.http11) { return .chunked }
    request.response.closesConnection = true
    return .untilClose
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
      stream.output.append(bytes)
    case .chunked:
      let output = stream.output
      MessageWriter.writeChunkHead(bytes.count, to: output)
      output.append(bytes)
      output.append("\r\n" as StaticString)
    case .untilClose:
      stream.output.append(bytes)
    }
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
    stream.enqueueFile(descriptor, offset: offset, count: count)
    if stream.hasUnsent { deadline = context.loop.turnTime + context.writeTimeout }
  }

  func writeInformational(
    _ status: Int, _ headers: HTTPHeaders, for request: HTTPServerRequest
  ) throws(HTTPOutputError) {
    try check(request)
    guard (100...199).contains(status), status != 101 else {
      throw HTTPOutputError("Status \(status) is not interim")
    }
    guard request.response.status == 0 else { throw HTTPOutputError("The headers are already written") }
    guard request.head.traits.contains(.http11) else { return }
    MessageWriter.writeStatusLine(status, reason: nil, to: stream.output)
    headers.write(to: stream.output)
    stream.output.append("\r\n" as StaticString)
    flushAndWatch()
  }

  func finish(trailers: HTTPHeaders?, for request: HTTPServerRequest) throws(HTTPOutputError) {
    try check(request)
    guard request.response.status != 0 else { throw HTTPOutputError("The headers are not written") }
    switch request.response.framing {
    case .length(let remaining) where remaining > 0:
      abort(request)
      throw HTTPOutputError("Tried to write \(remaining) bytes less than Content-Length")
    case .chunked: MessageWriter.writeLastChunk(trailers: trailers, to: stream.output)
    case .none, .length, .untilClose: break
    }
    complete(request)
  }

  /// The last byte of the answer is queued.
  @inline(__always)
  private func complete(_ request: HTTPServerRequest) {
    request.response.isFinished = true
    guard phase != .body else {
      // RFC 9112, section 9.3: the rest of the body is not read; the connection cannot go on.
      request.response.closesConnection = true
      request.bodyReader = nil
      return requestDone()
    }
    requestDone()
    flushAtEndOfTurn(of: loop)
  }

  /// Sends at the end of the loop's turn, together with the answers to pipelined requests.
  func flushAtEndOfTurn(of loop: IOLoop) {
    guard !stream.isFlushPending else { return }
    stream.isFlushPending = true
    loop.flushAtEndOfTurn(self)
  }

  func flush(for request: HTTPServerRequest) {
    flushAndWatch()
  }

  var unsentCount: Int { stream.unsentCount }

  func whenDrained(_ request: HTTPServerRequest, _ body: @escaping () -> Void) {
    guard stream.hasUnsent, !stream.isClosed else { return body() }
    drainCallbacks.append(body)
  }

  func abort(_ request: HTTPServerRequest) {
    guard self.request === request else { return }
    request.response.isFinished = true
    abortNow()
  }

  func detach(_ request: HTTPServerRequest) -> IOStream? {
    guard self.request === request, !stream.isClosed else { return nil }
    request.response.isFinished = true
    request.delegate = nil
    isDetached = true
    phase = .closed
    self.request = nil
    deadline = .max
    context.loop.wheel.remove(self)
    context.closed(self)
    stream.releaseConsumer()
    request.ended()
    context.delegate.connectionClosed(connectionID)
    return stream
  }
}

extension HTTP1ServerConnection: EndOfTurnFlush {
  func flushAtEndOfTurn() {
    stream.isFlushPending = false
    continueServing()
    if stream.hasUnsent { flushAndWatch() }
    closeIfEnded()
  }
}

extension HTTPHeaders {
  /// The number in `Content-Length`; −1 when it is none or there are several, `nil` when there is no such field.
  package var contentLength: Int? {
    withSingleValue("Content-Length") { value in
      guard let value, value.count > 0, value.count <= 18 else { return -1 }
      var number = 0
      for at in value.indices {
        guard value[at].isASCIIDigit else { return -1 }
        number = number &* 10 &+ Int(value[at] &- ASCII.zero)
      }
      return number
    }
  }
}

/// The answers that the server gives by itself.
enum ErrorAnswer {
  static func write(_ status: Int, _ context: HTTPServerContext, to output: ByteBuffer) {
    let reason = HTTPStatus(status).reason
    let body = "<html><title>\(status): \(reason)</title><body>\(status): \(reason)</body></html>"
    var headers = HTTPHeaders()
    context.appendServerFields(to: &headers)
    headers.append("Content-Type", "text/html; charset=UTF-8")
    headers.append("Content-Length", decimal: body.utf8.count)
    headers.append("Connection", "close")
    MessageWriter.writeStatusLine(status, reason: nil, to: output)
    headers.write(to: output)
    output.append("\r\n" as StaticString)
    output.append(body)
  }
}
