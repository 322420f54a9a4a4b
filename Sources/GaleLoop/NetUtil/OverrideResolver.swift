// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Leads some names elsewhere and asks another resolver for the rest, like Tornado's `OverrideResolver`:
/// for tests, and for servers that are to be reached under a name that is not in the DNS.
///
/// ```swift
/// OverrideResolver(ThreadedResolver(), mapping: [
///   "example.com": "127.0.1.1",
///   .init("login.example.com", port: 443): .init("localhost", port: 1443),
///   .init("login.example.com", port: 443, family: .ipv6): .init("::1", port: 1443),
///   "docker": .address(SocketAddress(path: "/run/docker.sock")),
/// ])
/// ```
public final class OverrideResolver: Resolver {
  /// What a look-up must ask for to be led elsewhere.
  public struct Key: Hashable, Sendable, ExpressibleByStringLiteral {
    let host: String
    let port: UInt16?
    let family: AddressFamily?

    /// Look-ups of a host.
    /// - Parameters:
    ///   - host: Its name, in upper or lower case.
    ///   - port: Only those with this port; `nil` for all.
    ///   - family: Only those of this family; `nil` for all.
    public init(_ host: String, port: UInt16? = nil, family: AddressFamily? = nil) {
      self.host = host.lowercased()
      self.port = port
      self.family = family
    }

    /// All look-ups of a host.
    public init(stringLiteral host: String) { self.init(host) }
  }

  /// Where a look-up is led.
  public struct Target: Hashable, Sendable, ExpressibleByStringLiteral {
    enum Storage: Hashable {
      case name(String, port: UInt16?)
      case address(SocketAddress)
    }

    let storage: Storage

    /// Another host.
    /// - Parameters:
    ///   - host: A numeric address, or a name that the other resolver is asked for.
    ///   - port: Another port too; `nil` keeps the one that was asked for.
    public init(_ host: String, port: UInt16? = nil) { storage = .name(host, port: port) }

    /// Another host, on the port that was asked for.
    public init(stringLiteral host: String) { self.init(host) }

    private init(storage: Storage) { self.storage = storage }

    /// Exactly this address; a Unix socket too.
    public static func address(_ address: SocketAddress) -> Target { Target(storage: .address(address)) }
  }

  private let resolver: any Resolver
  private let mapping: [Key: Target]

  /// Creates one in front of another.
  /// - Parameters:
  ///   - resolver: Asked for the rest; ``close()`` closes it too.
  ///   - mapping: The most exact entry counts: host, port and family; host and port; host and family; host.
  public init(_ resolver: any Resolver, mapping: [Key: Target]) {
    self.resolver = resolver
    self.mapping = mapping
  }

  /// See ``Resolver/resolve(_:port:family:)``.
  public func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress] {
    switch target(host, port, family)?.storage {
    case .address(let address): [address]
    case .name(let other, let otherPort):
      try await resolver.resolve(other, port: otherPort ?? port, family: family)
    case nil: try await resolver.resolve(host, port: port, family: family)
    }
  }

  private func target(_ host: String, _ port: UInt16, _ family: AddressFamily?) -> Target? {
    if let family {
      if let target = mapping[Key(host, port: port, family: family)] { return target }
      if let target = mapping[Key(host, port: port)] { return target }
      if let target = mapping[Key(host, family: family)] { return target }
      return mapping[Key(host)]
    }
    return mapping[Key(host, port: port)] ?? mapping[Key(host)]
  }

  /// Closes the resolver behind it.
  public func close() { resolver.close() }
}
