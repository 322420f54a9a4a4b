// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// What a connection leads to, and how: requests with the same key may share one.
struct ConnectionKey: Hashable {
  let host: String
  let port: UInt16
  /// The TLS context; `nil` for a plain connection.
  let tls: ObjectIdentifier?
  let proxy: HTTPProxy?
  let networkInterface: String?
  let address: SocketAddress?
  let allowsIPv6: Bool

  init(_ exchange: HTTPClientExchange, tls: ObjectIdentifier?) {
    // A proxy forwards to every host over the same connection.
    let isForwarded = exchange.isForwarded
    host = isForwarded ? "" : exchange.url.host
    port = isForwarded ? 0 : exchange.url.port
    self.tls = tls
    proxy = exchange.proxy
    networkInterface = exchange.options.networkInterface
    address = exchange.options.address
    allowsIPv6 = exchange.options.allowsIPv6 ?? true
  }
}

extension HTTPClientExchange {
  /// Whether a proxy sends the request on, instead of making a tunnel.
  var isForwarded: Bool { proxy?.kind == .http && !url.isSecure }
}

/// Connections that wait for their next request; the one that was used last comes first.
final class ConnectionPool {
  private let limit: Int
  private var idle: [ConnectionKey: [HTTP1ClientConnection]] = [:]
  private(set) var count = 0

  init(limit: Int) { self.limit = limit }

  func take(_ key: ConnectionKey) -> HTTP1ClientConnection? {
    guard let connection = idle[key]?.popLast() else { return nil }
    count -= 1
    return connection
  }

  /// Keeps a connection; `false` when there are too many.
  func keep(_ connection: HTTP1ClientConnection) -> Bool {
    guard count < limit else { return false }
    idle[connection.key, default: []].append(connection)
    count += 1
    return true
  }

  /// Forgets a connection that was closed.
  func remove(_ connection: HTTP1ClientConnection) {
    guard let index = idle[connection.key]?.firstIndex(where: { $0 === connection }) else { return }
    idle[connection.key]?.remove(at: index)
    if idle[connection.key]?.isEmpty ?? false { idle[connection.key] = nil }
    count -= 1
  }

  func closeAll() {
    let connections = idle.values.flatMap { $0 }
    idle = [:]
    count = 0
    for connection in connections { connection.close() }
  }
}
