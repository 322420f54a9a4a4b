// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What can be waited for, several times and with the same outcome: what Tornado calls a yieldable, and
/// registers with `gen.convert_yielded`.
///
/// ``Future`` and `Task` are; a bridge to other futures makes theirs conform. Everything here that takes
/// futures then takes them too.
public protocol Awaitable<Value> {
  /// What comes in the end.
  associatedtype Value

  /// Waits for the outcome.
  ///
  /// To cancel the task that waits does not cancel what it waits for.
  func get() async throws -> Value

  /// The outcome as a ``Future``, which is being waited for from now on.
  func asFuture(on loop: IOLoop) -> Future<Value>
}

extension Awaitable {
  /// The outcome as a ``Future``, which is being waited for from now on: Tornado's `convert_yielded`.
  public func asFuture(on loop: IOLoop) -> Future<Value> {
    let confined = LoopConfined(self)
    return Future(on: loop) { try await confined.value.get() }
  }
}

extension Task: Awaitable {
  /// Waits for the outcome.
  public func get() async throws -> Success { try await value }
}
