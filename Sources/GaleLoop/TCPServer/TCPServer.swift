// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A server of byte streams, like Tornado's `TCPServer`: override ``handle(_:address:)``.
///
/// ```swift
/// final class EchoServer: TCPServer {
///   override func handle(_ stream: IOStream, address: SocketAddress) async throws {
///     while true { try await stream.write(stream.read(until: [10])) }
///   }
/// }
/// try EchoServer().listen(port: 8888)
/// IOLoop.current.start()
/// ```
///
/// A server belongs to one loop; ``TCPServerGroup`` has one on each of several. It lives until it is stopped, whether or
/// not anybody keeps it. Processes are not forked, which is unsafe where threads are: each one that is started binds with
/// `reusePort`, or inherits the sockets (``ListeningSocket/init(inherited:backlog:)``, ``addSockets(_:)``).
open class TCPServer {
  /// The loop that accepts and serves.
  public let loop: IOLoop
  /// What each stream's ``IOStream/maxBufferSize`` is, in bytes; `nil` for its default.
  public let maxBufferSize: Int?
  /// What each stream's ``IOStream/readChunkSize`` is, in bytes; `nil` for its default.
  public let readChunkSize: Int?
  /// How many connections may be open; further ones wait in the kernel.
  ///
  /// `nil` for as many as there are descriptors.
  public var maxConnections: Int? { didSet { limitConnections() } }

  /// Which proxies say in a header whom a connection comes from; `nil` for none.
  ///
  /// ``handle(_:address:)`` then gets that address. It counts for connections that are accepted from now on.
  public var proxyProtocol: ProxyProtocol?

  #if TLS
  private var tls: TLSContext?
  #endif
  private var bound: [ListeningSocket] = []
  private var acceptors: [Acceptor] = []
  private var connections: [ObjectIdentifier: Connection] = [:]
  private var isFull = false
  private var whenEmpty: [Completion<Void>] = []

  /// Where the server listens.
  public private(set) var addresses: [SocketAddress] = []
  /// How many connections are open now.
  public var connectionCount: Int { connections.count }

  /// Creates a server that listens nowhere yet.
  /// - Parameters:
  ///   - maxBufferSize: The most unread bytes that a stream holds; `nil` for its default.
  ///   - readChunkSize: The most bytes that a stream reads at a time; `nil` for its default.
  ///   - loop: Where it serves.
  public init(maxBufferSize: Int? = nil, readChunkSize: Int? = nil, on loop: IOLoop = .current) {
    self.loop = loop
    self.maxBufferSize = maxBufferSize
    self.readChunkSize = readChunkSize
  }

  #if TLS
  /// Creates a server of encrypted connections: Tornado's `ssl_options`.
  ///
  /// ``handle(_:address:)`` gets each as a ``TLSStream`` once its handshake is complete. Failed handshakes are logged
  /// with their cause.
  public init(
    tls: TLSContext, maxBufferSize: Int? = nil, readChunkSize: Int? = nil, on loop: IOLoop = .current
  ) {
    precondition(tls.configuration.role == .server, "a server needs the TLS context of a server")
    self.loop = loop
    self.maxBufferSize = maxBufferSize
    self.readChunkSize = readChunkSize
    self.tls = tls
  }
  #endif

  /// Serves one connection.
  ///
  /// The stream is closed when the method returns or throws.
  /// - Throws: Anything: it is logged, except that the peer went away.
  open func handle(_ stream: IOStream, address: SocketAddress) async throws {
    preconditionFailure("override handle(_:address:)")
  }

  // MARK: - Listening

  /// Listens on `port` too; may be called several times.
  ///
  /// See ``bindSockets(port:address:backlog:reusePort:family:flags:)``.
  public func listen(
    port: UInt16, address: String? = nil, backlog: Int = defaultBacklog, reusePort: Bool = false,
    family: AddressFamily? = nil, flags: AddressInfoFlags = .passive
  ) throws(LoopError) {
    try addSockets(
      bindSockets(
        port: port, address: address, backlog: backlog, reusePort: reusePort, family: family, flags: flags))
  }

  /// Listens on a Unix socket too; see ``bindUnixSocket(path:mode:backlog:takesOver:)``.
  public func listen(
    path: String, mode: UInt32 = 0o600, backlog: Int = defaultBacklog, takesOver: Bool = false
  ) throws(LoopError) {
    try addSockets([bindUnixSocket(path: path, mode: mode, backlog: backlog, takesOver: takesOver)])
  }

  /// Accepts connections of sockets that are bound already: Tornado's `add_sockets`, `add_socket`.
  public func addSockets(_ sockets: [ListeningSocket]) throws(LoopError) {
    for socket in sockets {
      let acceptor = try Acceptor(socket, on: loop) { [self] in accepted($0, $1) }
      if isFull { acceptor.suspend() }
      acceptors.append(acceptor)
      addresses.append(socket.address)
    }
  }

  /// Binds to `port`, and serves after ``start()``: between them a process can give up its privileges.
  ///
  /// See ``bindSockets(port:address:backlog:reusePort:family:flags:)``. Connections wait in the kernel meanwhile.
  public func bind(
    port: UInt16, address: String? = nil, backlog: Int = defaultBacklog, reusePort: Bool = false,
    family: AddressFamily? = nil, flags: AddressInfoFlags = .passive
  ) throws(LoopError) {
    bound += try bindSockets(
      port: port, address: address, backlog: backlog, reusePort: reusePort, family: family, flags: flags)
  }

  /// Serves what ``bind(port:address:backlog:reusePort:family:flags:)`` bound.
  public func start() throws(LoopError) {
    let sockets = bound
    bound = []
    try addSockets(sockets)
  }

  /// Stops listening; open connections go on.
  ///
  /// Does nothing the second time.
  public func stop() {
    bound.removeAll()
    for acceptor in acceptors { acceptor.stop() }
    acceptors.removeAll()
    addresses.removeAll()
  }

  // MARK: - Ending

  /// Stops listening and waits until the open connections have ended; those that have not after `grace` are cut.
  public func shutdown(grace: Duration = .seconds(30)) async {
    stop()
    guard !connections.isEmpty else { return }
    let empty = Completion<Void>(on: loop)
    whenEmpty.append(empty)
    let timer = loop.callLater(grace) { [self] in closeAllConnections() }
    defer { loop.removeTimeout(timer) }
    do {
      try await empty.value()
    } catch {
      closeAllConnections()  // The one who waited was cancelled.
    }
  }

  /// Cuts every connection: its stream is closed and the task of ``handle(_:address:)`` cancelled.
  public func closeAllConnections() {
    for connection in connections.values {
      connection.stream.close()
      connection.task?.cancel()
    }
  }

  // MARK: - Connections

  private struct Connection {
    var stream: IOStream
    var task: Task<Void, Never>?
  }

  private func accepted(_ descriptor: Int32, _ address: SocketAddress) {
    let proxyProtocol = proxyProtocol.flatMap { $0.sources.contains(address) ? $0 : nil }
    let stream =
      proxyProtocol == nil ? stream(descriptor, address) : IOStream(nonblocking: descriptor, on: loop)
    if let maxBufferSize { stream.maxBufferSize = maxBufferSize }
    if let readChunkSize { stream.readChunkSize = readChunkSize }
    let id = ObjectIdentifier(stream)
    connections[id] = Connection(stream: stream)
    limitConnections()
    connections[id]?.task = loop.spawn { [self] in
      if let proxyProtocol {
        await serve(stream, from: address, proxyProtocol, id)
      } else {
        await serve(stream, address)
      }
      ended(id)
    }
  }

  /// Serves a connection that begins with a header of the PROXY protocol.
  private func serve(
    _ stream: IOStream, from proxy: SocketAddress, _ proxyProtocol: ProxyProtocol, _ id: ObjectIdentifier
  ) async {
    let source = await stream.takeProxyHeader(
      proxyProtocol.version, from: proxy, timeout: proxyProtocol.timeout)
    guard let source else { return }
    #if TLS
    if let tls {
      // What fails is in the log already.
      guard let secured = try? stream.acceptTLS(tls, from: source) else { return stream.close() }
      connections[id]?.stream = secured
      return await serve(secured, source)
    }
    #endif
    await serve(stream, source)
  }

  private func stream(_ descriptor: Int32, _ address: SocketAddress) -> IOStream {
    #if TLS
    if let tls { return TLSStream(accepting: descriptor, from: address, tls, on: loop) }
    #endif
    return IOStream(nonblocking: descriptor, on: loop)
  }

  private func serve(_ stream: IOStream, _ address: SocketAddress) async {
    #if TLS
    if let stream = stream as? TLSStream, await !stream.completeHandshake() { return }
    #endif
    do {
      try await handle(stream, address: address)
    } catch let error as StreamError where error.code == .closed {
      // The peer went away: nobody is left to be told.
    } catch is CancellationError where stream.isClosed {
      // As closeAllConnections() wanted.
    } catch {
      loop.report(error, "Error in connection callback")
    }
    if !stream.isClosed {
      try? await stream.drain()
      stream.close()
    }
  }

  private func ended(_ id: ObjectIdentifier) {
    connections[id] = nil
    limitConnections()
    guard connections.isEmpty else { return }
    for completion in whenEmpty { completion.finish(.success(())) }
    whenEmpty.removeAll()
  }

  private func limitConnections() {
    let wasFull = isFull
    isFull = connections.count >= maxConnections ?? .max
    guard isFull != wasFull else { return }
    for acceptor in acceptors { isFull ? acceptor.suspend() : acceptor.resume() }
  }
}
