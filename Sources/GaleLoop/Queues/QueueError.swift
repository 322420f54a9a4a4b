// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a queue does not take or give an item.
public struct QueueError: Error, Hashable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name.
    public let description: String
    /// There is no room: Tornado's `QueueFull`.
    public static let full = Code(description: "full")
    /// There is no item: Tornado's `QueueEmpty`.
    public static let empty = Code(description: "empty")
    /// The queue is closed, and for a taker also empty.
    public static let closed = Code(description: "closed")
  }

  /// What is wrong.
  public let code: Code

  init(_ code: Code) { self.code = code }

  /// The text that logs and messages show.
  public var description: String { "Queue is \(code)" }
}
