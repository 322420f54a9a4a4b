// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// What a server's connections are made of.
enum ServerTransport: Sendable {
  case plain
  #if TLS
  case tls(TLSContext)

  /// What is agreed on with clients that ask (RFC 7301, section 6).
  private static let protocols = try? ProtocolList(["http/1.1", "http/1.0"])
  #endif

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
    case .tls(let context):
      TLSStream(accepting: descriptor, from: address, context, protocols: ServerTransport.protocols, on: loop)
    #endif
    }
  }
}
