// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Meeting points of callbacks and the tasks that wait for them, by key: Tornado 5's `gen.Callback`,
/// `gen.Wait` and `gen.WaitAll`.
///
/// ```swift
/// let calls = CallbackMap<String, Int>()
/// first.start(calls.callback("first"))
/// second.start(calls.callback("second"))
/// let sums = try await calls.waitAll(["first", "second"])
/// ```
///
/// A key stands for one call until somebody has waited for it: to use it again before, or to wait for one
/// that has no callback, is a mistake that stops the program (Tornado's `KeyReuseError` and
/// `UnknownKeyError`). Calls that nobody waits for are logged at the end (`LeakedCallbackError`).
public final class CallbackMap<Key: Hashable, Value> {
  private let loop: IOLoop
  private var calls: [Key: Future<Value>] = [:]

  /// Creates an empty map for the tasks of `loop`.
  public init(on loop: IOLoop = .current) {
    self.loop = loop
  }

  deinit {
    guard !calls.isEmpty else { return }
    let keys = calls.keys.map { "\($0)" }.sorted().joined(separator: ", ")
    LoopLog.error("Callbacks that nobody waited for: \(keys)")
  }

  /// A callback whose argument is what waiters for `key` get; to be called once, on the loop's thread.
  public func callback(_ key: Key) -> (Value) -> Void {
    precondition(calls[key] == nil, "key \(key) is already pending")
    let call = Future<Value>(on: loop)
    calls[key] = call
    return { call.fulfil($0) }
  }

  /// Waits until the callback of `key` is called, and takes its argument.
  /// - Throws: `CancellationError`; the key can then still be waited for.
  public func wait(_ key: Key) async throws -> Value {
    guard let call = calls[key] else { preconditionFailure("key \(key) is not pending") }
    let value = try await call.get()
    calls[key] = nil
    return value
  }

  /// Waits for all of `keys` and gives the arguments in the same order.
  /// - Throws: `CancellationError`.
  public func waitAll(_ keys: [Key]) async throws -> [Value] {
    var values: [Value] = []
    for key in keys { values.append(try await wait(key)) }
    return values
  }
}
