// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// A socket on its way to one address.
///
/// Once it is connected, the stream takes over the socket and its place in the poller.
final class ConnectAttempt: DescriptorHandler {
  enum Outcome {
    case connected(IOStream)
    case failed(Int32)
  }

  /// Where a connection comes from, where that matters.
  struct Source {
    private let address: SocketAddress?
    private let port: UInt16

    /// Wherever.
    static let none = Source()

    private init() { (address, port) = (nil, 0) }

    /// - Throws: ``LoopError`` `.invalidArgument` when `address` is not numeric.
    init(address: String?, port: UInt16) throws(LoopError) {
      self.address = if let address { try SocketAddress(host: address, port: port) } else { nil }
      self.port = port
    }

    /// What to bind to for a connection to `target`; `nil` when it does not matter or makes no sense.
    func local(for target: SocketAddress) -> SocketAddress? {
      if let address { return address }
      guard port != 0 else { return nil }
      return target.isIPv6
        ? SocketAddress(ipv6: (0, 0), port: port, zone: 0)
        : SocketAddress(ipv4: 0, port: port)
    }
  }

  let address: SocketAddress
  private let loop: IOLoop
  private let source: Source
  private let finished: (Outcome) -> Void
  private var descriptor: Int32 = -1
  private var isRegistered = false
  private var isOver = false
  private var retry: TimeoutHandle?
  private var retryDelay: Duration = .milliseconds(1)

  /// - Parameter finished: Called once, also before ``start()`` returns; never after ``cancel()``.
  init(
    to address: SocketAddress, from source: Source = .none, on loop: IOLoop,
    finished: @escaping (Outcome) -> Void
  ) {
    self.address = address
    self.loop = loop
    self.source = source
    self.finished = finished
  }

  func start() {
    descriptor = gale_socket(address.family.raw, Int32(SOCK_STREAM.rawValue))
    guard descriptor >= 0 else { return fail(-descriptor) }
    // What a stream is given to write goes out at once: it collects by itself.
    if !address.isPath { _ = gale_set_nodelay(descriptor, 1) }
    let number = bind()
    guard number == 0 else { return fail(number) }
    connect()
  }

  private func bind() -> Int32 {
    guard !address.isPath, let local = source.local(for: address) else { return 0 }
    guard local.family == address.family else { return EAFNOSUPPORT }
    if local.port == 0 {
      _ = gale_set_bind_no_port(descriptor)
    } else {
      _ = gale_set_reuse(descriptor, 1, 0, 0)  // The port may still have a connection that is over.
    }
    var raw = local.raw
    // SAFETY: the address is lent for the call.
    return unsafe -gale_bind(descriptor, &raw)
  }

  private func connect() {
    var raw = address.raw
    // SAFETY: as above.
    switch unsafe -gale_connect(descriptor, &raw) {
    case 0: succeed()
    case EINPROGRESS, EINTR: register()
    case EAGAIN where address.isPath:
      // The Unix socket's backlog is full, and the kernel does not say when it no longer is.
      retry = loop.callLater(retryDelay) { [self] in connect() }
      retryDelay = min(retryDelay * 2, .milliseconds(100))
    case let number: fail(number)
    }
  }

  private func register() {
    do throws(LoopError) {
      try loop.register(descriptor, self, events: IOStream.watchedEvents, edge: true)
      isRegistered = true
    } catch {
      fail(error.systemError)
    }
  }

  func descriptorReady(_ descriptor: Int32, _ events: IOEvents) {
    let number = gale_socket_error(descriptor)
    if number == 0 { succeed() } else { fail(number) }
  }

  private func succeed() {
    guard !isConnectedToItself else { return fail(ECONNREFUSED) }
    isOver = true
    let stream = IOStream(connected: descriptor, isRegistered: isRegistered, on: loop)
    descriptor = -1
    finished(.connected(stream))
  }

  /// A port of this machine to which nobody listens may be the one that the system chose for this socket: then
  /// TCP connects it to itself (RFC 9293 section 3.5, simultaneous open).
  private var isConnectedToItself: Bool {
    guard !address.isPath else { return false }
    var raw = gale_address()
    // SAFETY: the address is filled in during the call.
    return unsafe gale_local_address(descriptor, &raw) == 0 && SocketAddress(raw) == address
  }

  private func fail(_ number: Int32) {
    cancel()
    finished(.failed(number))
  }

  /// Gives up; harmless when it is over.
  func cancel() {
    guard !isOver else { return }
    isOver = true
    if let retry { loop.removeTimeout(retry) }
    guard descriptor >= 0 else { return }
    if isRegistered { loop.forget(descriptor) }
    _ = gale_close(descriptor)
    descriptor = -1
  }
}
