// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire
import Logging

/// An exchange whose application runs on the loop's thread: bytes go straight to the connection.
final class InlineExchange: WSGIExchange {
  private(set) var request: HTTPServerRequest?
  private var connection: (any HTTPConnection)?
  private var sliceEnd: Int64 = 0
  /// What `write` was given while the client took nothing; everything that follows goes there too.
  private var spill: AnswerSpill?

  /// How long an iterable may keep the loop, in nanoseconds.
  private static let slice: Int64 = 2_000_000
  /// How much may wait for a client until the iterable has to wait too.
  static let unsentLimit = 256 * 1024

  /// Starts with a request.
  func begin(_ request: HTTPServerRequest) {
    self.request = request
    connection = request.connection
    begin(isHead: request.isHead)
    sliceEnd = 0
  }

  /// Forgets the request.
  func release() {
    request = nil
    connection = nil
    spill = nil
  }

  override func transmitHints(_ fields: HTTPHeaders) {
    guard let request, let connection else { return abandon() }
    do throws(HTTPOutputError) {
      try connection.writeInformational(103, fields, for: request)
    } catch {
      return abandon()
    }
    flush()
  }

  override func transmitHead() {
    guard let request, let connection else { return abandon() }
    connection.context.appendServerFields(to: &headers, hasDate: hasDate, hasServer: hasServer)
    do throws(HTTPOutputError) {
      try connection.writeHeaders(status, reason: reason, headers, for: request)
    } catch {
      abandon()
    }
  }

  override func transmit(_ bytes: UnsafeRawBufferPointer) {
    guard let request, let connection else { return abandon() }
    if let spill {
      if !(unsafe spill.append(bytes)) { giveUp(request) }
      return
    }
    // SAFETY: the bytes are copied before the call returns.
    let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
    do throws(HTTPOutputError) { try connection.write(span, for: request) } catch { abandon() }
  }

  /// The rest of the answer can be kept nowhere.
  private func giveUp(_ request: HTTPServerRequest) {
    report("The answer is cut: what the client has not taken fits into no temporary file", level: .error)
    request.abort()
    request.logAccess()
    abandon()
  }

  override func transmitFile(_ descriptor: Int32, offset: Int64, count: Int) {
    guard let request, let connection else { return abandon() }
    let isShort = remaining > 0
    abandon()
    FileSending.send(descriptor, offset: offset, count: count, isShort: isShort, request, connection)
  }

  override func flush() {
    guard let request, let connection else { return }
    if spill == nil { connection.flush(for: request) }
    if request.responseFinished { abandon() }
  }

  /// The loop cannot send while Python runs on its thread: what `write` is given from now on goes to a file.
  override func waitUntilDrained(_ python: borrowing Attached) {
    guard let request, let connection, spill == nil, connection.unsentCount > Self.unsentLimit else { return }
    spill = AnswerSpill(request)
    if spill == nil { giveUp(request) }
  }

  override func transmitEnd() {
    guard let request else { return }
    if let spill { return spill.whenEmpty { Self.end(request) } }
    Self.end(request)
  }

  private static func end(_ request: HTTPServerRequest) {
    guard !request.responseFinished else { return request.logAccess() }
    do throws(HTTPOutputError) { try request.finish() } catch { HTTPLog.general.info("\(error.description)") }
    request.logAccess()
  }

  override func transmitCut() {
    guard let request else { return }
    if let spill { return spill.whenEmpty { Cutting.cut(request) } }
    Cutting.cut(request)
  }

  override func transmitError(_ status: Int) {
    guard let request else { return }
    ServerAnswer.send(status, request)
  }

  override func shouldPause() -> Bool {
    guard let connection else { return false }
    if let spill {
      if !spill.isEmpty { return true }
      self.spill = nil
    }
    if connection.unsentCount > Self.unsentLimit { return true }
    let now = System.monotonicNanoseconds
    if sliceEnd == 0 { sliceEnd = now + Self.slice }
    return now > sliceEnd
  }

  /// Calls `body` when the iterable may go on.
  func whenReady(_ body: @escaping () -> Void) {
    guard let request, let connection else { return }
    sliceEnd = 0
    if let spill, !spill.isEmpty {
      spill.whenEmpty { [self] in
        if request.responseFinished { abandon() }
        body()
      }
    } else if connection.unsentCount > Self.unsentLimit {
      connection.whenDrained(request) { [self] in
        if request.responseFinished { abandon() }
        body()
      }
    } else {
      connection.loop.addLocalCallback { [self] in
        if request.responseFinished { abandon() }
        body()
      }
    }
  }

  override func report(_ text: String, level: Logger.Level) {
    WSGILog.logger.log(level: level, "\(text)\n\(request.map { "\($0.summary) [\($0.id)]" } ?? "")")
  }
}

#endif
