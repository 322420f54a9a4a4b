// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
public import GaleLoop
public import GaleWire

/// One request as an engine has to send it, and where its answer goes.
///
/// All of it belongs to the loop's thread.
public final class HTTPClientExchange {
  /// What is sent behind the header.
  public enum Body {
    /// Nothing.
    case none
    /// These bytes.
    case bytes([UInt8])
    /// A file.
    case file(HTTPClientFile)
    /// What a function writes: so many bytes, or chunks until it returns.
    case producer(length: Int?, (HTTPBodyWriter) async throws -> Void)
  }

  /// The client's loop.
  public let loop: IOLoop
  /// The method.
  public let method: String
  /// Where to.
  public let url: HTTPClientURL
  /// All fields to be sent, `Content-Length` or `Transfer-Encoding` too.
  public let headers: HTTPHeaders
  /// What is sent behind them.
  public let body: Body
  /// The request's options with the client's defaults.
  ///
  /// What concerns fields, redirects and credentials is done.
  public let options: HTTPRequestOptions
  /// The proxy to use.
  public let proxy: HTTPProxy?
  /// When this request began.
  public let start: LoopTime
  /// When the connection must be there; `nil` for whenever.
  public let connectDeadline: LoopTime?
  /// When the answer must be complete; `nil` for whenever.
  public let deadline: LoopTime?
  /// What is taken of an answer at the most.
  public let limits: HTTPLimits
  /// Where the time goes; the engine fills in what is between the queue and the total.
  public var timeInfo = HTTPTimeInfo()

  /// The engine's: called when the exchange fails outside of it, as when a callback throws.
  ///
  /// ``HTTPClientEngine/perform(_:)`` then throws this error.
  public var whenFailed: ((any Error) -> Void)? {
    didSet { if let failure { whenFailed?(failure) } }
  }
  /// The engine's: called when the body may come again, after ``receivedBody(_:)`` was `false`.
  public var whenReady: (() -> Void)?

  /// Decides what an answer is good for.
  let call: FetchCall
  var pump: BodyPump?
  private(set) var failure: (any Error)?
  private(set) var status = 0
  private(set) var reason = ""
  private(set) var responseHeaders = HTTPHeaders()
  private(set) var trailers = HTTPHeaders()
  private(set) var disposition = FetchCall.Disposition.final
  private(set) var received: [UInt8] = []
  private(set) var isComplete = false
  private var decoder: ContentDecoder?
  private var decoded: ByteBuffer?
  private var streamedCount = 0
  private let maxBodySize: Int

  init(
    _ call: FetchCall, method: String, url: HTTPClientURL, headers: HTTPHeaders, body: Body,
    proxy: HTTPProxy?,
    start: LoopTime, connectDeadline: LoopTime?, limits: HTTPLimits
  ) {
    self.call = call
    loop = call.loop
    options = call.options
    deadline = call.deadline
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.proxy = proxy
    self.start = start
    self.connectDeadline = connectDeadline
    self.limits = limits
    maxBodySize = limits.body
  }

  /// Whether the head of the answer has come; interim ones do not count.
  public var hasResponse: Bool { status != 0 }

  /// Whether the answer's body is of no use, as that of a redirect: it need not be read to its end.
  public var discardsBody: Bool {
    if case .final = disposition { false } else { true }
  }

  /// Whether sending the request twice does what sending it once does (RFC 9110, section 9.2.2).
  public var isRepeatable: Bool {
    if case .producer = body { return false }
    switch method {
    case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE": return true
    default: return false
    }
  }

  // MARK: - The answer

  /// The answer's head is there.
  ///
  /// Not for interim answers (1xx).
  /// - Parameters:
  ///   - bodyLength: How long the body will be, if that is known.
  ///   - hasBody: Whether there will be one at all.
  ///   - lines: The head as it came, line by line with their ends.
  /// - Throws: ``HTTPClientError``; the exchange is over then.
  public func receivedHead(
    status: Int, reason: String, headers: HTTPHeaders, bodyLength: Int?, hasBody: Bool,
    lines: @autoclosure () -> [String]
  ) throws(HTTPClientError) {
    self.status = status
    self.reason = reason
    responseHeaders = headers
    if timeInfo.startTransfer == .zero { timeInfo.startTransfer = loop.time - start }
    disposition = try call.disposition(status, headers)
    guard case .final = disposition else { return }
    if hasBody {
      if options.decompressesResponse ?? true { beginDecoding() }
      guard bodyLength ?? 0 <= maxBodySize else {
        throw HTTPClientError(.bodyTooLarge, "Content-Length too long: \(bodyLength ?? 0)")
      }
      if let bodyLength, decoder == nil, pump == nil { received.reserveCapacity(min(bodyLength, 1 << 20)) }
    }
    if let callback = options.headerCallback { for line in lines() { callback(line) } }
    if let callback = options.headReceived { callback(call.response(self)) }
  }

  private func beginDecoding() {
    guard let coding = responseHeaders["Content-Encoding"],
      let decoder = ContentDecoder(coding: coding, limit: maxBodySize)
    else { return }
    self.decoder = decoder
    decoded = loop.buffers.take()
    responseHeaders.remove("Content-Encoding" as StaticString)
    responseHeaders.append("X-Consumed-Content-Encoding", text: coding)
    // It was the length of what is no longer there.
    responseHeaders.remove("Content-Length" as StaticString)
  }

  /// More of the answer's body is there.
  /// - Returns: Whether more can be taken. If not, the engine holds the server back until ``whenReady`` is called.
  /// - Throws: ``HTTPClientError``; the exchange is over then.
  public func receivedBody(_ bytes: Span<UInt8>) throws(HTTPClientError) -> Bool {
    guard case .final = disposition else { return true }
    guard let decoder, let decoded else { return try take(bytes) }
    var at = 0
    var goesOn = true
    // In pieces: a few bytes may become a thousand times as many.
    while at < bytes.count {
      let end = min(at + 4096, bytes.count)
      do throws(CompressionError) {
        try decoder.decode(bytes.extracting(at..<end), into: decoded)
      } catch {
        throw HTTPClientError(error)
      }
      at = end
      guard !decoded.isEmpty else { continue }
      goesOn = try decoded.withSpan { (span) throws(HTTPClientError) in try take(span) }
      decoded.removeAll()
    }
    return goesOn
  }

  private func take(_ bytes: Span<UInt8>) throws(HTTPClientError) -> Bool {
    streamedCount += bytes.count
    guard streamedCount <= maxBodySize else {
      throw HTTPClientError(.bodyTooLarge, "Body of more than \(maxBodySize) bytes")
    }
    if let pump {
      // SAFETY: copied before the closure returns.
      return pump.push(unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) })
    }
    // SAFETY: as above.
    unsafe bytes.withUnsafeBufferPointer { unsafe received.append(contentsOf: $0) }
    return true
  }

  /// The answer is complete, or as much of it as is of use.
  /// - Throws: ``HTTPClientError``; the exchange is over then.
  public func receivedEnd(trailers: HTTPHeaders) throws(HTTPClientError) {
    self.trailers = trailers
    isComplete = true
    guard let decoder else { return }
    do throws(CompressionError) { try decoder.finish() } catch { throw HTTPClientError(error) }
    if let decoded { loop.buffers.giveBack(decoded) }
    decoded = nil
  }

  /// The exchange cannot go on.
  func fail(_ error: any Error) {
    guard failure == nil else { return }
    failure = error
    whenFailed?(error)
  }

  func mayGoOn() { whenReady?() }
}

/// A file that is sent as a request's body.
public final class HTTPClientFile {
  /// The open file; closed with this object.
  public let descriptor: Int32
  /// How many bytes of it are sent.
  public let length: Int

  init(_ path: String) throws(HTTPClientError) {
    let opened = FileStatus.open(path)
    guard opened >= 0, let status = FileStatus(descriptor: opened), status.isRegular else {
      if opened >= 0 { System.close(opened) }
      let reason = opened < 0 ? describeSystemError(-opened) : "not a file"
      throw HTTPClientError(.invalidRequest, "The body cannot be read: \(path): \(reason)")
    }
    descriptor = opened
    length = status.byteCount
  }

  deinit { System.close(descriptor) }
}

/// Gives the bytes of an answer to a callback, in the order in which they came, and holds the server back meanwhile.
final class BodyPump {
  private let loop: IOLoop
  private let callback: ([UInt8]) async throws -> Void
  private weak var exchange: HTTPClientExchange?
  private var waiting: [[UInt8]] = []
  private var isCalling = false
  private var isEnding = false
  private var task: Task<Void, Never>?
  private var next: Completion<Void>?
  private var drained: Completion<Void>?

  /// Bytes may come whose callback has not been called yet, up to so many pieces.
  private static let pieces = 2

  /// Called in the task that fetches, whose task-local values the callback sees.
  init(_ callback: @escaping ([UInt8]) async throws -> Void, for exchange: HTTPClientExchange) {
    self.callback = callback
    self.exchange = exchange
    loop = exchange.loop
    task = loop.spawn { [self] in await run() }
  }

  /// - Returns: Whether more may come.
  func push(_ bytes: [UInt8]) -> Bool {
    waiting.append(bytes)
    next?.finish(.success(()))
    return waiting.count < BodyPump.pieces
  }

  private func run() async {
    while true {
      while !waiting.isEmpty {
        let bytes = waiting.removeFirst()
        isCalling = true
        do {
          try await callback(bytes)
        } catch {
          waiting = []
          isCalling = false
          exchange?.fail(error)
          drained?.finish(.failure(error))
          return
        }
        isCalling = false
        if waiting.isEmpty { exchange?.mayGoOn() }
      }
      if isEnding { break }
      let more = Completion<Void>(on: loop)
      next = more
      guard (try? await more.value()) != nil else { return }
      next = nil
    }
    drained?.finish(.success(()))
  }

  /// Waits until the callback has had everything.
  func drain() async throws {
    isEnding = true
    if let failure = exchange?.failure { throw failure }
    guard isCalling || !waiting.isEmpty else {
      next?.finish(.success(()))
      return
    }
    let end = Completion<Void>(on: loop)
    drained = end
    try await end.value()
  }

  func cancel() {
    waiting = []
    task?.cancel()
  }
}
