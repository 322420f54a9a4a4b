// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
public import GaleWire
import GaleCore
import Synchronization

/// How a server treats its clients.
public struct HTTPServerConfiguration: Sendable {
  /// What it takes from a request at the most.
  public var limits = HTTPLimits()
  /// Answer each request on a connection of its own: Tornado's `no_keep_alive`.
  public var noKeepAlive = false
  /// How long a client may take to send the head of a request, from its first byte; then 408.
  public var headerTimeout = Duration.seconds(15)
  /// How long the next piece of a body may take; then 408.
  public var bodyTimeout = Duration.seconds(30)
  /// The least rate of a body in bytes per second, once it has taken 10 seconds; 0 for none.
  public var minimumBodyRate = 500
  /// How long a client may take nothing of an answer.
  public var writeTimeout = Duration.seconds(60)
  /// How long a connection is kept for the next request: Tornado's `idle_connection_timeout`.
  public var idleTimeout = Duration.seconds(75)
  /// How many requests a connection may carry.
  public var maxRequestsPerConnection = 10_000
  /// How many connections a loop holds open; 0 for the descriptor limit less 64.
  public var maxConnections = 0
  /// How many bytes behind the present request may wait in memory; then reading pauses.
  public var pipelinedByteCount = 64 * 1024
  /// How many bytes are read from a connection at a time, and are in a piece of a body that comes in pieces, at the most:
  /// Tornado's `chunk_size`.
  public var chunkByteCount = 65536
  /// How HTTP/2 is spoken.
  public var http2 = HTTP2Configuration()
  /// How many bytes of an answer may wait for the client until ``HTTPServerRequest/write(_:)`` refuses more.
  public var unsentByteCount = 8 * 1024 * 1024
  /// How long a connection that ends after an answer waits for the client to close its side.
  public var lingeringTimeout = Duration.seconds(5)
  /// How many bytes it takes in and drops meanwhile.
  public var lingeringByteCount = 64 * 1024
  /// Take compressed bodies apart for handlers: Tornado's `decompress_request`.
  ///
  /// The limit of a body then holds for what comes out, too. WSGI applications get bodies as they came.
  public var decompressesRequests = false
  /// Whose word about the client is taken: Tornado's `xheaders` and `trusted_downstream`.
  public var trustedProxies = TrustedProxies.none
  /// What requests say that they came by, `http` or `https`: Tornado's `protocol`.
  ///
  /// For servers with something in front that takes the encryption off; `nil` for what the connection tells.
  public var scheme: String?
  /// Counts requests, bytes and times; `nil` for no counting.
  public var statistics: HTTPServerStatistics?
  /// Knows the requests that are being answered, for other threads; `nil` when nobody asks.
  public var requestsInFlight: HTTPRequestsInFlight?
  /// Where requests are logged; `nil` for swift-log's logger `gale.access`.
  public var accessLog: AccessLog?
  /// What the `Server` field says; empty for no such field.
  public var serverName = "Gale/\(galeVersion)"

  /// The defaults above.
  public init() {}
}

/// The version of this package.
public let galeVersion = "0.1.0"

/// What a server keeps on one loop for all its connections there.
public final class HTTPServerContext {
  /// The loop.
  public let loop: IOLoop
  /// The server's settings.
  public let configuration: HTTPServerConfiguration
  let delegate: any HTTPServerConnectionDelegate
  /// Tells the loops of a process apart.
  let number: Int
  private static let count = Atomic<Int>(0)
  /// Requests that were started since the server was.
  public package(set) var requestCount = 0
  private var connectionNumber = 0
  /// Connections that are open now.
  public private(set) var connectionCount = 0

  var connections: Set<ObjectIdentifierBox> = []
  private var spareReaders: [HeadReader] = []
  private var spareHeads: [RequestHead] = []
  private var spareBytes: [[UInt8]] = []
  private var spareHeaders: [HTTPHeaders] = []
  /// The second of `dateText` and `template`; none at first.
  private var dateSeconds = Int.min
  private var dateText: [UInt8] = []
  private var template = HTTPHeaders()
  private var taggedBody: [UInt8] = []
  private var lastTag: [42 of UInt8] = .init(repeating: 0)
  private var serverText: [UInt8]
  let headerTimeout: Int64
  let bodyTimeout: Int64
  let writeTimeout: Int64
  let idleTimeout: Int64
  let lingeringTimeout: Int64
  private let connectionLimit: Int
  /// Whether the access log tells of fields of the answer.
  let keepsAnswerHeaders: Bool
  let accessLine = AccessLineBuilder()
  let statistics: LoopStatistics?
  /// Whether anybody counts or watches requests.
  let isWatched: Bool
  private var acceptors: [Acceptor] = []
  private var areAcceptorsSuspended = false
  /// Set once the server is to end: connections close after the answer that they are at.
  package private(set) var isDraining = false
  private var whenEmpty: (() -> Void)?
  /// Where the server first listened on this loop.
  package private(set) var listenAddress: SocketAddress?
  /// What delegates that serve several loops keep on this one, each under its own identity.
  package var attachments: [(owner: ObjectIdentifier, value: AnyObject)] = []

  private let transport: ServerTransport
  /// `http` or `https`, as requests say it.
  package let scheme: String

  init(
    loop: IOLoop, configuration: HTTPServerConfiguration, delegate: any HTTPServerConnectionDelegate,
    transport: ServerTransport
  ) {
    self.loop = loop
    self.transport = transport.offering(http2: configuration.http2.isEnabled)
    scheme = configuration.scheme ?? transport.scheme
    self.configuration = configuration
    self.delegate = delegate
    number = HTTPServerContext.count.add(1, ordering: .relaxed).newValue
    serverText = Array(configuration.serverName.utf8)
    headerTimeout = configuration.headerTimeout.timeoutNanoseconds
    bodyTimeout = configuration.bodyTimeout.timeoutNanoseconds
    writeTimeout = configuration.writeTimeout.timeoutNanoseconds
    idleTimeout = configuration.idleTimeout.timeoutNanoseconds
    lingeringTimeout = configuration.lingeringTimeout.timeoutNanoseconds
    keepsAnswerHeaders = configuration.accessLog?.format.needsAnswerHeaders ?? false
    statistics = configuration.statistics.map { LoopStatistics(page: $0.takePage()) }
    isWatched = configuration.statistics != nil || configuration.requestsInFlight != nil
    let descriptors = System.descriptorLimit
    connectionLimit =
      configuration.maxConnections > 0 ? configuration.maxConnections : max(16, descriptors - 64)
  }

  // MARK: - Connections

  func listen(_ socket: ListeningSocket) throws(LoopError) {
    if listenAddress == nil { listenAddress = socket.address }
    acceptors.append(
      try Acceptor(socket, on: loop) { [self] descriptor, address in
        if let version = configuration.trustedProxies.announcement(from: address) {
          let stream = IOStream(nonblocking: descriptor, on: loop)
          return AnnouncedConnection(stream, address, self).start(version)
        }
        let stream = transport.stream(descriptor, address, on: loop)
        HTTP1ServerConnection(stream, address, self).start()
      })
  }

  /// Serves a connection whose header of the PROXY protocol names `address`.
  func serveAnnounced(_ stream: IOStream, from address: SocketAddress) {
    guard let stream = transport.upgrade(stream, address) else { return }
    HTTP1ServerConnection(stream, address, self).start()
  }

  /// Serves a connection that exists already.
  package func serve(_ stream: IOStream, from address: SocketAddress) {
    HTTP1ServerConnection(stream, address, self).start()
  }
  #if HTTP2
  /// Serves a connected stream on which HTTP/2 is spoken from its first byte on.
  package func serveHTTP2(_ stream: IOStream, from address: SocketAddress) {
    let connection = HTTP2ServerConnection(stream, address, self, makeConnectionID())
    opened(connection)
    connection.start()
  }
  #endif

  func makeConnectionID() -> HTTPConnectionID {
    connectionNumber += 1
    return HTTPConnectionID(loop: number, number: connectionNumber)
  }

  func opened(_ connection: any ServerConnection) {
    connections.insert(ObjectIdentifierBox(connection))
    connectionCount += 1
    statistics?.connectionOpened()
    guard connectionCount >= connectionLimit, !areAcceptorsSuspended else { return }
    areAcceptorsSuspended = true
    for acceptor in acceptors { acceptor.suspend() }
  }

  func closed(_ connection: any ServerConnection) {
    guard connections.remove(ObjectIdentifierBox(connection)) != nil else { return }
    connectionCount -= 1
    statistics?.connectionClosed()
    if areAcceptorsSuspended, connectionCount < connectionLimit, !isDraining {
      areAcceptorsSuspended = false
      for acceptor in acceptors { acceptor.resume() }
    }
    if connectionCount == 0, let done = whenEmpty {
      whenEmpty = nil
      done()
    }
  }

  func stopAccepting() {
    for acceptor in acceptors { acceptor.stop() }
    acceptors = []
  }

  /// Closes idle connections, WebSockets with 1001, and calls `done` when the last busy one has ended.
  func drain(_ done: @escaping () -> Void) {
    isDraining = true
    stopAccepting()
    for entry in connections { entry.connection.closeIfIdle() }
    if connectionCount == 0 { done() } else { whenEmpty = done }
  }

  func abortAll() {
    for entry in connections { entry.connection.abortNow() }
  }

  // MARK: - What requests share

  func takeReader() -> HeadReader {
    let reader = spareReaders.popLast() ?? HeadReader(limits: configuration.limits)
    reader.reader.recycle(from: &spareHeads)
    return reader
  }

  /// What the fields of an HTTP/2 request are given to.
  func takeHeadBuilder() -> RequestHeadBuilder {
    RequestHeadBuilder(limits: configuration.limits, recycling: spareHeads.popLast())
  }

  /// Takes back the storage of a request that is over.
  func recycle(_ head: RequestHead) {
    if spareHeads.count < 64 { spareHeads.append(head) }
  }

  /// An empty array with room, for the body of an answer.
  package func takeBytes() -> [UInt8] {
    if var bytes = spareBytes.popLast() {
      bytes.removeAll(keepingCapacity: true)
      return bytes
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    return bytes
  }

  /// Takes back an array whose elements nobody needs any more.
  package func recycle(_ bytes: consuming [UInt8]) {
    guard spareBytes.count < 64, (64...16384).contains(bytes.capacity) else { return }
    spareBytes.append(bytes)  // Emptied when it is lent again: its owner may still be on its way out.
  }

  /// A header without fields, in memory that another one had.
  package func takeHeaders() -> HTTPHeaders {
    guard var headers = spareHeaders.popLast() else { return HTTPHeaders() }
    headers.removeAll()
    return headers
  }

  /// Takes back the storage of a header that was sent.
  package func recycle(_ headers: consuming HTTPHeaders) {
    if spareHeaders.count < 64 { spareHeaders.append(headers) }
  }

  func giveBack(_ reader: HeadReader) {
    if spareReaders.count < 16 { spareReaders.append(reader) }
  }

  /// A request that begins now.
  /// - Throws: `.invalidHeader` when what proxies tell contradicts itself.
  func makeRequest(
    _ head: RequestHead, _ connection: any HTTPConnection
  ) throws(HTTPInputError) -> HTTPServerRequest {
    let proxies = configuration.trustedProxies
    let told =
      proxies.isEmpty ? nil : try proxies.word(of: head, from: connection.remoteAddress, scheme: scheme)
    requestCount += 1
    statistics?.requestBegan()
    let request = HTTPServerRequest(
      head: head, connection: connection, startTime: LoopTime(nanoseconds: loop.turnTime), protocol: scheme,
      told: told)
    configuration.requestsInFlight?.began(request)
    return request
  }

  /// The present second as an HTTP date (RFC 9110, section 5.6.7), 29 bytes.
  package func withDate<R>(_ body: ([UInt8]) -> R) -> R {
    let now = loop.wallSeconds
    if now != dateSeconds { renewDate(now) }
    return body(dateText)
  }

  private func renewDate(_ now: Int) {
    dateSeconds = now
    let bytes = HTTPDate(unixSeconds: now).bytes
    dateText = bytes.indices.map { bytes[$0] }
    // Made apart: nothing may ask for the date while the template is being changed.
    var fresh = HTTPHeaders()
    if !serverText.isEmpty { append("Server", serverText, to: &fresh) }
    append("Date", dateText, to: &fresh)
    fresh.append("Content-Type", "text/html; charset=UTF-8")
    template = fresh
  }

  /// `Server`, `Date` and `Content-Type: text/html`: what a handler's answer begins with.
  package var defaultHeaders: HTTPHeaders {
    withDate { _ in
      guard var headers = spareHeaders.popLast() else {
        return HTTPHeaders(copying: template, extraByteCount: 192, extraFieldCount: 4)
      }
      headers.copy(template)
      return headers
    }
  }

  /// The entity tag of `body`, made by `compute`.
  ///
  /// A short body that was tagged just before, as pages that do not change are, is compared instead of
  /// hashed again.
  package func tag(of body: [UInt8], _ compute: ([UInt8]) -> [42 of UInt8]) -> [42 of UInt8] {
    guard body.count <= 512 else { return compute(body) }
    if body == taggedBody, lastTag[0] != 0 { return lastTag }
    lastTag = compute(body)
    taggedBody.removeAll(keepingCapacity: true)
    taggedBody.append(contentsOf: body)
    return lastTag
  }

  /// Adds the `Server` and `Date` fields that every answer carries.
  package func appendServerFields(to headers: inout HTTPHeaders) {
    if !serverText.isEmpty { append("Server", serverText, to: &headers) }
    withDate { append("Date", $0, to: &headers) }
  }

  /// Adds those of the same fields that an application did not give.
  package func appendServerFields(to headers: inout HTTPHeaders, hasDate: Bool, hasServer: Bool) {
    if !hasServer, !serverText.isEmpty { append("Server", serverText, to: &headers) }
    if !hasDate { withDate { append("Date", $0, to: &headers) } }
  }

  package func append(_ name: StaticString, _ value: [UInt8], to headers: inout HTTPHeaders) {
    name.withUTF8Buffer { name in
      unsafe value.withUnsafeBytes { value in
        unsafe headers.append(canonicalName: UnsafeRawBufferPointer(name), value: value)
      }
    }
  }
}

extension Duration {
  /// Nanoseconds that can be added to the loop's time: 146 years at the most.
  var timeoutNanoseconds: Int64 { min(clampedNanoseconds, .max / 2) }
}

/// A head reader that can be lent.
final class HeadReader {
  var reader: RequestHeadReader
  init(limits: HTTPLimits) { reader = RequestHeadReader(limits: limits) }
}

/// A connection of the server, whatever is spoken on it.
protocol ServerConnection: AnyObject {
  /// The server is to end: closes the connection if nothing is being answered.
  func closeIfIdle()
  /// Cuts the connection.
  func abortNow()
}

/// A connection in a set.
struct ObjectIdentifierBox: Hashable {
  let connection: any ServerConnection
  /// The connection, if it speaks HTTP/1.
  var http1: HTTP1ServerConnection? { connection as? HTTP1ServerConnection }

  init(_ connection: any ServerConnection) { self.connection = connection }
  static func == (left: Self, right: Self) -> Bool { left.connection === right.connection }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(connection)) }
}
