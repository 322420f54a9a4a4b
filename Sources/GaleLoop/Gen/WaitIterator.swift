// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Gives outcomes in the order in which they come, like Tornado's `gen.WaitIterator`.
///
/// An error is an outcome too: iteration goes on behind it.
///
/// ```swift
/// for try await outcome in WaitIterator(["a": first, "b": second]) {
///   switch outcome.result {
///   case .success(let page): print("\(outcome.key): \(page)")
///   case .failure(let error): print("\(outcome.key) failed: \(error)")
///   }
/// }
/// ```
public final class WaitIterator<Key: Hashable, Value>: AsyncSequence, AsyncIteratorProtocol {
  /// One outcome, and whose it is.
  public struct Element {
    /// The position in the array, or the key in the dictionary: Tornado's `current_index`.
    public let key: Key
    /// The future that ended: Tornado's `current_future`.
    public let future: Future<Value>
    /// How it ended.
    public let result: Result<Value, any Error>
  }

  private let loop: IOLoop
  private var finished: Deque<Element> = []
  private var unfinishedCount: Int
  private let arrival: WaiterQueue<Void, Void>

  private init(_ children: [(Key, Future<Value>)], on loop: IOLoop) {
    self.loop = loop
    arrival = WaiterQueue(loop: loop)
    unfinishedCount = children.count
    for (key, future) in children {
      future.addDoneCallback { [self] future in
        guard let result = future.result else { return }
        unfinishedCount -= 1
        finished.append(Element(key: key, future: future, result: result))
        arrival.wakeFirst { .success(()) }
      }
    }
  }

  /// Waits for `children`, of which one may stand in it more than once.
  public convenience init<Child: Awaitable>(
    _ children: [Child], on loop: IOLoop = .current
  ) where Key == Int, Child.Value == Value {
    self.init(children.enumerated().map { ($0, $1.asFuture(on: loop)) }, on: loop)
  }

  /// Waits for `children`.
  public convenience init<Child: Awaitable>(
    _ children: [Key: Child], on loop: IOLoop = .current
  ) where Child.Value == Value {
    self.init(children.map { ($0, $1.asFuture(on: loop)) }, on: loop)
  }

  /// Whether all outcomes were given out.
  public var isDone: Bool { finished.isEmpty && unfinishedCount == 0 }

  /// The next outcome to come; `nil` when all were given out.
  /// - Throws: Only `CancellationError`, when the task that waits is cancelled; the outcome then stays for
  ///   the next call.
  public func next() async throws -> Element? {
    loop.checkThread()
    while finished.isEmpty {
      guard unfinishedCount > 0 else { return nil }
      try await arrival.wait((), timeout: nil)
    }
    return finished.popFirst()
  }

  /// Itself: a second iteration goes on where the first one stopped.
  public func makeAsyncIterator() -> WaitIterator { self }
}
