// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Synchronization

/// Waits for the end of one child, takes the zombie away and says how it ended.
///
/// A descriptor for each child (pidfd_open(2)) instead of SIGCHLD: nothing global, any loop, and no other
/// child is touched. Where the system refuses such descriptors, a thread waits for the child.
final class ChildWatcher: DescriptorHandler {
  private let loop: IOLoop
  private let process: Int32
  private var pidfd: Int32 = -1
  private var ended: ((Int32) -> Void)?

  /// The loop holds it until the child has ended.
  init(_ process: Int32, on loop: IOLoop, mayUseDescriptor: Bool = true, ended: @escaping (Int32) -> Void) {
    self.process = process
    self.loop = loop
    self.ended = ended
    ChildWatcher.watched.withLock { _ = $0.insert(process) }
    if mayUseDescriptor { watchDescriptor() }
    if pidfd < 0 { watchWithThread() }
  }

  private func watchDescriptor() {
    let descriptor = gale_pidfd_open(process)
    guard descriptor >= 0 else { return }
    do {
      try loop.register(descriptor, self, events: .read, edge: false)
      pidfd = descriptor
    } catch {
      _ = gale_close(descriptor)
    }
  }

  private func watchWithThread() {
    let confined = LoopConfined(self)
    startThread { [loop, process] in
      var status: Int32 = 0
      // SAFETY: the number is filled in during the call.
      let result = unsafe gale_process_wait(process, 1, &status)
      let code = result == 1 ? status : ChildWatcher.unknown
      loop.addCallback { confined.value.finish(code) }
    }
  }

  func descriptorReady(_ descriptor: Int32, _ events: IOEvents) {
    var status: Int32 = 0
    // SAFETY: as above.
    let result = unsafe gale_pidfd_wait(descriptor, &status)
    guard result != 0 else { return }
    loop.unregister(descriptor)
    _ = gale_close(descriptor)
    pidfd = -1
    finish(result == 1 ? status : ChildWatcher.unknown)
  }

  private func finish(_ code: Int32) {
    ChildWatcher.watched.withLock { _ = $0.remove(process) }
    let ended = ended
    self.ended = nil
    ended?(code)
  }

  /// Sends a signal to the child; never to another process that has got its number.
  /// - Returns: 0, or −errno.
  func send(_ signal: Int32) -> Int32 {
    guard ended != nil else { return -ESRCH }
    return pidfd >= 0 ? gale_pidfd_signal(pidfd, signal) : (kill(process, signal) < 0 ? -errno : 0)
  }

  /// The children of this process that somebody watches.
  private static let watched = Mutex<Set<Int32>>([])

  /// Whether somebody waits for this child's end.
  static func isWatched(_ process: Int32) -> Bool { watched.withLock { $0.contains(process) } }

  /// For a child whose end somebody else has taken (by `waitpid` for any child, or by ignoring SIGCHLD):
  /// what Python says then.
  private static let unknown: Int32 = 255
}
