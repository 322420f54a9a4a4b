// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// A socket that waits for connections.
///
/// Closed when nothing refers to it any more. Several loops may accept from one: each connection goes to one of them.
public final class ListeningSocket: Sendable {
  /// The system's number for it.
  public let descriptor: Int32
  /// Where it listens.
  public let address: SocketAddress
  private let file: SocketFile?

  init(descriptor: Int32, address: SocketAddress, file: SocketFile? = nil) {
    self.descriptor = descriptor
    self.address = address
    self.file = file
    SocketHandover.opened(descriptor)
  }

  /// Removes the file of a Unix socket that this process made: for the end, when the socket itself goes with the process.
  package func removeFile() { file?.remove() }

  deinit {
    SocketHandover.closed(descriptor)
    _ = gale_close(descriptor)
    file?.remove()
  }

  /// Takes over a stream socket that is bound already, for example one that was inherited.
  ///
  /// It is made non-blocking and close-on-exec, and listens from now on if it did not. The file of a Unix socket
  /// stays when it is closed: somebody else made it.
  /// - Parameters:
  ///   - descriptor: The socket's number; closed with this object.
  ///   - backlog: How many connections may wait, for a socket that does not listen yet.
  /// - Throws: ``LoopError`` when it is no stream socket.
  public convenience init(inherited descriptor: Int32, backlog: Int = defaultBacklog) throws(LoopError) {
    let isListening = try LoopError.check(gale_is_listening(descriptor), "descriptor \(descriptor)")
    var raw = gale_address()
    // SAFETY: the address is filled in during the call.
    _ = try unsafe LoopError.check(gale_local_address(descriptor, &raw), "getsockname")
    guard let address = SocketAddress(raw) else {
      throw LoopError(.invalidArgument, "descriptor \(descriptor) is no TCP or Unix socket")
    }
    _ = try LoopError.check(gale_set_nonblocking(descriptor), "fcntl")
    _ = try LoopError.check(gale_set_close_on_exec(descriptor), "fcntl")
    if !address.isPath { _ = gale_set_nodelay(descriptor, 1) }
    if isListening == 0 {
      _ = try LoopError.check(
        gale_listen(descriptor, Int32(clamping: backlog)), "cannot listen on \(address)")
    }
    self.init(descriptor: descriptor, address: address)
  }
}

/// The file of a Unix socket that this process made.
struct SocketFile: Sendable {
  private let path: String
  private let device: dev_t
  private let inode: ino_t

  /// - Throws: ``LoopError`` when there is no such file.
  init(path: String) throws(LoopError) {
    var status = stat()
    // SAFETY: the structure is filled in during the call.
    guard unsafe lstat(path, &status) == 0 else { throw LoopError(systemError: errno, call: "lstat \(path)") }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  /// Removes it, unless another one has taken its place.
  func remove() {
    guard let now = try? SocketFile(path: path), now.device == device, now.inode == inode else { return }
    _ = unsafe unlink(path)
  }

  /// Makes room at `path` for a socket.
  /// - Parameter takesOver: Also replace one on which somebody listens.
  /// - Throws: ``LoopError`` `.invalidArgument` for another kind of file; EADDRINUSE.
  static func makeRoom(_ path: String, takesOver: Bool) throws(LoopError) {
    var status = stat()
    // SAFETY: as above.
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw LoopError(.invalidArgument, "File \(path) exists and is not a socket")
    }
    if !takesOver { try checkStale(path) }
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw LoopError(systemError: errno, call: "unlink \(path)")
    }
  }

  /// The kernel refuses connections to the file of a socket that is closed, and to nothing else.
  private static func checkStale(_ path: String) throws(LoopError) {
    let address = SocketAddress(path: path)
    let probe = try LoopError.check(gale_socket(address.family.raw, Int32(SOCK_STREAM.rawValue)), "socket")
    defer { _ = gale_close(probe) }
    var raw = address.raw
    // SAFETY: the address is lent for the call.
    let number = unsafe -gale_connect(probe, &raw)
    guard number == ECONNREFUSED || number == ENOENT else {
      throw LoopError(
        systemError: number == 0 || number == EAGAIN ? EADDRINUSE : number,
        call: "cannot listen on \(address)")
    }
  }
}
