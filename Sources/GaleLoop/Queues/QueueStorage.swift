// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import HeapModule

/// What a ``Queue`` keeps its items in, and so the order in which it gives them: Tornado's `_init`, `_get`
/// and `_put`.
public protocol QueueStorage<Element> {
  /// What is kept.
  associatedtype Element
  /// Creates an empty one.
  init()
  /// How many items there are.
  var count: Int { get }
  /// Takes an item in.
  mutating func insert(_ item: Element)
  /// Gives the next item out; `nil` when there is none.
  mutating func next() -> Element?
}

/// First in, first out.
public struct FIFOStorage<Element>: QueueStorage {
  private var items: Deque<Element> = []
  /// Creates an empty one.
  public init() {}
  /// How many items there are.
  public var count: Int { items.count }
  /// Takes an item in behind all others.
  public mutating func insert(_ item: Element) { items.append(item) }
  /// Gives out the oldest item.
  public mutating func next() -> Element? { items.popFirst() }
}

/// Last in, first out.
public struct LIFOStorage<Element>: QueueStorage {
  private var items: [Element] = []
  /// Creates an empty one.
  public init() {}
  /// How many items there are.
  public var count: Int { items.count }
  /// Takes an item in.
  public mutating func insert(_ item: Element) { items.append(item) }
  /// Gives out the newest item.
  public mutating func next() -> Element? { items.popLast() }
}

/// The smallest first; equal items in no particular order.
public struct PriorityStorage<Element: Comparable>: QueueStorage {
  private var items = Heap<Element>()
  /// Creates an empty one.
  public init() {}
  /// How many items there are.
  public var count: Int { items.count }
  /// Takes an item in.
  /// - Complexity: O(log *n*) for *n* items.
  public mutating func insert(_ item: Element) { items.insert(item) }
  /// Gives out the smallest item.
  /// - Complexity: O(log *n*) for *n* items.
  public mutating func next() -> Element? { items.popMin() }
}

/// An item with a priority of its own, for a ``PriorityQueue`` of what has no order: Tornado's tuples
/// `(priority, data)`.
///
/// Equal priorities are equal items for the queue.
public struct Prioritized<Priority: Comparable, Value>: Comparable {
  /// Smaller comes first.
  public let priority: Priority
  /// What it is about.
  public let value: Value

  /// Gives `value` a priority.
  public init(_ priority: Priority, _ value: Value) {
    self.priority = priority
    self.value = value
  }

  /// Which comes first.
  public static func < (left: Self, right: Self) -> Bool { left.priority < right.priority }

  /// Whether neither comes first.
  public static func == (left: Self, right: Self) -> Bool { left.priority == right.priority }
}
