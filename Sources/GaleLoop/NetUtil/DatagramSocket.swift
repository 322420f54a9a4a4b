// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// Sends datagrams to one address, by UDP or to the socket of a path, and never waits.
package final class DatagramSocket: Sendable {
  private let descriptor: Int32

  /// - Throws: ``LoopError`` when there can be no such socket, or there is no way to the address.
  package init(to address: SocketAddress) throws(LoopError) {
    let descriptor = gale_socket(address.family.raw, Int32(SOCK_DGRAM.rawValue))
    guard descriptor >= 0 else { throw LoopError(systemError: -descriptor, call: "socket") }
    self.descriptor = descriptor
    var raw = address.raw
    // SAFETY: the address is lent for the call.
    let result = unsafe gale_connect(descriptor, &raw)
    guard result == 0 else { throw LoopError(systemError: -result, call: "connect") }
  }

  deinit { _ = gale_close(descriptor) }

  /// Sends one datagram.
  /// - Returns: Whether the system took it; one that it has no room for, or that nobody takes, is lost.
  @discardableResult
  package func send(_ bytes: Span<UInt8>) -> Bool {
    // SAFETY: the bytes are lent for the call.
    unsafe bytes.withUnsafeBufferPointer { unsafe gale_send(descriptor, $0.baseAddress, $0.count, 0) } >= 0
  }
}
