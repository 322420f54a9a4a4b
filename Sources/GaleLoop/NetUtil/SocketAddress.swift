// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import CSystem
import Glibc

/// An address of a socket: IPv4, IPv6 or a path.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  package enum Storage: Hashable, Sendable {
    case ipv4(UInt32, port: UInt16)
    case ipv6(UInt64, UInt64, port: UInt16, scope: UInt32)
    case path(String)
  }

  package let storage: Storage

  /// A Unix socket's path; one that begins with NUL is Linux's abstract kind.
  public init(path: String) { storage = .path(path) }

  /// A numeric address.
  /// - Throws: ``LoopError`` `.invalidArgument` when `host` is not a numeric IPv4 or IPv6 address.
  public init(host: String, port: UInt16) throws(LoopError) {
    var text = host
    var four = in_addr()
    var six = in6_addr()
    guard !text.utf8.contains(0) else { throw SocketAddress.notNumeric(host) }
    if unsafe inet_pton(AF_INET, text, &four) == 1 {
      storage = .ipv4(UInt32(bigEndian: four.s_addr), port: port)
    } else if text.contains(":") {
      if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
      guard unsafe inet_pton(AF_INET6, text, &six) == 1 else { throw SocketAddress.notNumeric(host) }
      // SAFETY: an in6_addr is 16 bytes of any value.
      let halves = unsafe unsafeBitCast(six, to: (UInt64, UInt64).self)
      storage = .ipv6(halves.0, halves.1, port: port, scope: 0)
    } else {
      throw SocketAddress.notNumeric(host)
    }
  }

  /// An IPv6 address from its two halves, which are in network order.
  init(ipv6 first: UInt64, _ second: UInt64) { storage = .ipv6(first, second, port: 0, scope: 0) }

  private static func notNumeric(_ host: String) -> LoopError {
    LoopError(.invalidArgument, "\(host.debugDescription) is not a numeric address")
  }

  package init?(_ raw: gale_address) {
    var raw = raw
    switch raw.family {
    case 4:
      // SAFETY: the array holds 108 bytes; 4 and 16 are read.
      let host = unsafe withUnsafeBytes(of: &raw.bytes) { unsafe $0.loadUnaligned(as: UInt32.self) }
      storage = .ipv4(UInt32(bigEndian: host), port: raw.port)
    case 6:
      let halves = unsafe withUnsafeBytes(of: &raw.bytes) {
        unsafe ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      }
      storage = .ipv6(halves.0, halves.1, port: raw.port, scope: raw.scope)
    case 1:
      let path = unsafe withUnsafeBytes(of: &raw.bytes) {
        unsafe String(decoding: $0.prefix(Int(raw.length)), as: UTF8.self)
      }
      storage = .path(path)
    default: return nil
    }
  }

  package var raw: gale_address {
    var raw = gale_address()
    // SAFETY: what is written fits into the 108 bytes.
    unsafe withUnsafeMutableBytes(of: &raw.bytes) { bytes in
      switch storage {
      case .ipv4(let host, let port):
        unsafe bytes.storeBytes(of: host.bigEndian, as: UInt32.self)
        (raw.family, raw.length, raw.port) = (4, 4, port)
      case .ipv6(let first, let second, let port, let scope):
        unsafe bytes.storeBytes(of: first, as: UInt64.self)
        unsafe bytes.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
        (raw.family, raw.length, raw.port, raw.scope) = (6, 16, port, scope)
      case .path(let path):
        let utf8 = Array(path.utf8.prefix(108))
        unsafe bytes.copyBytes(from: utf8)
        (raw.family, raw.length) = (1, UInt8(utf8.count))
      }
    }
    return raw
  }

  /// The numeric host without brackets, or the path.
  public var host: String {
    switch storage {
    case .ipv4(let host, _):
      return "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255)"
    case .ipv6(let first, let second, _, _):
      var halves = (first, second)
      var text = [CChar](repeating: 0, count: 64)
      // SAFETY: 16 bytes in, at most 46 characters out.
      guard unsafe inet_ntop(AF_INET6, &halves, &text, 64) != nil else { return "::" }
      return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    case .path(let path): return path
    }
  }

  /// The port; 0 for a path.
  public var port: UInt16 {
    switch storage {
    case .ipv4(_, let port), .ipv6(_, _, let port, _): port
    case .path: 0
    }
  }

  /// Whether it is a path.
  public var isPath: Bool { if case .path = storage { true } else { false } }

  /// Whether it is an IPv6 address.
  public var isIPv6: Bool { if case .ipv6 = storage { true } else { false } }

  /// As it stands in a URL: `127.0.0.1:80`, `[::1]:80`, `unix:/run/x`.
  public var description: String {
    switch storage {
    case .ipv4: "\(host):\(port)"
    case .ipv6: "[\(host)]:\(port)"
    case .path(let path): "unix:\(path)"
    }
  }
}
