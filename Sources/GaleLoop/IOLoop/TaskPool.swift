// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Work that a loop starts in a task of its own.
package protocol LoopJob: AnyObject {
  func run() async
}

/// Tasks that wait for work, so that a request need not create one.
///
/// A request borrows a task and gives it back; an idle connection holds none. Resuming a waiting task
/// costs about half of creating one. A task that was cancelled stays so for ever and is not reused.
package final class TaskPool {
  private var idle: [LoopWorker] = []
  /// The worker that is about to end its job, while it looks for the next one.
  private var ending: LoopWorker?
  private var tail: (any LoopJob)?
  private var isClosed = false
  /// The workers that were started and have not ended.
  private var count = 0
  private static let idleLimit = 256

  /// How many tasks are at work.
  package var busyCount: Int { count - idle.count }

  /// Starts `job` in the loop's next turn.
  @discardableResult
  package func start(_ job: any LoopJob, on loop: IOLoop) -> LoopWorker {
    if let ending, tail == nil {
      tail = job
      return ending
    }
    if let worker = idle.popLast() {
      worker.wake(job)
      return worker
    }
    let worker = LoopWorker(job)
    count += 1
    let confined = LoopConfined((worker, self))
    worker.task = Task(executorPreference: loop) {
      let (worker, pool) = confined.value
      await worker.work(for: pool)
      pool.count -= 1
    }
    return worker
  }

  /// Called by a job as its last act: a job that `body` starts is run by the same worker right after,
  /// without a turn of the loop between them.
  ///
  /// So pipelined requests share a task, and their answers a send.
  package func continueWithin(_ worker: LoopWorker?, _ body: () -> Void) {
    ending = worker?.isCancelled ?? true ? nil : worker
    body()
    ending = nil
  }

  func takeTail() -> (any LoopJob)? {
    guard tail != nil else { return nil }
    defer { tail = nil }
    return tail
  }

  /// Takes a worker back; `false` when it shall end.
  func takeBack(_ worker: LoopWorker) -> Bool {
    guard !isClosed, idle.count < TaskPool.idleLimit, !worker.isCancelled else { return false }
    idle.append(worker)
    return true
  }

  func close() {
    isClosed = true
    for worker in idle { worker.wake(nil) }
    idle.removeAll()
  }
}

/// A task of the pool.
@safe
package final class LoopWorker {
  private var job: (any LoopJob)?
  private var continuation: UnsafeContinuation<Void, Never>?
  var task: Task<Void, Never>?
  private(set) var isCancelled = false

  init(_ job: any LoopJob) { self.job = job }

  /// Cancels the task if it is (still) busy with `job`.
  package func cancel(_ job: any LoopJob) {
    guard self.job === job else { return }
    isCancelled = true
    task?.cancel()
  }

  func wake(_ job: (any LoopJob)?) {
    self.job = job
    // SAFETY: a worker that is in the pool's list has stored its continuation, and leaves the list once.
    let waiting = unsafe continuation
    unsafe continuation = nil
    unsafe waiting?.resume()
  }

  func work(for pool: TaskPool) async {
    while let job {
      await job.run()
      self.job = pool.takeTail()
      if self.job != nil { continue }
      guard pool.takeBack(self) else { break }
      // SAFETY: resumed by wake().
      await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        unsafe self.continuation = continuation
      }
    }
    task = nil
  }
}
