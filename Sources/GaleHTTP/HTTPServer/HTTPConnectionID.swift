// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Names a connection of a client in this process.
public struct HTTPConnectionID: Hashable, Sendable, CustomStringConvertible {
  /// The server's loop, from 1.
  public let loop: Int
  /// The connection on that loop, from 1.
  public let number: Int

  /// The text that logs show.
  public var description: String { "\(loop).\(number)" }
}
