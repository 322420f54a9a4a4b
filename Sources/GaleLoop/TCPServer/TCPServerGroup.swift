// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A ``TCPServer`` on each of several loops, so that more cores serve.
///
/// ```swift
/// let group = try TCPServerGroup(loops: 4) { EchoServer(on: $0) }
/// try group.listen(port: 8888)
/// IOLoop.current.start()
/// ```
///
/// Each loop has a thread and a server object of its own, and, with ``listen(port:address:backlog:family:)``, a
/// socket of its own, over which the kernel spreads connections. The present loop is one of them.
public final class TCPServerGroup {
  /// Where the group listens.
  public private(set) var addresses: [SocketAddress] = []
  private let loop: IOLoop
  private let first: TCPServer
  private var others: [ServerThread] = []

  /// Makes the servers.
  /// - Parameters:
  ///   - loops: How many; 1 or more.
  ///   - loop: The first of them, the present one.
  ///   - make: Makes the server of a loop, on the loop's thread.
  /// - Throws: ``LoopError`` when the system has no descriptors left.
  public init(
    loops: Int, on loop: IOLoop = .current, _ make: @escaping @Sendable (IOLoop) -> TCPServer
  ) throws(LoopError) {
    precondition(loops >= 1, "a group needs at least one loop")
    loop.checkThread()
    self.loop = loop
    first = make(loop)
    for _ in 1..<max(1, loops) { others.append(ServerThread(try IOLoop(), make)) }
  }

  /// Listens on `port` too, with a socket for each loop; may be called several times.
  ///
  /// See ``bindSockets(port:address:backlog:reusePort:family:flags:)``.
  public func listen(
    port: UInt16, address: String? = nil, backlog: Int = defaultBacklog, family: AddressFamily? = nil
  ) throws(LoopError) {
    let isShared = !others.isEmpty
    let sockets = try bindSockets(
      port: port, address: address, backlog: backlog, reusePort: isShared, family: family)
    let chosen = sockets.first?.address.port ?? port
    var more: [[ListeningSocket]] = []
    for _ in others {
      more.append(
        try bindSockets(port: chosen, address: address, backlog: backlog, reusePort: true, family: family))
    }
    try first.addSockets(sockets)
    addresses += sockets.map(\.address)
    for (other, sockets) in zip(others, more) { other.add(sockets) }
  }

  /// Accepts connections of sockets that are bound already, every loop from each: also Unix sockets.
  public func addSockets(_ sockets: [ListeningSocket]) throws(LoopError) {
    try first.addSockets(sockets)
    addresses += sockets.map(\.address)
    for other in others { other.add(sockets) }
  }

  /// Stops listening; open connections go on.
  public func stop() {
    first.stop()
    for other in others { other.perform { $0.stop() } }
    addresses.removeAll()
  }

  /// Stops listening, waits until the open connections have ended, cuts what is left after `grace`, and ends the
  /// other loops' threads.
  public func shutdown(grace: Duration = .seconds(30)) async {
    addresses.removeAll()
    let ends = others.map { (Completion<Void>(on: loop), $0) }
    for (end, other) in ends {
      let confined = LoopConfined(end)
      other.shutdown(grace: grace) { [loop] in loop.addCallback { confined.value.finish(.success(())) } }
    }
    await first.shutdown(grace: grace)
    for (end, _) in ends { try? await end.value() }
    others.removeAll()
  }
}

/// A loop on a thread of its own, and the server on it.
private final class ServerThread: Sendable {
  private let loop: IOLoop
  private let server: Mutex<LoopConfined<TCPServer>?> = Mutex(nil)
  private let whenEnded: Mutex<(@Sendable () -> Void)?> = Mutex(nil)

  init(_ loop: IOLoop, _ make: @escaping @Sendable (IOLoop) -> TCPServer) {
    self.loop = loop
    startThread { [self] in
      loop.makeCurrent()
      let made = LoopConfined(make(loop))
      server.withLock { $0 = made }
      loop.start()
      server.withLock { $0 = nil }
      loop.close()
      whenEnded.withLock { $0 }?()
    }
  }

  func perform(_ body: @escaping @Sendable (TCPServer) -> Void) {
    loop.addCallback { [self] in
      if let server = server.withLock({ $0 }) { body(server.value) }
    }
  }

  func add(_ sockets: [ListeningSocket]) {
    perform { server in
      do throws(LoopError) {
        try server.addSockets(sockets)
      } catch {
        server.loop.report(error, "Cannot accept connections")
      }
    }
  }

  func shutdown(grace: Duration, whenEnded: @escaping @Sendable () -> Void) {
    self.whenEnded.withLock { $0 = whenEnded }
    perform { server in
      let loop = server.loop
      loop.spawn {
        await server.shutdown(grace: grace)
        loop.stop()
      }
    }
  }
}
