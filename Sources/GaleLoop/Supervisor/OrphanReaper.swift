// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Logging

/// Takes away the zombies of processes that this one did not start, but inherited.
///
/// The first process of a container gets all whose parents have ended, and so does a subreaper (prctl(2)).
///
/// A child that a ``Subprocess`` or a supervisor watches is left to that.
final class OrphanReaper {
  private let rounds: PeriodicCallback

  /// Begins to; `nil` where no process is inherited.
  init?(on loop: IOLoop) {
    guard gale_inherits_orphans() != 0 else { return nil }
    rounds = PeriodicCallback(every: .seconds(1), on: loop) { OrphanReaper.reap() }
    rounds.start()
  }

  private static func reap() {
    while case let child = gale_ended_child(), child > 0 {
      // One that is watched is about to be taken away; what is behind it, in the next round.
      guard !ChildWatcher.isWatched(child) else { return }
      var status: Int32 = 0
      // SAFETY: the number is filled in during the call.
      guard unsafe gale_process_wait(child, 0, &status) == 1 else { return }
      LoopLog.general.debug("Took away process \(child), whose parent had ended")
    }
  }

  func stop() { rounds.stop() }
}
