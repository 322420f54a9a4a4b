// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Where something appears: at a path, of one host, of all hosts of a domain, or of any host.
package struct MountPoint: Hashable, Sendable, CustomStringConvertible {
  /// Lower case, without a port; begins with `*.` for the hosts of a domain; `nil` for any.
  package let host: String?
  /// Begins with a slash and does not end with one, not percent-encoded; empty for everything.
  package let path: String

  /// Everything.
  package static let root = MountPoint(host: nil, path: "")

  private init(host: String?, path: String) {
    self.host = host
    self.path = path
  }

  /// Reads a host, or none, and a path that begins with a slash: `/shop`, `/`, `api.example.com/`,
  /// `*.example.com/shop`.
  package init(_ text: String) throws(ServeError) {
    guard let slash = text.firstIndex(of: "/") else {
      throw ServeError(.setting, "\"\(text)\" has no path: write /shop, or api.example.com/")
    }
    try self.init(host: String(text[..<slash]), path: String(text[slash...]))
  }

  /// - Parameters:
  ///   - host: Empty for any.
  ///   - path: A slash at its end does not count.
  package init(host: String, path: String) throws(ServeError) {
    guard path.hasPrefix("/") else {
      throw ServeError(.setting, "the path \"\(path)\" does not begin with a slash")
    }
    let path = path.hasSuffix("/") ? String(path.dropLast()) : path
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    where part.isEmpty || part == "." || part == ".." {
      throw ServeError(.setting, "the path \"\(path)\" has a part \"\(part)\", which no request has")
    }
    guard !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }), !path.contains("?"), !path.contains("#")
    else {
      throw ServeError(.setting, "the path \"\(path)\" has a character that no path has")
    }
    self.path = path
    self.host = host.isEmpty ? nil : try Self.readHost(host)
  }

  private static func readHost(_ text: String) throws(ServeError) -> String {
    let host = text.lowercased()
    let name = host.hasPrefix("*.") ? host.dropFirst(2) : host[...]
    let isName = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { $0 &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x2D || $0 == 0x5F }
    }
    let isAddress = name.hasPrefix("[") && name.hasSuffix("]")
    guard isName || isAddress else {
      throw ServeError(
        .setting,
        "\"\(text)\" is no host: write a name without a port, such as api.example.com or *.example.com")
    }
    return host
  }

  /// As it is written.
  package var description: String { (host ?? "") + (path.isEmpty ? "/" : path) }

  // MARK: - Requests

  /// How many bytes of a request's path are this point's; `nil` when the request is not for it.
  ///
  /// The path is taken as it was sent: escapes are what they stand for, but an escaped slash separates nothing.
  func prefixCount(of requested: Span<UInt8>) -> Int? {
    var at = 0
    for byte in path.utf8 {
      guard at < requested.count else { return nil }
      if requested[at] == ASCII.percent {
        guard let decoded = Self.escape(requested, at), decoded == byte, byte != ASCII.slash else {
          return nil
        }
        at += 3
      } else {
        guard requested[at] == byte else { return nil }
        at += 1
      }
    }
    return at == requested.count || requested[at] == ASCII.slash ? at : nil
  }

  private static func escape(_ bytes: Span<UInt8>, _ at: Int) -> UInt8? {
    guard at + 2 < bytes.count, let high = digit(bytes[at + 1]), let low = digit(bytes[at + 2]) else {
      return nil
    }
    return high << 4 | low
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// Whether requests to a host, in lower case and without a port, are for this point.
  func takes(_ requested: String) -> Bool {
    guard let host else { return true }
    // A name may end with the dot of the root (RFC 1034, section 3.1).
    let requested = requested.hasSuffix(".") ? requested.dropLast() : requested[...]
    guard host.hasPrefix("*.") else { return requested == host }
    return requested.utf8.count > host.utf8.count - 1 && requested.hasSuffix(host.dropFirst())
  }

  /// Whether this point is to be asked before another one: a host before a domain, a longer domain before a shorter one,
  /// both before any host; of one host, longer paths first.
  func precedes(_ other: MountPoint) -> Bool {
    if rank != other.rank { return rank > other.rank }
    let (mine, others) = (host ?? "", other.host ?? "")
    if mine.utf8.count != others.utf8.count { return mine.utf8.count > others.utf8.count }
    return path.utf8.count > other.path.utf8.count
  }

  private var rank: Int { host.map { $0.hasPrefix("*.") ? 1 : 2 } ?? 0 }
}
