// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
package import GaleLoop
import Glibc

/// An address at which connections get no answer, neither yes nor no.
package final class Blackhole {
  package let address: SocketAddress
  private let socket: ListeningSocket
  private var waiting: [Int32] = []

  package init(_ host: String = "127.0.0.1") throws {
    socket = try bindSockets(port: 0, address: host, backlog: 0)[0]
    address = socket.address
    // The queue of a listening socket has room for one more than its backlog; then the kernel drops what comes.
    for _ in 0..<2 {
      let descriptor = gale_socket(address.family.raw, Int32(SOCK_STREAM.rawValue))
      var raw = address.raw
      _ = unsafe gale_connect(descriptor, &raw)
      waiting.append(descriptor)
    }
    _ = gale_poll_one(waiting[0], UInt32(POLLOUT), 10_000)
  }

  deinit { for descriptor in waiting { _ = gale_close(descriptor) } }
}

/// An address at which connections are refused.
package func refusedAddress(_ host: String = "127.0.0.1") throws -> SocketAddress {
  // Bound and not listening: nobody else can get the port while this process runs.
  let address = try SocketAddress(host: host, port: 0)
  let descriptor = gale_socket(address.family.raw, Int32(SOCK_STREAM.rawValue))
  var raw = address.raw
  _ = try unsafe LoopError.check(gale_bind(descriptor, &raw), "bind")
  _ = unsafe gale_local_address(descriptor, &raw)
  guard let bound = SocketAddress(raw) else { throw NeverHappened() }
  return bound
}

/// Whether this machine has IPv6 on its loopback interface.
package let hasIPv6 = (try? bindSockets(port: 0, address: "::1")) != nil

/// Echoes bytes until the peer closes, and notes where the peers are.
package final class EchoBytes: TCPServer {
  package private(set) var peers: [SocketAddress] = []

  package override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    peers.append(address)
    while true { try await stream.write(stream.read(count: 65536, partial: true)) }
  }

  /// One that listens at `host`.
  package static func listening(_ host: String = "127.0.0.1", on loop: IOLoop) throws -> EchoBytes {
    let server = EchoBytes(on: loop)
    try server.listen(port: 0, address: host)
    return server
  }
}

/// Answers as it is told.
package final class FakeResolver: Resolver {
  package var addresses: [SocketAddress]
  package private(set) var questions: [String] = []
  package private(set) var isClosed = false
  /// Waits this long first, whether or not it is cancelled.
  package var delay: Duration = .zero
  package var error: (any Error)?
  private let loop: IOLoop

  package init(_ addresses: [SocketAddress] = [], on loop: IOLoop) {
    self.addresses = addresses
    self.loop = loop
  }

  package func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress] {
    questions.append("\(host) \(port) \(family.map(\.description) ?? "any")")
    if delay > .zero { await waitStubbornly() }
    if let error { throw error }
    return addresses
  }

  private func waitStubbornly() async {
    let (loop, delay) = (loop, delay)
    await loop.spawn { await withCheckedContinuation { next in loop.callLater(delay) { next.resume() } } }
      .value
  }

  package func close() { isClosed = true }
}
