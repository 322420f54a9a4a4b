// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

extension IOStream {
  /// A stream that is connected to `address`, like Tornado's `IOStream.connect` on a new socket.
  /// - Throws: ``StreamError`` `.closed` with the system's reason; ``LoopError`` when there is no socket.
  public static func connect(to address: SocketAddress, on loop: IOLoop = .current) async throws -> IOStream {
    loop.checkThread()
    let descriptor = try LoopError.check(
      gale_socket(Int32(address.raw.family), Int32(SOCK_STREAM.rawValue)), "socket")
    let stream = IOStream(nonblocking: descriptor, on: loop)
    try await stream.connect(address)
    return stream
  }

  private func connect(_ address: SocketAddress) async throws {
    var raw = address.raw
    // SAFETY: the address is lent for the call.
    let result = unsafe gale_connect(descriptor, &raw)
    if result == 0 { return watch() }
    guard result == -EINPROGRESS else {
      fail(-result)
      throw StreamError.closed(-result)
    }
    isConnecting = true
    watch()
    // SAFETY: resumed by connectFinished() or by the closing of the stream.
    try await unsafe withUnsafeThrowingContinuation { continuation in
      unsafe writeWaiters.append(WriteWaiter(target: 0, continuation: continuation))
    }
  }

  func connectFinished() {
    let number = gale_socket_error(descriptor)
    isConnecting = false
    guard number == 0 else { return fail(number) }
    let waiters = writeWaiters
    writeWaiters = []
    for waiter in waiters { waiter.resume() }
    flush()
  }

  /// Two streams, each the other's peer: for tests and for processes that share a socket.
  public static func pair(on loop: IOLoop = .current) throws(LoopError) -> (IOStream, IOStream) {
    var first: Int32 = -1
    var second: Int32 = -1
    _ = try unsafe LoopError.check(gale_socket_pair(&first, &second), "socketpair")
    return (IOStream(nonblocking: first, on: loop), IOStream(nonblocking: second, on: loop))
  }
}
