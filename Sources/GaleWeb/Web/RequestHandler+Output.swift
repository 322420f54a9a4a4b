// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Crypto
public import GaleCore
import GaleHTTP
public import GaleLoop
import GaleWire

extension RequestHandler {
  // MARK: - Status and header

  /// Sets the status, like Tornado's `set_status`.
  ///
  /// A reason that may not stand in a status line becomes `Unknown`.
  public func setStatus(_ status: Int, reason: String? = nil) {
    checkNoWebSocket()
    self.status = status
    self.reason = reason.map(HTTPStatus.safeReason)
  }

  /// Replaces a header field, like Tornado's `set_header`.
  /// - Throws: ``/GaleWire/HTTPInputError`` for what may not stand in a header: nothing is sent of it.
  public func setHeader(_ name: String, _ value: String) throws {
    checkNoWebSocket()
    try headers.set(name, value)
  }

  /// Adds a header field beside others of the same name, like Tornado's `add_header`.
  /// - Throws: As ``setHeader(_:_:)``.
  public func addHeader(_ name: String, _ value: String) throws {
    checkNoWebSocket()
    try headers.add(name, value)
  }

  /// Takes a header field back, like Tornado's `clear_header`.
  public func clearHeader(_ name: String) {
    checkNoWebSocket()
    headers.remove(name)
  }

  /// The value that a header field of the answer has now.
  public func responseHeader(_ name: String) -> String? { headers[name] }

  /// Starts the answer anew: status 200, default header, nothing written.
  ///
  /// Cookies stay.
  public func clear() {
    checkNoWebSocket()
    headers = request.context.defaultHeaders
    status = 200
    reason = nil
    writeBuffer.removeAll()
    hasOverflowed = false
    setDefaultHeaders()
  }

  /// What follows makes no sense once the connection speaks WebSocket.
  @inline(__always)
  func checkNoWebSocket() {
    precondition(!isWebSocket, "Method not supported for Web Sockets")
  }

  /// The answer is the upgrade: the handler keeps nothing that was for another one.
  func becomeWebSocket() {
    isWebSocket = true
    isFinished = true
    headersWritten = true
    request.context.recycle(headers)
    headers = HTTPHeaders()
    request.context.recycle(writeBuffer)
    writeBuffer = []
  }

  // MARK: - Body

  /// Adds text to the body, like Tornado's `write`.
  ///
  /// Nothing is sent before ``flush()`` or ``finish()``. Once more than
  /// ``Application/Settings/maxWriteBufferSize`` waits, 8 MiB by default, nothing is added and these two throw.
  public func write(_ text: String) {
    checkNoWebSocket()
    precondition(!isFinished, "Cannot write() after finish()")
    guard hasRoom else { return }
    var text = text
    text.withUTF8 { unsafe writeBuffer.append(contentsOf: $0) }
  }

  /// Adds bytes to the body.
  public func write(_ bytes: [UInt8]) {
    checkNoWebSocket()
    precondition(!isFinished, "Cannot write() after finish()")
    guard hasRoom else { return }
    writeBuffer.append(contentsOf: bytes)
  }

  /// Whether more may be added to what waits; notes it when not.
  private var hasRoom: Bool {
    if writeBuffer.count <= application.settings.maxWriteBufferSize { return true }
    hasOverflowed = true
    return false
  }

  private func checkOverflow() throws {
    guard hasOverflowed else { return }
    let limit = application.settings.maxWriteBufferSize
    throw HTTPOutputError("More than \(limit) bytes were written without flush()")
  }

  /// Adds a JSON object to the body and sets `Content-Type: application/json; charset=UTF-8`.
  ///
  /// Like Tornado, only objects are taken: an array at the top level can be read by foreign pages in
  /// old browsers.
  public func write(_ json: JSONValue) {
    guard case .object = json else { preconditionFailure("only a JSON object may be written") }
    headers.replaceContentType("application/json; charset=UTF-8")
    write(jsonEncode(json))
  }

  /// Sends what was written so far, the header first, and waits until the client's side has room
  /// again: Tornado's `flush`.
  ///
  /// Without a `Content-Length` the body is chunked.
  /// - Throws: ``/GaleLoop/StreamError`` `.closed` when the client is gone; ``/GaleWire/HTTPOutputError`` when
  ///   too much was written at once.
  public func flush() async throws {
    checkNoWebSocket()
    guard !isConnectionClosed else { throw StreamError.closed() }
    try checkOverflow()
    if headersWritten { try transformNext(isLast: false) } else { try sendHeaders() }
    try sendBuffer()
    await request.drain()
    guard !isConnectionClosed else { throw StreamError.closed() }
  }

  /// Completes the answer, like Tornado's `finish`: `Etag` and `Content-Length` are added when nothing
  /// was flushed, and a client that has the same page gets 304.
  /// - Throws: What is wrong with the answer, for example a `Content-Length` that does not fit.
  public func finish() throws {
    checkNoWebSocket()
    guard !isFinished else { preconditionFailure("finish() called twice") }
    try checkOverflow()
    let trailers = extras == nil ? nil : trailersToSend
    if headersWritten || trailers != nil {
      if headersWritten { try transformNext(isLast: true) } else { try sendHeaders(isLast: true) }
      try sendBuffer()
      isFinished = true
      if !request.responseFinished { try request.finish(trailers: trailers) }
    } else {
      try completeHeaders()
      try transformStart(isLast: true)
      try addCookies()
      try request.connection.respond(status, reason: reason, &headers, writeBuffer.span, for: request)
      headersWritten = true
      isFinished = true
    }
    end()
  }

  /// Writes `text` and completes the answer.
  public func finish(_ text: String) throws {
    write(text)
    try finish()
  }

  private func completeHeaders() throws {
    if status == 200, request.head.methodKind == .get || request.isHead {
      try setETagHeader()
      if checkETagHeader() {
        writeBuffer.removeAll()
        status = 304
        reason = nil
      }
    }
    if HTTPStatus(status).forbidsBody {
      precondition(writeBuffer.isEmpty, "Cannot send body with \(status)")
      for name in ["Content-Encoding", "Content-Language", "Content-Type"] { headers.remove(name) }
    }
  }

  func sendHeaders(isLast: Bool = false) throws {
    guard !headersWritten else { return }
    try transformStart(isLast: isLast)
    try addCookies()
    try request.writeHeaders(status, reason: reason, headers)
    headersWritten = true
  }

  func addCookies() throws {
    guard !newCookies.isEmpty else { return }
    for cookie in newCookies { try headers.add("Set-Cookie", cookie.headerValue()) }
  }

  private func sendBuffer() throws {
    guard !writeBuffer.isEmpty else { return }
    try request.connection.write(writeBuffer.span, for: request)
    writeBuffer.removeAll(keepingCapacity: true)
  }

  // MARK: - ETag

  /// Sets `Etag` to what ``computeETag()`` says, unless there is one: Tornado's `set_etag_header`.
  /// - Throws: ``/GaleWire/HTTPInputError`` for a tag that may not stand in a header.
  public func setETagHeader() throws {
    guard !headers.has("Etag") else { return }
    switch computeETag() {
    case .hashOfBody: headers.append(etag: request.context.tag(of: writeBuffer, RequestHandler.tag))
    case .tag(let tag): try setHeader("Etag", tag)
    case .none: break
    }
  }

  /// The hexadecimal digits of a body's SHA-1 in quotes.
  private static func tag(of body: [UInt8]) -> [42 of UInt8] {
    var tag: [42 of UInt8] = .init(repeating: ASCII.quote)
    var at = 1
    for byte in Insecure.SHA1.hash(data: body) {
      tag[at] = hexDigit(byte >> 4)
      tag[at + 1] = hexDigit(byte & 15)
      at += 2
    }
    return tag
  }

  private static func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? nibble &+ ASCII.zero : nibble &+ 0x57
  }

  /// Whether the client has the page already (`If-None-Match`, weak comparison).
  public func checkETagHeader() -> Bool {
    guard request.head.hasField("If-None-Match") else { return false }
    guard let wanted = request.headers["If-None-Match"], let tag = headers["Etag"] else { return false }
    return ETag.matches(tag, ifNoneMatch: wanted)
  }

  // MARK: - Elsewhere

  /// Sends the client to `url`, like Tornado's `redirect`: 302, 301 with `permanent`, or another 3xx.
  /// - Throws: When the URL may not stand in a header.
  public func redirect(to url: String, permanent: Bool = false, status: Int? = nil) throws {
    checkNoWebSocket()
    precondition(!headersWritten, "Cannot redirect after headers have been written")
    let status = status ?? (permanent ? 301 : 302)
    precondition((300...399).contains(status), "a redirect has a status from 300 to 399")
    setStatus(status)
    try setHeader("Location", RequestHandler.asciiURL(url))
    try finish()
  }

  /// Bytes that no header may hold are escaped, as browsers do.
  static func asciiURL(_ url: String) -> String {
    guard url.utf8.contains(where: { $0 >= 0x80 }) else { return url }
    var result = ""
    for byte in url.utf8 {
      if byte < 0x80 {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%" + String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }

  /// Takes the stream away from the server, for another protocol: Tornado's `detach`.
  /// - Returns: `nil` when the connection is gone.
  public func detach() -> IOStream? {
    isFinished = true
    return request.connection.detach(request)
  }
}

extension HTTPHeaders {
  mutating func replaceContentType(_ value: StaticString) {
    remove("Content-Type" as StaticString)
    append("Content-Type", value)
  }

  mutating func append(etag: [42 of UInt8]) {
    var tag = etag
    let name: StaticString = "Etag"
    name.withUTF8Buffer { name in
      // SAFETY: both are lent for the call.
      unsafe withUnsafeBytes(of: &tag) {
        unsafe append(canonicalName: UnsafeRawBufferPointer(name), value: $0)
      }
    }
  }
}
