// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import Glibc
import Synchronization

/// Ends a process that an application has forked when it comes back from the application.
///
/// Otherwise it would answer the request, too, and then serve: with the connections and the loop of its parent, and
/// without its threads.
enum ForkGuard {
  private static let forks = Atomic<Int>(0)
  /// With what status it ends: that of an internal error in sysexits.h.
  private static let exitStatus: Int32 = 70
  private static let isInstalled =
    pthread_atfork(nil, nil, { ForkGuard.forks.add(1, ordering: .relaxed) }) == 0

  /// How many forks lead to this process, since it was asked for first; to be kept by what calls an application.
  static var generation: Int {
    precondition(isInstalled, "there is no memory")
    return forks.load(ordering: .relaxed)
  }

  /// Ends a process that has been forked since there was that generation.
  ///
  /// - Parameter error: With what it comes back, if with an exception. That of `sys.exit()` says the status.
  @inline(__always)
  static func check(_ generation: Int, _ error: PythonError? = nil) {
    if forks.load(ordering: .relaxed) != generation { end(error) }
  }

  private static func end(_ error: PythonError?) -> Never {
    if let status = error?.exitStatus { _exit(status) }
    var text = error.map { WSGILog.escape($0.traceback, limit: 64 * 1024) + "\n" } ?? ""
    text += "A process that an application had forked came back from it; it ends here\n"
    // The log has threads, which are not in this process.
    // SAFETY: the text lives for the call.
    _ = text.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    _exit(exitStatus)
  }
}

#endif
