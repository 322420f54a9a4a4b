// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem

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
open class TCPServer {
  /// The loop that accepts and serves.
  public let loop: IOLoop
  private var acceptors: [Acceptor] = []

  /// Where the server listens.
  public private(set) var addresses: [SocketAddress] = []
  /// How many connections are open now.
  public private(set) var connectionCount = 0

  #if TLS
  private var tls: TLSContext?
  #endif

  /// Creates a server that listens nowhere yet.
  public init(on loop: IOLoop = .current) {
    self.loop = loop
  }

  #if TLS
  /// Creates a server of encrypted connections: Tornado's `ssl_options`.
  ///
  /// ``handle(_:address:)`` gets each as a ``TLSStream`` once its handshake is complete. Failed
  /// handshakes are logged with their cause.
  public init(tls: TLSContext, on loop: IOLoop = .current) {
    precondition(tls.configuration.role == .server, "a server needs the TLS context of a server")
    self.loop = loop
    self.tls = tls
  }
  #endif

  /// Listens on `port` too; may be called several times.
  ///
  /// See ``bindSockets(port:address:backlog:reusePort:)``.
  public func listen(
    port: UInt16, address: String? = nil, backlog: Int = defaultBacklog, reusePort: Bool = false
  ) throws(LoopError) {
    try addSockets(bindSockets(port: port, address: address, backlog: backlog, reusePort: reusePort))
  }

  /// Accepts connections of sockets that are bound already.
  public func addSockets(_ sockets: [ListeningSocket]) throws(LoopError) {
    for socket in sockets {
      acceptors.append(try Acceptor(socket, on: loop) { [self] in accepted($0, $1) })
      addresses.append(socket.address)
    }
  }

  /// Stops listening; open connections go on.
  ///
  /// Does nothing the second time.
  public func stop() {
    for acceptor in acceptors { acceptor.stop() }
    acceptors.removeAll()
    addresses.removeAll()
  }

  /// Serves one connection.
  ///
  /// The stream is closed when the method returns or throws.
  /// - Throws: Anything: it is logged, except that the peer went away.
  open func handle(_ stream: IOStream, address: SocketAddress) async throws {
    preconditionFailure("override handle(_:address:)")
  }

  private func accepted(_ descriptor: Int32, _ address: SocketAddress) {
    let stream = stream(descriptor, address)
    connectionCount += 1
    loop.spawn { [self] in
      do {
        #if TLS
        if let stream = stream as? TLSStream, await !stream.completeHandshake() {
          connectionCount -= 1
          return
        }
        #endif
        try await handle(stream, address: address)
      } catch let error as StreamError where error.code == .closed {
        // The peer went away: nobody is left to be told.
      } catch {
        loop.report(error, "Error in connection callback")
      }
      if !stream.isClosed {
        try? await stream.drain()
        stream.close()
      }
      connectionCount -= 1
    }
  }

  private func stream(_ descriptor: Int32, _ address: SocketAddress) -> IOStream {
    #if TLS
    if let tls { return TLSStream(accepting: descriptor, from: address, tls, on: loop) }
    #endif
    return IOStream(nonblocking: descriptor, on: loop)
  }
}
