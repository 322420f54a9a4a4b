// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Glibc
import Synchronization

/// Ends a process that an application has forked when it comes back from the application.
///
/// Otherwise it would answer the request, too, and then serve: with the connections and the loop of its parent, and
/// without its threads.
enum ForkGuard {
  private static let flag = Atomic<Bool>(false)
  /// With what status it ends: that of an internal error in sysexits.h.
  private static let exitStatus: Int32 = 70

  /// Whether this process is such a one: known once it was asked for, before the fork.
  static let isInstalled = pthread_atfork(nil, nil, { ForkGuard.flag.store(true, ordering: .relaxed) }) == 0

  @inline(__always)
  static func check() {
    if flag.load(ordering: .relaxed) { end() }
  }

  private static func end() -> Never {
    let text: StaticString = "A process that an application had forked came back from it; it ends here\n"
    // SAFETY: static. The log has threads, which are not in this process.
    _ = unsafe write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(exitStatus)
  }
}

#endif
