// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// What a server's connections are made of.
enum ServerTransport: Sendable {
  case plain
  #if TLS
  case tls(TLSContext, offersHTTP2: Bool)

  /// What is agreed on with clients that ask (RFC 7301, section 6).
  private static let protocols = try? ProtocolList(["http/1.1", "http/1.0"])
  private static let protocolsWithHTTP2 = try? ProtocolList(["h2", "http/1.1", "http/1.0"])
  #endif

  /// The same, with HTTP/2 offered to clients that ask, or not.
  func offering(http2: Bool) -> ServerTransport {
    switch self {
    case .plain: .plain
    #if TLS
    case .tls(let context, _):
      #if HTTP2
      .tls(context, offersHTTP2: http2)
      #else
      .tls(context, offersHTTP2: false)
      #endif
    #endif
    }
  }

  /// `http` or `https`.
  var scheme: String {
    switch self {
    case .plain: "http"
    #if TLS
    case .tls: "https"
    #endif
    }
  }

  func stream(_ descriptor: Int32, _ address: SocketAddress, on loop: IOLoop) -> IOStream {
    switch self {
    case .plain: IOStream(nonblocking: descriptor, on: loop)
    #if TLS
    case .tls(let context, let offersHTTP2):
      TLSStream(
        accepting: descriptor, from: address, context,
        protocols: offersHTTP2 ? ServerTransport.protocolsWithHTTP2 : ServerTransport.protocols, on: loop)
    #endif
    }
  }

  /// The same on a connection of which something was read already; `nil` when it fails, and is closed.
  func upgrade(_ stream: IOStream, _ address: SocketAddress) -> IOStream? {
    switch self {
    case .plain: return stream
    #if TLS
    case .tls(let context, let offersHTTP2):
      let protocols = offersHTTP2 ? ServerTransport.protocolsWithHTTP2 : ServerTransport.protocols
      return try? stream.acceptTLS(context, from: address, protocols: protocols)
    #endif
    }
  }
}
