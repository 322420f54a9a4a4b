// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import CSystem
import GaleCore

extension IOStream {
  /// Goes on with TLS on this connection: Tornado's `start_tls`.
  ///
  /// The descriptor moves to the stream that is returned, and this one is closed; its close callback
  /// moves too. Which end it is the context says. Returns when the handshake is complete.
  ///
  /// What has come already counts as the beginning of the handshake, so that nothing that was sent
  /// unprotected passes for protected afterwards (the injection of commands behind STARTTLS).
  /// - Parameters:
  ///   - serverName: For clients: the name that is asked for and that the certificate must be for, a
  ///     host name or a numeric address.
  ///   - applicationProtocols: What to offer or accept (ALPN), the best first; `nil` for the context's.
  /// - Throws: ``TLSError`` with the cause, `.invalidState` when the stream is being read or written;
  ///   ``StreamError`` when the stream is closed, or fails below TLS.
  public func startTLS(
    _ context: TLSContext, serverName: String? = nil, applicationProtocols: [String]? = nil
  ) async throws -> TLSStream {
    let stream = try beginTLS(context, serverName: serverName, applicationProtocols: applicationProtocols)
    try await stream.waitForHandshake()
    return stream
  }

  /// Begins what ``startTLS(_:serverName:applicationProtocols:)`` does, without waiting for the handshake.
  package func beginTLS(
    _ context: TLSContext, serverName: String?, applicationProtocols: [String]?
  ) throws -> TLSStream {
    loop.checkThread()
    guard !isClosed else { throw error ?? .closed() }
    guard pendingRead == nil, consumer == nil, !hasUnsent, !(self is TLSStream) else {
      throw TLSError(.invalidState, "IOStream is not idle; cannot convert to TLS")
    }
    guard readBuffer?.isEmpty ?? true || context.configuration.role == .server else {
      close()
      throw TLSError(.invalidState, "The server sent bytes that are not protected before TLS was begun")
    }
    let protocols: ProtocolList? =
      if let applicationProtocols { try ProtocolList(applicationProtocols) } else { nil }
    return try TLSStream(takingOver: self, context, serverName: serverName, protocols: protocols)
  }

  /// Goes on with TLS as a server, on a connection of which no byte that is left was sent unprotected.
  /// - Parameters:
  ///   - peer: Who is named in the log.
  ///   - protocols: The application protocols that may be agreed on; `nil` for the context's.
  package func acceptTLS(
    _ context: TLSContext, from peer: SocketAddress, protocols: ProtocolList? = nil
  ) throws(TLSError) -> TLSStream {
    try TLSStream(takingOver: self, context, serverName: nil, protocols: protocols, from: peer)
  }
}

#endif
