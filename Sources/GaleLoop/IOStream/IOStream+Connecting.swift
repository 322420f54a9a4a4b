// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem

extension IOStream {
  /// A stream that is connected to `address`, like Tornado's `IOStream.connect` on a new socket.
  ///
  /// Small writes go out at once (TCP_NODELAY). Cancelling the task gives up. Names and time-outs: ``TCPClient``.
  /// - Throws: ``StreamError`` `.closed` with the system's reason; `CancellationError`.
  public static func connect(to address: SocketAddress, on loop: IOLoop = .current) async throws -> IOStream {
    loop.checkThread()
    let outcome = Completion<IOStream>(on: loop)
    let attempt = ConnectAttempt(to: address, on: loop) { result in
      switch result {
      case .connected(let stream): if !outcome.finish(.success(stream)) { stream.close() }
      case .failed(let number): outcome.finish(.failure(StreamError.closed(number)))
      }
    }
    defer { attempt.cancel() }
    attempt.start()
    return try await outcome.value()
  }

  /// Two streams, each the other's peer: for tests and for processes that share a socket.
  public static func pair(on loop: IOLoop = .current) throws(LoopError) -> (IOStream, IOStream) {
    var first: Int32 = -1
    var second: Int32 = -1
    _ = try unsafe LoopError.check(gale_socket_pair(&first, &second), "socketpair")
    return (IOStream(nonblocking: first, on: loop), IOStream(nonblocking: second, on: loop))
  }
}
