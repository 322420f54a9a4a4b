// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The tasks that `spawn` started on a loop and that have not ended.
package final class SpawnedTasks {
  private var tasks: [Int: Task<Void, Never>] = [:]
  private var last = 0

  package init() {}

  /// How many there are.
  package var count: Int { tasks.count }

  func begin() -> Int {
    last += 1
    return last
  }

  func keep(_ task: Task<Void, Never>, as entry: Int) { tasks[entry] = task }

  func end(_ entry: Int) { tasks[entry] = nil }

  /// Cancels all.
  package func cancelAll() {
    for task in tasks.values { task.cancel() }
  }
}
