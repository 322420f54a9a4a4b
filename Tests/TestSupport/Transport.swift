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

  /// Those that carry bytes both ways.
  package static let sockets: [Transport] = [.tcp, .unix, .pair]

  /// Two streams, each the other's peer.
  package func connect(on loop: IOLoop) async throws -> (IOStream, IOStream) {
    switch self {
    case .tcp:
      return try await accept(bindSockets(port: 0, address: "127.0.0.1")[0], on: loop)
    case .unix:
      let directory = try TemporaryDirectory()
      return try await accept(bindUnixSocket(path: directory.path("s")), on: loop)
    case .pair:
      return try IOStream.pair(on: loop)
    case .pipe:
      let (reader, writer) = try makePipe()
      return (PipeIOStream(descriptor: writer, on: loop), PipeIOStream(descriptor: reader, on: loop))
    }
  }

  private func accept(_ socket: ListeningSocket, on loop: IOLoop) async throws -> (IOStream, IOStream) {
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
