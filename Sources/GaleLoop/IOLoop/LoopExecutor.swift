// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension IOLoop: SerialExecutor, TaskExecutor {
  /// Takes a job of a task that prefers this loop, from any thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let item = ReadyItem.job(UnownedJob(job))
    if isCurrent {
      ready.append(item)
      noteWork()
    } else {
      post(item)
    }
  }

  /// The loop as an actor's executor.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    unsafe UnownedSerialExecutor(ordinary: self)
  }

  /// The loop as a task's preferred executor.
  public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    unsafe UnownedTaskExecutor(ordinary: self)
  }

  /// Stops the program when the caller is not on the loop's thread.
  public func checkIsolated() {
    precondition(isCurrent, "not on the loop's thread")
  }

  /// Whether the caller is on the loop's thread.
  public func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }
}
