// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
public import GaleWire
import GaleCore

/// One request as the server received it, like Tornado's `HTTPServerRequest`; it is also the handle by
/// which it is answered.
///
/// It belongs to its loop's thread. Texts are decoded when they are asked for.
public final class HTTPServerRequest {
  package private(set) var head: RequestHead
  /// What carries the answer.
  public let connection: any HTTPConnection
  /// What the server keeps for all its connections on this loop.
  package let context: HTTPServerContext
  /// The body, for delegates that do not stream it.
  public package(set) var body: [UInt8] = []
  /// The trailer fields that followed the body.
  public internal(set) var trailers = HTTPHeaders()
  /// When the head was complete, in the loop's time.
  public internal(set) var startTime: LoopTime
  /// `http` or `https`.
  public package(set) var `protocol`: String
  /// The client's address, which a trusted proxy may have told; 0.0.0.0 behind a Unix socket.
  public var remoteIP: String { remoteAddress.isPath ? "0.0.0.0" : remoteAddress.host }
  /// Which connection it came on.
  public var connectionID: HTTPConnectionID { connection.connectionID }
  /// Where the request comes from: the other end of the connection, or what a trusted proxy tells, without its port.
  public var remoteAddress: SocketAddress { told?.address ?? connection.remoteAddress }
  /// What trusted proxies tell; `nil` without them.
  private let told: TrustedProxies.Word?
  /// The most bytes that the body may have; more is answered 413.
  ///
  /// May be changed until the body is read: when the request starts, or in `prepare` of a handler that streams
  /// the body. Tornado's `set_max_body_size`.
  public var maxBodySize: Int {
    didSet { bodyReader?.limit = maxBodySize }
  }
  /// How long the next piece of the body may take; then 408.
  ///
  /// May be changed like ``maxBodySize``. Tornado's `set_body_timeout`.
  public var bodyTimeout: Duration {
    get { .nanoseconds(bodyTimeoutNanoseconds) }
    set { bodyTimeoutNanoseconds = newValue.timeoutNanoseconds }
  }
  /// Who makes the request, where something before its handler has found out: a `LoginUser` behind a login wall.
  public var identity: (any Sendable)? { gateway?.identity }
  /// What a gateway in front of the application has found out.
  package var gateway: GatewayFacts?
  /// What part of the path was cut off by a trusted proxy or a mount, still percent-encoded: WSGI's `SCRIPT_NAME`.
  public package(set) var mountPath: String

  /// Whether the query is not for logs, since there are secrets in it: the access log and messages show `...` for it.
  ///
  /// For handlers to set; what guards a login's callback does.
  public var isQuerySecret = false {
    didSet { context.configuration.requestsInFlight?.changed(self) }
  }

  package var delegate: (any HTTPMessageDelegate)?
  package var response = HTTPResponseState()
  package var bodyReader: BodyReader?
  var bodyDecoder: BodyDecoder?
  package var bodyPaused = false
  package var observers: RequestObservers?
  var hasEnded = false
  /// The fields of the answer, if the access log tells of any.
  var answerHeaders: HTTPHeaders?
  private(set) var bodyTimeoutNanoseconds: Int64

  /// The request's name in the log.
  public let id: RequestID

  init(
    head: RequestHead, connection: any HTTPConnection, startTime: LoopTime, protocol: String,
    told: TrustedProxies.Word?
  ) {
    self.told = told
    self.protocol = told?.scheme ?? `protocol`
    mountPath = told?.prefix ?? ""
    self.head = head
    self.connection = connection
    self.startTime = startTime
    context = connection.context
    id = RequestID(loop: context.number, number: context.requestCount)
    maxBodySize = context.configuration.limits.body
    bodyTimeoutNanoseconds = context.bodyTimeout
  }

  deinit {
    // Somebody who still reads the header keeps it.
    if isKnownUniquelyReferenced(&head) { context.recycle(head) }
  }

  // MARK: - The request line

  /// The method, as it was sent: upper case as a rule.
  public var method: String { head.text(head.method) }
  /// The request target as it was sent.
  public var uri: String { head.text(head.target) }
  /// The target's path, still percent-encoded; `*` for `OPTIONS *`.
  public var path: String { head.path.isEmpty ? "/" : head.text(head.path) }
  /// The target's query without the question mark.
  public var query: String { head.text(head.query) }
  /// `HTTP/2.0`, `HTTP/1.1` or `HTTP/1.0`.
  public var version: String {
    if head.traits.contains(.http2) { return "HTTP/2.0" }
    return head.traits.contains(.http11) ? "HTTP/1.1" : "HTTP/1.0"
  }
  /// The header.
  public var headers: HTTPHeaders { head.headers }
  /// The `Content-Encoding` that the server has taken off the body: Tornado's `X-Consumed-Content-Encoding`.
  public internal(set) var consumedContentEncoding: String?

  /// The authority that was asked for: the Host field, or that of an absolute target; `127.0.0.1` for
  /// HTTP/1.0 clients that do not say.
  public var host: String {
    if let host = told?.host { return host }
    return head.host.isEmpty ? "127.0.0.1" : head.text(head.host)
  }

  /// ``host`` in lower case and without its port.
  public var hostName: String {
    let host = host.lowercased()
    guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return host }
    return String(host[..<colon])
  }

  /// The URL that was asked for.
  public var fullURL: String {
    head.traits.contains(.absoluteForm) && told == nil
      ? uri : "\(self.protocol)://\(host)\(told?.prefix ?? "")\(uri)"
  }

  #if TLS
  /// What the connection's ends have agreed on; `nil` when it is not encrypted.
  public var tls: TLSStream? { connection.tls }

  /// The client's certificate, like Tornado's `get_ssl_certificate`; `nil` when it showed none.
  ///
  /// The configuration's `verification` says whether clients are asked for one.
  public var peerCertificate: TLSCertificate? { connection.tls?.peerCertificate }
  #endif

  /// How long ago the request came.
  public var requestTime: Duration { connection.loop.time - startTime }

  /// How many bytes of a body were sent in answer, as far as they are queued.
  public var responseByteCount: Int { response.bodyByteCount }

  package var isHead: Bool { head.traits.contains(.head) }

  /// Lends the bytes of the path.
  package func withPath<R>(_ body: (Span<UInt8>) -> R) -> R {
    guard !head.path.isEmpty else { return body([ASCII.slash].span) }
    let bytes = head.bytes
    return body(bytes.span.extracting(head.path))
  }

  // MARK: - The answer

  /// Whether the head of the answer is written.
  public var responseStarted: Bool { response.status != 0 }
  /// Whether the answer is complete or cut off.
  public var responseFinished: Bool { response.isFinished }
  /// The answer's status, 0 before there is one.
  public var responseStatus: Int { response.status }

  /// Queues the status line and the header.
  ///
  /// A `Content-Length` in it says how long the body will be; without one it is chunked, or ended by
  /// closing for HTTP/1.0 clients. HTTP/2 has no reason phrase.
  /// - Throws: ``/GaleWire/HTTPOutputError`` when the answer is started already, or the request is over.
  public func writeHeaders(
    _ status: Int, reason: String? = nil, _ headers: HTTPHeaders
  ) throws(HTTPOutputError) {
    try connection.writeHeaders(status, reason: reason, headers, for: self)
  }

  /// Queues a piece of the body.
  ///
  /// Who writes much waits with ``drain()`` now and then: what the client has not taken waits in memory.
  /// - Throws: ``/GaleWire/HTTPOutputError`` when it is more than `Content-Length` promised, and when more than
  ///   ``HTTPServerConfiguration/unsentByteCount`` waits already.
  public func write(_ bytes: [UInt8]) throws(HTTPOutputError) {
    let limit = connection.context.configuration.unsentByteCount
    if connection.unsentCount > limit {
      connection.flush(for: self)
      guard connection.unsentCount <= limit else {
        throw HTTPOutputError("More than \(limit) bytes wait for the client: drain() before writing more")
      }
    }
    try connection.write(bytes.span, for: self)
  }

  /// Ends the answer.
  /// - Throws: ``/GaleWire/HTTPOutputError`` when it is less than `Content-Length` promised; the connection is cut.
  public func finish(trailers: HTTPHeaders? = nil) throws(HTTPOutputError) {
    try connection.finish(trailers: trailers, for: self)
  }

  /// Sends what is queued and waits until it is with the kernel.
  public func drain() async {
    connection.flush(for: self)
    guard connection.unsentCount > 0 else { return }
    // SAFETY: whenDrained calls back exactly once.
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      connection.whenDrained(self) { unsafe continuation.resume() }
    }
  }

  /// Answers `Expect: 100-continue`; does nothing when it was not asked.
  public func sendContinue() { connection.sendContinue(for: self) }

  /// Cuts the connection, or in HTTP/2 the request's stream, so that the client sees that the answer is not
  /// complete.
  public func abort() { connection.abort(self) }

  /// Takes away fields that `isUnwanted` says, and adds others.
  ///
  /// To be called before anybody has read the header: when the request starts.
  package func changeFields(
    removing isUnwanted: (Span<UInt8>) -> Bool, adding added: [(name: [UInt8], value: [UInt8])]
  ) {
    removeFields(isUnwanted)
    for (name, value) in added {
      let start = head.bytes.count
      head.bytes += name
      let valueStart = head.bytes.count
      head.bytes += value
      head.fields.append(
        HTTPField(
          nameStart: start, nameCount: valueStart - start, valueStart: valueStart,
          valueCount: head.bytes.count - valueStart))
    }
  }

  private func removeFields(_ isUnwanted: (Span<UInt8>) -> Bool) {
    let bytes = head.bytes
    head.fields.removeAll { isUnwanted(bytes.span.extracting($0.name)) }
  }

  package func withMount(_ prefixCount: Int) {
    let end = head.path.lowerBound + prefixCount
    mountPath += head.text(head.path.lowerBound..<end)
    head.path = end..<head.path.upperBound
  }
}

/// What a gateway has found out about a request, for the application behind it.
///
/// Never changed once the request is handed on.
package final class GatewayFacts: Sendable {
  /// Who makes the request.
  package let identity: any Sendable
  /// What an application in Python finds beside the request: in a WSGI environ, under these names.
  package let variables: [(name: String, value: String)]

  package init(identity: any Sendable, variables: [(name: String, value: String)]) {
    self.identity = identity
    self.variables = variables
  }
}

/// Where an answer stands.
package struct HTTPResponseState {
  package var status = 0
  package var framing = BodyFraming.none
  package var isFinished = false
  package var closesConnection = false
  package var bodyByteCount = 0
}
