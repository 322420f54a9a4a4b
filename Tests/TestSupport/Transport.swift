// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleLoop

/// What two streams can be connected by.
package enum Transport: String, CaseIterable, Sendable {
  case tcp
  case unix
  case pair
  /// From the first stream to the second only.
  case pipe
  #if TLS
  /// TLS 1.3; the first stream is the client.
  case tls
  /// TLS 1.2; the first stream is the server.
  case tls12
  #endif

  /// Those that carry bytes both ways.
  package static let sockets = allCases.filter { $0 != .pipe }

  /// Two streams, each the other's peer.
  package func connect(on loop: IOLoop) async throws -> (IOStream, IOStream) {
    switch self {
    case .tcp:
      return try await Transport.accept(bindSockets(port: 0, address: "127.0.0.1")[0], on: loop)
    case .unix:
      let directory = try TemporaryDirectory()
      return try await Transport.accept(bindUnixSocket(path: directory.path("s")), on: loop)
    case .pair:
      return try IOStream.pair(on: loop)
    case .pipe:
      let (reader, writer) = try makePipe()
      return (PipeIOStream(descriptor: writer, on: loop), PipeIOStream(descriptor: reader, on: loop))
    #if TLS
    case .tls:
      return try await encrypt(Transport.tcp.connect(on: loop), on: loop)
    case .tls12:
      let (client, server) = try await encrypt(Transport.tcp.connect(on: loop), .tls12, on: loop)
      return (server, client)
    #endif
    }
  }

  #if TLS
  private func encrypt(
    _ streams: (client: IOStream, server: IOStream), _ version: TLSVersion = .tls13, on loop: IOLoop
  ) async throws -> (IOStream, IOStream) {
    let zoo = try TLSZoo.shared.get()
    let (client, server) = (try zoo.client { $0.maximumVersion = version }, try zoo.server())
    var accepted: TLSStream?
    loop.spawn { accepted = try await streams.server.startTLS(server) }
    let stream = try await streams.client.startTLS(client, serverName: "localhost")
    try await loop.wait { accepted != nil }
    guard let accepted else { throw NeverHappened() }
    return (stream, accepted)
  }
  #endif

  /// A connection to `socket`: the client's end and the server's.
  package static func accept(
    _ socket: ListeningSocket, on loop: IOLoop
  ) async throws -> (client: IOStream, server: IOStream) {
    var accepted: IOStream?
    let acceptor = try Acceptor(socket, on: loop) { descriptor, _ in
      accepted = IOStream(descriptor: descriptor, on: loop)
    }
    let client = try await IOStream.connect(to: socket.address, on: loop)
    try await loop.wait { accepted != nil }
    acceptor.stop()
    guard let accepted else { throw NeverHappened() }
    return (client, accepted)
  }
}
