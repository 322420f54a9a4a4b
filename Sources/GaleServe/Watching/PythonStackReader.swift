// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GalePython
import Glibc

/// Finds out where Python's threads are, whatever they do.
///
/// With the interpreter's lock, if it can be had soon. When somebody computes without giving it away, Python's
/// `faulthandler` shows the threads without it: it is told by a signal, and writes to a pipe.
final class PythonStackReader: Sendable {
  private struct State {
    var isStarted = false
    var isWanted = false
    var text: String?
  }

  private let state = Monitor(State())
  private let reader: Int32
  /// 0 when `faulthandler` cannot be used.
  private let signalNumber: Int32

  /// Prepares Python for it; the interpreter must have been started.
  init() {
    var ends: [Int32] = [-1, -1]
    // SAFETY: both are filled in during the call.
    guard unsafe pipe(&ends) == 0 else {
      (reader, signalNumber) = (-1, 0)
      return
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      // Whoever gets the signal must not wait for a reader.
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    reader = ends[0]
    let writer = ends[1]
    // Among the last of those that nobody else uses.
    let number = __libc_current_sigrtmax() - 2
    let isRegistered = try? Interpreter.current?.attach { python in
      let register = try python.importModule("faulthandler").attribute(python, "register")
      let isForAll = python.bool(true)
      _ = try register.call(python, try python.int(Int(number)), try python.int(Int(writer)), isForAll)
      return true
    }
    signalNumber = isRegistered == true ? number : 0
  }

  /// The stacks of all threads.
  func read(waitingUpTo limit: Duration) -> String {
    let isAsked = state.withLock { state in
      guard !state.isWanted else { return false }  // The thread still waits for the lock since last time.
      state.isWanted = true
      state.text = nil
      if !state.isStarted {
        state.isStarted = true
        startThread(stackSize: 1 << 20) { [self] in work() }
      }
      return true
    }
    if isAsked {
      state.broadcast()
      state.wait(for: limit) { $0.text != nil }
      if let text = state.withLock({ $0.text }) { return text }
    }
    return "Python's lock is held, so this is what its threads show by themselves:\n" + dump()
  }

  private func work() {
    while true {
      state.waitUntil { $0.isWanted ? () : nil }
      let text: String
      do {
        text =
          try Interpreter.current?.attach { python in try PythonStacks.describe(python) }
          ?? "Python does not run.\n"
      } catch {
        text = "Python's threads cannot be shown: \(error)\n"
      }
      state.withLock { state in
        state.text = text
        state.isWanted = false
      }
      state.broadcast()
    }
  }

  /// What `faulthandler` writes.
  private func dump() -> String {
    guard signalNumber != 0 else { return "(nothing)\n" }
    _ = drain(waiting: 0)
    guard kill(getpid(), signalNumber) == 0 else { return "(nothing)\n" }
    let text = drain(waiting: 500)
    return text.isEmpty ? "(nothing)\n" : text
  }

  private func drain(waiting milliseconds: Int32) -> String {
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 16 {
      var wait = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
      // SAFETY: filled in during the call; so is the room below.
      guard unsafe poll(&wait, 1, bytes.isEmpty ? milliseconds : min(milliseconds, 50)) > 0 else { break }
      let count = unsafe room.withUnsafeMutableBytes { unsafe Glibc.read(reader, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      bytes += room[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
