// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Logging
import Synchronization

/// How listening sockets outlive the program that bound them, when it replaces itself by a new run.
///
/// The new run binds as it always does, and gets the old socket wherever the address is the same: no connection is
/// refused in between.
package enum SocketHandover {
  static let variable = "GALE_SOCKETS"

  private struct State {
    /// Sockets of this process, by descriptor.
    var open: Set<Int32> = []
    /// What the former run left and nobody has asked for yet.
    var inherited: [ListeningSocket]?
  }

  private static let state = Mutex(State())

  static func opened(_ descriptor: Int32) { state.withLock { _ = $0.open.insert(descriptor) } }
  static func closed(_ descriptor: Int32) { state.withLock { _ = $0.open.remove(descriptor) } }

  /// The descriptors of all sockets that listen in this process.
  static var descriptors: [Int32] { state.withLock { $0.open.sorted() } }

  /// The socket that a former run had at `address`, once.
  static func take(_ address: SocketAddress) -> ListeningSocket? {
    loadIfNeeded()
    return state.withLock { state in
      guard let index = state.inherited?.firstIndex(where: { $0.address == address }) else { return nil }
      return state.inherited?.remove(at: index)
    }
  }

  /// Closes what the former run left and nobody has asked for.
  package static func closeRest() {
    loadIfNeeded()
    // Closing locks too: it happens after this.
    let rest = state.withLock { state in
      defer { state.inherited = [] }
      return state.inherited
    }
    for socket in rest ?? [] {
      LoopLog.general.info("Not listening at \(socket.address) any more")
    }
  }

  private static func loadIfNeeded() {
    guard state.withLock({ $0.inherited == nil }) else { return }
    let text = ProcessEnvironment[variable] ?? ""
    unsafe unsetenv(variable)
    let words = text.split(separator: " ").compactMap { Int32($0) }
    // The first word is the process: a child of it that inherits the variable has not inherited the sockets.
    let isMine = words.first == getpid()
    let sockets = isMine ? words.dropFirst().compactMap { try? ListeningSocket(inherited: $0) } : []
    state.withLock { $0.inherited = sockets }
  }

  /// Replaces this process by a new run of `executable` with `arguments`; the sockets that listen now go along.
  ///
  /// - Parameter others: More descriptors that the new run gets.
  /// - Returns: Why it could not be done.
  package static func replaceProcess(
    _ executable: String, _ arguments: [String], keeping others: [Int32] = []
  ) -> LoopError {
    let sockets = descriptors
    let kept = sockets + others
    let words = ([getpid()] + sockets).map(String.init).joined(separator: " ")
    // The last thing before the program goes; whoever reads the environment meanwhile finds the old or the new one.
    unsafe setenv(variable, words, 1)
    var block: [CChar] = []
    for text in [executable] + arguments {
      block += text.utf8.map { CChar(bitPattern: $0) }
      block.append(0)
    }
    // SAFETY: both arrays are lent for the call, which returns only when it fails.
    let number = unsafe gale_replace_process(block, Int32(arguments.count), kept, Int32(kept.count))
    unsafe unsetenv(variable)
    return LoopError(systemError: -number, call: "cannot run \(executable)")
  }
}
