// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// How many connections may wait to be accepted, where the system allows it.
public let defaultBacklog = 1024

/// Listens on `port` of every address that `address` stands for, like Tornado's `bind_sockets`.
/// - Parameters:
///   - port: 0 lets the system choose; the first choice is used for the other addresses too.
///   - address: A name, a numeric address, or `nil` for all interfaces.
///   - backlog: How many connections may wait to be accepted.
///   - reusePort: Let several sockets share the port (SO_REUSEPORT).
///   - family: Only addresses of this kind; `nil` for IPv4 and IPv6.
///   - flags: How `address` is looked up.
/// - Throws: ``LoopError`` with the system's reason: `.resolution` for a name that does not resolve.
public func bindSockets(
  port: UInt16, address: String? = nil, backlog: Int = defaultBacklog, reusePort: Bool = false,
  family: AddressFamily? = nil, flags: AddressInfoFlags = .passive
) throws(LoopError) -> [ListeningSocket] {
  var sockets: [ListeningSocket] = []
  var port = port
  for var candidate in try resolveBlocking(
    address == "" ? nil : address, port: port, family: family, flags: flags)
  {
    candidate = candidate.with(port: port)
    if let inherited = SocketHandover.take(candidate) {
      sockets.append(inherited)
      continue
    }
    do throws(LoopError) {
      let socket = try bind(candidate, backlog: backlog, reusePort: reusePort)
      if port == 0 { port = socket.address.port }
      sockets.append(socket)
    } catch {
      // A machine without IPv6 resolves ::1 all the same.
      guard error.systemError == EAFNOSUPPORT || error.systemError == EADDRNOTAVAIL, candidate.isIPv6 else {
        throw error
      }
    }
  }
  guard !sockets.isEmpty else {
    throw LoopError(.resolution, "no address to listen on for \(address ?? "all interfaces")")
  }
  return sockets
}

/// Listens on a Unix socket, like Tornado's `bind_unix_socket`.
///
/// The file of a socket on which nobody listens any more is replaced; any other file is left alone. Nobody can connect
/// before the file has its mode. It is removed when the socket is closed, unless another has taken its place.
/// - Parameters:
///   - path: Where the file is to be, at most 107 bytes; one that begins with NUL is Linux's abstract kind, without
///     a file.
///   - mode: Who may connect.
///   - backlog: How many connections may wait to be accepted.
///   - takesOver: Replace also the file of a socket on which somebody listens, who gets no connections any more.
/// - Throws: ``LoopError`` with the system's reason, EADDRINUSE when somebody listens there; `.invalidArgument` when
///   another kind of file is there.
public func bindUnixSocket(
  path: String, mode: UInt32 = 0o600, backlog: Int = defaultBacklog, takesOver: Bool = false
) throws(LoopError) -> ListeningSocket {
  let address = SocketAddress(path: path)
  if let inherited = SocketHandover.take(address) { return inherited }
  guard path.utf8.first != 0 else { return try bind(address, backlog: backlog) }
  try SocketFile.makeRoom(path, takesOver: takesOver)
  return try bind(address, backlog: backlog, mode: mode)
}

private func bind(
  _ address: SocketAddress, backlog: Int, reusePort: Bool = false, mode: UInt32? = nil
) throws(LoopError) -> ListeningSocket {
  var raw = address.raw
  var file: SocketFile?
  let descriptor = try LoopError.check(gale_socket(address.family.raw, Int32(SOCK_STREAM.rawValue)), "socket")
  do throws(LoopError) {
    _ = try LoopError.check(
      gale_set_reuse(descriptor, address.isPath ? 0 : 1, reusePort ? 1 : 0, address.isIPv6 ? 1 : 0),
      "setsockopt")
    // Inherited by every accepted connection: an answer goes out at once, without a call for each.
    if !address.isPath { _ = gale_set_nodelay(descriptor, 1) }
    _ = try unsafe LoopError.check(gale_bind(descriptor, &raw), "cannot listen on \(address)")
    if let mode {
      file = try SocketFile(path: address.host)
      guard unsafe chmod(address.host, mode_t(mode)) == 0 else {
        throw LoopError(systemError: errno, call: "chmod \(address.host)")
      }
    }
    _ = try LoopError.check(gale_listen(descriptor, Int32(clamping: backlog)), "cannot listen on \(address)")
    _ = try unsafe LoopError.check(gale_local_address(descriptor, &raw), "getsockname")
  } catch {
    _ = gale_close(descriptor)
    file?.remove()
    throw error
  }
  return ListeningSocket(descriptor: descriptor, address: SocketAddress(raw) ?? address, file: file)
}

extension SocketAddress {
  /// The same host at another port; a path stays as it is.
  package func with(port: UInt16) -> SocketAddress {
    switch storage {
    case .ipv4(let host, _): SocketAddress(storage: .ipv4(host, port: port))
    case .ipv6(let first, let second, _, let scope):
      SocketAddress(storage: .ipv6(first, second, port: port, scope: scope))
    case .path: self
    }
  }
}

/// Whether `text` is a numeric IPv4 or IPv6 address, like Tornado's `is_valid_ip`.
public func isValidIP(_ text: String) -> Bool {
  guard !text.hasPrefix("["), let _ = try? SocketAddress(host: text, port: 0) else { return false }
  return true
}
