// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire

/// One request and its answer, between the connection and an application's `receive` and `send`.
///
/// - Note: Source: the ASGI specification, "HTTP & WebSocket ASGI Message Format", 2.4.
class HTTPExchange: ASGIChannel, HTTPMessageDelegate {
  let life: ApplicationLife
  private(set) var request: HTTPServerRequest?
  private var task: PythonReference?

  // The request's body.
  private var bytes: [UInt8] = []
  private var isPaused = false
  private var hasEnded = false
  private var isEndReceived = false
  private(set) var isGone = false
  /// Whether `send` has said so to the application.
  private var isToldGone = false

  // The answer.
  private var head = AnswerHead()
  private var isHeadSent = false
  private var expectsTrailers = false
  private var trailers = AnswerHead()
  private var isComplete = false

  /// How much of a body waits for the application until the client has to.
  private static let bodyLimit = 256 * 1024
  /// How much waits for the client until the application has to.
  private static let unsentLimit = 256 * 1024

  init(_ life: ApplicationLife, _ request: HTTPServerRequest) {
    self.life = life
    self.request = request
    super.init(life.asyncio, life.names)
  }

  /// What the application is called with.
  func scope(_ python: borrowing Attached, _ request: HTTPServerRequest) throws(PythonError) -> PythonObject {
    try life.scopes.scope(python, request)
  }

  // MARK: - The connection's side

  var bodyDelivery: HTTPBodyDelivery { .streamed }

  /// Begins once the connection knows this delegate.
  func begin() {
    guard let request, request.head.hasBody else { return }  // Without a body, `finish` comes at once.
    asyncio.loop.addLocalCallback { [self] in startApplication() }
  }

  func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) {
    if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
    if bytes.count > Self.bodyLimit, !isPaused {
      isPaused = true
      request.connection.setBodyPaused(true, for: request)
    }
    wakeReceiver()
  }

  func finish(_ request: HTTPServerRequest) {
    hasEnded = true
    if task == nil { startApplication() }
    wakeReceiver()
  }

  func connectionClosed(_ request: HTTPServerRequest) {
    isGone = true
    wakeReceiver()
  }

  private func startApplication() {
    guard task == nil, let request else { return }
    life.runningCount += 1
    asyncio.withPython { python in
      do throws(PythonError) {
        task = try start(python, life.container.application, try scope(python, request)) {
          [self] python, error in
          ended(python, error)
        }
      } catch {
        ended(python, error)
      }
    }
  }

  private func ended(_ python: borrowing Attached, _ error: PythonError?) {
    task = nil
    if let request {
      self.request = nil
      ended(request, error)
    }
    life.ended()
  }

  // MARK: - receive

  override func willWait() {
    if !hasEnded { request?.sendContinue() }
  }

  override func nextEvent(_ python: borrowing Attached) throws(PythonError) -> PythonObject? {
    if isGone || isComplete { return try event(python, names.httpDisconnect) }
    guard !bytes.isEmpty || (hasEnded && !isEndReceived) else { return nil }
    let event = try event(python, names.httpRequest)
    try event.set(python, names.body.object(python), to: try python.bytes(bytes))
    try event.set(python, names.moreBody.object(python), to: python.bool(!hasEnded))
    bytes = []
    if hasEnded { isEndReceived = true }
    if isPaused, let request {
      isPaused = false
      request.connection.setBodyPaused(false, for: request)
    }
    return event
  }

  // MARK: - send

  override func send(
    _ python: borrowing Attached, _ kind: EventKind, _ event: borrowing PythonObject
  ) throws -> PythonObject {
    guard let request, !isGone, !request.responseFinished || isComplete else {
      isGone = true
      throw tellGone()
    }
    do {
      return try send(python, kind, event, request)
    } catch let error as HTTPOutputError {
      throw PythonException(.runtimeError, error.description)
    }
  }

  private func send(
    _ python: borrowing Attached, _ kind: EventKind, _ event: borrowing PythonObject,
    _ request: HTTPServerRequest
  ) throws -> PythonObject {
    switch kind {
    case .responseStart:
      try expect(head.status == 0 && !isComplete, kind)
      // Apart from here, since what gives the fields may be code of the application's.
      var read = AnswerHead()
      try read.read(python, event, names, request.context)
      expectsTrailers = try flag(python, event, names.trailers)
      head = read
    case .responseBody:
      try expect(head.status != 0 && !isComplete, kind)
      return try body(python, event, request)
    case .responseTrailers:
      try expect(isHeadSent && expectsTrailers && !isComplete, kind)
      // Apart from here, as above.
      var read = trailers
      try read.readFields(python, event, names)
      trailers = read
      if try !flag(python, event, names.moreTrailers) { try complete(request, trailers.headers) }
    case .pathSend:
      try expect(head.status != 0 && !isHeadSent && !isComplete, kind)
      try sendFile(python, event, request)
    case .earlyHint:
      try expect(!isHeadSent && !isComplete, kind)
      var headers = HTTPHeaders()
      if let links = try event.value(python, for: names.links.object(python)) {
        for link in try links.items(python) { try headers.add("Link", String(decoding: link, as: UTF8.self)) }
      }
      try request.connection.writeInformational(103, headers, for: request)
      request.connection.flush(for: request)
    default:
      throw PythonException(.valueError, "no event of type \"\(kind.rawValue)\" is expected here")
    }
    return names.nothing.object(python)
  }

  @inline(__always)
  private func expect(_ isExpected: Bool, _ kind: EventKind) throws(PythonException) {
    guard !isExpected else { return }
    throw PythonException(
      .runtimeError, "\"\(kind.rawValue)\" came out of order: the answer is at another point")
  }

  private func flag(_ python: borrowing Attached, _ event: borrowing PythonObject, _ name: PythonReference)
    throws(PythonError) -> Bool
  {
    try event.value(python, for: name.object(python))?.isTrue(python) ?? false
  }

  private func body(
    _ python: borrowing Attached, _ event: borrowing PythonObject, _ request: HTTPServerRequest
  ) throws -> PythonObject {
    let more = try flag(python, event, names.moreBody) || expectsTrailers
    try putBody(python, event, more, request)
    guard more else { return names.nothing.object(python) }
    request.connection.flush(for: request)
    guard request.connection.unsentCount > Self.unsentLimit else { return names.nothing.object(python) }
    let future = PythonReference(try asyncio.future(python))
    request.connection.whenDrained(request) { [asyncio] in
      asyncio.withPython { python in
        do throws(PythonError) { try asyncio.resolveNow(python, future, python.none) } catch {
          ASGILog.error("An application's send() failed: \(error.traceback)")
        }
      }
    }
    return try delivery(python, future)
  }

  private func putBody(
    _ python: borrowing Attached, _ event: borrowing PythonObject, _ more: Bool, _ request: HTTPServerRequest
  ) throws {
    guard let body = try event.value(python, for: names.body.object(python)) else {
      return try put([], more, request)
    }
    if body.isBytes { return try put(body, more, request) }
    try put(try body.bytes(python), more, request)
  }

  private func put(_ body: [UInt8], _ more: Bool, _ request: HTTPServerRequest) throws(HTTPOutputError) {
    try put(body.span, more, request)
  }

  /// Queues a piece of the body, with the head if that is not sent, and the end if nothing follows.
  private func put(_ body: borrowing PythonObject, _ more: Bool, _ request: HTTPServerRequest)
    throws(HTTPOutputError)
  {
    try unsafe body.withUnsafeBytes { (bytes) throws(HTTPOutputError) in
      // SAFETY: the object lends its bytes for the call.
      try put(unsafe Span(_unsafeElements: bytes.bindMemory(to: UInt8.self)), more, request)
    }
  }

  private func put(_ body: Span<UInt8>, _ more: Bool, _ request: HTTPServerRequest) throws(HTTPOutputError) {
    if !isHeadSent, !more {
      isHeadSent = true
      try head.respond(body, request)
      return settle(request)
    }
    try sendHead(request)
    if !body.isEmpty { try request.connection.write(body, for: request) }
    if !more { try complete(request, nil) }
  }

  private func sendHead(_ request: HTTPServerRequest) throws(HTTPOutputError) {
    guard !isHeadSent else { return }
    isHeadSent = true
    try head.send(request)
  }

  private func complete(_ request: HTTPServerRequest, _ trailers: HTTPHeaders?) throws(HTTPOutputError) {
    try request.finish(trailers: trailers)
    settle(request)
  }

  /// The answer is complete; it is sent at the end of the loop's turn.
  private func settle(_ request: HTTPServerRequest) {
    isComplete = true
    request.logAccess()
    wakeReceiver()
  }

  private func sendFile(
    _ python: borrowing Attached, _ event: borrowing PythonObject, _ request: HTTPServerRequest
  ) throws {
    guard let path = try event.value(python, for: names.path.object(python))?.string(python) else {
      throw PythonException(.valueError, "\"http.response.pathsend\" needs a path")
    }
    guard let file = AnswerFile(path) else { throw PythonException(.osError, "cannot read the file \(path)") }
    head.setLength(file.byteCount)
    try sendHead(request)
    try request.connection.writeFile(file.descriptor, offset: 0, count: file.byteCount, for: request)
    request.connection.flush(for: request)
    // The file is kept until it is with the kernel.
    request.connection.whenDrained(request) { _ = file }
    try complete(request, nil)
  }

  // MARK: - The end

  /// The application has returned, or raised.
  func ended(_ request: HTTPServerRequest, _ error: PythonError?) {
    report(error)
    if isComplete { return }
    if isGone || request.responseFinished { return request.logAccess() }
    if error == nil { ASGILog.error("The application ended without a whole answer\n\(request.summary)") }
    if isHeadSent {
      request.abort()
      request.logAccess()
    } else {
      ServerAnswer.send(500, request)
    }
  }

  /// What `send` raises once the client is gone.
  func tellGone() -> PythonException {
    isToldGone = true
    return ClientGone.exception
  }

  /// Logs what the application raised, unless it only passes on what `send` told it.
  func report(_ error: PythonError?) {
    guard let error, !isToldGone || !ClientGone.isCause(of: error, asyncio) else { return }
    ASGILog.error("Uncaught exception in the application\n\(error.traceback)")
  }
}

#endif
