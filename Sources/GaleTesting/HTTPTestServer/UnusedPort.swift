// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop

/// A socket that listens on a port that nobody uses: Tornado's `bind_unused_port`.
/// - Parameters:
///   - address: A name or a numeric address of this machine.
///   - reusePort: Whether other sockets may listen on the same port.
/// - Returns: The socket, which keeps the port for as long as it lives, and the port.
/// - Throws: ``/GaleLoop/LoopError`` with the system's reason.
public func bindUnusedPort(
  address: String = "127.0.0.1", reusePort: Bool = false
) throws(LoopError) -> (socket: ListeningSocket, port: UInt16) {
  let sockets = try bindSockets(port: 0, address: address, reusePort: reusePort)
  return (sockets[0], sockets[0].address.port)
}
