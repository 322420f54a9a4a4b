// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// Tells systemd how the service is (sd_notify(3)): ready, reloading, stopping, alive.
///
/// Does nothing where the service manager did not ask, which `NOTIFY_SOCKET` says.
public struct ServiceNotifier: Sendable {
  private let path: String?
  /// How often the service manager wants a sign of life; `nil` when it does not.
  public let watchdogInterval: Duration?

  /// Reads what the service manager asked of this process.
  ///
  /// The variables are taken away: they are not for this process's children.
  public init() {
    let name = ProcessEnvironment["NOTIFY_SOCKET"] ?? ""
    // `@` stands for the NUL of Linux's abstract names.
    path = name.hasPrefix("/") ? name : name.hasPrefix("@") ? "\0" + name.dropFirst() : nil
    let isMine = ProcessEnvironment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    let microseconds = ProcessEnvironment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
    watchdogInterval = isMine && microseconds > 0 ? .microseconds(microseconds) : nil
    for variable in ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"] { unsafe unsetenv(variable) }
  }

  /// Everything is up; `status` is shown by `systemctl status`.
  public func ready(status: String) { send("READY=1\nSTATUS=\(status)\nMAINPID=\(getpid())") }

  /// The configuration is being loaded again; ``ready(status:)`` ends it.
  public func reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=\(gale_monotonic_nanoseconds() / 1000)")
  }

  /// The service is about to end.
  public func stopping() { send("STOPPING=1") }

  /// A sign of life.
  public func alive() { send("WATCHDOG=1") }

  /// What `systemctl status` shows.
  public func status(_ text: String) { send("STATUS=\(text)") }

  private func send(_ text: String) {
    guard let path, let socket = try? DatagramSocket(to: SocketAddress(path: path)) else { return }
    let bytes = Array(text.utf8)
    socket.send(bytes.span)
  }

  /// The sockets that systemd opened for this process (sd_listen_fds(3)); none without it.
  ///
  /// Taken once.
  /// - Throws: ``LoopError`` when one of them is no stream socket.
  public static func takeSockets() throws(LoopError) -> [ListeningSocket] {
    let isMine = ProcessEnvironment["LISTEN_PID"].flatMap { Int32($0) } == getpid()
    let count = Int32(ProcessEnvironment["LISTEN_FDS"] ?? "") ?? 0
    for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(variable) }
    guard isMine, (1...1024).contains(count) else { return [] }
    var sockets: [ListeningSocket] = []
    // SD_LISTEN_FDS_START is 3.
    for descriptor in 3..<3 + count { sockets.append(try ListeningSocket(inherited: descriptor)) }
    return sockets
  }
}
