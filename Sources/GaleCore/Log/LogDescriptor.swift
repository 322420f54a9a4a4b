// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What log files ask of the system.
package enum LogDescriptor {
  /// Opens a file to append to it; makes it if need be.
  package static func open(_ path: String) throws(LogFileError) -> Int32 {
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw LogFileError(path: path, systemError: errno) }
    return descriptor
  }

  /// Whether `path` still leads to what `descriptor` was opened as: not after somebody has put the file aside.
  package static func leads(_ path: String, to descriptor: Int32) -> Bool {
    var named = stat()
    var opened = stat()
    // SAFETY: both are filled in during the calls.
    guard unsafe stat(path, &named) == 0, unsafe fstat(descriptor, &opened) == 0 else { return false }
    return named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
  }

  /// Writes what can be written of `bytes`; waits for a reader where the descriptor would not.
  /// - Returns: How many bytes were written, and why it were not all; 0 when they were.
  package static func write(_ bytes: [UInt8], to descriptor: Int32) -> (count: Int, systemError: Int32) {
    var done = 0
    while done < bytes.count {
      // SAFETY: the array lends its bytes for the call.
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done)
      }
      if count > 0 {
        done += count
        continue
      }
      let number = count == 0 ? EIO : errno
      switch number {
      case EINTR: continue
      case EAGAIN:
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&wait, 1, 1000)
      default: return (done, number)
      }
    }
    return (done, 0)
  }

  /// The reason that goes with a system error's number.
  package static func describe(_ systemError: Int32) -> String {
    // SAFETY: strerror returns a NUL-terminated string that stays valid until this thread's next call.
    unsafe strerror(systemError).map { unsafe String(cString: $0) } ?? "error \(systemError)"
  }
}

/// Whether systemd's journal reads what this process writes.
package enum Journal {
  /// Whether standard error leads there; it takes priorities before lines then (sd-daemon(3)).
  package static let readsStandardError = reads(STDERR_FILENO)
  /// Whether standard output leads there.
  package static let readsStandardOutput = reads(STDOUT_FILENO)

  /// `JOURNAL_STREAM` is inherited by everything that is started; only who still has the stream writes to the journal.
  private static func reads(_ descriptor: Int32) -> Bool {
    // SAFETY: the text is read at once.
    guard let text = unsafe getenv("JOURNAL_STREAM").map({ unsafe String(cString: $0) }) else { return false }
    var status = stat()
    // SAFETY: filled in during the call.
    guard unsafe fstat(descriptor, &status) == 0 else { return false }
    return text == "\(status.st_dev):\(status.st_ino)"
  }
}
