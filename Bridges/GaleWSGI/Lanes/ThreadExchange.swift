// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire
import Logging
import Synchronization

/// An exchange whose application runs on a worker: answers are collected and passed to the loop.
final class ThreadExchange: WSGIExchange {
  private var request: ThreadedRequest?
  private var parts = AnswerParts()

  /// Starts with a request.
  func begin(_ request: ThreadedRequest) {
    self.request = request
    parts = AnswerParts()
    begin(isHead: request.head.traits.contains(.head))
  }

  /// Forgets the request.
  func release() { request = nil }

  override func transmitHints(_ fields: HTTPHeaders) {
    parts.head = AnswerParts.Head(status: 103, reason: nil, headers: fields, hasDate: true, hasServer: true)
    flush()
  }

  override func transmitHead() {
    parts.head = AnswerParts.Head(
      status: status, reason: reason, headers: headers, hasDate: hasDate, hasServer: hasServer)
    headers = HTTPHeaders()
  }

  override func transmit(_ bytes: UnsafeRawBufferPointer) {
    unsafe parts.body.append(contentsOf: bytes)
  }

  override func transmitFile(_ descriptor: Int32, offset: Int64, count: Int) {
    parts.file = FileWrapper.Region(descriptor: descriptor, offset: offset, count: count)
    parts.isFileShort = remaining > 0
    abandon()
    deliver(.complete)
  }

  override func flush() {
    guard let request else { return }
    if request.isGone { return abandon() }
    guard !parts.body.isEmpty || parts.head != nil else { return }
    request.unsent.wrappingAdd(parts.body.count, ordering: .relaxed)
    deliver(.open)
  }

  override func transmitEnd() { deliver(.complete) }

  override func transmitCut() { deliver(.cut) }

  override func transmitError(_ status: Int) {
    parts = AnswerParts()
    deliver(.error(status))
  }

  private func deliver(_ end: AnswerParts.End) {
    guard let request else { return }
    parts.end = end
    let delivered = parts
    parts = AnswerParts()
    request.lane.outbox.deliver(delivered, to: request)
  }

  override func waitUntilDrained(_ python: borrowing Attached) {
    guard let request, request.unsent.load(ordering: .relaxed) > InlineExchange.unsentLimit else { return }
    python.detached { request.lane.pool.waitUntilSent(request) }
    if request.isGone { abandon() }
  }

  override func report(_ text: String, level: Logger.Level) {
    WSGILog.logger.log(level: level, "\(text)\n\(request.map { "\($0.summary) [\($0.id)]" } ?? "")")
  }
}

#endif
