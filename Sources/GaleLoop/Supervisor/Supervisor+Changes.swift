// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging

extension Supervisor {
  /// Replaces all workers, one after the other; none goes before another serves in its place.
  public func reload() {
    // Workers that are still to be started will be new anyway.
    guard !isStopping, begun.isDone else { return }
    hooks.reloading()
    replaceAll()
  }

  func replaceAll() {
    log.info("Replacing the workers")
    notifier.reloading()
    reloading = slots.map(\.taskID)
    isReloading = true
    for slot in slots {
      // One that waits to be started again need not wait: what was wrong may be mended.
      guard let pause = slot.pause else { continue }
      loop.removeTimeout(pause)
      slot.pause = nil
      start(slot)
    }
    continueReload()
  }

  func continueReload() {
    guard !slots.contains(where: { $0.next != nil }) else { return }
    let isReloading = self.isReloading
    while let taskID = reloading.first {
      reloading.removeFirst()
      guard let slot = slots.first(where: { $0.taskID == taskID }), slot.current?.state == .ready else {
        continue
      }
      return start(slot)
    }
    self.isReloading = false
    if isReloading { log.info("All workers are new") }
  }

  func abandonReload() {
    reloading = []
    isReloading = false
    for slot in slots { slot.current?.wantsReplacement = false }
    log.error("The new worker does not serve; the old ones go on")
    announce()
  }

  func announce() {
    guard reloading.isEmpty, !slots.contains(where: { $0.next != nil }) else { return }
    let count = workers.count
    if count > 0 { notifier.ready(status: "\(count) worker\(count == 1 ? "" : "s")") }
  }

  /// One worker more.
  public func addWorker() {
    guard !isStopping else { return }
    let slot = Slot((slots.map(\.taskID).max() ?? -1) + 1)
    slots.append(slot)
    countChanged(from: slots.count - 1)
    if begun.isDone { start(slot) }
  }

  /// One worker less, down to one.
  public func removeWorker() {
    guard !isStopping, slots.count > 1, let slot = slots.popLast() else { return }
    countChanged(from: slots.count + 1)
    if let pause = slot.pause { loop.removeTimeout(pause) }
    for worker in [slot.current, slot.next] { if let worker { retire(worker) } }
    continueReload()
  }

  private func countChanged(from before: Int) {
    board.past[ScorePage.places] = UInt64(slots.count)
    log.info("\(slots.count) workers now")
    hooks.workerCountChanged(slots.count, before)
  }

  /// So many workers, at least 1.
  public func setWorkerCount(_ count: Int) {
    while slots.count < count, !isStopping { addWorker() }
    while slots.count > max(1, count), !isStopping { removeWorker() }
  }

  /// Ends the workers gracefully, and then ``run()``.
  public func stop() {
    guard !isStopping else { return }
    isStopping = true
    log.info("Stopping: waiting for requests to end (again to stop at once)")
    notifier.stopping()
    reloading = []
    begun.fulfil()
    for slot in slots {
      if let pause = slot.pause { loop.removeTimeout(pause) }
      slot.pause = nil
      for worker in [slot.current, slot.next] { if let worker { retire(worker) } }
      slot.current = nil
      slot.next = nil
    }
    finishIfAlone()
  }

  func killAll() {
    for worker in allWorkers { worker.process.kill() }
  }

  func finishIfAlone() {
    if isStopping, retiring.isEmpty { finish(0) }
  }

  func finish(_ status: Int32) {
    killAll()
    outcome.fulfil(status)
  }
}
