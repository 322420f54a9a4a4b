// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Addresses and networks, such as `127.0.0.1`, `10.0.0.0/8` and `fd00::/8`.
public struct NetworkList: Sendable, Hashable {
  private struct Network: Sendable, Hashable {
    let address: SocketAddress
    let prefixLength: Int
  }

  private var networks: [Network] = []

  /// None.
  public static let none = NetworkList()

  private init() {}

  /// These addresses and networks.
  /// - Throws: ``LoopError`` `.invalidArgument` for a text that is neither.
  public init(_ networks: [String]) throws(LoopError) {
    for text in networks { self.networks.append(try NetworkList.network(text)) }
  }

  private static func network(_ text: String) throws(LoopError) -> Network {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let address = try SocketAddress(host: String(parts[0]), port: 0)
    let bitCount = address.isIPv6 ? 128 : 32
    guard parts.count == 2 else { return Network(address: address, prefixLength: bitCount) }
    guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ 48...57 ~= $0 }),
      let count = Int(parts[1]), count <= bitCount
    else {
      throw LoopError(.invalidArgument, "\(text.debugDescription) is no network")
    }
    return Network(address: address, prefixLength: count)
  }

  /// Whether the list is empty.
  public var isEmpty: Bool { networks.isEmpty }

  /// Whether the address is one of these, or lies in one of the networks; never for a path.
  ///
  /// An IPv4 address that is written as one of IPv6 (`::ffff:192.0.2.1`) is both.
  public func contains(_ address: SocketAddress) -> Bool {
    let mapped = address.mappedIPv4
    return networks.contains { network in
      address.isIn(network.address, prefixLength: network.prefixLength)
        || mapped?.isIn(network.address, prefixLength: network.prefixLength) ?? false
    }
  }
}

extension SocketAddress {
  /// The IPv4 address that an IPv6 address stands for (RFC 4291, section 2.5.5.2).
  package var mappedIPv4: SocketAddress? {
    guard case .ipv6(0, let rest, let port, _) = storage else { return nil }
    let word = UInt64(bigEndian: rest)
    guard word >> 32 == 0xFFFF else { return nil }
    return SocketAddress(ipv4: UInt32(truncatingIfNeeded: word), port: port)
  }
}
