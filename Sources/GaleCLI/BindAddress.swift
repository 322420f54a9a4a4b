// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleLoop

/// Where a server listens, as it is written on the command line.
struct BindAddress {
  private enum Kind {
    case port(host: String?, port: UInt16)
    case path(String)
  }

  private let kind: Kind

  /// Reads `HOST:PORT`, `[IPv6]:PORT`, `:PORT`, `PORT` or `unix:PATH`.
  init(_ text: String) throws {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty else { throw ValidationError("\(text) names no path") }
      kind = .path(path)
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let last = parts.last, let port = UInt16(last) else {
      throw ValidationError("\(text) is no address: write HOST:PORT or unix:PATH")
    }
    var host = parts.dropLast().joined(separator: ":")
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw ValidationError("\(text): an IPv6 address stands in brackets, as in [::1]:8000")
    }
    kind = .port(host: host.isEmpty ? nil : host, port: port)
  }

  func listen() throws(LoopError) -> [ListeningSocket] {
    switch kind {
    case .port(let host, let port): try bindSockets(port: port, address: host)
    case .path(let path): [try bindUnixSocket(path: path)]
    }
  }
}
