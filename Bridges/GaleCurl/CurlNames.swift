// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import GaleLoop

/// The addresses of the hosts that are spoken to, found on the loop and kept for a while.
///
/// libcurl's own look-ups start a thread each, and to end a transfer waits for its thread; so it is told the addresses.
final class CurlNames {
  private struct Entry {
    let addresses: [SocketAddress]
    let end: LoopTime
  }

  private let loop: IOLoop
  private var entries: [String: Entry] = [:]

  /// How long an answer is used, as libcurl does with its own.
  private static let lifetime = Duration.seconds(60)
  /// As many names as are kept.
  private static let capacity = 1000

  init(on loop: IOLoop) { self.loop = loop }

  /// A line for `CURLOPT_RESOLVE`, or `nil` for a host that is an address.
  func line(for host: String, port: UInt16) async throws -> String? {
    guard try SocketAddress.numeric(host, port: port) == nil else { return nil }
    let list = try await addresses(of: host, port: port)
      .map { $0.isIPv6 ? "[\($0.host)]" : $0.host }.joined(separator: ",")
    return "\(host):\(port):\(list)"
  }

  private func addresses(of host: String, port: UInt16) async throws -> [SocketAddress] {
    let now = loop.time
    if let entry = entries[host], entry.end > now { return entry.addresses }
    let addresses = try await loop.resolver.resolve(host, port: port)
    if entries.count >= CurlNames.capacity { entries.removeAll() }
    entries[host] = Entry(addresses: addresses, end: now + CurlNames.lifetime)
    return addresses
  }

  /// Forgets a name whose addresses were of no use.
  func forget(_ host: String) { entries[host] = nil }
}

#endif
