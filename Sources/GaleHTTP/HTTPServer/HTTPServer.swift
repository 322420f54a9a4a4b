// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
public import GaleLoop
import GaleWire
import Synchronization

/// An HTTP server, like Tornado's `HTTPServer`.
///
/// ```swift
/// let server = HTTPServer(application)
/// try server.listen(port: 8888)
/// IOLoop.current.start()
/// ```
public final class HTTPServer {
  /// The server's settings.
  public let configuration: HTTPServerConfiguration
  /// Where it listens.
  public private(set) var addresses: [SocketAddress] = []
  private let delegate: any HTTPServerConnectionDelegate
  private let loop: IOLoop
  private var contexts: [HTTPServerContext] = []
  private var otherLoops: [LoopThread] = []

  /// Creates a server that listens nowhere yet.
  public init(
    _ delegate: any HTTPServerConnectionDelegate,
    configuration: HTTPServerConfiguration = HTTPServerConfiguration(), on loop: IOLoop = .current
  ) {
    self.delegate = delegate
    self.configuration = configuration
    self.loop = loop
    System.ignoreBrokenPipes()
  }

  #if TLS
  /// Creates a server of HTTPS that listens nowhere yet: Tornado's `ssl_options`.
  ///
  /// Clients that ask are told that HTTP/2 and HTTP/1.1 are spoken (ALPN).
  public convenience init(
    _ delegate: any HTTPServerConnectionDelegate, tls: TLSContext,
    configuration: HTTPServerConfiguration = HTTPServerConfiguration(), on loop: IOLoop = .current
  ) {
    precondition(tls.configuration.role == .server, "a server needs the TLS context of a server")
    self.init(delegate, configuration: configuration, on: loop)
    transport = .tls(tls, offersHTTP2: false)
  }
  #endif

  private var transport = ServerTransport.plain

  /// What the server keeps on the loop that it was made on.
  public var context: HTTPServerContext {
    if let context = contexts.first { return context }
    let context = HTTPServerContext(
      loop: loop, configuration: configuration, delegate: delegate, transport: transport)
    contexts.append(context)
    return context
  }

  /// Listens on `port`; may be called several times.
  /// - Parameters:
  ///   - port: 0 for one that the system chooses; ``addresses`` says which.
  ///   - address: A name, a numeric address, or `nil` for all interfaces.
  ///   - backlog: How many connections the kernel holds until they are accepted.
  ///   - reusePort: Whether other sockets, of other processes too, may listen on the same port.
  ///   - loops: How many threads serve, each with a loop and a socket of its own on the port; the
  ///     kernel spreads connections over them. The present loop is one of them.
  /// - Throws: ``/GaleLoop/LoopError`` with the system's reason.
  public func listen(
    port: UInt16, address: String? = nil, backlog: Int = defaultBacklog, reusePort: Bool = false,
    loops: Int = 1
  ) throws(LoopError) {
    precondition(loops >= 1, "a server needs at least one loop")
    let sockets = try bindSockets(
      port: port, address: address, backlog: backlog, reusePort: reusePort || loops > 1)
    try addSockets(sockets)
    for index in 1..<max(1, loops) {
      let chosen = sockets.first?.address.port ?? port
      let more = try bindSockets(port: chosen, address: address, backlog: backlog, reusePort: true)
      if otherLoops.count < index { otherLoops.append(LoopThread(configuration, delegate, transport)) }
      otherLoops[index - 1].listen(more)
    }
  }

  /// Serves sockets that are bound already, on the present loop.
  public func addSockets(_ sockets: [ListeningSocket]) throws(LoopError) {
    for socket in sockets {
      try context.listen(socket)
      addresses.append(socket.address)
    }
  }

  /// Accepts nothing more; connections that are open go on.
  public func stop() {
    for context in contexts { context.stopAccepting() }
    for other in otherLoops { other.perform { $0.stopAccepting() } }
    addresses = []
  }

  /// Ends the server gracefully: stops listening, closes idle connections and, with 1001, WebSockets, lets requests
  /// that are being answered end, and cuts what is left after `grace`.
  public func shutdown(grace: Duration = .seconds(30)) async {
    for other in otherLoops { other.shutdown(grace: grace) }
    await HTTPServer.drain(context, grace: grace)
    while otherLoops.contains(where: { !$0.hasEnded }) { try? await loop.sleep(for: .milliseconds(10)) }
    otherLoops = []
    addresses = []
    configuration.accessLog?.writer.flush()
  }

  /// Cuts every connection, like Tornado's `close_all_connections`.
  public func closeAllConnections() {
    for context in contexts { context.abortAll() }
    for other in otherLoops { other.perform { $0.abortAll() } }
  }

  static func drain(_ context: HTTPServerContext, grace: Duration) async {
    // SAFETY: `drain` calls back once: the timer only cuts the connections, which ends it too.
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let timer = context.loop.callLater(grace) { context.abortAll() }
      context.drain {
        context.loop.removeTimeout(timer)
        unsafe continuation.resume()
      }
    }
  }
}

/// A loop on a thread of its own that serves the same delegate.
private final class LoopThread: Sendable {
  private let loop: IOLoop
  private let ended = Atomic<Bool>(false)
  private let context: Mutex<LoopConfined<HTTPServerContext>?> = Mutex(nil)

  var hasEnded: Bool { ended.load(ordering: .acquiring) }

  init(
    _ configuration: HTTPServerConfiguration, _ delegate: any HTTPServerConnectionDelegate,
    _ transport: ServerTransport
  ) {
    do throws(LoopError) { loop = try IOLoop() } catch { fatalError("cannot create an event loop: \(error)") }
    startThread { [self] in
      loop.makeCurrent()
      let made = HTTPServerContext(
        loop: loop, configuration: configuration, delegate: delegate, transport: transport)
      context.withLock { $0 = LoopConfined(made) }
      loop.start()
      context.withLock { $0 = nil }
      loop.close()
      ended.store(true, ordering: .releasing)
    }
  }

  func perform(_ body: @escaping @Sendable (HTTPServerContext) -> Void) {
    loop.addCallback { [self] in
      if let context = context.withLock({ $0 }) { body(context.value) }
    }
  }

  func listen(_ sockets: [ListeningSocket]) {
    perform { context in
      for socket in sockets {
        do throws(LoopError) { try context.listen(socket) } catch {
          context.loop.report(error, "Cannot listen")
        }
      }
    }
  }

  func shutdown(grace: Duration) {
    perform { context in
      context.loop.spawn {
        await HTTPServer.drain(context, grace: grace)
        context.loop.stop()
      }
    }
  }
}
