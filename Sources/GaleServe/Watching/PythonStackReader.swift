// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GalePython
import Glibc
import Synchronization

/// Finds out where Python's threads are, whatever they do.
///
/// With the interpreter's lock, if it can be had soon. When somebody computes without giving it away, Python's
/// `faulthandler` shows the threads without it: it is told by a signal, and writes to a pipe.
final class PythonStackReader: Sendable {
  private let first = LockedStacks {
    try Interpreter.current?.attach { python in try PythonStacks.describe(python) }
  }
  /// Those of interpreters beside the first, which have locks of their own.
  private let others = Mutex<[Int64: LockedStacks]>([:])
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
    var text =
      first.read(waitingUpTo: limit)
      ?? "Python's lock is held, so this is what its threads show by themselves:\n" + dump()
    for (number, stacks) in readers(SubInterpreter.running) {
      text += "Interpreter \(number):\n"
      text += stacks.read(waitingUpTo: limit) ?? "Its lock is held.\n"
    }
    return text
  }

  private func readers(_ running: [SubInterpreter]) -> [(Int64, LockedStacks)] {
    others.withLock { others in
      let numbers = Set(running.map(\.number))
      for (number, stacks) in others where !numbers.contains(number) {
        stacks.stop()
        others[number] = nil
      }
      return running.map { interpreter in
        let known = others[interpreter.number]
        let stacks =
          known
          ?? LockedStacks { try interpreter.attach { python in try PythonStacks.describe(python) } }
        others[interpreter.number] = stacks
        return (interpreter.number, stacks)
      }
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
