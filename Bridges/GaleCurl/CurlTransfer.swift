// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire

/// One exchange under way.
///
/// libcurl's callbacks only take notes, during calls of `CurlMulti`. What they noted is told to the exchange after the
/// call, as that may run code of a user, which may end this transfer or all of them.
final class CurlTransfer {
  let handle: CurlHandle
  let exchange: HTTPClientExchange
  let loop: IOLoop
  private weak var multi: CurlMulti?
  /// The body of the request, where libcurl asks for it.
  let upload: CurlUpload?

  // The answer, as far as it has come and was not told yet.
  private var reader: ResponseHeadReader
  private var headBytes: [UInt8] = []
  /// The status line as libcurl writes it, where it is not that of HTTP/1.
  private var statusLine: String?
  /// The last complete head that is no interim one.
  private var head: ResponseHead?
  private var isHeadTold = false
  private var hasBody = false
  private var pending: [UInt8] = []
  private var receivedByteCount = 0
  private var interimCount = 0
  private var trailers = HTTPHeaders()
  private var trailerByteCount = 0

  // The end.
  /// What was found wrong here and not by libcurl.
  private var failure: (any Error)?
  /// How libcurl ended it; `nil` while it is under way.
  private(set) var result: CURLcode?
  private let completion: Completion<Void>

  /// When libcurl begins to count.
  let clockStart: LoopTime
  private var clock: CurlClock
  private var timer: TimeoutHandle?
  private var pausing: Int32 = 0
  private var isTouched = false

  /// As many interim responses as are put up with.
  private static let maximumInterimCount = 32
  /// As much of an answer that is of no use is read to keep the connection; more closes it.
  private static let discardedByteCount = 256 * 1024

  /// - Parameter start: When the transfer begins; ``HTTPClientExchange/start`` may have been earlier.
  init(
    _ exchange: HTTPClientExchange, _ handle: CurlHandle, upload: CurlUpload?, start: LoopTime
  ) throws(CurlError) {
    self.exchange = exchange
    self.handle = handle
    self.upload = upload
    loop = exchange.loop
    clockStart = start
    clock = CurlClock(exchange, sendsBody: upload != nil, now: start)
    reader = ResponseHeadReader(limits: exchange.limits)
    completion = Completion(on: loop)
    try setCallbacks()
  }

  private func setCallbacks() throws(CurlError) {
    // SAFETY: the multi holds this object while libcurl works on the handle, and libcurl calls back only then.
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let codes = unsafe [
      cgale_curl_set_header(
        handle.raw,
        { bytes, _, count, context in
          guard let context = unsafe context else { return 0 }
          let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
          return unsafe transfer.takeLine(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }, context),
      cgale_curl_set_write(
        handle.raw,
        { bytes, _, count, context in
          guard let context = unsafe context else { return 0 }
          let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
          return unsafe transfer.takeBody(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }, context),
      cgale_curl_set_read(
        handle.raw,
        { room, size, count, context in
          guard let context = unsafe context else { return cgale_curl_read_abort }
          let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
          return unsafe transfer.giveBody(UnsafeMutableRawBufferPointer(start: room, count: size * count))
        }, context),
      cgale_curl_set_seek(
        handle.raw,
        { context, offset, origin in
          guard let context = unsafe context, offset >= 0, origin == 0 else { return CURL_SEEKFUNC_FAIL }
          let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
          let isDone = transfer.upload?.rewind(to: offset) ?? false
          return isDone ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
        }, context),
      cgale_curl_set_prerequest(
        handle.raw,
        { context, _, _, _, _ in
          guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
          unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().isConnected()
          return CURL_PREREQFUNC_OK
        }, context),
    ]
    if let failed = codes.first(where: { $0 != CURLE_OK }) { throw CurlError(failed) }
    try handle.keepErrorText()
  }

  // MARK: - For the task that waits

  /// Starts it, and waits for its end.
  /// - Throws: `HTTPClientError`; what somebody else ended it with; `CancellationError`.
  func run(in multi: CurlMulti) async throws {
    do throws(CurlError) {
      try multi.add(self)
    } catch {
      throw HTTPClientError(.network, error.message, underlyingError: error)
    }
    self.multi = multi
    defer { stop() }
    watchClock()
    try await completion.value()
  }

  private func stop() {
    stopClock()
    multi?.remove(self)
    if result == nil { result = CURLE_ABORTED_BY_CALLBACK }
    upload?.transferHasEnded()
  }

  /// Ends it at once, wherever it is.
  func fail(_ error: any Error) {
    guard !completion.isFinished else { return }
    failure = failure ?? error
    stop()
    completion.finish(.failure(failure ?? error))
  }

  /// Ends it at once, as nothing more of it is wanted.
  private func succeed() {
    stop()
    completion.finish(Result { try exchange.receivedEnd(trailers: trailers) })
  }

  /// The body of the answer may come again.
  func readOn() { setPausing(CURLPAUSE_RECV, false) }

  /// There is more of the body of the request, or its end.
  func sendOn() { setPausing(CURLPAUSE_SEND, false) }

  private func setPausing(_ direction: Int32, _ isOn: Bool) {
    let changed = isOn ? pausing | direction : pausing & ~direction
    guard changed != pausing, result == nil else { return }
    if direction == CURLPAUSE_RECV { clock.wasHeldBack(at: loop.time) }
    pausing = changed
    multi?.pause(self, changed)
  }

  // MARK: - For the multi

  /// libcurl has done with it.
  func hasEnded(_ code: CURLcode) {
    guard result == nil else { return }
    result = code
    stopClock()
    if code == CURLE_OK, failure == nil {
      // libcurl takes a head that breaks off for a whole one.
      guard head != nil, headBytes.isEmpty else {
        return fail(HTTPClientError(.connectionClosed, "Connection closed inside the header"))
      }
      tell()
      guard !completion.isFinished else { return }
      succeed()
    } else {
      // What came before it went wrong counts: a header callback is called, a stream gets its bytes.
      tell()
      fail(error)
    }
  }

  private func touch() {
    guard !isTouched else { return }
    isTouched = true
    multi?.touch(self)
  }

  /// Tells the exchange what has come.
  func tell() {
    isTouched = false
    guard !completion.isFinished else { return }
    do throws(HTTPClientError) {
      if let head, !isHeadTold {
        // An answer 417 makes libcurl send the request again without `Expect`: then it is not the last one.
        guard head.status != 417 || hasBody || result != nil else { return }
        isHeadTold = true
        try tellHead(head)
      }
      guard !pending.isEmpty, !completion.isFinished else { return }
      var bytes: [UInt8] = []
      swap(&bytes, &pending)
      let goesOn = try exchange.receivedBody(bytes.span)
      // The room serves again, unless it is large or has been replaced meanwhile.
      bytes.removeAll(keepingCapacity: bytes.capacity <= 64 * 1024)
      if pending.isEmpty { swap(&bytes, &pending) }
      if exchange.discardsBody, receivedByteCount > CurlTransfer.discardedByteCount, result == nil {
        succeed()
      } else if !goesOn {
        setPausing(CURLPAUSE_RECV, true)
      }
    } catch {
      fail(error)
    }
  }

  private func tellHead(_ head: ResponseHead) throws(HTTPClientError) {
    let framing = head.framing(isHead: exchange.method == "HEAD")
    exchange.timeInfo = times
    let (lines, statusLine) = (head.lines, statusLine)
    try exchange.receivedHead(
      status: head.status, reason: head.reasonText, headers: head.headers,
      bodyLength: head.contentLength >= 0 ? head.contentLength : nil, hasBody: framing != .none,
      lines: statusLine.map { [$0] + lines.dropFirst() } ?? lines)
  }

  /// What went wrong.
  private var error: any Error {
    if let failure { return failure }
    return upload?.failure ?? libraryError(head: head)
  }

  // MARK: - Time

  /// Ends it if it takes too long, and sees to it that it is looked at again.
  private func watchClock() {
    stopClock()
    guard result == nil else { return }
    let now = loop.time
    if pausing & CURLPAUSE_RECV != 0 { clock.wasHeldBack(at: now) }
    switch clock.verdict(at: now) {
    case .over(let error): fail(error)
    case .lookAgain(let time): timer = loop.callAt(time) { [weak self] in self?.watchClock() }
    case .never: break
    }
  }

  private func stopClock() {
    if let timer { loop.removeTimeout(timer) }
    timer = nil
  }

  /// Something happened after which another limit counts.
  private func watchClockAnew() {
    guard clock.hasShortLimits else { return }
    stopClock()
    // Not now: this is in the middle of a call to libcurl, and the verdict may be to end the transfer.
    timer = loop.callAt(loop.time) { [weak self] in self?.watchClock() }
  }

  // MARK: - Called by libcurl

  /// libcurl waits for bytes of the server: the TCP connection is there, and with TLS the handshake has begun.
  func waitsForServer() {
    guard exchange.url.isSecure, exchange.proxy == nil else { return }
    clock.handshakeBegan(at: loop.time)
  }

  private func isConnected() {
    clock.connected(at: loop.time)
    watchClockAnew()
  }

  private func refuse(_ error: HTTPClientError) -> Bool {
    failure = failure ?? error
    return false
  }

  /// Takes one line of a head, or of trailers.
  private func takeLine(_ line: UnsafeRawBufferPointer) -> Bool {
    clock.received(at: loop.time)
    if headBytes.isEmpty {
      guard unsafe line.starts(with: CurlTransfer.protocolName) else { return unsafe takeTrailer(line) }
      guard !isHeadTold else { return refuse(HTTPClientError(.invalidResponse, "Another response came")) }
      trailers = HTTPHeaders()
      statusLine = nil
    }
    // HTTP/2 has no status line; libcurl makes one up that names no minor version.
    if headBytes.isEmpty, line.count > 6, unsafe line[6] == ASCII.space {
      statusLine = unsafe String(decoding: line, as: UTF8.self)
      headBytes = Array("HTTP/1.1".utf8)
      unsafe headBytes.append(contentsOf: line[6...])
    } else {
      unsafe headBytes.append(contentsOf: line)
    }
    do throws(HTTPInputError) {
      let bytes = headBytes
      guard try reader.read(bytes.span) != nil else { return true }
      let complete = try reader.take(bytes.span)
      headBytes = []
      return takeHead(complete)
    } catch {
      return refuse(HTTPClientError(error))
    }
  }

  private static let protocolName = Array("HTTP/".utf8)

  private func takeHead(_ complete: ResponseHead) -> Bool {
    guard complete.isInterim else {
      guard complete.status != 101 else {
        return refuse(
          HTTPClientError(.invalidResponse, "The server switches to a protocol that nobody asked for"))
      }
      head = complete
      touch()
      return true
    }
    interimCount += 1
    guard interimCount <= CurlTransfer.maximumInterimCount else {
      return refuse(HTTPClientError(.invalidResponse, "Too many interim responses"))
    }
    return true
  }

  /// Takes a line behind a chunked body; libcurl also hands over the empty line at their end.
  private func takeTrailer(_ line: UnsafeRawBufferPointer) -> Bool {
    trailerByteCount += line.count
    guard trailerByteCount <= exchange.limits.trailers else {
      return refuse(HTTPClientError(.headersTooLarge, "Trailer fields are too large"))
    }
    var text = unsafe HTTPHeaders.decode(Array(line)[...])
    while text.utf8.last == ASCII.lineFeed || text.utf8.last == ASCII.carriageReturn {
      text = String(decoding: text.utf8.dropLast(), as: UTF8.self)
    }
    guard !text.isEmpty else { return true }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    do throws(HTTPInputError) {
      guard parts.count == 2 else { throw HTTPInputError(.invalidHeader, "Invalid trailer field") }
      let value = parts[1].drop { $0 == " " || $0 == "\t" }
      try trailers.add(String(parts[0]), String(value))
      return true
    } catch {
      return refuse(HTTPClientError(error))
    }
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    clock.received(at: loop.time)
    hasBody = true
    receivedByteCount += bytes.count
    guard failure == nil else { return false }
    unsafe pending.append(contentsOf: bytes)
    touch()
    return true
  }

  private func giveBody(_ room: UnsafeMutableRawBufferPointer) -> Int {
    guard let upload else { return 0 }
    switch unsafe upload.give(room) {
    case .bytes(let count):
      clock.sentBody(at: loop.time, isAll: upload.isAllTaken)
      if upload.isAllTaken { watchClockAnew() }
      return count
    case .end:
      clock.sentBody(at: loop.time, isAll: true)
      watchClockAnew()
      return 0
    case .later:
      pausing |= CURLPAUSE_SEND
      return cgale_curl_read_pause
    case .failed: return cgale_curl_read_abort
    }
  }
}

#endif
