// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging

extension Supervisor {
  func adopt(_ former: SupervisorHandover) {
    for known in former.workers {
      let worker = SupervisedWorker(known, board: board, on: loop)
      if !known.isRetiring,
        let slot = slots.first(where: { $0.taskID == known.taskID && $0.current == nil })
      {
        slot.current = worker
        hasServed = true
        watch(worker, in: slot)
      } else {
        // Fewer workers than before, or one that was on its way out.
        watch(worker, in: Slot(known.taskID))
        retire(worker, isToldSo: known.isRetiring)
      }
    }
  }

  /// Runs the program anew in this process: its file may be a newer one.
  ///
  /// First it is seen to run at all. The workers stay until the new run has replaced them.
  func upgrade() {
    guard !isStopping, begun.isDone else { return }
    loop.spawn { [self] in
      log.info("Replacing the program \(executable)")
      do {
        let trial = try Subprocess([executable, "--version"], stdout: .null, on: loop)
        try await withTimeout(.seconds(20), on: loop) { _ = try await trial.waitForExit() }
      } catch {
        return log.error("\(executable) cannot be run; going on as before: \(error)")
      }
      await hooks.upgrading()
      guard !isStopping else { return }
      for slot in slots { if let next = slot.next { retire(next) } }
      let handover = SupervisorHandover(allWorkers.map(\.handover), board: board.descriptor)
      unsafe setenv(SupervisorHandover.variable, handover.text, 1)
      let error = SocketHandover.replaceProcess(executable, arguments, keeping: handover.descriptors)
      unsafe unsetenv(SupervisorHandover.variable)
      log.error("Going on as before: \(error.message)")
    }
  }
}
