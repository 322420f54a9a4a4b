// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// Where a server listens, as people write it.
package struct BindAddress: Hashable, Sendable {
  private enum Kind: Hashable {
    case port(host: String?, port: UInt16)
    case path(String)
  }

  private let kind: Kind

  /// A port of an address.
  package init(host: String?, port: UInt16) { kind = .port(host: host, port: port) }

  /// Reads `HOST:PORT`, `[IPv6]:PORT`, `:PORT`, `PORT` or `unix:PATH`.
  package init(_ text: String) throws(ServeError) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty else { throw ServeError(.setting, "\(text) names no path") }
      kind = .path(path)
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let last = parts.last, let port = UInt16(last) else {
      throw ServeError(.setting, "\(text) is no address: write HOST:PORT or unix:PATH")
    }
    var host = parts.dropLast().joined(separator: ":")
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw ServeError(.setting, "\(text): an IPv6 address stands in brackets, as in [::1]:8000")
    }
    kind = .port(host: host.isEmpty ? nil : host, port: port)
  }

  /// Whether not everybody may listen there.
  var isPrivileged: Bool {
    if case .port(_, let port) = kind { port > 0 && port < 1024 } else { false }
  }

  /// Whether only this machine can reach a numeric address.
  static func isLoopback(_ host: String) -> Bool { host == "::1" || host.hasPrefix("127.") }

  /// The first address that the host has; blocks while it asks the network for it.
  func resolved() throws(LoopError) -> SocketAddress {
    switch kind {
    case .port(let host, let port):
      guard let first = try resolveBlocking(host ?? "localhost", port: port).first else {
        throw LoopError(.resolution, "\(host ?? "localhost") has no address")
      }
      return first
    case .path(let path): return SocketAddress(path: path)
    }
  }

  func listen(backlog: Int) throws(LoopError) -> [ListeningSocket] {
    switch kind {
    case .port(let host, let port): try bindSockets(port: port, address: host, backlog: backlog)
    case .path(let path): [try bindUnixSocket(path: path, backlog: backlog)]
    }
  }
}
