// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Threads for work that blocks, like Python's `ThreadPoolExecutor`.
///
/// Threads are started when they are first needed and end with ``shutdown()``.
public final class ThreadPoolExecutor: WorkExecutor {
  private struct State {
    var queue: [@Sendable () -> Void] = []
    var head = 0
    var threads = 0
    var idle = 0
    var isShutDown = false

    mutating func next() -> (@Sendable () -> Void)? {
      guard head < queue.count else { return nil }
      defer {
        head += 1
        if head == queue.count {
          queue.removeAll(keepingCapacity: true)
          head = 0
        }
      }
      return queue[head]
    }
  }

  private let limit: Int
  private let monitor = Monitor(State())

  /// Creates a pool of at most `threads` threads (1 or more).
  public init(threads: Int) {
    precondition(threads > 0, "a pool needs at least one thread")
    limit = threads
  }

  /// Runs `work` on one of the threads, in the order of submission.
  public func submit(_ work: @escaping @Sendable () -> Void) {
    let mustStart = monitor.withLock { state in
      precondition(!state.isShutDown, "submit() after shutdown()")
      state.queue.append(work)
      // An idle thread that was woken for earlier work counts as idle until it runs.
      guard state.queue.count - state.head > state.idle, state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    if mustStart {
      startThread { [self] in run() }
    } else {
      monitor.signal()
    }
  }

  /// Lets the threads end once the queue is empty.
  ///
  /// Does not wait for them.
  public func shutdown() {
    monitor.withLock { $0.isShutDown = true }
    monitor.broadcast()
  }

  private func run() {
    while true {
      let work: (@Sendable () -> Void)? = monitor.waitUntil { state in
        if let work = state.next() { return .some(.some(work)) }
        return state.isShutDown ? .some(nil) : nil
      } waiting: { state, waits in
        state.idle += waits ? 1 : -1
      }
      guard let work else { return }
      work()
    }
  }
}

extension IOLoop {
  /// Runs `work` on a thread where it may block, like Tornado's `IOLoop.run_in_executor`.
  ///
  /// The caller resumes on the loop. Cancelling the caller does not interrupt `work`.
  /// - Parameters:
  ///   - executor: The threads; by default the loop's own, of which there are at most 32, or 4 more than
  ///     processors if that is less.
  ///   - work: May block; it runs on one of the threads, and not on the loop.
  public func runInExecutor<Value: Sendable>(
    _ executor: (any WorkExecutor)? = nil, _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let pool = executor ?? defaultExecutor
    executorWorkCount += 1
    defer { executorWorkCount -= 1 }
    return try await withCheckedThrowingContinuation { continuation in
      pool.submit(LoopContext.captureWork { continuation.resume(with: Result { try work() }) })
    }
  }

  /// Replaces the pool that ``runInExecutor(_:_:)`` uses by default: Tornado's `set_default_executor`.
  public func setDefaultExecutor(_ executor: any WorkExecutor) {
    checkThread()
    self.executor = executor
  }

  var defaultExecutor: any WorkExecutor {
    checkThread()
    if let executor { return executor }
    expectBusyThreads()
    let made = ThreadPoolExecutor(threads: min(32, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) + 4))
    executor = made
    return made
  }
}

/// Starts a detached thread that runs `body` and ends with it.
package func startThread(stackSize: Int = 8 << 20, _ body: @escaping @Sendable () -> Void) {
  let result = makeThread(stackSize, body)
  precondition(result == 0, "cannot start a thread: \(describeSystemError(result))")
}

/// Like ``startThread(stackSize:_:)``, but returns `false` when the system has no thread to give.
package func startThreadIfPossible(stackSize: Int = 8 << 20, _ body: @escaping @Sendable () -> Void) -> Bool {
  makeThread(stackSize, body) == 0
}

private func makeThread(_ stackSize: Int, _ body: @escaping @Sendable () -> Void) -> Int32 {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  // SAFETY: the box is retained for the thread, which takes it over; the attributes live on this stack.
  var attributes = pthread_attr_t()
  unsafe pthread_attr_init(&attributes)
  unsafe pthread_attr_setstacksize(&attributes, stackSize)
  unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  var thread = pthread_t()
  let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
  let result = unsafe pthread_create(
    &thread, &attributes,
    { argument in
      System.useStandardTimeSlice()
      if let argument = unsafe argument {
        unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
      }
      return nil
    }, box)
  unsafe pthread_attr_destroy(&attributes)
  if result != 0 { unsafe Unmanaged<Box>.fromOpaque(box).release() }
  return result
}
