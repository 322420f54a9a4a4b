// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A result that one task waits for and that arrives on the loop's thread, from whoever is first: the work,
/// a timer, or the cancellation of the task.
@safe
package final class Completion<Value> {
  private let loop: IOLoop
  private var result: Result<Value, any Error>?
  private var waiting: UnsafeContinuation<Void, Never>?

  package init(on loop: IOLoop) { self.loop = loop }

  /// Whether the result is there.
  package var isFinished: Bool { result != nil }

  /// Sets the result, unless there is one.
  /// - Returns: Whether it was the first; what comes later is the caller's to dispose of.
  @discardableResult
  package func finish(_ result: Result<Value, any Error>) -> Bool {
    guard self.result == nil else { return false }
    self.result = result
    // SAFETY: stored by wait(), and resumed once because the result is set once.
    unsafe waiting?.resume()
    unsafe waiting = nil
    return true
  }

  /// Waits for the result; may be called once.
  /// - Throws: The failure; `CancellationError` when the task is cancelled before there is a result.
  package func value() async throws -> Value {
    loop.checkThread()
    if result == nil {
      let confined = LoopConfined(self)
      await withTaskCancellationHandler {
        await confined.value.wait()
      } onCancel: { [loop] in
        // On the loop's thread already when somebody there cancels, but never inside wait().
        loop.addCallback { confined.value.finish(.failure(CancellationError())) }
      }
    }
    guard let result else { throw CancellationError() }
    return try result.get()
  }

  private func wait() async {
    // SAFETY: finish() takes the continuation out when it resumes it.
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      unsafe waiting = continuation
    }
  }
}
