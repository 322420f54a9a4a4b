// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import GaleHTTP
import GaleLoop

/// Where a connection goes, as libcurl is told.
enum CurlRoute {
  /// To the host that the URL, or the proxy, names, which is an address.
  case asNamed
  /// To one of these addresses of the host: a line for `CURLOPT_RESOLVE`.
  case resolved(String, lookUpTime: Duration)
  /// Somewhere else.
  case address(SocketAddress, lookUpTime: Duration)

  /// How long it took to find out.
  var lookUpTime: Duration {
    switch self {
    case .asNamed: .zero
    case .resolved(_, let time), .address(_, let time): time
    }
  }
}

/// The addresses of the hosts that are spoken to, found on the loop and kept for a while.
///
/// libcurl's own look-ups start a thread each, and to end a transfer waits for its thread; so it is told the addresses.
final class CurlNames {
  private struct Key: Hashable {
    let host: String
    let port: UInt16
    let family: AddressFamily?
  }

  private struct Entry {
    let addresses: [SocketAddress]
    let end: LoopTime
  }

  private let loop: IOLoop
  private let configuration: HTTPClientConfiguration
  private var entries: [Key: Entry] = [:]

  /// How long an answer is used, as libcurl does with its own.
  private static let lifetime = Duration.seconds(60)
  /// As many names as are kept.
  private static let capacity = 1000

  init(_ configuration: HTTPClientConfiguration, on loop: IOLoop) {
    self.configuration = configuration
    self.loop = loop
  }

  /// Finds out where the connection for an exchange goes, within the time for that.
  /// - Throws: `HTTPClientError` `.nameNotResolved`, `.connectTimedOut`; `CancellationError`.
  func route(for exchange: HTTPClientExchange) async throws -> CurlRoute {
    if let address = exchange.options.address, exchange.proxy == nil {
      return .address(address, lookUpTime: .zero)
    }
    let host = exchange.proxy?.host ?? exchange.url.host
    let port = exchange.proxy?.port ?? exchange.url.port
    let family: AddressFamily? = exchange.options.allowsIPv6 ?? true ? nil : .ipv4
    do {
      if configuration.hostnameMapping.isEmpty,
        try SocketAddress.numeric(host, port: port, family: family) != nil
      {
        return .asNamed
      }
      let addresses = try await addresses(
        Key(host: host, port: port, family: family), exchange.connectDeadline)
      let time = loop.time - exchange.start
      guard addresses.allSatisfy({ !$0.isPath && $0.port == port }) else {
        return .address(addresses[0], lookUpTime: time)
      }
      if addresses.count == 1, addresses[0].host == host { return .asNamed }
      // With a plus it grows old, as libcurl's own do.
      let list = addresses.map { $0.isIPv6 ? "[\($0.host)]" : $0.host }.joined(separator: ",")
      let name = host.utf8.contains(0x3A) ? "[\(host)]" : host
      return .resolved("+\(name):\(port):\(list)", lookUpTime: time)
    } catch let error as LoopError where error.code == .timedOut {
      throw HTTPClientError(
        .connectTimedOut, "Timeout while connecting: \(host) is not resolved", underlyingError: error)
    } catch {
      throw HTTPClientError.connecting(error)
    }
  }

  private func addresses(_ key: Key, _ deadline: LoopTime?) async throws -> [SocketAddress] {
    let now = loop.time
    if let entry = entries[key], entry.end > now { return entry.addresses }
    let addresses = try await resolve(key, deadline.map { $0 - now })
    if entries.count >= CurlNames.capacity { entries.removeAll() }
    entries[key] = Entry(addresses: addresses, end: now + CurlNames.lifetime)
    return addresses
  }

  private func resolve(_ key: Key, _ limit: Duration?) async throws -> [SocketAddress] {
    var resolver = configuration.resolver ?? loop.resolver
    if !configuration.hostnameMapping.isEmpty {
      resolver = OverrideResolver(resolver, mapping: configuration.hostnameMapping)
    }
    let chosen = resolver
    guard let limit else { return try await chosen.resolve(key.host, port: key.port, family: key.family) }
    return try await withTimeout(max(limit, .zero), on: loop) {
      try await chosen.resolve(key.host, port: key.port, family: key.family)
    }
  }
}

#endif
