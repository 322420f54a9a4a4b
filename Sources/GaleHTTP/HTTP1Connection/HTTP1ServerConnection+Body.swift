// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

/// How fast a body comes.
struct BodyProgress {
  let start: Int64
  var received = 0
}

extension HTTPMessageDelegate {
  /// Gives a streamed body's bytes on, in pieces that are not too long.
  func deliver(_ bytes: [UInt8], _ request: HTTPServerRequest) {
    let limit = max(1, request.context.configuration.chunkByteCount)
    guard bytes.count > limit else {
      if !bytes.isEmpty { dataReceived(bytes, request) }
      return
    }
    // Until the delegate gives the request up, or it is cut off.
    for start in stride(from: 0, to: bytes.count, by: limit) where request.delegate === self {
      dataReceived(Array(bytes[start..<min(start + limit, bytes.count)]), request)
    }
  }
}

extension HTTP1ServerConnection {
  func beginBody(_ request: HTTPServerRequest, _ delegate: any HTTPMessageDelegate) {
    if context.configuration.decompressesRequests, delegate.acceptsDecodedBody { beginDecoding(request) }
    // A delegate that has paused the body already says later how much it takes.
    guard !request.bodyPaused, takeLimit(request) else { return }
    bodyProgress = BodyProgress(start: context.loop.turnTime)
    deadline = context.loop.turnTime + request.bodyTimeoutNanoseconds
    if delegate.bodyDelivery == .buffered {
      let length = request.head.contentLength
      if length > 0 { request.body.reserveCapacity(min(length, 1 << 20)) }
      request.sendContinue()
    }
  }

  /// Refuses a body that says that it is too long, and has one that does not say counted.
  private func takeLimit(_ request: HTTPServerRequest) -> Bool {
    guard request.head.contentLength <= request.maxBodySize else {
      refuse(HTTPInputError(.bodyTooLarge, "Content-Length too long"))
      return false
    }
    request.bodyReader?.limit = request.maxBodySize
    return true
  }

  func bodyReader(for request: HTTPServerRequest) -> BodyReader {
    request.head.traits.contains(.chunked)
      ? BodyReader(chunkedWith: context.configuration.limits)
      : BodyReader(length: request.head.contentLength, limits: context.configuration.limits)
  }

  /// Takes in what came of the body.
  ///
  /// Returns whether the body is complete.
  func readBody(_ bytes: Span<UInt8>, _ used: inout Int) -> Bool {
    guard let request, let delegate = request.delegate else { return false }
    guard !request.bodyPaused else {
      stream.pauseReading()
      return false
    }
    let streams = delegate.bodyDelivery == .streamed
    let before = used
    var streamed: [UInt8] = []
    do throws(HTTPInputError) {
      while true {
        switch try request.bodyReader?.next(bytes, &used) ?? .end {
        case .data(let range):
          let piece = bytes.extracting(range)
          if let decoder = request.bodyDecoder {
            let decoded = try decoder.decode(piece, limit: request.maxBodySize)
            if streams { streamed += decoded } else { request.body += decoded }
          } else if streams {
            append(piece, to: &streamed)
          } else {
            append(piece, to: &request.body)
          }
        case .needMore:
          noteProgress(used - before, request)
          delegate.deliver(streamed, request)
          return false
        case .end:
          try request.bodyDecoder?.finish()
          request.trailers = request.bodyReader?.trailers ?? HTTPHeaders()
          request.bodyReader = nil
          deadline = .max
          phase = .answering
          delegate.deliver(streamed, request)
          bodyEnded(request, delegate)
          return true
        }
      }
    } catch {
      refuse(error)
      return true
    }
  }

  private func append(_ bytes: Span<UInt8>, to body: inout [UInt8]) {
    // SAFETY: copied before the closure returns.
    unsafe bytes.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
  }

  private func bodyEnded(_ request: HTTPServerRequest, _ delegate: any HTTPMessageDelegate) {
    guard self.request === request else { return }
    if request.response.isFinished {
      requestDone()  // It was answered before its body had come.
    } else {
      delegate.finish(request)
    }
  }

  /// A body must come on, and at more than a trickle.
  private func noteProgress(_ count: Int, _ request: HTTPServerRequest) {
    let now = context.loop.turnTime
    bodyProgress?.received += count
    deadline = now + request.bodyTimeoutNanoseconds
    guard let progress = bodyProgress, now - progress.start > 10_000_000_000 else { return }
    let seconds = Int((now - progress.start) / 1_000_000_000)
    if progress.received < seconds * context.configuration.minimumBodyRate {
      deadline = now
    }
  }

  func setBodyPaused(_ paused: Bool, for request: HTTPServerRequest) {
    guard self.request === request, request.bodyPaused != paused else { return }
    request.bodyPaused = paused
    guard phase == .body, paused || takeLimit(request) else { return }
    // The client is not slow while it is we who do not read.
    deadline = paused ? .max : context.loop.turnTime + request.bodyTimeoutNanoseconds
    if paused {
      stream.pauseReading()
    } else {
      bodyProgress = BodyProgress(start: context.loop.turnTime)
      stream.resumeReading()
    }
  }

  func sendContinue(for request: HTTPServerRequest) {
    guard self.request === request, phase == .body, request.response.status == 0,
      request.head.traits.contains(.expectContinue)
    else { return }
    request.head.traits.remove(.expectContinue)
    guard request.head.traits.contains(.http11) else { return }
    // RFC 9110, section 10.1.1: not when the body is on its way already.
    guard !isBodyThere, bodyProgress?.received ?? 0 == 0, stream.readBuffer?.isEmpty ?? true else { return }
    stream.output.append("HTTP/1.1 100 Continue\r\n\r\n" as StaticString)
    flushAndWatch()
  }
}
