// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem

/// Bytes of sockets that somebody else made, and watches with a loop.
extension System {
  /// Takes what a socket has received, as much as fits.
  /// - Returns: How many bytes, 0 at the end, or an error's number below zero.
  package static func receive(_ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer) -> Int {
    unsafe gale_recv(descriptor, room.baseAddress, room.count)
  }

  /// Sends as many bytes as a socket takes now; a peer that is gone is an error and no signal.
  /// - Returns: How many bytes, or an error's number below zero.
  package static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe gale_send(descriptor, bytes.baseAddress, bytes.count, 0)
  }
}
