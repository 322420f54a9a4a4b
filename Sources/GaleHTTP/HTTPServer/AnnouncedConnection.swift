// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// A connection that begins with a header of the PROXY protocol, until that is read.
final class AnnouncedConnection: ServerConnection {
  private let stream: IOStream
  private let peer: SocketAddress
  private let context: HTTPServerContext

  init(_ stream: IOStream, _ peer: SocketAddress, _ context: HTTPServerContext) {
    self.stream = stream
    self.peer = peer
    self.context = context
  }

  /// Reads the header, and has the client that it names served.
  func start(_ version: ProxyProtocol.Version) {
    context.opened(self)
    context.loop.spawn { [self] in
      let source = await stream.takeProxyHeader(
        version, from: peer, timeout: context.configuration.headerTimeout)
      if let source { context.serveAnnounced(stream, from: source) }
      context.closed(self)
    }
  }

  /// Nothing is being answered.
  func closeIfIdle() { stream.close() }

  func abortNow() { stream.abort() }
}
