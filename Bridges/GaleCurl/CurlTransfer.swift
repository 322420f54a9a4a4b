// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
import GaleCore
import GaleLoop
import GaleWire

/// One request under way, and the response as far as it has come.
///
/// libcurl's callbacks fill it and empty it during calls of `CurlMulti`; a task waits for what they did.
final class CurlTransfer {
  let handle: CurlHandle
  let loop: IOLoop
  private weak var multi: CurlMulti?
  private let limits: HTTPLimits
  /// Whether the body is taken in pieces while it comes.
  private let isStreaming: Bool

  // The way down.
  private var reader: ResponseHeadReader
  private var headBytes: [UInt8] = []
  /// The last complete head that is no interim one; another may follow it as long as no body came.
  private(set) var head: ResponseHead?
  private var interimCount = 0
  private var hasBody = false
  private var trailerByteCount = 0
  private(set) var receivedByteCount = 0
  private var body: [UInt8] = []

  // The way up.
  var upload: CurlUpload?

  // The end.
  /// What one of the callbacks found wrong, which made libcurl stop.
  private var ownFailure: (any Error)?
  /// How libcurl ended it; `nil` while it is under way.
  private(set) var result: CURLcode?

  private var clock: CurlClock
  private var timer: TimeoutHandle?
  private var pausing: Int32 = 0
  private var news: Completion<Void>?

  /// More than this many bytes that nobody has taken stop the reading.
  static let highWater = 256 * 1024
  /// As many interim responses as are put up with.
  private static let maximumInterimCount = 10

  init(
    _ handle: CurlHandle, limits: HTTPLimits, clock: CurlClock, isStreaming: Bool, on loop: IOLoop
  ) throws(CurlError) {
    self.handle = handle
    self.loop = loop
    self.clock = clock
    self.limits = limits
    self.isStreaming = isStreaming
    reader = ResponseHeadReader(limits: limits)
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
          let isDone = transfer.upload?.rewind(to: Int(offset)) ?? false
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

  /// Starts it.
  func start(in multi: CurlMulti) throws(CurlError) {
    try multi.add(self)
    self.multi = multi
    watchClock()
  }

  /// Ends it at once, wherever it is; harmless when it has ended.
  func cancel() {
    stopClock()
    multi?.remove(self)
  }

  /// What made it fail, as far as that was found here and not by libcurl.
  var failure: (any Error)? { ownFailure ?? upload?.failure }

  /// Whether the head is there and is the last one.
  var isHeadFinal: Bool { head != nil && (hasBody || result != nil) }

  /// The body that has come and was not taken yet; more may come then.
  func takeBody() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &body)
    setPausing(CURLPAUSE_RECV, false)
    return taken
  }

  /// Waits for something new: the end, and when it is streaming the head and each part of the body.
  /// - Throws: `CancellationError`, also one that somebody else set as the reason for the end.
  func waitForNews() async throws {
    let news = Completion<Void>(on: loop)
    self.news = news
    try await news.value()
  }

  private func tell() {
    news?.finish(.success(()))
    news = nil
  }

  /// Ends it for a reason that is not libcurl's, such as a time-out.
  func fail(_ error: any Error) {
    guard result == nil else { return }
    if ownFailure == nil { ownFailure = error }
    cancel()
    hasEnded(CURLE_ABORTED_BY_CALLBACK)
  }

  /// The producer of the body has given more, or has ended.
  func uploadHasNews() { setPausing(CURLPAUSE_SEND, false) }

  private func setPausing(_ direction: Int32, _ isOn: Bool) {
    let changed = isOn ? pausing | direction : pausing & ~direction
    guard changed != pausing, result == nil else { return }
    pausing = changed
    multi?.pause(self, changed)
  }

  // MARK: - For the multi

  /// libcurl has done with it.
  func hasEnded(_ code: CURLcode) {
    guard result == nil else { return }
    result = code
    stopClock()
    upload?.transferHasEnded()
    tell()
  }

  /// Stops the reading after a call in which too much came.
  func pauseIfFull() {
    if isStreaming, body.count > CurlTransfer.highWater { setPausing(CURLPAUSE_RECV, true) }
  }

  // MARK: - Time

  /// Ends it if it takes too long, and sees to it that it is looked at again.
  private func watchClock() {
    stopClock()
    guard result == nil else { return }
    let now = loop.time
    if pausing & CURLPAUSE_RECV != 0 { clock.wasHeldBack(at: now) }
    switch clock.verdict(at: now, connectTime: handle.time(CURLINFO_CONNECT_TIME_T)) {
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
    stopClock()
    guard clock.limits.response != nil || clock.limits.idle != nil else { return }
    // Not now: this is in the middle of a call to libcurl, and the verdict may be to end the transfer.
    timer = loop.callAt(loop.time) { [weak self] in self?.watchClock() }
  }

  // MARK: - Called by libcurl

  private func isConnected() {
    clock.connected(at: loop.time)
    watchClockAnew()
  }

  private func refuse(_ error: any Error) -> Bool {
    if ownFailure == nil { ownFailure = error }
    return false
  }

  /// Takes one line of a head, or of trailers.
  private func takeLine(_ line: UnsafeRawBufferPointer) -> Bool {
    clock.received(at: loop.time)
    if headBytes.isEmpty, unsafe !line.starts(with: Array("HTTP/".utf8)) { return takeTrailer(line.count) }
    // HTTP/2 has no status line; libcurl makes one up that names no minor version.
    if headBytes.isEmpty, line.count > 6, unsafe line[6] == ASCII.space {
      headBytes = Array("HTTP/1.1".utf8)
      unsafe headBytes.append(contentsOf: line[6...])
    } else {
      unsafe headBytes.append(contentsOf: line)
    }
    do throws(HTTPInputError) {
      guard try reader.read(headBytes.span) != nil else { return true }
      let complete = try reader.take(headBytes.span)
      headBytes.removeAll(keepingCapacity: true)
      return takeHead(complete)
    } catch {
      return refuse(error)
    }
  }

  private func takeHead(_ complete: ResponseHead) -> Bool {
    guard complete.isInterim else {
      head = complete
      return true
    }
    interimCount += 1
    guard interimCount <= CurlTransfer.maximumInterimCount else {
      return refuse(HTTPInputError(.invalidStartLine, "Too many interim responses"))
    }
    return true
  }

  private func takeTrailer(_ count: Int) -> Bool {
    trailerByteCount += count
    guard trailerByteCount <= limits.trailers else {
      return refuse(HTTPInputError(.headersTooLarge, "Trailer fields are too large"))
    }
    return true
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    clock.received(at: loop.time)
    hasBody = true
    receivedByteCount += bytes.count
    guard receivedByteCount <= limits.body else {
      return refuse(HTTPInputError(.bodyTooLarge, "Response body is longer than \(limits.body) bytes"))
    }
    unsafe body.append(contentsOf: bytes)
    if isStreaming {
      if body.count > CurlTransfer.highWater { multi?.pauseAfterwards(self) }
      tell()
    }
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
