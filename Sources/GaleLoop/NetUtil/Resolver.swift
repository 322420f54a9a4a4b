// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Finds the addresses of a host name, like Tornado's `Resolver`.
///
/// A resolver belongs to one loop's thread. Which one a loop uses when nobody names another is
/// ``IOLoop/resolver``; ``IOLoop/configureResolver(_:)`` chooses for the whole process.
///
/// An implementation answers numeric hosts itself (``SocketAddress/numeric(_:port:family:)``), ends early with
/// `CancellationError` when its task is cancelled, and gives every name a limit of time.
public protocol Resolver: AnyObject {
  /// The addresses of `host`, the best one first; at least one.
  /// - Parameters:
  ///   - host: A name, or a numeric IPv4 or IPv6 address.
  ///   - port: What the addresses carry as their port.
  ///   - family: Only addresses of this kind; `nil` for IPv4 and IPv6.
  /// - Throws: ``LoopError``: `.resolution` when the name has no such address, `.resolverFailure` when it is
  ///   not known whether it has; `.invalidArgument` for what cannot be a name; `CancellationError`.
  func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress]

  /// Gives back what the resolver holds; names are resolved no more.
  func close()
}

extension Resolver {
  /// The addresses of `host` of both families; see ``resolve(_:port:family:)``.
  public func resolve(_ host: String, port: UInt16) async throws -> [SocketAddress] {
    try await resolve(host, port: port, family: nil)
  }

  /// Holds nothing.
  public func close() {}
}

extension SocketAddress {
  /// The address that `host` is when it is numeric, `nil` for a name.
  /// - Throws: ``LoopError`` `.resolution` for a numeric address of another family than `family`;
  ///   `.invalidArgument` for what is neither an address nor can be a name: nothing, more than 253 bytes, a NUL.
  public static func numeric(
    _ host: String, port: UInt16, family: AddressFamily? = nil
  ) throws(LoopError) -> SocketAddress? {
    if family == .unix { throw LoopError(.invalidArgument, "Unix sockets have no host names") }
    guard let address = try? SocketAddress(host: host, port: port) else {
      // RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters, and a dot at the end.
      let length = host.utf8.count - (host.utf8.last == UInt8(ascii: ".") ? 1 : 0)
      guard 1...253 ~= length, !host.utf8.contains(0) else {
        throw LoopError(.invalidArgument, "\(host.prefix(300).debugDescription) cannot be a host name")
      }
      return nil
    }
    guard let family, family != address.family else { return address }
    throw LoopError(.resolution, "\(host) is not an \(family) address")
  }
}
