// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Logging

/// Accepts the connections of a listening socket on one loop: Tornado's `add_accept_handler`.
///
/// Takes up to 128 connections at a time. When the process has no descriptors left, it stops
/// accepting for half a second instead of spinning, and says so once a second at the most.
public final class Acceptor: DescriptorHandler {
  private let loop: IOLoop
  private let socket: ListeningSocket
  private let accepted: (Int32, SocketAddress) -> Void
  private var isRegistered = false
  private var isStopped = false
  private var isHeldBack = false
  private var lastWarning: Int64 = 0

  /// Accepts from now on until ``stop()``, also when nobody keeps the acceptor.
  /// - Parameters:
  ///   - socket: Where connections come; held as long as the acceptor.
  ///   - loop: Where they are accepted.
  ///   - accepted: Gets each connection's descriptor, which is non-blocking, close-on-exec and the callee's to
  ///     close, and its peer's address.
  /// - Throws: ``LoopError`` when the loop cannot watch the socket, or does so already.
  public init(
    _ socket: ListeningSocket, on loop: IOLoop, _ accepted: @escaping (Int32, SocketAddress) -> Void
  ) throws(LoopError) {
    self.loop = loop
    self.socket = socket
    self.accepted = accepted
    loop.checkThread()
    try register()
  }

  private func register() throws(LoopError) {
    guard !isRegistered, !isStopped, !isHeldBack else { return }
    try loop.register(socket.descriptor, self, events: .read, edge: false)
    isRegistered = true
  }

  /// Accepts nothing more.
  ///
  /// Connections go on.
  public func stop() {
    isStopped = true
    suspend()
  }

  /// Lets new connections wait in the kernel.
  public func suspend() {
    isHeldBack = true
    unregister()
  }

  private func unregister() {
    guard isRegistered else { return }
    isRegistered = false
    loop.unregister(socket.descriptor)
  }

  /// Accepts again.
  public func resume() {
    isHeldBack = false
    goOn()
  }

  private func goOn() {
    do throws(LoopError) { try register() } catch { loop.report(error, "Cannot accept connections") }
  }

  package func descriptorReady(_ descriptor: Int32, _ events: IOEvents) {
    for _ in 0..<128 where isRegistered {
      var raw = gale_address()
      // SAFETY: the address is filled in during the call.
      let result = unsafe gale_accept(descriptor, &raw)
      if result >= 0 {
        accepted(result, SocketAddress(raw) ?? SocketAddress(path: ""))
        continue
      }
      switch -result {
      case EAGAIN: return
      case ECONNABORTED, EINTR, EPROTO: continue
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return takeBreath(-result)
      default: return takeBreath(-result)
      }
    }
  }

  private func takeBreath(_ number: Int32) {
    if loop.turnTime - lastWarning >= 1_000_000_000 {
      lastWarning = loop.turnTime
      LoopLog.general.warning(
        "Cannot accept connections on \(socket.address): \(describeSystemError(number))")
    }
    unregister()
    loop.callLater(.milliseconds(500)) { [self] in goOn() }
  }
}
