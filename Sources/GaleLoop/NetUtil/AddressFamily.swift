// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A kind of socket address: AF_INET, AF_INET6, AF_UNIX.
///
/// Where Tornado takes AF_UNSPEC for "whatever there is", Gale takes `nil`.
public enum AddressFamily: Sendable, Hashable, CustomStringConvertible {
  /// IPv4.
  case ipv4
  /// IPv6.
  case ipv6
  /// A Unix socket.
  case unix

  /// Its usual name.
  public var description: String {
    switch self {
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    case .unix: "Unix"
    }
  }

  /// As the C module counts them.
  package var raw: Int32 {
    switch self {
    case .ipv4: 4
    case .ipv6: 6
    case .unix: 1
    }
  }
}

extension SocketAddress {
  /// Which kind of address it is.
  public var family: AddressFamily {
    switch storage {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    case .path: .unix
    }
  }
}
