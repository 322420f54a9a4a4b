// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if CAres

import CCAres
import GaleLoop
import Glibc

/// A c-ares channel whose sockets and time-outs are watched by a loop.
///
/// c-ares says which descriptors it wants to have watched, and when it wants to be called though nothing happened; it
/// calls back during those calls only. While it has sockets, the loop holds the channel.
@safe
final class CaresChannel {
  private let loop: IOLoop
  // SAFETY: made once, destroyed once; nil after that.
  private var raw: ares_channel?
  private var watched: Set<Int32> = []
  private var timer: TimeoutHandle?
  private var waiting = 0

  /// A look-up that c-ares works on.
  private final class Query {
    let finish: (Result<[SocketAddress], CaresStatus>) -> Void
    let channel: CaresChannel
    init(_ channel: CaresChannel, _ finish: @escaping (Result<[SocketAddress], CaresStatus>) -> Void) {
      self.channel = channel
      self.finish = finish
    }
  }

  private static let libraryStatus = ares_library_init(ARES_LIB_INIT_NONE)

  private init(on loop: IOLoop) { self.loop = loop }

  static func make(
    _ servers: [SocketAddress]?, attemptTimeout: Duration, tries: Int, on loop: IOLoop
  ) -> Result<CaresChannel, CaresStatus> {
    let channel = CaresChannel(on: loop)
    let status = channel.start(servers, attemptTimeout: attemptTimeout, tries: tries)
    return status == 0 ? .success(channel) : .failure(CaresStatus(number: status))
  }

  private func start(_ servers: [SocketAddress]?, attemptTimeout: Duration, tries: Int) -> Int32 {
    guard CaresChannel.libraryStatus == 0 else { return CaresChannel.libraryStatus }
    // SAFETY: c-ares copies the options; the channel outlives the raw one, which its deinit destroys.
    var options = unsafe ares_options()
    unsafe options.timeout = Int32(clamping: max(1, attemptTimeout.clampedNanoseconds / 1_000_000))
    unsafe options.tries = Int32(clamping: tries)
    unsafe options.sock_state_cb_data = Unmanaged.passUnretained(self).toOpaque()
    unsafe options.sock_state_cb = { context, descriptor, readable, writable in
      guard let context = unsafe context else { return }
      unsafe Unmanaged<CaresChannel>.fromOpaque(context).takeUnretainedValue()
        .watch(descriptor, readable: readable != 0, writable: writable != 0)
    }
    let mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB
    let status = unsafe ares_init_options(&raw, &options, mask)
    guard status == 0, let servers else { return status }
    let list = servers.map(\.description).joined(separator: ",")
    return unsafe ares_set_servers_ports_csv(raw, list)
  }

  deinit { close() }

  /// Starts a look-up.
  /// - Parameter finish: Called once, perhaps before this returns. The addresses have port 0.
  func lookUp(
    _ host: String, family: AddressFamily?,
    finish: @escaping (Result<[SocketAddress], CaresStatus>) -> Void
  ) {
    var hints = ares_addrinfo_hints()
    hints.ai_family = family == .ipv4 ? AF_INET : family == .ipv6 ? AF_INET6 : AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    waiting += 1
    // SAFETY: the query is retained for the callback, which comes exactly once and takes it over.
    let query = unsafe Unmanaged.passRetained(Query(self, finish)).toOpaque()
    unsafe ares_getaddrinfo(
      raw, host, nil, &hints,
      { context, status, _, info in
        guard let context = unsafe context else { return }
        let query = unsafe Unmanaged<Query>.fromOpaque(context).takeRetainedValue()
        query.channel.waiting -= 1
        query.finish(unsafe CaresChannel.result(status, info))
        unsafe ares_freeaddrinfo(info)
      }, query)
    scheduleTimeout()
  }

  private static func result(
    _ status: Int32, _ info: UnsafeMutablePointer<ares_addrinfo>?
  ) -> Result<[SocketAddress], CaresStatus> {
    guard status == 0 else { return .failure(CaresStatus(number: status)) }
    var addresses: [SocketAddress] = []
    // SAFETY: a list that lives until it is freed; each address is as long as its family says.
    var node = unsafe info?.pointee.nodes
    while let entry = unsafe node {
      if let address = unsafe address(entry.pointee), !addresses.contains(address) {
        addresses.append(address)
      }
      unsafe node = entry.pointee.ai_next
    }
    let none = CaresStatus(number: ARES_ENODATA)
    return addresses.isEmpty ? .failure(none) : .success(addresses)
  }

  private static func address(_ node: ares_addrinfo_node) -> SocketAddress? {
    // SAFETY: as above.
    guard let raw = unsafe UnsafeRawPointer(node.ai_addr) else { return nil }
    switch unsafe node.ai_family {
    case AF_INET:
      let four = unsafe raw.loadUnaligned(as: sockaddr_in.self)
      return SocketAddress(ipv4: UInt32(bigEndian: four.sin_addr.s_addr), port: 0)
    case AF_INET6:
      var six = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
      let zone = six.sin6_scope_id
      let halves = unsafe withUnsafeBytes(of: &six.sin6_addr) {
        unsafe ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      }
      return SocketAddress(ipv6: halves, port: 0, zone: zone)
    default: return nil
    }
  }

  // MARK: - The loop

  private func watch(_ descriptor: Int32, readable: Bool, writable: Bool) {
    var events: IOEvents = []
    if readable { events.insert(.read) }
    if writable { events.insert(.write) }
    do throws(LoopError) {
      if events.isEmpty {
        if watched.remove(descriptor) != nil { loop.removeHandler(descriptor) }
      } else if watched.contains(descriptor) {
        try loop.updateHandler(descriptor, events: events)
      } else {
        try loop.addHandler(descriptor, events: events) { [self] in ready($0, $1) }
        watched.insert(descriptor)
      }
    } catch {
      loop.report(error, "Cannot watch a socket of c-ares")  // The look-up ends with its time-out.
    }
  }

  private func ready(_ descriptor: Int32, _ events: IOEvents) {
    let failed = !events.isDisjoint(with: .error)
    process(
      reading: failed || events.contains(.read) ? descriptor : ARES_SOCKET_BAD,
      writing: failed || events.contains(.write) ? descriptor : ARES_SOCKET_BAD)
  }

  private func process(reading: Int32, writing: Int32) {
    guard let raw = unsafe raw else { return }
    // SAFETY: c-ares is told of descriptors that it asked about.
    unsafe ares_process_fd(raw, reading, writing)
    scheduleTimeout()
  }

  /// Has c-ares called when its next time-out is due, whether or not anything happens until then.
  private func scheduleTimeout() {
    if let timer { loop.removeTimeout(timer) }
    timer = nil
    guard waiting > 0, let raw = unsafe raw else { return }
    var next = timeval()
    // SAFETY: fills in the structure that it is given, and returns it.
    guard unsafe ares_timeout(raw, nil, &next) != nil else { return }
    let delay = Duration.seconds(next.tv_sec) + .microseconds(next.tv_usec)
    timer = loop.callLater(delay) { [self] in process(reading: ARES_SOCKET_BAD, writing: ARES_SOCKET_BAD) }
  }

  /// Ends the look-ups that wait; may be called again.
  func close() {
    guard let raw = unsafe raw else { return }
    unsafe self.raw = nil
    if let timer { loop.removeTimeout(timer) }
    timer = nil
    // SAFETY: calls back for every look-up and for every socket, and then knows nothing of this object.
    unsafe ares_destroy(raw)
  }
}

#endif
