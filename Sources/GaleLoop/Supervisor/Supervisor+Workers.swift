// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging

extension Supervisor {
  /// A place for a worker; who has it changes.
  final class Slot {
    let taskID: Int
    var current: SupervisedWorker?
    /// Takes the place once it serves.
    var next: SupervisedWorker?
    var policy = RestartPolicy()
    var pause: TimeoutHandle?
    init(_ taskID: Int) { self.taskID = taskID }
  }

  func start(_ slot: Slot) {
    do throws(LoopError) {
      let worker = try SupervisedWorker(
        slot.taskID, command: arguments, executable: executable, sockets: sockets, board: board,
        on: loop)
      if slot.current == nil { slot.current = worker } else { slot.next = worker }
      watch(worker, in: slot)
      worker.timer = loop.callLater(configuration.startTimeout) { [self] in
        log.error("\(name(worker)) did not begin to serve within \(configuration.startTimeout); killing it")
        worker.process.kill()
      }
    } catch {
      log.error("Cannot start worker \(slot.taskID): \(error.message)")
      if slot.current == nil { restart(slot, afterLife: nil) } else { abandonReload() }
    }
  }

  func watch(_ worker: SupervisedWorker, in slot: Slot) {
    // It may be gone already: what it wrote last is read when it has ended.
    worker.listen(on: loop) { [self, weak worker] word in
      guard let worker else { return }
      switch word {
      case .ready: becameReady(worker, slot)
      case .replace(let reason): replace(worker, slot, reason)
      }
    }
    worker.process.setExitCallback { [self] code in ended(worker, slot, code) }
  }

  private func becameReady(_ worker: SupervisedWorker, _ slot: Slot) {
    guard worker.state == .starting else { return }
    stopTimer(of: worker)
    worker.state = .ready
    worker.readySince = loop.time
    hasServed = true
    log.info("\(name(worker)) serves")
    hooks.workerServes(worker.facts)
    if !isReadyTold {
      isReadyTold = true
      hooks.ready()
    }
    if slot.next === worker {
      let old = slot.current
      slot.current = worker
      slot.next = nil
      if let old { retire(old) }
    }
    continueReload()
    announce()
  }

  private func replace(_ worker: SupervisedWorker, _ slot: Slot, _ reason: String) {
    guard slot.current === worker, worker.state == .ready, !isStopping, !worker.wantsReplacement else {
      return
    }
    worker.wantsReplacement = true
    log.info("\(name(worker)) is replaced: \(reason)")
    if slot.next == nil { start(slot) }
  }

  func retire(_ worker: SupervisedWorker, isToldSo: Bool = false) {
    guard worker.state != .retiring else { return }
    stopTimer(of: worker)
    worker.state = .retiring
    retiring[worker.pid] = worker
    if !isToldSo { worker.process.terminate() }
    worker.timer = loop.callLater(configuration.gracefulTimeout + .seconds(5)) { [self] in
      log.warning("\(name(worker)) does not end; killing it")
      worker.process.kill()
    }
  }

  private func stopTimer(of worker: SupervisedWorker) {
    if let timer = worker.timer { loop.removeTimeout(timer) }
    worker.timer = nil
  }

  private func ended(_ worker: SupervisedWorker, _ slot: Slot, _ code: Int32) {
    stopTimer(of: worker)
    board.release(worker.page)
    hooks.workerEnded(worker.facts, code)
    if retiring.removeValue(forKey: worker.pid) != nil {
      log.info("\(name(worker)) ended\(code == 0 ? "" : " (\(SupervisedWorker.describe(code)))")")
      return finishIfAlone()
    }
    log.warning("\(name(worker)) \(SupervisedWorker.describe(code))")
    if slot.next === worker {
      slot.next = nil
      return abandonReload()
    }
    guard slot.current === worker else { return }
    slot.current = nil
    if let next = slot.next {
      // It was about to take the place anyway.
      slot.current = next
      slot.next = nil
      return
    }
    restart(slot, afterLife: worker.readySince.map { loop.time - $0 })
  }

  private func restart(_ slot: Slot, afterLife life: Duration?) {
    guard !isStopping else { return finishIfAlone() }
    if life == nil, !hasServed {
      bootFailures += 1
      if bootFailures >= max(3, slots.count) {
        log.critical("No worker begins to serve; giving up")
        return finish(3)
      }
    }
    board.past.add(1, at: ScorePage.restarts)
    let pause = slot.policy.died(at: loop.time, afterLife: life)
    if slot.policy.mustWarn(at: loop.time) {
      log.error("Worker \(slot.taskID) keeps dying: the next try is in \(pause)")
    }
    slot.pause = loop.callLater(pause) { [self] in
      slot.pause = nil
      start(slot)
    }
  }

  private func name(_ worker: SupervisedWorker) -> String { "Worker \(worker.taskID) (pid \(worker.pid))" }
}
