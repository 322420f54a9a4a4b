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

  init(storage: Storage) { self.storage = storage }

  package init(ipv4 host: UInt32, port: UInt16) { storage = .ipv4(host, port: port) }

  /// - Parameter host: The 16 bytes as they lie in memory.
  package init(ipv6 host: (UInt64, UInt64), port: UInt16, zone: UInt32) {
    storage = .ipv6(host.0, host.1, port: port, scope: zone)
  }

  /// A Unix socket's path; one that begins with NUL is Linux's abstract kind.
  public init(path: String) { storage = .path(path) }

  /// A numeric address; that of a link may name its zone (RFC 4007 section 11): `fe80::1%eth0`, `fe80::1%2`.
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
      guard let scope = SocketAddress.takeZone(&text), unsafe inet_pton(AF_INET6, text, &six) == 1 else {
        throw SocketAddress.notNumeric(host)
      }
      // SAFETY: an in6_addr is 16 bytes of any value.
      let halves = unsafe unsafeBitCast(six, to: (UInt64, UInt64).self)
      storage = .ipv6(halves.0, halves.1, port: port, scope: scope)
    } else {
      throw SocketAddress.notNumeric(host)
    }
  }

  /// Cuts the zone off an IPv6 address.
  /// - Returns: Its number, 0 for none; `nil` when there is no such zone.
  private static func takeZone(_ text: inout String) -> UInt32? {
    guard let percent = text.firstIndex(of: "%") else { return 0 }
    let zone = String(text[text.index(after: percent)...])
    text = String(text[..<percent])
    let number = unsafe if_nametoindex(zone)
    return number != 0 ? number : zone.utf8.allSatisfy { 48...57 ~= $0 } ? UInt32(zone) : nil
  }

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

  /// The address as it travels: 4 bytes, 16, or none for a path.
  package var networkBytes: [UInt8] {
    let raw = raw
    // SAFETY: the array holds 108 bytes, of which 16 at the most are read.
    return isPath ? [] : unsafe withUnsafeBytes(of: raw.bytes) { unsafe Array($0.prefix(Int(raw.length))) }
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

  /// The number of the link that an IPv6 address belongs to; 0 for none.
  public var zone: UInt32 { if case .ipv6(_, _, _, let scope) = storage { scope } else { 0 } }

  /// The host's 4 or 16 bytes, in network order; `nil` for a path.
  package var hostBytes: [UInt8]? {
    switch storage {
    case .ipv4(let host, _): (0..<4).map { UInt8(truncatingIfNeeded: host >> (24 - 8 * UInt32($0))) }
    case .ipv6(let first, let second, _, _):
      [first, second].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (8 * UInt64($0))) } }
    case .path: nil
    }
  }

  /// Whether the host lies in a block of addresses, as `10.1.2.3` lies in `10.0.0.0/8`.
  /// - Parameter prefixLength: How many of the first bits of `block` count.
  package func isIn(_ block: SocketAddress, prefixLength: Int) -> Bool {
    func mask<Word: FixedWidthInteger>(_ bits: Int) -> Word {
      bits <= 0 ? 0 : bits >= Word.bitWidth ? ~0 : ~0 << Word(Word.bitWidth - bits)
    }
    switch (storage, block.storage) {
    case (.ipv4(let left, _), .ipv4(let right, _)):
      return prefixLength >= 0 && (left ^ right) & mask(prefixLength) == 0
    case (.ipv6(let left, let leftRest, _, _), .ipv6(let right, let rightRest, _, _)):
      let first: UInt64 = (left ^ right).bigEndian & mask(prefixLength)
      let rest: UInt64 = (leftRest ^ rightRest).bigEndian & mask(prefixLength - 64)
      return prefixLength >= 0 && first == 0 && rest == 0
    default: return false
    }
  }

  /// Whether it is a path.
  public var isPath: Bool { if case .path = storage { true } else { false } }

  /// Whether it is an IPv6 address.
  public var isIPv6: Bool { if case .ipv6 = storage { true } else { false } }

  /// As it stands in a URL: `127.0.0.1:80`, `[::1]:80`, `[fe80::1%2]:80`, `unix:/run/x`.
  public var description: String {
    switch storage {
    case .ipv4: "\(host):\(port)"
    case .ipv6: zone == 0 ? "[\(host)]:\(port)" : "[\(host)%\(zone)]:\(port)"
    case .path(let path): "unix:\(path)"
    }
  }
}
