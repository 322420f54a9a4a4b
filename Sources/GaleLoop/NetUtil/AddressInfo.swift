// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// What getaddrinfo(3) is to do besides: Tornado's `flags`.
public struct AddressInfoFlags: OptionSet, Sendable, Hashable {
  /// The system's bits, `AI_…`.
  public let rawValue: Int32
  /// Creates it from the system's bits.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// No host stands for all interfaces, not for the machine itself (AI_PASSIVE).
  public static let passive = AddressInfoFlags(rawValue: AI_PASSIVE)
  /// The host must be numeric (AI_NUMERICHOST).
  public static let numericHost = AddressInfoFlags(rawValue: AI_NUMERICHOST)
  /// Only families of which the machine has an address, loopback not counted (AI_ADDRCONFIG).
  public static let addressConfigured = AddressInfoFlags(rawValue: AI_ADDRCONFIG)
  /// IPv4 addresses as IPv6 ones where a name has no IPv6 address (AI_V4MAPPED).
  public static let ipv4Mapped = AddressInfoFlags(rawValue: AI_V4MAPPED)
}

/// Asks the system for the addresses of `host`, in the order of preference of RFC 6724.
///
/// Blocks while it asks the network.
/// - Throws: ``LoopError`` `.resolution` when the name has no such address; `.resolverFailure`.
package func resolveBlocking(
  _ host: String?, port: UInt16, family: AddressFamily? = nil, flags: AddressInfoFlags = []
) throws(LoopError) -> [SocketAddress] {
  var raw = [gale_address](repeating: gale_address(), count: 32)
  // SAFETY: at most 32 addresses are filled in; the message is a constant of the C library.
  let count = unsafe gale_resolve(host, family?.raw ?? 0, flags.rawValue, port, &raw, 32)
  guard count < 0 else { return raw.prefix(Int(count)).compactMap { SocketAddress($0) } }
  let message = unsafe String(cString: gale_resolve_message(count))
  let code: LoopError.Code =
    switch count + 1000 {
    case EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_SYSTEM: .resolverFailure
    default: .resolution
    }
  throw LoopError(code, "cannot resolve \(host ?? "the empty name"): \(message)")
}
