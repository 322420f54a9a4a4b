// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension IOLoop: SerialExecutor, TaskExecutor {
  public func enqueue(_ job: consuming ExecutorJob) {
    let item = ReadyItem.job(UnownedJob(job))
    if isCurrent {
      ready.append(item)
    } else {
      post(item)
    }
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    unsafe UnownedSerialExecutor(ordinary: self)
  }

  public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    unsafe UnownedTaskExecutor(ordinary: self)
  }

  public func checkIsolated() {
    precondition(isCurrent, "not on the loop's thread")
  }

  public func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }
}
