// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// An outcome that comes later, for the tasks of one loop: Tornado's `concurrent.Future`.
///
/// Swift's `async` functions need none. It is for what has no task of its own, such as an answer that
/// arrives in a callback, and for an outcome that several tasks wait for and that may stay on the loop's
/// thread. The first outcome stays; later ones change nothing.
///
/// ```swift
/// let reply = Future<[UInt8]>()
/// client.onMessage { reply.fulfil($0) }
/// let bytes = try await withTimeout(.seconds(5)) { try await reply.get() }
/// ```
public final class Future<Value>: Awaitable {
  /// The loop whose tasks may use it.
  public let loop: IOLoop
  /// The outcome, once it is there.
  ///
  /// To ask for it counts as taking notice of an error.
  public var result: Result<Value, any Error>? {
    isNoticed = isNoticed || outcome != nil
    return outcome
  }

  private var outcome: Result<Value, any Error>?
  private var isNoticed = false
  private var callbacks: [(Future<Value>) -> Void] = []
  private let waiters: WaiterQueue<Void, Value>
  private var task: Task<Void, Never>?

  /// Creates one that somebody will ``fulfil(_:)`` or ``fail(_:)``.
  public init(on loop: IOLoop = .current) {
    self.loop = loop
    waiters = WaiterQueue(loop: loop)
  }

  /// Starts `operation` in the loop's next turn; its outcome is the future's.
  ///
  /// ``cancel()`` cancels it.
  public convenience init(on loop: IOLoop = .current, _ operation: @escaping () async throws -> Value) {
    self.init(on: loop)
    let confined = LoopConfined((self, operation))
    task = Task(executorPreference: loop) {
      let (future, operation) = confined.value
      do {
        future.finish(.success(try await operation()))
      } catch {
        future.finish(.failure(error))
      }
      future.task = nil
    }
  }

  deinit {
    // As asyncio does: an error that nobody ever looks at is most likely a mistake.
    guard !isNoticed, case .failure(let error) = outcome, !(error is CancellationError) else { return }
    LoopLog.error("Future exception was never retrieved: \(error)")
  }

  /// Whether there is an outcome.
  public var isDone: Bool { outcome != nil }

  /// Whether the outcome is a cancellation.
  public var isCancelled: Bool {
    if case .failure(let error) = outcome { error is CancellationError } else { false }
  }

  // MARK: - Waiting

  /// Waits for the outcome.
  /// - Throws: The error it failed with; `CancellationError` when it, or the task that waits, is cancelled.
  public func get() async throws -> Value {
    loop.checkThread()
    if let result { return try result.get() }
    isNoticed = true
    return try await waiters.wait((), timeout: nil)
  }

  /// Waits for the end, also in a cancelled task.
  func waitUntilDone() async {
    guard !isDone else { return }
    isNoticed = true
    // SAFETY: a callback is called once.
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      callbacks.append { _ in unsafe continuation.resume() }
    }
  }

  /// Calls `callback` once there is an outcome: at once if it is there, else in a turn of the loop of its
  /// own.
  ///
  /// Tornado's `future_add_done_callback`.
  public func addDoneCallback(_ callback: @escaping (Future<Value>) -> Void) {
    loop.checkThread()
    if isDone { callback(self) } else { callbacks.append(callback) }
  }

  /// Gives the outcome to `other` too, unless that has one by then: Tornado's `chain_future`.
  public func chain(to other: Future<Value>) {
    addDoneCallback { done in
      if let result = done.result { other.finish(result) }
    }
  }

  /// Itself.
  public func asFuture(on loop: IOLoop) -> Future<Value> { self }

  // MARK: - The outcome

  /// Ends with a value: Tornado's `set_result`, and `future_set_result_unless_cancelled`.
  /// - Returns: Whether it had no outcome before.
  @discardableResult
  public func fulfil(_ value: Value) -> Bool { finish(.success(value)) }

  /// Ends with an error: Tornado's `set_exception`.
  ///
  /// On a cancelled future, nobody will see the error: it is logged, as by
  /// `future_set_exception_unless_cancelled`.
  /// - Returns: Whether it had no outcome before.
  @discardableResult
  public func fail(_ error: any Error) -> Bool {
    if isCancelled { LoopLog.error("Exception after Future was cancelled: \(error)") }
    return finish(.failure(error))
  }

  /// Cancels what it stands for: everyone who waits gets `CancellationError`.
  ///
  /// An operation that it was created with is cancelled, and its end is the outcome.
  /// - Returns: Whether it had no outcome before.
  @discardableResult
  public func cancel() -> Bool {
    loop.checkThread()
    guard let task else { return finish(.failure(CancellationError())) }
    task.cancel()
    return !isDone
  }

  @discardableResult
  private func finish(_ result: Result<Value, any Error>) -> Bool {
    loop.checkThread()
    guard outcome == nil else { return false }
    outcome = result
    waiters.wakeAll { result }
    for callback in callbacks { loop.addLocalCallback { callback(self) } }
    callbacks = []
    return true
  }
}

extension Future where Value == Void {
  /// Ends without a value.
  /// - Returns: Whether it had no outcome before.
  @discardableResult
  public func fulfil() -> Bool { fulfil(()) }
}
